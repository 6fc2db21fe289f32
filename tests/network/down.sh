#!/usr/bin/env bash
# Stops a network that up.sh started, and removes its folder. Stops nothing else.
set -euo pipefail
# shellcheck source=process.sh
. "$(dirname "$0")/process.sh"

if [ $# != 1 ] || [ ! -d "$1" ]; then
	echo "usage: $0 DIR   the folder that up.sh was given" >&2
	exit 2
fi
dir=$(cd "$1" && pwd -P)
cd /

# The folder goes away, so nothing is lost by killing; first those that could start a worker. The
# worker itself is asked: that it leaves when told is worth seeing in every run.
kill_all() {
	local pids
	pids=$(processes_of "$dir" "${1-}")
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}
has_none() { [ -z "$(processes_of "$dir" "${1-}")" ]; }

kill_all nginx
kill_all php-fpm
for pid in $(processes_of "$dir" webhooks-worker); do stop "$pid"; done
kill_all
wait_until 10 has_none || echo "Still there: $(processes_of "$dir" | tr '\n' ' ')" >&2
for mounted in "$dir/spool" "$dir"; do
	! mountpoint -q "$mounted" || umount "$mounted" || umount --lazy "$mounted"
done
rm -rf "$dir"
