#!/usr/bin/env bash
# Requests of the real worker, verified and parsed by the libraries that receivers use, and by the
# receivers of the guide.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/interop
python=(standardwebhooks==1.1.0 cloudevents==2.2.0)
node=(standardwebhooks@1.1.1)

tests/network/install.sh interop
# with PACKAGES FOLDER COMMAND…: runs the command unless that has put these packages there before.
with() {
	local wanted=$1 folder=target/interop/$2
	shift 2
	[ "$(cat "$folder/.packages" 2>/dev/null)" = "$wanted" ] && return
	rm -rf "$folder"
	mkdir -p "$folder"
	"$@" </dev/null
	echo "$wanted" >"$folder/.packages"
}
with "${python[*]}" python python3 -m pip install --quiet --no-input --disable-pip-version-check \
	--root-user-action=ignore --target target/interop/python "${python[@]}"
with "${node[*]}" node npm install --prefix target/interop/node --ignore-scripts --no-audit --no-fund \
	--loglevel=error "${node[@]}"

run=$(mktemp -d)
spool=$run/spool
mkdir -m 700 "$spool"
"${BUILD:-target/release}/endpoint" --record "$run/requests.jsonl" >"$run/live" &
endpoint=$!
trap 'kill $endpoint; rm -rf "$run"' EXIT
for _ in $(seq 100); do
	[ -s "$run/live" ] && break
	sleep 0.1
done
php -n -d extension="$PWD/${BUILD:-target/release}/libwebhooks_php.so" -d webhooks.spool="$spool" \
	-d webhooks.allow=127.0.0.1 -d webhooks.autostart=0 $here/dispatch.php "$(head -n 1 "$run/live")" \
	>"$run/events.json"
"${BUILD:-target/release}/webhooks-worker" --once --spool "$spool" 2>"$run/worker"

export PYTHONPATH=target/interop/python NODE_PATH=target/interop/node/node_modules
mkdir "$run/receivers"
{
	for verify in "python3 $here/verify.py" "node $here/verify.js"; do
		$verify "$run/requests.jsonl" "$run/events.json" $here/webhooks.json
	done
	mkdir -m 700 "$run/other-spool"
	php -n -d extension="$PWD/${BUILD:-target/release}/libwebhooks_php.so" -d webhooks.spool="$run/other-spool" \
		-d webhooks.allow=127.0.0.1 -d webhooks.autostart=0 $here/receivers.php "$run/receivers"
} | tee "$run/verdict"
passed=$(grep -c '^ok' "$run/verdict" || true)
failed=$(grep -c '^FAIL' "$run/verdict" || true)
echo "interop: $passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
