--TEST--
Events of the log for a webhook that was added late, and all webhooks together
--INI--
webhooks.spool={TMP}/webhooks-603
webhooks.allow=127.0.0.1
webhooks.worker=${WEBHOOKS_WORKER}
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/endpoint.inc';
$spool = spool();
$secret = 'whsec_' . base64_encode(random_bytes(32));
$endpoint = endpoint($secret);
$old = ['id' => 'old', 'url' => $endpoint['url'], 'events' => ['*'], 'secrets' => [['secret' => $secret]]];
$late = ['id' => 'late', 'events' => ['payment_*'], 'ordered' => true, 'concurrency' => 1] + $old;

// No store yet: nothing was missed, and nothing happened.
echo json_encode([webhooks_missed($late), webhooks_backfill($late), webhooks_overview()]), "\n";

webhooks_configure([$old], 1);
foreach (['payment_one', 'other', 'payment_two', 'payment_three'] as $event) {
    $ids[$event] = webhooks_dispatch($event, [], ['site' => ['id' => 3, 'url' => 'https://shop.example']]);
    webhooks_wait($ids[$event], 60);
}
webhooks_configure([$old, $late], 2);

// What it is for, and what it was narrowed to.
echo json_encode([
    webhooks_missed($late),
    webhooks_missed($old)['events'],
    webhooks_missed($late, ['event_id' => $ids['payment_two']])['events'],
    webhooks_missed($late, ['event_id' => $ids['other']])['events'],
    webhooks_missed($late, ['event_id' => $ids['other'], 'any_event' => true])['events'],
    webhooks_missed($late, ['since' => '2999-01-01T00:00:00Z'])['events'],
]), "\n";

// All of it, oldest first, once.
$before = count(received($endpoint));
var_dump(webhooks_backfill($late));
eventually('all are delivered', fn () => 3 === webhooks_count(['webhook_id' => 'late', 'state' => 'delivered']));
$new = array_slice(received($endpoint), $before);
var_dump(array_map(fn ($request) => json_decode($request['body'])->type, $new));
var_dump(array_unique(array_column($new, 'verified')), array_column(array_column($new, 'headers'), 'webhook-id') === [$ids['payment_one'], $ids['payment_two'], $ids['payment_three']]);
var_dump(webhooks_backfill($late));
$bulk = eventually('it ends', fn () => array_filter(webhooks_bulks(), fn ($bulk) => null !== $bulk['ended']))[0];
echo $bulk['action'], ' ', $bulk['matched'], "\n";

// At a pace, and ended on the way: what was not tried is given up.
webhooks_configure([$old, $late, $slow = ['id' => 'slow', 'events' => ['payment_*']] + $old], 3);
var_dump(webhooks_backfill($slow, ['per_minute' => 1]));
eventually('the first is delivered', fn () => 1 === webhooks_count(['webhook_id' => 'slow', 'state' => 'delivered']));
$slower = array_values(array_filter(webhooks_bulks(), fn ($it) => $it['id'] !== $bulk['id']))[0]['id'];
var_dump(webhooks_count(['webhook_id' => 'slow', 'state' => 'pending']), webhooks_stop_backfill($slower), webhooks_stop_backfill('evt_unknown'));
eventually('the rest is given up', fn () => 2 === webhooks_count(['webhook_id' => 'slow', 'state' => 'cancelled']));

// All webhooks together.
$overview = webhooks_overview(['hours' => 24]);
echo json_encode([$overview['pending'], $overview['held'], array_sum(array_column($overview['hours'], 'delivered')), $overview['sampled'], $overview['sites'], $overview['events'][0]['count'], $overview['p50_ms'] > 0]), "\n";
echo json_encode(['sample' => webhooks_overview(['sample' => 0])['sampled']]), "\n";

foreach ([
    fn () => webhooks_missed(['id' => 'x']),
    fn () => webhooks_missed($late, ['colour' => 'red']),
    fn () => webhooks_missed($late, ['webhook_id' => 'old']),
    fn () => webhooks_missed($late, ['any_event' => true]),
    fn () => webhooks_backfill($late, ['per_minute' => 0]),
    fn () => webhooks_backfill($late, ['since' => 'yesterday']),
    fn () => webhooks_overview(['colour' => 'red']),
    fn () => webhooks_overview(['sample' => 10_001]),
    fn () => webhooks_stats(['webhook_ids' => array_map(strval(...), range(1, 139)), 'hours' => 720]),
    fn () => webhooks_count([], -1),
] as $wrong) {
    try {
        $wrong();
        echo "no exception\n";
    } catch (Webhooks\Exception $exception) {
        echo $exception::class, ': ', $exception->getMessage(), "\n";
    }
}
--EXPECT--
[{"events":0,"more":false},0,{"pending":0,"held":0,"hours":[],"p50_ms":null,"p95_ms":null,"sampled":0,"sites":[],"events":[]}]
[{"events":3,"more":false},0,1,0,1,0]
int(3)
array(3) {
  [0]=>
  string(11) "payment_one"
  [1]=>
  string(11) "payment_two"
  [2]=>
  string(13) "payment_three"
}
array(1) {
  [0]=>
  bool(true)
}
bool(true)
int(0)
backfill 3
int(3)
int(2)
bool(true)
bool(false)
[0,0,8,4,[{"site_id":3,"count":4}],1,true]
{"sample":0}
Webhooks\Exception: url: is missing
Webhooks\Exception: colour: unknown field `colour`, expected one of `webhook_id`, `event_id`, `since`, `until`, `per_minute`, `any_event`
Webhooks\Exception: webhook_id: expected the webhook's own, or none
Webhooks\Exception: any_event: expected an event_id as well
Webhooks\Exception: per_minute: expected 1 to 60000
Webhooks\Exception: since: "yesterday" is no time; expected RFC 3339, such as 2026-11-20T10:00:00Z
Webhooks\Exception: colour: unknown field `colour`, expected `hours` or `sample`
Webhooks\Exception: sample: `sample` is 0 to 10000, not 10001
Webhooks\Exception: reading the log: 720 hours of 139 webhooks are more than 100000 hours in all: ask for fewer hours (0: none), or name fewer webhooks (webhook_ids)
Webhooks\Exception: most: expected 0 or more, got -1