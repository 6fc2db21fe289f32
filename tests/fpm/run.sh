#!/usr/bin/env bash
# Tests under a real php-fpm. Words pick tests: tests/fpm/run.sh reload
set -euo pipefail
cd "$(dirname "$0")/../.."
exec php tests/fpm/run.php "$PWD/tests/fpm/class-life-cycle.php" "$@"
