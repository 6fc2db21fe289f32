--TEST--
webhooks_has_subscribers(), webhooks_configure(), webhooks_revision()
--INI--
webhooks.spool={TMP}/webhooks-203
webhooks.autostart=0
webhooks.allow=10.0.0.0/8, internal.example
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

// Nothing was published: nobody can say that nobody subscribes.
var_dump(webhooks_revision(), webhooks_has_subscribers('anything'), webhooks_has_subscribers('anything', 5));

$hook = fn (string $id, array $more) => $more + ['id' => $id, 'url' => 'https://example.com/', 'events' => ['*'], 'signature' => 'none'];
webhooks_configure([
    $hook('only', ['events' => ['a'], 'sites' => ['only' => [1, 2]]]),
    $hook('except', ['events' => ['b_*'], 'sites' => ['except' => [3]], 'network_events' => false]),
    $hook('all', ['events' => ['c'], 'sites' => 'all']),
], 10);
var_dump(webhooks_revision());
foreach ([['a', null], ['a', 1], ['a', 3], ['b', 1], ['b_x', 1], ['b_x', 3], ['c', 9], ['d', null], ['d', 1]] as [$event, $site]) {
    echo $event, ' ', $site ?? 'any', ': ', var_export(webhooks_has_subscribers($event, $site), true), "\n";
}
// Dispatch says the same.
$site = fn (int $id) => ['site' => ['id' => $id, 'url' => 'https://example.com']];
var_dump(webhooks_dispatch('a', [], $site(3)), is_string(webhooks_dispatch('a', [], $site(2))));
var_dump(webhooks_dispatch('b_x', [], ['scope' => 'network']), is_string(webhooks_dispatch('c', [], ['scope' => 'network'])));
// Who is named gets it, subscribed or not.
var_dump(is_string(webhooks_dispatch('d', [], ['only' => ['all']])));

// A new config is seen at once by who publishes it.
publish(['x' => ['d']], 11);
var_dump(webhooks_revision(), webhooks_has_subscribers('d'), webhooks_has_subscribers('a'));

// Refused: nothing changes.
thrown(fn () => publish(['x' => ['e']], 10));
thrown(fn () => publish(['x' => ['e']], 11));
thrown(fn () => publish(['x' => ['e']], 0));
thrown(fn () => webhooks_configure([['id' => 'x', 'url' => 'ftp://x', 'events' => ['d']]], 12));
thrown(fn () => webhooks_configure([['id' => 'x', 'url' => 'https://example.com/']], 12));
thrown(fn () => webhooks_configure([['id' => 'x', 'url' => 'https://example.com/', 'events' => 'd']], 12));
thrown(fn () => webhooks_configure([$hook('x', ['timeout' => '5'])], 12));
thrown(fn () => webhooks_configure([$hook('x', ['colour' => 'red'])], 12));
thrown(fn () => webhooks_configure([$hook('x', ['name' => "\xff"])], 12));
thrown(fn () => webhooks_configure([$hook('x', []), $hook('x', [])], 12));
thrown(fn () => webhooks_configure(['hooks' => []], 12));
thrown(fn () => webhooks_configure(['webhooks' => [], 'moved' => 'yes'], 12));
var_dump(webhooks_revision());
// The same again is no error, and neither are empty arrays where names are keys.
publish(['x' => ['d']], 11);
publish([], 12, ['lookup' => [], 'retention' => [], 'proxy' => null, 'block_external' => [], 'held' => null, 'v1' => []]);
var_dump(webhooks_revision(), webhooks_has_subscribers('d'));
publish(['x' => ['d']], 13, ['installation' => ['id' => 'ours', 'fingerprint' => 'here'], 'held' => 'deactivated']);
echo json_encode(webhooks_status()['config']), "\n";

// Another installation's spool, and a copy of this one.
thrown(fn () => publish(['x' => ['d']], 14, ['installation' => ['id' => 'theirs', 'fingerprint' => 'here']]));
thrown(fn () => publish(['x' => ['d']], 14, ['installation' => ['id' => 'ours', 'fingerprint' => 'there']]));
thrown(fn () => webhooks_dispatch('d', [], ['installation' => 'there']));
var_dump(is_string(webhooks_dispatch('d', [], ['installation' => 'here'])));
publish(['x' => ['d']], 14, ['installation' => ['id' => 'ours', 'fingerprint' => 'there'], 'moved' => true]);
var_dump(is_string(webhooks_dispatch('d', [], ['installation' => 'there'])));

// Published with another webhooks.allow: to be published anew.
$other = shell_exec(sprintf('%s -n -d extension=%s -d webhooks.spool=%s -d webhooks.allow=%s -r %s', ...array_map(
    'escapeshellarg',
    [PHP_BINARY, getenv('WEBHOOKS_EXTENSION'), $spool, 'other.example', 'echo webhooks_revision(), " ", webhooks_status()["problems"][0]["message"];']
)));
echo $other, "\n";
$same = shell_exec(sprintf('%s -n -d extension=%s -d webhooks.spool=%s -d webhooks.allow=%s -r %s', ...array_map(
    'escapeshellarg',
    [PHP_BINARY, getenv('WEBHOOKS_EXTENSION'), $spool, ' internal.example 10.0.0.0/8,', 'echo webhooks_revision();']
)));
echo $same, "\n";

// A damaged file says nothing: every event is taken until it is mended.
file_put_contents("$spool/subscriptions.json", '{');
eventually('it is looked at again', fn () => webhooks_has_subscribers('nobody'));
var_dump(webhooks_revision(), is_string(webhooks_dispatch('nobody', [])));
publish(['x' => ['d']], 15);
var_dump(webhooks_has_subscribers('nobody'), webhooks_revision());
?>
--EXPECT--
int(0)
bool(true)
bool(true)
int(10)
a any: true
a 1: true
a 3: false
b 1: false
b_x 1: true
b_x 3: false
c 9: true
d any: false
d 1: false
NULL
bool(true)
NULL
bool(true)
bool(true)
int(11)
bool(true)
bool(false)
Webhooks\Exception: revision 10 is not higher than the published 11: somebody published in between (or the database was restored); publish again with a higher one
Webhooks\Exception: revision 11 is not higher than the published 11: somebody published in between (or the database was restored); publish again with a higher one
Webhooks\Exception: revision 0: expected a number above 0
Webhooks\Exception: webhook "x": url: the URL has to begin with https:// or http://
Webhooks\Exception: webhook "x": events: is missing
Webhooks\Exception: webhook "x": events: invalid type: string "d", expected a sequence
Webhooks\Exception: webhook "x": timeout: invalid type: string "5", expected u32
Webhooks\Exception: webhook "x": colour: unknown field `colour`, expected one of `id`, `name`, `url`, `keys`, `method`, `events`, `sites`, `network_events`, `include_imports`, `paused`, `secrets`, `signature`, `headers`, `format`, `template`, `content_type`, `condition`, `fields`, `timeout`, `retries`, `concurrency`, `rate_limit`, `ordered`, `log_bodies`, `disable_after`, `ca_file`, `set_aside`
Webhooks\Exception: [0].name is not UTF-8: byte 0 is 0xff; convert it with mb_convert_encoding()
Webhooks\Exception: webhook "x": id: there are two webhooks with this id
Webhooks\Exception: the config can't be read at webhooks: expected a list of webhooks
Webhooks\Exception: moved: expected a bool, got string
int(11)
int(12)
bool(false)
{"revision":13,"installation":"ours","fingerprint":"here","held":"deactivated","webhooks":1,"set_aside":[]}
Webhooks\Exception: the spool {TMP}/webhooks-203 belongs to another installation (ours), not to this one (theirs): give each network a spool of its own (webhooks.spool in php.ini), or, if the other one is gone, delete {TMP}/webhooks-203/config.json and {TMP}/webhooks-203/subscriptions.json
Webhooks\Exception: the spool {TMP}/webhooks-203 was published from another place (here) than this one (there): confirm in Network Admin › Webhooks that this network was moved, or that it is a copy
Webhooks\Exception: the spool {TMP}/webhooks-203 was published from another place (here) than this one (there): confirm in Network Admin › Webhooks that this network was moved, or that it is a copy, which needs a spool of its own (webhooks.spool in php.ini)
bool(true)
bool(true)
0 webhooks.allow in php.ini is not what the webhooks were published with: save any webhook to publish them again
14
int(0)
bool(true)
bool(false)
int(15)
