#!/usr/bin/env bash
# One run of deeds, in a network made for it: see run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=../network/process.sh
. tests/network/process.sh
name=$1

for folder in $(php tests/plugins/list.php "$name"); do
	cp -rL "$DIR/$folder" "$WP_ROOT/wp-content/plugins/"
done
cp tests/plugins/trace-recorder.php "$WP_ROOT/wp-content/mu-plugins/"
chmod -R u=rwX,go=rX "$WP_ROOT/wp-content"
[ "$PHP_USER" != www-data ] || chown www-data: "$WP_ROOT/wp-content" "$WP_ROOT/wp-content/plugins"

endpoint=${BUILD:-target/release}/endpoint
"$endpoint" --record "$RUN_DIR/received.jsonl" --config "$SPOOL/config.json" --live >"$RUN_DIR/live" &
endpoint=$!
trap 'stop $endpoint' EXIT
wait_until 10 test -s "$RUN_DIR/live"
ENDPOINT_URL=$(head -n 1 "$RUN_DIR/live")
export ENDPOINT_URL RECEIVED=$RUN_DIR/received.jsonl LIVE=$RUN_DIR/live TRACE=$RUN_DIR/tmp/trace.jsonl
php tests/plugins/main.php "$name"
