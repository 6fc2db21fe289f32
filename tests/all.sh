#!/usr/bin/env bash
# Every lint and test, on real parts; stops at the first failure, and ends with the runners' own
# summaries. What lacks on this machine is installed first.
set -euo pipefail
cd "$(dirname "$0")/.."
logs=$PWD/target/test
mkdir -p "$logs"

# run NAME COMMAND…
run() {
	local name=$1
	shift
	echo "== $name"
	"$@" </dev/null 2>&1 | tee "$logs/$name.log" || {
		echo "FAILED: $name. Its output is in $logs/$name.log" >&2
		exit 1
	}
}

# summary NAME PATTERN: the lines in which a runner says how many of its tests passed.
summary() {
	local line found=
	while read -r line; do
		found=1
		printf '%-10s %s\n' "$1" "$line"
	done < <(grep -E "$2" "$logs/$1.log")
	[ -n "$found" ] || {
		echo "$1 ran no test: see $logs/$1.log" >&2
		exit 1
	}
}

tests/network/install.sh build network wordpress test browser interop scenario
run lint tests/lint.sh
run build make --no-print-directory build
run cargo cargo test --workspace
# What hurts has a second of processor time where the optimiser worked.
run hostile cargo test --release --workspace --test hostile --test hostile_bytes
run guard tests/bench/guard.sh
run chaos make --no-print-directory chaos SEEDS=2
run phpt tests/phpt/run.sh target/release/libwebhooks_php.so
run fpm tests/fpm/run.sh
run interop tests/interop/run.sh
run asyncapi tests/asyncapi/run.sh
run phpunit tests/network/with.sh phpunit --configuration tests/wordpress
run example tests/example/run.sh
# What depends on how the sites are addressed. The worker has to find the main one by name.
run subdomains env SUBDOMAINS=1 HOST=localhost tests/network/with.sh \
	phpunit --configuration tests/wordpress --filter '(Core_Events|Account_Created|Sites|Inbox)_Test'
# What reads the log, and what hands the database over: the log lies in WordPress's own.
run database env STORE=mysql: tests/network/with.sh \
	phpunit --configuration tests/wordpress --filter '(Network_Database|Deliveries|Overview|Webhook_View|Backfill|Privacy)_Test'
run walk tests/walk/run.sh
run install tests/install/run.sh
run bare tests/install/bare.sh
run hardened tests/demo/hardened.sh
run places tests/install/places.sh
run e2e tests/e2e/run.sh

echo
summary cargo '^test result: .* [1-9][0-9]* passed'
summary hostile '^test result: .* [1-9][0-9]* passed'
summary guard ' within their budgets$'
summary chaos ' seeds passed, '
summary phpt '^Tests (passed|failed|skipped) '
summary fpm ' passed, '
summary interop ' passed, '
summary asyncapi ' passed, '
summary phpunit '^(OK|Tests:)'
summary subdomains '^(OK|Tests:)'
summary database '^(OK|Tests:)'
summary example ' passed, '
summary walk ' passed, '
summary install ' passed, '
summary bare ' passed, '
summary hardened ' passed, '
summary places ' passed, '
summary e2e ' passed, '
