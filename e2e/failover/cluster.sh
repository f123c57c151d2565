#!/bin/sh
# Runs a PostgreSQL that fails over: etcd, and the nodes a and b, each a Patroni with its PostgreSQL, of which
# one is the leader and the other its synchronous standby. All of it listens on free ports of the loopback
# interface, lives in a temporary directory and ends with the script.
#
# The first line on stdout is JSON: the directory, which has the logs, and by node the ports of PostgreSQL and
# of Patroni's REST API. The database is slotfarm, and so is its owner, who needs no password. Then each line
# on stdin is a command, answered by a line "ok" or "failed":
#
#   kill NODE     ends a node's Patroni and all processes of its PostgreSQL with SIGKILL
#   start NODE    starts a node that was killed
#   freeze NODE   stops all of them where they are, as a machine does that hangs
#   thaw NODE     has them go on
#   switchover    makes the standby the leader, in good order
#   list          shows the cluster on stderr
#
# The end of stdin ends the script. Where root starts it, it runs as postgres, since PostgreSQL refuses root.
set -eu

if [ "$(id -u)" = 0 ]; then # the text is handed over, since postgres may not read the checkout
	exec setpriv --reuid=postgres --regid=postgres --init-groups --reset-env /bin/sh -c "$(cat "$0")" "$0"
fi
PATH=$PATH:/usr/sbin:/sbin

initdb=$(find /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	dir=$(mktemp -d /dev/shm/failover.XXXXXX) # processes die here, not machines: no need to wait for disks
else
	dir=$(mktemp -d)
fi
etcd=

trap finish EXIT
trap 'exit 1' INT TERM HUP

finish() {
	for node in a b; do
		signal KILL $node || true
	done
	[ -z "$etcd" ] || kill -KILL "$etcd" 2>/dev/null || true
	wait
	rm -rf "$dir"
}

# ports prints $1 free ports.
ports() {
	python3 -c '
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*[s.getsockname()[1] for s in held])' "$1"
}

# configure writes the configuration of node $1, whose PostgreSQL listens on port $2 and whose Patroni on $3.
# Without a sign of life a leader is replaced after ttl seconds. Patroni advises 20 at least, and newer ones
# insist; the test would rather not wait. etcd is spoken to by its version 2: by version 3 the Patroni 3.0.2 of
# Debian 12 takes the lock back without asking who has it, when it wakes after the other node was promoted.
configure() {
	cat >"$dir/$1.yml" <<-END
		scope: slotfarm
		name: $1
		restapi: {listen: "127.0.0.1:$3", connect_address: "127.0.0.1:$3"}
		etcd: {host: "127.0.0.1:$client"}
		bootstrap:
		  dcs:
		    ttl: 5
		    loop_wait: 1
		    retry_timeout: 3
		    maximum_lag_on_failover: 1048576
		    synchronous_mode: true
		    postgresql:
		      use_pg_rewind: true
		      parameters: {max_connections: 100, shared_buffers: 64MB, wal_keep_size: 64MB, max_wal_size: 128MB}
		  initdb: [no-sync, data-checksums, {encoding: UTF8}, {locale: C.UTF-8}]
		  post_init: psql -q -c "CREATE ROLE slotfarm LOGIN" -c "CREATE DATABASE slotfarm OWNER slotfarm" -d
		postgresql:
		  listen: "127.0.0.1:$2"
		  connect_address: "127.0.0.1:$2"
		  data_dir: "$dir/$1"
		  bin_dir: "${initdb%/initdb}"
		  pgpass: "$dir/$1.pgpass"
		  parameters: {unix_socket_directories: "$dir"}
		  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
		  basebackup: [{checkpoint: fast}]
		  authentication:
		    superuser: {username: postgres}
		    replication: {username: replicator}
	END
}

# start starts node $1.
start() {
	patroni "$dir/$1.yml" >>"$dir/$1.log" 2>&1 &
	echo $! >"$dir/$1.pid"
}

# signal sends $1 to all processes of node $2. They are stopped before, from the top, so that none starts
# another meanwhile. An id whose process has ended may be another one's now: those are left alone.
signal() {
	all=
	for pid in $(cat "$dir/$2.pid" 2>/dev/null) $(head -n 1 "$dir/$2/postmaster.pid" 2>/dev/null); do
		grep -qs "$dir/$2" "/proc/$pid/cmdline" || continue
		kill -STOP "$pid"
		all="$all $pid $(cat "/proc/$pid/task/$pid/children")"
	done
	# shellcheck disable=SC2086  # a list
	[ -z "$all" ] || kill "-$1" $all
}

obey() {
	case $1 in
	kill) signal KILL "$2" ;;
	start) start "$2" ;;
	freeze) signal STOP "$2" ;;
	thaw) signal CONT "$2" ;;
	switchover) patronictl -c "$dir/a.yml" switchover --force >&2 ;;
	list) patronictl -c "$dir/a.yml" list >&2 ;;
	*) return 1 ;;
	esac
}

# shellcheck disable=SC2046  # a list
set -- $(ports 6)
client=$1 peer=$2
etcd --enable-v2 --name failover --data-dir "$dir/etcd" --log-level warn --logger zap \
	--listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
	--listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
	--initial-cluster "failover=http://127.0.0.1:$peer" >"$dir/etcd.log" 2>&1 &
etcd=$!
configure a "$3" "$4"
configure b "$5" "$6"
start a
start b
echo "{\"dir\":\"$dir\",\"nodes\":{\"a\":{\"postgres\":$3,\"patroni\":$4},\"b\":{\"postgres\":$5,\"patroni\":$6}}}"

while read -r command node; do
	if obey "$command" "$node"; then
		echo ok
	else
		echo failed
	fi
done
