--TEST--
webhooks_dispatch(): the body and the fields beside it
--INI--
webhooks.spool={TMP}/webhooks-201
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/same.inc';
spool();

// Before anything was published every event is taken, under revision 0.
$id = webhooks_dispatch('early', []);
var_dump(records()[0]['revision'], records()[0]['body'] === '{"id":"' . $id . '","type":"early","timestamp":"' . json_decode(records()[0]['body'])->timestamp . '","network_id":1,"data":[]}');

publish(['a' => ['payment_*'], 'b' => ['exactly']], 42);
$data = ['total' => '10.00', 'é/"' => [1.0, null, true], 'when' => new DateTime('@0')];
$id = webhooks_dispatch('payment_received', $data, [
    'site' => ['id' => 3, 'url' => 'https://shop.example.com/"ü'],
    'network_id' => 2,
    'scope' => 'network',
    'actor' => ['user' => 7, 'name' => 'Ünal'],
    'source' => 'woocommerce',
    'timestamp' => 1763632800.1234,
    'delay' => 5,
    'only' => ['a', 'b'],
    'test' => true,
    'import' => true,
    'repair' => false,
]);
['revision' => $revision, 'fields' => $fields, 'body' => $body] = records()[1];
$expected = '{"id":"' . $id . '","type":"payment_received","timestamp":"2025-11-20T10:00:00.123Z","network_id":2,'
    . '"site":{"id":3,"url":"https://shop.example.com/\"ü"},"scope":"network","source":"woocommerce",'
    . '"actor":{"user":7,"name":"Ünal"},"data":' . json_encode($data, FLAGS) . '}';
var_dump($body === $expected, $revision);
var_dump(substr($body, $fields['start'], $fields['end'] - $fields['start']) === json_encode($data, FLAGS));
unset($fields['start'], $fields['end'], $fields['id']);
echo json_encode($fields), "\n";

// The text of the id is that of its bits (TypeID), and begins with the time.
$fields = records()[1]['fields'];
var_dump(abs(hexdec(substr($fields['id'], 0, 12)) - microtime(true) * 1000) < 60000);
var_dump((bool) preg_match('/^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$/', $id));

// An object as the payload.
webhooks_dispatch('exactly', (object) ['a' => (object) []]);
echo json_encode(json_decode(last_body())->data), "\n";

// Nobody subscribes: nothing is written.
var_dump(webhooks_dispatch('other', ['a' => 1]), count(records()));
var_dump(webhooks_dispatch('other', ['a' => INF]), count(records()));

// A key names one event at one site.
$first = webhooks_dispatch('exactly', [], ['idempotency_key' => 'order-1']);
var_dump($first === webhooks_dispatch('exactly', [], ['idempotency_key' => 'order-1']));
var_dump($first === webhooks_dispatch('exactly', [], ['idempotency_key' => 'order-1', 'site' => ['id' => 1, 'url' => 'x']]));

// Half a second, the epoch, the last second that can be written.
foreach ([0, 0.5, 1763632800, 1763632800.9996, 253402300799] as $time) {
    webhooks_dispatch('exactly', [], ['timestamp' => $time]);
    echo json_decode(last_body())->timestamp, "\n";
}
// By reference, with options that are references.
$options = ['source' => 'core'];
$options['self'] = &$options['source'];
unset($options['self']);
$data = ['x' => 1];
$reference = &$data;
webhooks_dispatch('exactly', $data, $options);
echo json_decode(last_body())->source, "\n";
?>
--EXPECT--
int(0)
bool(true)
bool(true)
int(42)
bool(true)
{"timestamp":1763632800123,"network":2,"site":3,"delay":5000,"flags":7,"name":"payment_received","source":"woocommerce","only":"a\nb\n"}
bool(true)
bool(true)
{"a":{}}
NULL
int(3)
NULL
int(3)
bool(true)
bool(false)
1970-01-01T00:00:00.000Z
1970-01-01T00:00:00.500Z
2025-11-20T10:00:00.000Z
2025-11-20T10:00:01.000Z
9999-12-31T23:59:59.000Z
core
