--TEST--
webhooks_dispatch(): jsonSerialize() may dispatch, publish, throw, or never come back
--ENV--
USE_ZEND_ALLOC=1
--INI--
webhooks.spool={TMP}/webhooks-205
webhooks.autostart=0
memory_limit=64M
--FILE--
<?php
require __DIR__ . '/spool.inc';
spool();
publish(['a' => ['*']], 1);

class Calls implements JsonSerializable
{
    public function __construct(private Closure $call)
    {
    }

    public function jsonSerialize(): mixed
    {
        return ($this->call)();
    }
}
$outer = webhooks_dispatch('outer', ['before' => 1, 'inner' => new Calls(fn () => webhooks_dispatch('a_longer_name', ['x' => new Calls(fn () => 'deep')])), 'after' => 2]);
[$first, $second] = records();
echo $first['fields']['name'], ' ', $second['fields']['name'], "\n";
var_dump(json_decode($first['body'], true)['data'] === ['x' => 'deep']);
$body = json_decode($second['body'], true);
var_dump($body['id'] === $outer, $body['data']['inner'] === json_decode($first['body'])->id, array_keys($body['data']));
var_dump(json_decode(substr($second['body'], $second['fields']['start'], $second['fields']['end'] - $second['fields']['start']), true) === $body['data']);

thrown(fn () => webhooks_dispatch('outer', [new Calls(fn () => throw new DomainException('mine'))]));
webhooks_dispatch('outer', [new Calls(function () {
    publish(['b' => ['other']], 2);
    return 'published meanwhile';
})]);
var_dump(count(records()), records()[2]['revision'], webhooks_dispatch('outer', []));
publish(['a' => ['*']], 3);

// A fatal error leaves everything usable, and one segment.
register_shutdown_function(function () {
    var_dump(is_string(webhooks_dispatch('after', [])), count(records()), count(glob(ini_get('webhooks.spool') . '/journal/*.seg')));
});
webhooks_dispatch('outer', [new Calls(fn () => str_repeat('x', 1 << 30))]);
?>
--EXPECTF--
a_longer_name outer
bool(true)
bool(true)
bool(true)
array(3) {
  [0]=>
  string(6) "before"
  [1]=>
  string(5) "inner"
  [2]=>
  string(5) "after"
}
bool(true)
DomainException: mine
int(3)
int(1)
NULL

Fatal error: Allowed memory size of 67108864 bytes exhausted%s in %s on line %d
bool(true)
int(4)
int(1)
