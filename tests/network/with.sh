#!/usr/bin/env bash
# Runs a command in a WordPress network made for it alone.
#
#   tests/network/with.sh phpunit -c tests/wordpress
#
# The command finds all of the network in its environment: see up.sh.
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

"$here/up.sh" "$dir"
# shellcheck source=/dev/null
. "$dir/env"
"$@"
