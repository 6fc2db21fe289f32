--TEST--
webhooks_actions(): what was published comes back in every process
--INI--
webhooks.spool={TMP}/webhooks-206
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

// Nothing was published.
var_dump(webhooks_actions());
publish(['x' => ['d']], 1);
var_dump(webhooks_actions());

$actions = [
    ['hook' => 'my_plugin_done', 'arguments' => ['order', 'user'], 'priority' => 10, 'ratio' => 1.0, 'off' => false, 'none' => null],
    'text “ü”',
    [],
    [[1, 2], ['deep' => ['deeper' => PHP_INT_MAX]]],
];
publish(['x' => ['d']], 2, ['actions' => $actions]);
var_dump($actions === webhooks_actions());
// What is given away is a copy.
$mine = webhooks_actions();
$mine[0]['hook'] = 'other';
var_dump($actions === webhooks_actions());

// Another process.
$print = sprintf('%s -n -d extension=%s -d webhooks.spool=%s -r %s', ...array_map(
    'escapeshellarg',
    [PHP_BINARY, getenv('WEBHOOKS_EXTENSION'), $spool, 'echo json_encode(webhooks_actions()[0]);']
));
echo shell_exec($print), "\n";

// The same revision with other actions is another config.
thrown(fn () => publish(['x' => ['d']], 2, ['actions' => ['other']]));
thrown(fn () => publish(['x' => ['d']], 3, ['actions' => ['a' => 1]]));
thrown(fn () => publish(['x' => ['d']], 3, ['actions' => 'all']));
var_dump(webhooks_revision());

// Taken back, damaged, gone.
publish(['x' => ['d']], 3);
var_dump(webhooks_actions());
publish(['x' => ['d']], 4, ['actions' => ['kept']]);
var_dump(webhooks_actions());
file_put_contents("$spool/subscriptions.json", '{');
eventually('it is looked at again', fn () => [] === webhooks_actions());
remove($spool);
eventually('nothing is there', fn () => [] === webhooks_actions());
?>
--EXPECT--
array(0) {
}
array(0) {
}
bool(true)
bool(true)
{"hook":"my_plugin_done","arguments":["order","user"],"priority":10,"ratio":1,"off":false,"none":null}
Webhooks\Exception: revision 2 is not higher than the published 2: somebody published in between (or the database was restored); publish again with a higher one
Webhooks\Exception: the config can't be read at actions: expected a list
Webhooks\Exception: the config can't be read at actions: expected a list
int(2)
array(0) {
}
array(1) {
  [0]=>
  string(4) "kept"
}
