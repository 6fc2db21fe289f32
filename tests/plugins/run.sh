#!/usr/bin/env bash
# Does with real plugins what people do with them, each in a network of its own, and compares what arrived
# at an endpoint with what was to be expected.
#
#   DIR=… tests/plugins/run.sh      every run of deeds/ whose plugins are folders in DIR
#   NAME=woocommerce                 one of them
#   KEEP=1                           leaves traces/ and docs/verified.md as they are
#
# From the environment, too: BUILD, see tests/network/up.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/plugins

[ -d "${DIR-}" ] || {
	echo "Say where the plugins lie: make plugins DIR=folder. docs/plugins.md says which ones can be tried." >&2
	exit 2
}
DIR=$(cd "$DIR" && pwd -P)
export DIR

# The folders that a run needs.
folders() { php "$here/list.php" "$1"; }

status=0
ran=0
for deeds in "$here"/deeds/${NAME:-*}.php; do
	name=$(basename "$deeds" .php)
	lacks=
	for folder in $(folders "$name"); do
		[ -d "$DIR/$folder" ] || lacks=$folder
	done
	if [ -n "$lacks" ]; then
		echo "== $name: there is no $lacks in $DIR"
		continue
	fi
	echo "== $name"
	ran=$((ran + 1))
	tests/network/with.sh "$here/one.sh" "$name" || status=1
done
[ $ran -gt 0 ] || {
	echo "None of the plugins that can be tried lies in $DIR." >&2
	exit 1
}
[ -n "${KEEP-}" ] || php "$here/verified.php" >docs/verified.md
exit $status
