"""Verifies what was delivered with the libraries that receivers use.

standardwebhooks (PyPI) for `v1`; cloudevents (PyPI) parses the CloudEvents among them.
"""

import json
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError

verified = parsed = 0
for line in open(sys.argv[1], encoding="utf-8"):
    request = json.loads(line)
    headers, body = request["headers"], request["body"]
    if request["secret"].startswith("whsec_"):
        webhook = Webhook(request["secret"])
        webhook.verify(body, headers)
        try:
            webhook.verify(body + " ", headers)
            sys.exit("a changed body was accepted")
        except WebhookVerificationError:
            verified += 1
    if request["format"].startswith("cloudevents"):
        event = from_http_event(HTTPMessage(headers=headers, body=body.encode()))
        assert event.get_id() == headers["webhook-id"], event
        assert event.get_type() == "payment_received", event
        assert event.get_source() == "https://three.example", event
        assert event.get_extension("siteid") == "3", event
        assert event.get_data()["note"] == '😀 "x"', event
        parsed += 1
assert verified and parsed
print(f"python: {verified} signatures verified, {parsed} CloudEvents parsed")
