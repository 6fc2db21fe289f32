#!/usr/bin/env bash
# Runs the .phpt tests: run.sh EXTENSION [test…], such as target/release/libwebhooks_php.so.
# WEBHOOKS_WORKER: the worker's binary, by default the one beside it.
# VALGRIND=1: every PHP process under valgrind, and what it finds is a failure; takes half an hour.
#
# Uses the run-tests.php that PHP installs for phpize, and ends with its summary. A skipped test
# is a failure: everything that they need is part of the build.
set -euo pipefail
cd "$(dirname "$0")/../.."

extension=$(realpath "${1:?path of the extension}")
shift
worker=$(realpath "${WEBHOOKS_WORKER:-$(dirname "$extension")/webhooks-worker}")
php=${TEST_PHP_EXECUTABLE:-$(command -v php)}
modules=$("${PHP_CONFIG:-php-config}" --extension-dir)
api=$(basename "$modules")
for runner in "/usr/lib/php/$api/build/run-tests.php" "$("${PHP_CONFIG:-php-config}" --prefix)/lib/php/build/run-tests.php"; do
	[ ! -f "$runner" ] || break
done

# Without any php.ini (-n): only what the tests ask for is loaded.
arguments=(-n -q --show-diff -d "extension=$extension")
built_in=$("$php" -n -m)
for module in pcntl posix; do
	grep -qx "$module" <<<"$built_in" || arguments+=(-d "extension=$modules/$module.so")
done

# A folder of this run's own, for spools and results; other users have to get through it.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
export TMPDIR=$folder NO_INTERACTION=1 TEST_PHP_EXECUTABLE=$php
export WEBHOOKS_EXTENSION=$extension WEBHOOKS_WORKER=$worker
status=0
if [ -n "${VALGRIND:-}" ]; then
	# Some tests run as other users.
	mkdir -m 1777 "$folder/valgrind"
	export VALGRIND VALGRIND_PHP=$php VALGRIND_LOGS=$folder/valgrind TEST_PHP_EXECUTABLE=$PWD/tests/phpt/valgrind.sh
	arguments+=(--set-timeout 3600)
fi
"$php" -n "$runner" "${arguments[@]}" -W "$folder/results" "${@:-tests/phpt}" || status=$?
if grep '^SKIPPED' "$folder/results"; then
	echo "A skipped test is a failure."
	status=1
fi
if [ -n "${VALGRIND:-}" ]; then
	logs=("$folder"/valgrind/*)
	echo "${#logs[@]} processes ran under valgrind"
	if [ ! -f "${logs[0]}" ] || cat "${logs[@]}" | grep .; then
		echo "Valgrind found something: what is ours has to be mended."
		status=1
	fi
fi
exit "$status"
