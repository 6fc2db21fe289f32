--TEST--
A real worker: dispatch, wait, the log, stats, resend, recover
--INI--
webhooks.spool={TMP}/webhooks-601
webhooks.allow=127.0.0.1
webhooks.worker=${WEBHOOKS_WORKER}
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/endpoint.inc';
$spool = spool();
$secret = 'whsec_' . base64_encode(random_bytes(32));
$endpoint = endpoint($secret, [200, 500, 200]);

// No store yet: an empty log.
echo json_encode([webhooks_deliveries(), webhooks_delivery('dlv_00000000000000000000000000'), webhooks_stats(), webhooks_announcements(), webhooks_resend('dlv_00000000000000000000000000'), webhooks_recover('a'), webhooks_wait('evt_00000000000000000000000000', 0)]), "\n";
var_dump(webhooks_status()['worker']['running'], file_exists("$spool/store.sqlite"));

$hook = ['id' => 'a', 'url' => $endpoint['url'], 'events' => ['payment_*'], 'secrets' => [['secret' => $secret]], 'retries' => [1, 3600]];
webhooks_configure([$hook], 1);

// The first event starts the worker.
$id = webhooks_dispatch('payment_received', ['total' => '10.00', 'text' => "é\u{2028}"], ['site' => ['id' => 3, 'url' => 'https://shop.example.com'], 'source' => 'test']);
$settled = webhooks_wait($id, 60);
[$request] = received($endpoint);
var_dump($request['verified'], $request['line'], $request['headers']['webhook-id'] === $id, json_decode($request['body'])->id === $id);
[$delivery] = $settled;
var_dump($delivery['body'] === $request['body'], $delivery['attempts_made'][0]['response_body'] === "th\xffx\0s", $delivery === webhooks_delivery($delivery['id']));
unset($delivery['body'], $delivery['attempts_made'], $delivery['id'], $delivery['event_id'], $delivery['created'], $delivery['settled'], $delivery['duration_ms']);
echo json_encode($delivery), "\n";
var_dump(webhooks_status()['worker']['running'], webhooks_wake());

// A failure, and its retry at once.
$id = webhooks_dispatch('payment_failed', []);
$delivery = eventually('it is delivered', function () use ($id) {
    $delivery = webhooks_wait($id, 60)[0];
    return 'delivered' === $delivery['state'] ? $delivery : null;
});
foreach ($delivery['attempts_made'] as $attempt) {
    echo $attempt['number'], ' ', $attempt['status'], ' ', $attempt['next'], ' ', json_encode($attempt['response_headers']), "\n";
}

// The list, its filters and pages.
$names = fn (array $query) => implode(' ', array_column(webhooks_deliveries($query)['deliveries'], 'event'));
echo $names([]), '|', $names(['event' => 'payment_failed']), '|', $names(['site_id' => 3]), '|', $names(['state' => ['failed', 'held']]), '|', $names(['event_id' => $id]), "\n";
$page = webhooks_deliveries(['limit' => 1]);
$next = webhooks_deliveries(['limit' => 1, 'cursor' => $page['cursor']]);
echo $page['deliveries'][0]['event'], ' ', $next['deliveries'][0]['event'], ' ', json_encode($next['cursor']), "\n";
foreach ([['limit' => 0], ['limit' => 'x'], ['nothing' => 1], ['state' => 'lost'], ['since' => 'yesterday'], ['cursor' => 'x'], ['event_id' => 'x'], ['x']] as $query) {
    thrown(fn () => webhooks_deliveries($query));
}
thrown(fn () => webhooks_delivery('evt_00000000000000000000000000'));
thrown(fn () => webhooks_stats(['hours' => 1000]));
thrown(fn () => webhooks_wait($id, NAN));
thrown(fn () => webhooks_resend(['x']));
thrown(fn () => webhooks_resend([5]));
thrown(fn () => webhooks_recover('a', 'yesterday'));
thrown(fn () => webhooks_forget([]));
thrown(fn () => webhooks_forget(['name' => 'x']));
thrown(fn () => webhooks_forget(['user_id' => '7']));

// Again, as it was.
$count = count(received($endpoint));
$arrives = fn () => 3 === webhooks_delivery($delivery['id'])['attempts'];
var_dump(webhooks_resend($delivery['id']), webhooks_resend([]));
eventually('it arrives again', $arrives);
$arrives = fn () => 4 === webhooks_delivery($delivery['id'])['attempts'];
var_dump(webhooks_resend([$delivery['id'], 'dlv_00000000000000000000000000']));
eventually('and again', $arrives);
var_dump(received($endpoint)[$count]['body'] === $delivery['body'], received($endpoint)[$count]['verified']);

$stats = webhooks_stats(['webhook_ids' => ['a', 'unknown'], 'hours' => 2]);
var_dump(array_keys($stats['webhooks']), $stats['webhooks']['a']['delivered'] >= 2, count($stats['webhooks']['unknown']['hours']), $stats['webhooks']['a']['disabled']);
echo json_encode(webhooks_stats(['webhook_ids' => ['a', 'unknown'], 'hours' => 0, 'fields' => ['disabled', 'hours', 'failures_in_row']])), "\n";
thrown(fn () => webhooks_stats(['fields' => ['hours', 'x']]));
var_dump(webhooks_enable('a', 'nothing'));

// Held while paused, and recovered.
webhooks_configure([['paused' => true] + $hook], 2);
$id = webhooks_dispatch('payment_late', ['n' => 1]);
$held = webhooks_wait($id, 60);
echo $held[0]['state'], ' ', $held[0]['reason'], "\n";
webhooks_configure([$hook], 3);
var_dump(webhooks_recover('a', '2999-01-01T00:00:00Z'), webhooks_recover('other'), webhooks_recover('a'));
eventually('it is recovered', fn () => 'delivered' === webhooks_wait($id, 60)[0]['state']);

// Forgotten: the payload is gone, from the log and from the journal.
$id = webhooks_dispatch('payment_ann', ['customer' => ['email' => 'Ann@example.org'], 'note' => 'secret-of-ann']);
var_dump(webhooks_wait($id, 60)[0]['body'] !== null, webhooks_forget(['email' => 'ann@example.org']), webhooks_wait($id, 60)[0]['body']);
var_dump(webhooks_forget(['email' => 'ann@example.org']), webhooks_forget(['user_id' => 4711]));
echo shell_exec('grep -rl secret-of-ann ' . escapeshellarg($spool) . ' | wc -l');

// An event for nobody has no deliveries, and all of them are settled.
$id = webhooks_dispatch('payment_x', [], ['only' => ['gone']]);
var_dump(webhooks_wait($id, 60));
// One whose time is not up has none within this time.
$id = webhooks_dispatch('payment_x', [], ['delay' => 3600]);
var_dump(webhooks_wait($id, 0.2));
echo json_encode(webhooks_status()['problems']), "\n";
?>
--EXPECT--
[{"deliveries":[],"cursor":null},null,{"webhooks":[]},[],0,0,null]
bool(false)
bool(false)
bool(true)
string(19) "POST /hook HTTP/1.1"
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
{"event":"payment_received","webhook_id":"a","site_id":3,"source":"test","state":"delivered","reason":null,"test":false,"due":null,"attempts":1,"last_status":200,"last_failure":null,"content_type":"application\/json"}
bool(true)
bool(true)
1 500 retry {"content-length":"6"}
2 200 delivered {"content-length":"6"}
payment_failed payment_received|payment_failed|payment_received||payment_failed
payment_failed payment_received null
Webhooks\Exception: limit: `limit` is 1 to 200, not 0
Webhooks\Exception: limit: invalid type: string "x", expected i64
Webhooks\Exception: nothing: unknown field `nothing`, expected one of `webhook_id`, `event`, `event_id`, `site_id`, `state`, `failure`, `status`, `since`, `until`, `search`, `test`, `limit`, `person`, `cursor`
Webhooks\Exception: state: "lost" is no state; there are pending, delivering, delivered, failed, held, cancelled, skipped, expired
Webhooks\Exception: since: "yesterday" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z
Webhooks\Exception: cursor: "x" is no cursor of webhooks_deliveries()
Webhooks\Exception: event_id: "x" is not an event's id (expected "evt_" and 26 characters of 0-9 a-z without i l o u)
Webhooks\Exception: expected names as keys, got the number 0
Webhooks\Exception: "evt_00000000000000000000000000" is not a delivery's id (expected "dlv_" and 26 characters of 0-9 a-z without i l o u)
Webhooks\Exception: hours: `hours` is 0 to 720, not 1000
Webhooks\Exception: timeout: expected seconds from 0 on, got NaN
Webhooks\Exception: "x" is not a delivery's id (expected "dlv_" and 26 characters of 0-9 a-z without i l o u)
Webhooks\Exception: ids: expected ids of deliveries, got int
Webhooks\Exception: since: "yesterday" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z
Webhooks\Exception: expected an email, a user_id, or both
Webhooks\Exception: name: unknown field `name`, expected `email` or `user_id`
Webhooks\Exception: user_id: invalid type: string "7", expected u64
int(1)
int(0)
int(1)
bool(true)
bool(true)
array(2) {
  [0]=>
  string(1) "a"
  [1]=>
  string(7) "unknown"
}
bool(true)
int(2)
NULL
{"webhooks":{"a":{"disabled":null,"hours":[],"failures_in_row":0},"unknown":{"disabled":null,"hours":[],"failures_in_row":0}}}
Webhooks\Exception: fields[1]: unknown variant `x`, expected one of `delivered`, `failed`, `pending`, `held`, `hours`, `p50_ms`, `p95_ms`, `last_attempt`, `last_success`, `failing_since`, `failures_in_row`, `disabled`
bool(false)
held paused
int(0)
int(0)
int(1)
bool(true)
int(1)
NULL
int(0)
int(0)
0
array(0) {
}
NULL
[]
