#!/usr/bin/env bash
# A spool on a full disk: 16 MB of memory, filled by a ballast file, in a real network.
#
# Dispatch throws, WordPress answers, the worker lives; with the ballast gone everything that was
# accepted is delivered, and so is what went to the plugin's outbox meanwhile.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${RUN_DIR-}" ] || SPOOL_SIZE=16m exec "$here/../network/with.sh" "$here/full-disk.sh"
# shellcheck source=../network/process.sh
. "$here/../network/process.sh"
# shellcheck source=../demo/browser.sh
. "$here/../demo/browser.sh"

project=$(cd "$here/../.." && pwd)
live=$browser_dir/live
passed=0
failed=0
expect() { # WHAT COMMAND…
	local what=$1
	shift
	if "$@" >"$browser_dir/output" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $what"
	else
		failed=$((failed + 1))
		echo "FAIL $what"
		sed 's/^/     | /' "$browser_dir/output"
	fi
}

"$project/target/release/endpoint" --record "$browser_dir/received.jsonl" \
	--config "$SPOOL/config.json" --live >"$live" &
endpoint=$!
trap 'stop $endpoint; rm -rf "$browser_dir"' EXIT
wait_until 10 test -s "$live"
cp "$here/../demo/fire.php" "$WP_ROOT/wp-content/mu-plugins/"

# pay COUNT: fires payments through nginx; prints how many were answered with 200.
pay() {
	local i answered=0
	for ((i = 0; i < $1; i++)); do
		[ "$(curl --silent --max-time 60 --output /dev/null --write-out '%{http_code}' "$WP_URL/?fire=payment" \
			--data-binary "@$here/../payloads/ultimate-multisite-payment_received.json")" != 200 ] ||
			answered=$((answered + 1))
	done
	[ "$answered" = "$1" ]
}
received() { grep -c '^payment_received ' "$live" || true; }
have_arrived() { [ "$(received)" -ge "$1" ]; }
is_full() { ! head -c 4096 /dev/zero 2>/dev/null >"$SPOOL/more"; }
fill() {
	cat /dev/zero >"$SPOOL/ballast" 2>/dev/null || true
	rm -f "$SPOOL/more"
	cat /dev/zero >>"$SPOOL/ballast" 2>/dev/null || true
	is_full
}
dispatch_throws() {
	# shellcheck disable=SC2016 # the variables are PHP's
	php -r '
		try { webhooks_dispatch("payment_received", ["filler" => str_repeat("x", 100000)]); }
		catch (Webhooks\Exception $error) { echo $error->getMessage(); exit(0); }
		exit(1);'
}
worker_pid() { processes_of "$RUN_DIR" webhooks-worker; }

log_in
open_page "$WP_URL/wp-admin/network/admin.php?page=network-webhooks-new"
press "Add Webhook" "name=Payments" "url=$(head -n 1 "$live")" "event=payment_received"

expect "five payments are answered" pay 5
expect "and delivered" wait_until 30 have_arrived 5
worker=$(worker_pid)
expect "the disk is full" fill
expect "dispatch throws" dispatch_throws
expect "ten payments are answered all the same" pay 10
expect "the worker lives" test "$worker" = "$(worker_pid)"
echo "     delivered while the disk was full: $(($(received) - 5)) of 10"
rm -f "$SPOOL/ballast" "$SPOOL/more"
expect "with room again, five more are answered" pay 5
# The outbox is emptied by Network Admin, wp-cron, WP-CLI, and once a minute by any dispatch.
expect "Network Admin opens" open_page "$WP_URL/wp-admin/network/"
expect "and all twenty are delivered" wait_until 60 have_arrived 20
expect "by the same worker" test "$worker" = "$(worker_pid)"

echo "full disk: $passed passed, $failed failed"
[ $failed = 0 ]
