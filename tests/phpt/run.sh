#!/usr/bin/env bash
# Runs the .phpt tests with the extension given: run.sh target/php/release/libwebhooks.so [test…]
#
# Uses the run-tests.php that PHP installs for phpize, and ends with its summary. A skipped test
# is a failure: everything that they need is part of the build.
set -euo pipefail
cd "$(dirname "$0")/../.."

extension=$(realpath "${1:?path of the extension}")
shift
php=${TEST_PHP_EXECUTABLE:-$(command -v php)}
runner=$("${PHP_CONFIG:-php-config}" --prefix)/lib/php/build/run-tests.php
[ -f "$runner" ] || runner=$(ls "$("${PHP_CONFIG:-php-config}" --prefix)"/lib/php/*/build/run-tests.php | tail -n 1)
modules=$("${PHP_CONFIG:-php-config}" --extension-dir)

# Without any php.ini (-n): only what the tests ask for is loaded.
arguments=(-n -q --show-diff -d "extension=$extension")
for module in pcntl posix; do
    "$php" -n -m | grep -qi "^$module$" || arguments+=(-d "extension=$modules/$module.so")
done

results=$(mktemp)
trap 'rm -f "$results"' EXIT
export NO_INTERACTION=1 TEST_PHP_EXECUTABLE="$php" TEST_PHP_ARGS=
set +e
"$php" -n "$runner" "${arguments[@]}" -W "$results" "${@:-tests/phpt}"
status=$?
if grep -q '^SKIPPED' "$results"; then
    echo "A skipped test is a failure:" >&2
    grep '^SKIPPED' "$results" >&2
    status=1
fi
exit $status
