#!/usr/bin/env bash
# Whether chaos sees what it is there for: each patch beside this file is a deliberate bug, and has
# to be caught. SEEDS says how many runs a bug may survive (30).
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=target/mutants/source

caught=0
survived=0
for patch in tests/chaos/*.patch; do
	name=$(basename "$patch" .patch)
	rm -rf "$copy"
	mkdir -p "$copy" "target/mutants/$name"
	# With new times, so that cargo sees what the last patch had changed.
	git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from - |
		tar --extract --touch --directory "$copy"
	patch --silent --strip 1 --directory "$copy" <"$patch" || {
		echo "$patch no longer fits the source: make it anew" >&2
		exit 1
	}
	CARGO_TARGET_DIR=$PWD/target/mutants/build cargo build --quiet --manifest-path "$copy/Cargo.toml" \
		--workspace --lib --bin webhooks-worker --bin chaos
	log=target/mutants/$name/log
	if OUT=target/mutants/$name tests/chaos/run.sh target/mutants/build/debug \
		--seeds "${SEEDS:-30}" --until-failure >"$log" 2>&1; then
		survived=$((survived + 1))
		echo "FAIL $name survived: see $log"
	elif grep -q '^seed .* FAILED' "$log"; then
		caught=$((caught + 1))
		echo "ok   $name"
		sed -n '/^seed .* FAILED/,/^[^ ]* seeds/{/ seeds passed/!s/^/     | /p}' "$log" | cut -c 1-240
	else
		cat "$log" >&2
		exit 1
	fi
done
echo "mutants: $caught caught, $survived survived"
[ $survived = 0 ]
