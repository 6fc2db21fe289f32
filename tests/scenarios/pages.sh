#!/usr/bin/env bash
# How long the pages of Network Admin take, side by side with WordPress's own list of sites: with
# 3,000 sites, 1,000,000 deliveries in the store, and 10 and 1,000 webhooks. Our list has to
# answer in under twice the time of WordPress's, and a search in 50 ms (p99).
#
#   ROUNDS=60 DELIVERIES=1000000 SITES=3000 tests/scenarios/pages.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${RUN_DIR-}" ] || exec "$here/../network/with.sh" "$here/pages.sh"
# shellcheck source=../network/process.sh
. "$here/../network/process.sh"
# shellcheck source=../demo/browser.sh
. "$here/../demo/browser.sh"
command -v sqlite3 >/dev/null || {
	echo "There is no sqlite3 here, which fills the store. Install the package sqlite3." >&2
	exit 1
}

rounds=${ROUNDS:-60}
deliveries=${DELIVERIES:-1000000}
store=$SPOOL/store.sqlite
trap 'rm -rf "$browser_dir"' EXIT

wake() { php -r 'exit( webhooks_wake() ? 0 : 1 );'; }
# shellcheck disable=SC2317 # called by wait_until
store_has() { [ "$(sqlite3 -readonly "$store" "SELECT count(*) FROM webhooks" 2>/dev/null)" -ge "$1" ]; }
# shellcheck disable=SC2317
worker_is_gone() { [ -z "$(processes_of "$RUN_DIR" webhooks-worker)" ]; }

fill() { # WEBHOOKS
	php "$here/fill-network.php" webhooks "$1"
	wake
	wait_until 60 store_has "$1"
	stop "$(processes_of "$RUN_DIR" webhooks-worker)"
	wait_until 20 worker_is_gone
	# Webhooks of an earlier filling would get deliveries too.
	sqlite3 "$store" '.filectrl persist_wal 1' "PRAGMA busy_timeout = 10000; DELETE FROM webhooks WHERE id NOT IN (SELECT value->>'id' FROM json_each(readfile('$SPOOL/config.json'), '$.webhooks'))" >/dev/null
	sqlite3 -cmd ".parameter set :count $deliveries" "$store" <"$here/fill-store.sql" | tail -n 1
	wake
}

# The middle one of many numbers, and the one that 99 % don't exceed, in milliseconds.
percentiles() {
	sort -n | awk '{ all[NR] = $1 * 1000 } END { printf "%.1f %.1f\n", all[int((NR + 1) / 2)], all[int(NR * 0.99 + 0.5)] }'
}

measure() { # NAME=PATH…
	local round page
	rm -f "$browser_dir"/times.*
	for ((round = 0; round < rounds; round++)); do
		# In turn, so that whatever else the machine does hits all of them.
		for page in "$@"; do
			curl --silent --fail --cookie "$browser_dir/cookies" --output "$browser_dir/page.html" \
				--write-out '%{time_total}\n' "$WP_URL/wp-admin/network/${page#*=}" >>"$browser_dir/times.${page%%=*}" || {
				echo "FAIL ${page%%=*} did not answer with 200" >&2
				exit 1
			}
		done
	done
}

php "$here/fill-network.php" sites "${SITES:-3000}"
log_in
pages=("sites=sites.php"
	"list=admin.php?page=network-webhooks"
	"by-calls=admin.php?page=network-webhooks&orderby=calls&order=desc&paged=2"
	"searched=admin.php?page=network-webhooks&s=hooks-7"
	"of-a-site=admin.php?page=network-webhooks&site=shop-12"
	"of-sales=admin.php?page=network-webhooks&event=%40sales&status=active")
failed=0
for webhooks in 10 1000; do
	fill "$webhooks"
	mapfile -t log < <(php "$here/log-addresses.php" "$deliveries")
	measure "${pages[@]}" "${log[@]}"
	printf '%-15s %8s %8s   with %s webhooks, ms\n' page p50 p99 "$webhooks"
	theirs=
	for page in "${pages[@]}" "${log[@]}"; do
		name=${page%%=*}
		read -r p50 p99 < <(percentiles <"$browser_dir/times.$name")
		theirs=${theirs:-$p50 $p99}
		printf '%-15s %8s %8s   %s and %s times the list of sites\n' "$name" "$p50" "$p99" \
			"$(awk "BEGIN { printf \"%.2f\", $p50 / ${theirs% *} }")" "$(awk "BEGIN { printf \"%.2f\", $p99 / ${theirs#* } }")"
		awk "BEGIN { exit !($p50 < 2 * ${theirs% *}) }" || failed=1
	done
	php "$here/searches.php" "$deliveries" || failed=1
done
[ $failed = 0 ] || echo "FAIL a page takes twice the time of WordPress's list of sites, or a search more than 50 ms" >&2
exit $failed
