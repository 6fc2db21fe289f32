#!/usr/bin/env bash
# Runs a command in a WordPress network made for it alone.
#
#   tests/network/with.sh phpunit -c tests/wordpress
#
# The command finds all of the network in its environment: see up.sh.
#
# With IN_MEMORY=1, as `make test` has it, the network lies in memory (only as root), and PHP on the command
# line finds WordPress compiled: thousands of tests wait for no disk, and hundreds of processes start in a
# third of the time. What a disk does to a spool is for the crates' tests and for tests/chaos.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

dir=$(mktemp -d /tmp/network-webhooks.XXXXXX)
clean_up() {
	trap '' INT TERM HUP
	[ ! -d "$dir" ] || "$here/down.sh" "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -n "${IN_MEMORY-}" ] && [ "$(id -u)" = 0 ]; then
	# Where that is forbidden it is the disk.
	mount -t tmpfs -o mode=755 network "$dir" 2>/dev/null || true
fi
"$here/up.sh" "$dir"
# shellcheck source=/dev/null
. "$dir/env"
if [ -n "${IN_MEMORY-}" ]; then
	mkdir "$dir/cli"
	mkdir -m 1777 "$dir/compiled"
	# Not optimised: that would answer once for all what is different where functions are disabled.
	cat >"$dir/cli/opcache.ini" <<-INI
		opcache.enable_cli=1
		opcache.file_cache="$dir/compiled"
		opcache.optimization_level=0
	INI
	export PHP_INI_SCAN_DIR=$PHP_INI_SCAN_DIR:$dir/cli
fi
"$@"
