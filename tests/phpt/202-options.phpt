--TEST--
webhooks_dispatch(): what can't be right is refused by name
--INI--
webhooks.spool={TMP}/webhooks-202
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
spool();
foreach (['', 'Payment', 'a b', 'a*', 'ä', str_repeat('a', 101), "a\0"] as $name) {
    thrown(fn () => webhooks_dispatch($name, []));
}
$site = ['id' => 1, 'url' => 'https://example.com'];
foreach ([
    ['unknown' => 1], ['Site' => $site], [1], ['site' => 3], ['site' => ['id' => 1]], ['site' => ['url' => 'x']],
    ['site' => ['id' => '1', 'url' => 'x']], ['site' => ['id' => 0, 'url' => 'x']], ['site' => $site + ['name' => 'x']],
    ['site' => ['id' => 1, 'url' => "\xff"]], ['network_id' => 0], ['network_id' => 1.5], ['scope' => 'site'], ['scope' => true],
    ['actor' => 7], ['actor' => ['x' => INF]], ['source' => 1], ['source' => str_repeat('s', 101)], ['timestamp' => 'now'],
    ['timestamp' => -1], ['timestamp' => 253402300800], ['timestamp' => NAN], ['idempotency_key' => 5], ['delay' => '5'],
    ['delay' => -1], ['delay' => 4294968], ['only' => 'a'], ['only' => []], ['only' => [1]], ['only' => ["a\nb"]],
    ['only' => array_fill(0, 1001, 'a')], ['test' => 1], ['repair' => 'yes'], ['import' => null], ['installation' => []],
] as $options) {
    thrown(fn () => webhooks_dispatch('e', ['a' => 1], $options));
}
foreach ([fn () => webhooks_dispatch('e'), fn () => webhooks_dispatch('e', 1), fn () => webhooks_dispatch('e', 'x'),
    fn () => webhooks_dispatch('e', [], null), fn () => webhooks_dispatch([], []), fn () => webhooks_dispatch('e', [], [], 1)] as $call) {
    thrown($call);
}
// Nothing was written.
var_dump(is_dir(ini_get('webhooks.spool') . '/journal'));
?>
--EXPECT--
Webhooks\Exception: "" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: "Payment" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: "a b" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: "a*" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: "ä" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: "a\0" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
Webhooks\Exception: option "unknown": there is no such option; there are site, network_id, scope, actor, source, timestamp, idempotency_key, delay, only, test, repair, import, version, installation
Webhooks\Exception: option "Site": there is no such option; there are site, network_id, scope, actor, source, timestamp, idempotency_key, delay, only, test, repair, import, version, installation
Webhooks\Exception: option "0": there is no such option; there are site, network_id, scope, actor, source, timestamp, idempotency_key, delay, only, test, repair, import, version, installation
Webhooks\Exception: option "site": expected an array with id and url, got int
Webhooks\Exception: option "site": expected an array with id and url
Webhooks\Exception: option "site": expected an array with id and url
Webhooks\Exception: option "site.id": expected an int, got string
Webhooks\Exception: option "site.id": expected a number above 0
Webhooks\Exception: option "site.name": there is no such option; there are site, network_id, scope, actor, source, timestamp, idempotency_key, delay, only, test, repair, import, version, installation
Webhooks\Exception: option "site.url": is not UTF-8
Webhooks\Exception: option "network_id": expected a number above 0
Webhooks\Exception: option "network_id": expected an int, got float
Webhooks\Exception: option "scope": expected "network", or leave it out
Webhooks\Exception: option "scope": expected a string, got bool
Webhooks\Exception: option "actor": expected an array, got int
Webhooks\Exception: actor.x is INF, which JSON has no number for
Webhooks\Exception: option "source": expected a string, got int
Webhooks\Exception: option "source": longer than 100 bytes
Webhooks\Exception: option "timestamp": expected an int or a float, got string
Webhooks\Exception: option "timestamp": expected Unix seconds up to the year 9999
Webhooks\Exception: option "timestamp": expected Unix seconds up to the year 9999
Webhooks\Exception: option "timestamp": expected Unix seconds up to the year 9999
Webhooks\Exception: option "idempotency_key": expected a string, got int
Webhooks\Exception: option "delay": expected an int, got string
Webhooks\Exception: option "delay": expected 0 to 4294967 seconds
Webhooks\Exception: option "delay": expected 0 to 4294967 seconds
Webhooks\Exception: option "only": expected a list of webhook ids, got string
Webhooks\Exception: option "only": expected 1 to 1000 webhook ids
Webhooks\Exception: option "only": expected a string, got int
Webhooks\Exception: option "only": expected webhook ids
Webhooks\Exception: option "only": expected 1 to 1000 webhook ids
Webhooks\Exception: option "test": expected a bool, got int
Webhooks\Exception: option "repair": expected a bool, got string
Webhooks\Exception: option "import": expected a bool, got null
Webhooks\Exception: option "installation": expected a string, got array
ArgumentCountError: webhooks_dispatch() expects at least 2 arguments, 1 given
TypeError: Invalid value given for argument `data`.
TypeError: Invalid value given for argument `data`.
TypeError: Invalid value given for argument `options`.
TypeError: Invalid value given for argument `event`.
ArgumentCountError: webhooks_dispatch() expects at most 3 arguments, 4 given
bool(false)
