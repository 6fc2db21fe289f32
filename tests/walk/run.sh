#!/usr/bin/env bash
# From a signup to the deletion, in a network made for it, and the table of what arrived at an endpoint.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -n "${RUN_DIR-}" ] || exec tests/network/with.sh tests/walk/run.sh
# shellcheck source=../network/process.sh
. tests/network/process.sh

out=$(mktemp -d "$RUN_DIR/walk.XXXXXX")
"${BUILD:-target/release}/endpoint" --record "$out/received.jsonl" --config "$SPOOL/config.json" --live >"$out/live" &
endpoint=$!
trap 'stop $endpoint' EXIT
wait_until 10 test -s "$out/live"
ENDPOINT_URL=$(head -n 1 "$out/live")
export ENDPOINT_URL RECEIVED=$out/received.jsonl LIVE=$out/live
php tests/walk/walk.php
