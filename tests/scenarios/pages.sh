#!/usr/bin/env bash
# How long the pages of Network Admin take, side by side with WordPress's own list of sites: with
# 3,000 sites, 1,000,000 deliveries in the store, and 10 and 1,000 webhooks. Each page, its charts
# included, may take as long as WordPress's list (p50) and half as long again (p99), and a search
# 50 ms (p99).
#
#   ROUNDS=60 DELIVERIES=1000000 SITES=3000 WEBHOOKS='10 1000' tests/scenarios/pages.sh
#   ONLY='overview|list' tests/scenarios/pages.sh                    pages whose name begins so
#   tests/scenarios/pages.sh fill 1000; …/pages.sh measure 1000      each in the network of RUN_DIR
#   ROUNDS=9 tests/scenarios/pages.sh processor 1000                 the same by processor time of php-fpm, MariaDB and
#                                                                    nginx, which holds on a machine that others use
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -n "${RUN_DIR-}" ] || exec "$here/../network/with.sh" "$here/pages.sh" "$@"
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
summing=
trap 'rm -rf "$browser_dir"; [ -z "$summing" ] || stop "$summing"' EXIT

as_user=()
[ "$(id -u)" != 0 ] || as_user=(setpriv "--reuid=$PHP_USER" "--regid=$PHP_USER" --clear-groups)
wake() { php -r 'exit( webhooks_wake() ? 0 : 1 );'; }
number() { sqlite3 -readonly "$store" "$1" 2>/dev/null || echo 0; }
# shellcheck disable=SC2317 # called by wait_until
store_has() { [ "$(number "SELECT count(*) FROM webhooks")" -ge "$1" ]; }
# shellcheck disable=SC2317
worker_is_gone() { [ -z "$(processes_of "$RUN_DIR" webhooks-worker)" ]; }
# shellcheck disable=SC2317 # The worker sums up the hours that are over, a minute after it came.
hours_are_summed() { [ "$(number "SELECT count(*) FROM network_hours")" -gt 0 ] && [ "$(number "SELECT count(DISTINCT hour) - (SELECT count(*) FROM network_hours) FROM hours")" -le 2 ]; }

fill() { # WEBHOOKS
	# Before, it may be that the clock is still wrong, and the worker sums nothing up.
	[ "$(cut -d. -f1 /proc/uptime)" -gt 3660 ] || {
		echo "This machine has been up for less than an hour, within which the worker sums up no hours. Try again then." >&2
		exit 1
	}
	php "$here/fill-network.php" sites "${SITES:-3000}"
	php "$here/fill-network.php" webhooks "$1"
	wake
	wait_until 60 store_has "$1"
	stop "$(processes_of "$RUN_DIR" webhooks-worker)"
	wait_until 20 worker_is_gone
	# Webhooks of an earlier filling would get deliveries too.
	sqlite3 "$store" '.filectrl persist_wal 1' "PRAGMA busy_timeout = 10000; DELETE FROM webhooks WHERE id NOT IN (SELECT value->>'id' FROM json_each(readfile('$SPOOL/config.json'), '$.webhooks'))" >/dev/null
	sqlite3 -cmd ".parameter set :count $deliveries" -cmd ".parameter set :bytes x'$(printf '%02x' {0..255})'" "$store" <"$here/fill-store.sql" | tail -n 1
	# In the foreground it stays, though it has nothing to do, until it has summed up all hours.
	"${as_user[@]}" "$WORKER" --spool "$SPOOL" 2>"$RUN_DIR/run/worker" &
	summing=$!
	wait_until 300 hours_are_summed || {
		echo "FAIL the worker did not sum up the hours in five minutes, see $RUN_DIR/run/worker" >&2
		exit 1
	}
	stop "$summing"
	wait_until 20 worker_is_gone
	summing=
	wake
}

# The middle one of many numbers, and the one that 99 % don't exceed, in milliseconds.
percentiles() {
	sort -n | awk '{ all[NR] = $1 * 1000 } END { printf "%.1f %.1f\n", all[int((NR + 1) / 2)], all[int(NR * 0.99 + 0.5)] }'
}

time_pages() { # NAME=PATH…
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

# Logs in, and sets `pages` to what ONLY leaves, after WordPress's list of sites.
choose_pages() {
	log_in
	pages=("list=admin.php?page=network-webhooks"
		"by-calls=admin.php?page=network-webhooks&orderby=calls&order=desc&paged=2"
		"searched=admin.php?page=network-webhooks&s=hooks-7"
		"of-a-site=admin.php?page=network-webhooks&site=shop-12"
		"of-sales=admin.php?page=network-webhooks&event=%40sales&status=active")
	mapfile -t -O ${#pages[@]} pages < <(php "$here/log-addresses.php" "$deliveries")
	mapfile -t pages < <(printf '%s\n' "${pages[@]}" | grep -E "^(${ONLY:-})")
	pages=("sites=sites.php" "${pages[@]}")
}

# Nanoseconds of a processor that the servers have had so far. A process of php-fpm that ended since takes its own with
# it, which a median does not mind.
processor_time() {
	local pid
	for pid in $(processes_of "$RUN_DIR" php-fpm) $(processes_of "$RUN_DIR" mariadbd) $(processes_of "$RUN_DIR" nginx); do
		cat "/proc/$pid"/task/*/schedstat 2>/dev/null || true
	done | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

processor() { # WEBHOOKS
	local page name before took theirs='' pages round
	choose_pages
	rm -f "$browser_dir"/times.*
	for ((round = 0; round < rounds; round++)); do
		for page in "${pages[@]}"; do
			before=$(processor_time)
			curl --silent --fail --cookie "$browser_dir/cookies" --output "$browser_dir/page.html" "$WP_URL/wp-admin/network/${page#*=}"
			awk "BEGIN { printf \"%.9f\n\", ($(processor_time) - $before) / 1e9 }" >>"$browser_dir/times.${page%%=*}"
		done
	done
	printf '%-15s %8s   of a processor, with %s webhooks, ms\n' page p50 "$1"
	for page in "${pages[@]}"; do
		name=${page%%=*}
		read -r took _ < <(percentiles <"$browser_dir/times.$name")
		theirs=${theirs:-$took}
		printf '%-15s %8s   %s times the list of sites\n' "$name" "$took" "$(awk "BEGIN { printf \"%.2f\", $took / $theirs }")"
	done
}

measure() { # WEBHOOKS
	local page name p50 p99 theirs='' slow=0 pages
	choose_pages
	time_pages "${pages[@]}"
	printf '%-15s %8s %8s   with %s webhooks, ms\n' page p50 p99 "$1"
	for page in "${pages[@]}"; do
		name=${page%%=*}
		read -r p50 p99 < <(percentiles <"$browser_dir/times.$name")
		theirs=${theirs:-$p50 $p99}
		printf '%-15s %8s %8s   %s and %s times the list of sites\n' "$name" "$p50" "$p99" \
			"$(awk "BEGIN { printf \"%.2f\", $p50 / ${theirs% *} }")" "$(awk "BEGIN { printf \"%.2f\", $p99 / ${theirs#* } }")"
		awk "BEGIN { exit !($p50 <= ${theirs% *} && $p99 <= 1.5 * ${theirs#* }) }" || {
			slow=1
			echo "FAIL $name takes longer than WordPress's list of sites (p50), or half as long again (p99)" >&2
		}
	done
	php "$here/searches.php" "$deliveries" || slow=1
	return $slow
}

case ${1-} in
fill) fill "${2:-1000}" ;;
measure) measure "${2:-1000}" ;;
processor) processor "${2:-1000}" ;;
*)
	failed=0
	for webhooks in ${WEBHOOKS:-10 1000}; do
		fill "$webhooks"
		measure "$webhooks" || failed=1
	done
	exit $failed
	;;
esac
