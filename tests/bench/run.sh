#!/usr/bin/env bash
# Measures this tree: builds it, and with BASE= another commit to compare with, and runs bench.
#
#   QUICK=1 BASE=main tests/bench/run.sh [NAME…]
#   PART=single|takeover|galera tests/bench/run.sh cluster
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "$*" = cluster ]; then
	tests/network/install.sh cluster
	cargo build --release --workspace --lib --bin cluster
	OUT=target/bench exec tests/cluster/run.sh target/release --bench ${PART:+--part "$PART"}
fi
arguments=()
[ -z "${QUICK-}" ] || arguments+=(--quick)
if [ -n "${BASE-}" ]; then
	commit=$(git rev-parse --verify --quiet "$BASE^{commit}") || {
		echo "BASE=$BASE names no commit." >&2
		exit 2
	}
	tree=$PWD/target/bench/base
	if [ ! -e "$tree" ]; then
		git worktree prune
		git worktree add --quiet --detach "$tree" "$commit"
	fi
	git -C "$tree" checkout --quiet --detach "$commit"
	mkdir -p "$tree/target"
	ln -sfn "$PWD/target/wordpress" "$tree/target/wordpress"
	make --no-print-directory -C "$tree" build
	arguments+=(--base "$tree")
fi
cargo build --release --workspace --lib --bin bench
# Not below the build's own limits: a million events are gigabytes of log.
exec target/release/bench "${arguments[@]}" "$@"
