--TEST--
Whole results: count, failures, resend, cancel, and how far they are
--INI--
webhooks.spool={TMP}/webhooks-602
webhooks.allow=127.0.0.1
webhooks.worker=${WEBHOOKS_WORKER}
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/endpoint.inc';
$spool = spool();
$secret = 'whsec_' . base64_encode(random_bytes(32));
$endpoint = endpoint($secret, [500, 500, 401, 200]);

// No store yet: nothing matches, and nothing is asked for.
echo json_encode([webhooks_count(), webhooks_failures(), webhooks_bulks(), webhooks_resend(['state' => 'failed']), webhooks_cancel(['state' => 'held']), webhooks_cancel([])]), "\n";
var_dump(webhooks_status()['worker']['running']);

$hook = ['id' => 'a', 'url' => $endpoint['url'], 'events' => ['payment_*'], 'secrets' => [['secret' => $secret]], 'retries' => [], 'concurrency' => 1, 'ordered' => true];
webhooks_configure([$hook], 1);
$ids = [];
foreach (['payment_one', 'payment_two', 'payment_three'] as $event) {
    $ids[] = webhooks_wait(webhooks_dispatch($event, [], ['site' => ['id' => 3, 'url' => 'https://shop.example']]), 60)[0]['id'];
}
echo json_encode([webhooks_count(), webhooks_count(['state' => 'failed', 'site_id' => 3]), webhooks_count(['event' => 'payment_two', 'test' => false]), webhooks_count(['webhook_id' => 'b'])]), "\n";

// What fails, and how often.
$failures = webhooks_failures();
foreach ($failures as $group) {
    $first = webhooks_delivery(500 === $group['status'] ? $ids[0] : $ids[2]);
    $last = webhooks_delivery(500 === $group['status'] ? $ids[1] : $ids[2]);
    var_dump($group['since'] === $first['created'], $group['last'] === $last['created'], $group['example'] === $last['id']);
    unset($group['since'], $group['last'], $group['example']);
    echo json_encode($group), "\n";
}
var_dump(count(webhooks_failures(['webhook_id' => 'b'])), count(webhooks_failures(['since' => '2999-01-01T00:00:00Z'])));

// All of it again, in the order of the events.
var_dump(webhooks_resend(['webhook_id' => 'a', 'state' => 'failed']));
eventually('all are delivered', fn () => 3 === webhooks_count(['state' => 'delivered']));
var_dump(array_map(fn ($request) => json_decode($request['body'])->type, array_slice(received($endpoint), 3)));
$bulk = eventually('it ends', fn () => array_filter(webhooks_bulks(), fn ($bulk) => null !== $bulk['ended']))[0];
var_dump($bulk['asked'] <= $bulk['ended'], str_starts_with($bulk['id'], 'evt_'));
unset($bulk['id'], $bulk['asked'], $bulk['ended']);
echo json_encode($bulk), ' ', count(webhooks_failures()), "\n";
var_dump(webhooks_resend(['state' => 'failed']), count(webhooks_bulks()));

// Given up: what waits, and nothing else.
webhooks_configure([['paused' => true] + $hook], 2);
$held = [];
foreach ([1, 2, 3] as $n) {
    $held[] = webhooks_wait(webhooks_dispatch('payment_late', ['n' => $n]), 60)[0]['id'];
}
var_dump(webhooks_cancel($held[0]), webhooks_cancel([$ids[0], $held[1]]));
eventually('they are given up', fn () => 2 === webhooks_count(['state' => 'cancelled']));
var_dump(webhooks_cancel(['event' => 'payment_late']), webhooks_cancel(['event' => 'payment_one']));
eventually('the last one too', fn () => 'cancelled' === webhooks_delivery($held[2])['state']);
$given_up = webhooks_delivery($held[2]);
echo $given_up['state'], ' ', $given_up['reason'], ' ', webhooks_stats()['webhooks']['a']['held'], ' ', webhooks_bulks()[0]['action'], "\n";

$counts = webhooks_count_by_state(['webhook_id' => 'a']);
var_dump(webhooks_count(['webhook_id' => 'a']) === $counts['all'] && array_sum($counts['states']) === $counts['all'] && 8 === count($counts['states']));
echo json_encode([webhooks_count_by_state(['state' => ['failed', 'held'], 'site_id' => 77]), webhooks_count_by_state(['webhook_id' => 'a', 'state' => 'delivered'], 1)]), "\n";

// Refused: nothing is asked for.
$before = count(webhooks_bulks());
foreach (['webhooks_resend', 'webhooks_cancel'] as $function) {
    thrown(fn () => $function(['limit' => 10, 'state' => 'failed']));
    thrown(fn () => $function(['cursor' => '1', 'state' => 'failed']));
    thrown(fn () => $function(['webhook_id' => null]));
    thrown(fn () => $function(['state' => []]));
    thrown(fn () => $function(['colour' => 'red']));
    thrown(fn () => $function(['state' => 'failed', $ids[0]]));
    thrown(fn () => $function([5]));
    thrown(fn () => $function('x'));
    thrown(fn () => $function(5));
}
thrown(fn () => webhooks_count(['limit' => 1]));
thrown(fn () => webhooks_count(['state' => 'lost']));
thrown(fn () => webhooks_count('failed'));
thrown(fn () => webhooks_count_by_state([], -1));
thrown(fn () => webhooks_failures(['state' => 'failed']));
thrown(fn () => webhooks_failures(['since' => 'yesterday']));
var_dump(count(webhooks_bulks()) === $before);
echo json_encode(webhooks_status()['problems']), "\n";
?>
--EXPECT--
[0,[],[],0,0,0]
bool(false)
[3,3,1,0]
bool(true)
bool(true)
bool(true)
{"webhook_id":"a","code":"status","status":500,"host":"127.0.0.1","count":2,"failed":2,"waiting":0,"held":0}
bool(true)
bool(true)
bool(true)
{"webhook_id":"a","code":"status","status":401,"host":"127.0.0.1","count":1,"failed":1,"waiting":0,"held":0}
int(0)
int(0)
int(3)
array(3) {
  [0]=>
  string(11) "payment_one"
  [1]=>
  string(11) "payment_two"
  [2]=>
  string(13) "payment_three"
}
bool(true)
bool(true)
{"action":"resend","query":{"webhook_id":"a","state":["failed"]},"matched":3,"changed":3} 0
int(0)
int(1)
int(1)
int(1)
int(1)
int(0)
cancelled cancelled 0 cancel
bool(true)
[{"all":0,"states":{"failed":0,"held":0}},{"all":1,"states":{"delivered":1}}]
Webhooks\Exception: limit: this is about the whole result, which has no pages
Webhooks\Exception: cursor: this is about the whole result, which has no pages
Webhooks\Exception: expected a filter that filters: this one finds everything
Webhooks\Exception: expected a filter that filters: this one finds everything
Webhooks\Exception: colour: unknown field `colour`, expected one of `webhook_id`, `event`, `event_id`, `site_id`, `state`, `failure`, `status`, `since`, `until`, `search`, `test`, `limit`, `person`, `cursor`
Webhooks\Exception: expected names as keys, got the number 0
Webhooks\Exception: ids: expected ids of deliveries, got int
Webhooks\Exception: "x" is not a delivery's id (expected "dlv_" and 26 characters of 0-9 a-z without i l o u)
TypeError: Invalid value given for argument `ids`.
Webhooks\Exception: limit: this is about the whole result, which has no pages
Webhooks\Exception: cursor: this is about the whole result, which has no pages
Webhooks\Exception: expected a filter that filters: this one finds everything
Webhooks\Exception: expected a filter that filters: this one finds everything
Webhooks\Exception: colour: unknown field `colour`, expected one of `webhook_id`, `event`, `event_id`, `site_id`, `state`, `failure`, `status`, `since`, `until`, `search`, `test`, `limit`, `person`, `cursor`
Webhooks\Exception: expected names as keys, got the number 0
Webhooks\Exception: ids: expected ids of deliveries, got int
Webhooks\Exception: "x" is not a delivery's id (expected "dlv_" and 26 characters of 0-9 a-z without i l o u)
TypeError: Invalid value given for argument `ids`.
Webhooks\Exception: limit: this is about the whole result, which has no pages
Webhooks\Exception: state: "lost" is no state; there are pending, delivering, delivered, failed, held, cancelled, skipped, expired
TypeError: Invalid value given for argument `query`.
Webhooks\Exception: most: expected 0 or more, got -1
Webhooks\Exception: state: unknown field `state`, expected `webhook_id` or `since`
Webhooks\Exception: since: "yesterday" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z
bool(true)
[]
