#!/usr/bin/env bash
# A WordPress network with webhooks, to try: `make demo`. Stays until Ctrl-C; with ONCE=1 it does
# the main job by itself, shows what arrived, and leaves.
#
# From the environment: HOST=127.0.0.1 PORT=(a free one) ONCE= BUILD=target/debug
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
# shellcheck source=../network/process.sh
. "$here/../network/process.sh"

export BUILD=${BUILD:-target/debug}
endpoint=$project/$BUILD/endpoint
[ -x "$endpoint" ] || {
	echo "There is no endpoint at $endpoint. Try: make demo" >&2
	exit 1
}

# Not below the clone, which may lie where php-fpm can't go.
dir=$(mktemp -d /tmp/network-webhooks.XXXXXX)
clean_up() {
	trap '' INT TERM HUP
	[ -z "${endpoint_pid-}" ] || stop "$endpoint_pid"
	[ ! -d "$dir" ] || "$project/tests/network/down.sh" "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

echo "Starting MariaDB, php-fpm and nginx, installing a WordPress network"
"$project/tests/network/up.sh" "$dir"
# shellcheck source=/dev/null
. "$dir/env"
cp "$here/fire.php" "$WP_ROOT/wp-content/mu-plugins/"

out=$project/target/demo
rm -rf "$out"
mkdir -p "$out"
exec 3< <(exec "$endpoint" --record "$out/received.jsonl" --config "$SPOOL/config.json" --live)
endpoint_pid=$!
read -r ENDPOINT_URL <&3 || {
	echo "The endpoint did not start." >&2
	exit 1
}
export ENDPOINT_URL DEMO_OUT=$out

page="$WP_URL/wp-admin/network/admin.php?page=network-webhooks"
if [ -n "${ONCE-}" ]; then
	"$here/once.sh" "$page" <&3
	exit
fi

cat <<END

  Webhooks page   $page
  Log in as       $ADMIN_USER
  Password        $ADMIN_PASSWORD
  Endpoint        $ENDPOINT_URL          paste this into the form as URL
  A payment       $WP_URL/?fire=payment          open this: it is as if a customer had paid
  Stop            Ctrl-C

Add a webhook for "Payment Received", then open the address of a payment. Or add one for "Account
Created", and a user in Network Admin › Users. Click by click: docs/guide/first-webhook.md.
Deliveries as they come (all of them in target/demo/received.jsonl):

END
while read -r line <&3; do echo "$line"; done
