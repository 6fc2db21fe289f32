--TEST--
webhooks_check(): what is wrong with webhooks, each for itself; publishing one that is set aside
--INI--
webhooks.spool={TMP}/webhooks-208
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

$hook = fn (string $id, array $more = []) => $more + ['id' => $id, 'name' => "Name of $id", 'url' => 'https://crm.example/in', 'events' => ['order_*'], 'signature' => 'none'];
$list = [
    $hook('right'),
    $hook('long', ['timeout' => 61]),
    $hook('bytes', ['name' => "caf\xe9"]),
    'no webhook',
    $hook('right'),
    $hook('template', ['format' => 'template', 'template' => "{\n{{ data. }}}"]),
    $hook('example', ['condition' => 'data.totl > 5']),
];
foreach (webhooks_check($list, ['order_paid' => ['total' => 5]]) as $wrong) {
    echo implode(' | ', $wrong), "\n";
}
var_dump(webhooks_check([]), webhooks_check([$hook('right')]), webhooks_revision());

// All or nothing, unless it is set aside.
try {
    webhooks_configure([$list[0], $list[1]], 1);
} catch (Webhooks\Exception $e) {
    echo $e->getMessage(), "\n";
}
$aside = ['set_aside' => ['field' => 'timeout', 'message' => '61: expected 1 to 60 seconds']];
webhooks_configure([$list[0], $aside + $list[1]], 1);
var_dump(webhooks_has_subscribers('order_paid'));
$status = webhooks_status();
print_r($status['config']['set_aside']);
print_r($status['problems']);
try {
    webhooks_configure([['set_aside' => ['reason' => 'none']] + $list[1]], 2);
} catch (Webhooks\Exception $e) {
    echo $e->getMessage(), "\n";
}

// Given up: nobody's, and nothing left in it.
webhooks_configure(['webhooks' => [], 'installation' => ['id' => 'a', 'fingerprint' => 'here']], 2);
webhooks_configure(['webhooks' => [], 'installation' => ['id' => 'a', 'fingerprint' => 'here'], 'release' => true], 3);
var_dump(webhooks_status()['config']['installation'], webhooks_status()['config']['fingerprint']);
?>
--EXPECT--
1 | timeout | 61: expected 1 to 60 seconds
2 | name | name is not UTF-8: byte 3 is 0xe9; convert it with mb_convert_encoding()
3 | . | expected a webhook
4 | id | there are two webhooks with this id
5 | template | line 2, column 10: syntax error: unexpected end of variable block, expected identifier or integer
6 | condition | with the example of order_paid: line 1, column 1: "data.totl" is undefined
array(0) {
}
array(0) {
}
int(0)
webhook "long": timeout: 61: expected 1 to 60 seconds
bool(true)
Array
(
    [0] => Array
        (
            [id] => long
            [name] => Name of long
            [field] => timeout
            [message] => 61: expected 1 to 60 seconds
        )

)
Array
(
    [0] => Array
        (
            [code] => invalid_webhook
            [message] => the webhook "Name of long" (long) is invalid, so its events are kept and not sent: timeout: 61: expected 1 to 60 seconds
        )

)
webhook "long": set_aside.reason: unknown field `reason`, expected one of `field`, `message`, `unsure`
NULL
NULL
