#!/bin/sh
# Looks for known vulnerabilities in the code that slotfarm really calls. Finding
# one fails. The database is asked over the network; where it cannot be reached
# this says so and passes, since that says nothing about the code.
set -eu
cd "$(dirname "$0")/.."

status=0
report=$(go tool -modfile=tools/go.mod govulncheck ./... 2>&1) || status=$?
printf '%s\n' "$report"
case $report in
*"govulncheck: fetching vulnerabilities:"*)
	echo 'WARNING: NOT CHECKED for known vulnerabilities: their database cannot be reached' >&2
	exit 0
	;;
esac
exit "$status"
