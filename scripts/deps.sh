#!/bin/sh
# Makes sure that what the tests need beside Go is there:
#
#   a C compiler              for the race detector
#   boto3, the AWS CLI        as Debian packages them: the clients of the end-to-end tests
#   Selenium                  as Debian packages it for Python: drives sessions
#   pytest                    as Debian packages it: runs a recipe of docs/testing.md
#   Node.js 18 or newer, npm  for the client that uses the AWS SDK for JavaScript
#   PostgreSQL, PgBouncer     the database that several servers share, and a pool in front of it
#   etcd, Patroni             for the test of a database that fails over, which asks for them by itself
#
# Usage: deps.sh            installs what is missing, as root or with a sudo that asks nothing
#        deps.sh failover   the same for the test of failover
#        deps.sh has NAME   says by its exit status whether cc, boto3, selenium, pytest, aws, node, npm, postgres,
#                            pgbouncer, etcd or patroni is there
#
# What is still missing after that is said loudly, and fails where CI=true.
# Elsewhere the tests that need it are skipped, and say so.
#
# shellcheck disable=SC2046,SC2086  # lists of names are split into words on purpose
set -eu
cd "$(dirname "$0")/.."

if command -v apt-get >/dev/null; then
	bin=/usr/bin/ # Debian's own clients, not others that hide them
else
	bin=
fi

has() {
	case $1 in
	cc) echo '#include <stdlib.h>' | $(go env CC) -x c -fsyntax-only - ;;
	boto3) "${bin}python3" -c 'import boto3' ;;
	selenium) "${bin}python3" -c 'import selenium' ;;
	pytest) "${bin}python3" -c 'import pytest' ;;
	aws) command -v "${bin}aws" ;;
	node) node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ;;
	npm) command -v npm ;;
	postgres) ls /usr/lib/postgresql/*/bin/initdb || command -v initdb ;;
	pgbouncer) command -v pgbouncer || command -v /usr/sbin/pgbouncer ;;
	etcd) command -v etcd ;;
	patroni) command -v patronictl && "${bin}python3" -c 'import etcd, psycopg2' ;;
	*) exit 2 ;;
	esac >/dev/null 2>&1
}

packages() {
	case $1 in
	cc) echo gcc libc6-dev ;;
	boto3) echo python3-boto3 ;;
	selenium) echo python3-selenium ;;
	pytest) echo python3-pytest ;;
	aws) echo awscli ;;
	node) echo nodejs ;;
	npm) echo npm ;;
	postgres) echo postgresql ;;
	pgbouncer) echo pgbouncer ;;
	etcd) echo etcd-server ;;
	patroni) echo patroni python3-etcd python3-psycopg2 ;;
	esac
}

missing() {
	for name in $names; do
		has $name || echo $name
	done
}

# install installs the packages of all that is missing, where that is possible.
install() {
	if [ "$(id -u)" = 0 ]; then
		root=
	elif sudo -n true 2>/dev/null; then
		root='sudo -n'
	else
		return 0
	fi
	command -v apt-get >/dev/null || return 0
	wanted=$(for name in "$@"; do packages "$name"; done)
	echo "deps: installing" $wanted >&2
	apt="$root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
	$apt update >&2 || echo 'deps: apt-get update failed; going on with the lists there are' >&2
	$apt install --no-install-recommends $wanted >&2 || echo 'deps: apt-get install failed' >&2
}

# modules installs the JavaScript packages, unless those of this lock file are there.
modules() {
	cmp -s e2e/js/package-lock.json e2e/js/node_modules/.installed && return 0
	echo 'deps: installing the packages of e2e/js' >&2
	(cd e2e/js && npm ci --ignore-scripts --no-audit --no-fund >&2 && cp package-lock.json node_modules/.installed)
}

if [ "${1:-}" = has ]; then
	has "$2"
	exit
fi

if [ "${1:-}" = failover ]; then
	names='cc postgres etcd patroni'
else
	names='cc boto3 selenium pytest aws node npm postgres pgbouncer'
fi
lacking=$(missing)
if [ -n "$lacking" ]; then
	install $lacking
	lacking=$(missing)
fi
failed=
for name in $lacking; do
	echo "WARNING: $name is missing or too old. On Debian: apt-get install" $(packages "$name") >&2
	failed=yes
done
if [ "${1:-}" != failover ] && has node && has npm && ! modules; then
	echo 'WARNING: the packages of e2e/js are missing. Run: cd e2e/js && npm ci' >&2
	failed=yes
fi
if [ -n "$failed" ]; then
	echo 'WARNING: tests that need what is missing are skipped, or run without it' >&2
	[ "${CI:-}" != true ]
fi
