#!/usr/bin/env bash
# Every lint and test, on real parts, in two lanes; stops at the first failure, and ends with the
# runners' own summaries. What lacks on this machine is installed first.
set -euo pipefail
cd "$(dirname "$0")/.."
logs=$PWD/target/test
mkdir -p "$logs"

# run NAME COMMAND…: its output goes to its log, of which the end is shown where it fails.
run() {
	local name=$1 began=$SECONDS
	shift
	if "$@" </dev/null >"$logs/$name.log" 2>&1; then
		echo "$name: passed, after $((SECONDS - began)) s"
		return
	fi
	tail -n 200 "$logs/$name.log"
	echo "FAILED: $name. Its output is in $logs/$name.log" >&2
	exit 1
}

# lanes FUNCTION…: all at once, each a process group of its own; the first that fails ends the others.
lanes() {
	local lane status=0 pids=()
	set -m
	for lane; do
		("$lane") &
		pids+=($!)
	done
	set +m
	# shellcheck disable=SC2064 # As they are now.
	trap "kill -- $(printf -- '-%s ' "${pids[@]}") 2>/dev/null; exit 143" INT TERM HUP
	for lane; do
		wait -n || {
			status=$?
			kill -- "${pids[@]/#/-}" 2>/dev/null || true
			wait
			break
		}
	done
	trap - INT TERM HUP
	return "$status"
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

phpunit() {
	tests/network/with.sh phpunit --configuration tests/wordpress "$@"
}

# Lints, the crates' tests, the programs that let things fail, which need no optimiser as what they let fail is the
# release build, and what PHP and WordPress make of it.
code() {
	run lint tests/lint.sh
	run tools cargo build --workspace --tests --bin chaos --bin cluster
	when_built
	# What hurts has a second of processor time where the optimiser worked. Of these packages, so that all of
	# the build is taken as it is.
	run hostile cargo test --release --package webhooks --package webhooks-php --package testkit \
		--test hostile --test hostile_bytes
	run guard tests/bench/guard.sh
	run cargo cargo test --workspace
	run chaos env TOOLS=target/debug tests/chaos/run.sh target/release --seeds 2
	run cluster env TOOLS=target/debug OUT=target/cluster-short tests/cluster/run.sh target/release --short --seeds 1
	run phpt tests/phpt/run.sh target/release/libwebhooks_php.so
	run fpm tests/fpm/run.sh
	run phpunit phpunit
}

# The release build, the browser, and what else takes that build as it is.
networks() {
	run build make --no-print-directory build
	: >"$logs/built"
	run e2e tests/e2e/run.sh
	run two-servers tests/cluster/pages.sh
	# What depends on how the sites are addressed. The worker has to find the main one by name.
	SUBDOMAINS=1 HOST=localhost run subdomains phpunit \
		--filter '(Core_Events|Account_Created|Sites|Inbox)_Test'
	# What reads the log, and what hands the database over: the log lies in WordPress's own.
	STORE=mysql: run database phpunit \
		--filter '(Network_Database|Deliveries|Overview|Webhook_View|Backfill|Privacy)_Test'
	run example tests/example/run.sh
	run interop tests/interop/run.sh
	run asyncapi tests/asyncapi/run.sh
	run walk tests/walk/run.sh
	run install tests/install/run.sh
	run bare tests/install/bare.sh
	run hardened tests/demo/hardened.sh
	run places tests/install/places.sh
}

# Until the release build is there; a build that fails ends the lanes.
when_built() {
	until [ -e "$logs/built" ]; do sleep 1; done
}

tests/network/install.sh build network wordpress test browser interop scenario loopback
rm -f "$logs/built"
# Networks lie in memory: see with.sh.
export IN_MEMORY=1
# Two for two cores: with three, tests wait for each other.
lanes code networks

echo
summary cargo '^test result: .* [1-9][0-9]* passed'
summary hostile '^test result: .* [1-9][0-9]* passed'
summary guard ' within their budgets$'
summary chaos ' seeds passed, '
summary cluster ' seeds passed, '
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
summary two-servers ' passed, '
