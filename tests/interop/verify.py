"""Whether a receiver's own libraries take what was sent: verify.py REQUESTS EVENTS WEBHOOKS

Standard Webhooks by the package `standardwebhooks`, CloudEvents by `cloudevents`.
"""

import json
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError

with open(sys.argv[1], encoding="utf-8") as lines:
    requests = [json.loads(line) for line in lines]
with open(sys.argv[2], encoding="utf-8") as file:
    events = json.load(file)
with open(sys.argv[3], encoding="utf-8") as file:
    webhooks = {webhook["id"]: webhook for webhook in json.load(file)}


def check(what, holds):
    print("ok  " if holds else "FAIL", what)


def verifies(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
        return True
    except WebhookVerificationError:
        return False


seen = 0
for request in requests:
    webhook = webhooks[request["path"].strip("/")]
    body, headers = request["body"], request["headers"]
    event = events[headers["webhook-id"]]
    what = f"{webhook['id']}, {event['type']}"
    seen += 1
    if webhook.get("signature") != "v1a":
        for number, entry in enumerate(webhook["secrets"], 1):
            check(f"standardwebhooks (PyPI): {what}, secret {number}", verifies(entry["secret"], body, headers))
        first = webhook["secrets"][0]["secret"]
        check(f"standardwebhooks (PyPI): {what}, altered, is refused", not verifies(first, body + " ", headers))
    if webhook.get("format", "").startswith("cloudevents"):
        parsed = from_http_event(HTTPMessage(headers=headers, body=body.encode()))
        attributes = parsed.get_attributes()
        is_binary = "ce-id" in headers
        check(
            f"cloudevents (PyPI): {what}, attributes",
            attributes["id"] == headers["webhook-id"]
            and attributes["specversion"] == "1.0"
            and event["type"] in attributes["type"]
            and attributes["time"].tzinfo is not None
            and is_binary == webhook["format"].endswith("-binary"),
        )
        check(f"cloudevents (PyPI): {what}, data", parsed.get_data() == event["data"])
check("every webhook got every event", seen == len(events) * len(webhooks))
