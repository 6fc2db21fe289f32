#!/usr/bin/env bash
# Everything that may go wrong at once, under load; prints figures.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/scenarios

failed=0
for scenario in dispatch-cost killed-worker slow-endpoint reloads; do
	echo "== $scenario"
	php tests/fpm/run.php "$PWD/$here/class-$scenario.php" || failed=1
done
echo "== full-disk"
$here/full-disk.sh || failed=1
echo "== failed-logins"
tests/network/with.sh php $here/failed-logins.php || failed=1
echo "== import"
tests/network/with.sh php $here/import.php || failed=1
echo "== pages"
$here/pages.sh || failed=1
echo "== a million deliveries on MariaDB"
cargo test --quiet --release --package store a_million -- --ignored --nocapture || failed=1
exit $failed
