#!/usr/bin/env bash
# The main job, once: a super admin adds webhooks with the real form, sends a test event, a
# payment arrives, an account is made; then a table of what the endpoint got.
#
# Run by demo.sh in the environment of its network. Standard input: the endpoint's live lines.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
payment=$here/../payloads/ultimate-multisite-payment_received.json
# shellcheck source=browser.sh
. "$here/browser.sh"
trap 'rm -rf "$browser_dir"' EXIT

list=$1
failed=0
events=()
lines=()

add_webhook() { # NAME EVENT
	open_page "$list-new"
	press "Add Webhook" "name=$1" "url=$ENDPOINT_URL" "events[]=$2"
	open_page "$list"
	grep -q "$1" "$browser_dir/page.html" || {
		echo "The webhook \"$1\" is not in the list." >&2
		exit 1
	}
}

fire() { # WHAT [CURL-ARGUMENTS…]
	local what=$1
	shift
	curl --silent --show-error --fail --max-time 60 "$WP_URL/?fire=$what" "$@" >/dev/null
}

# Takes the endpoint's next line, and holds it against the event that has to come.
await() { # EVENT, as the endpoint writes it
	local line
	events+=("$1")
	if ! IFS= read -r -t 30 line; then
		lines+=("did not arrive within 30 seconds")
		failed=1
		return
	fi
	line=${line#"${line%%[![:space:]]*}"}
	lines+=("$line")
	case $line in
	"$1 "*" 200 "*" verified "*) ;;
	*) failed=1 ;;
	esac
}

echo "Logging in as $ADMIN_USER"
log_in

echo "Adding a webhook for Payment Received and one for Account Created"
add_webhook "Payments" payment_received
add_webhook "Accounts" account_created

echo "Sending a test event"
open_page "$list"
press "Send Test Event “Payments”"
await "payment_received (test)"
confirmation=$(page_text | grep -m 1 -o 'The test event arrived: .* ms\.' || true)
if [ -n "$confirmation" ]; then
	echo "  $confirmation"
else
	page_text >&2
	failed=1
fi

echo "A payment arrives"
fire payment --data-binary "@$payment"
await payment_received

echo "An account is made"
fire account --data ''
await account_created

# One secret a line, for whoever wants to check received.jsonl by other means.
# shellcheck disable=SC2016 # the variables are PHP's
(umask 077 && php -n -r '
	foreach (json_decode(file_get_contents($argv[1]), true)["webhooks"] as $webhook) {
		foreach ($webhook["secrets"] as $secret) { echo $secret["secret"], "\n"; }
	}' -- "$SPOOL/config.json" >"$DEMO_OUT/secret")

echo
printf '%-24s  %14s  %-6s  %-11s  %s\n' "event" "received after" "status" "signature" "id"
for i in "${!events[@]}"; do
	case ${lines[i]} in
	did*) printf '%-24s  %s\n' "${events[i]}" "${lines[i]}" ;;
	*) echo "${lines[i]}" ;;
	esac
done
echo
if [ $failed = 0 ]; then
	echo "Every event arrived, each with a valid signature. Received: target/demo/received.jsonl"
else
	echo "Not every event arrived with a valid signature. The worker's log:" >&2
	tail -n 20 "$SPOOL/worker.log" >&2 || true
	exit 1
fi
