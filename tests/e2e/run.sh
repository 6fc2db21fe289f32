#!/usr/bin/env bash
# The browser test, in a network made for it. Screenshots go to SCREENSHOTS (target/e2e). FLOW=name runs one flow.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -n "${RUN_DIR-}" ] || exec tests/network/with.sh tests/e2e/run.sh "$@"
# shellcheck source=../network/process.sh
. tests/network/process.sh

out=$(mktemp -d "$RUN_DIR/e2e.XXXXXX")
mkdir -p target/e2e "${SCREENSHOTS:=target/e2e}"
rm -f target/e2e/{failed,rtl-}*.png target/e2e/axe.json
"${BUILD:-target/release}/endpoint" --record "$out/received.jsonl" --config "$SPOOL/config.json" --live >"$out/live" &
endpoint=$!
trap 'stop $endpoint' EXIT
wait_until 10 test -s "$out/live"
ENDPOINT_URL=$(head -n 1 "$out/live")
export ENDPOINT_URL SCREENSHOTS ENDPOINT_LIVE=$out/live ENDPOINT_RECORD=$out/received.jsonl
node tests/e2e/run.js
