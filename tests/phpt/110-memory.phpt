--TEST--
webhooks_encode(): leaks nothing, and goes on after a fatal error in PHP code that it called
--ENV--
USE_ZEND_ALLOC=1
--INI--
memory_limit=64M
--FILE--
<?php
class Devours implements JsonSerializable
{
    public function jsonSerialize(): mixed
    {
        return str_repeat('x', PHP_INT_MAX >> 8);
    }
}
$value = ['list' => [1, 2.5, 'text', null, [true, new ArrayObject(['a' => 1])]], 'bad' => ['deep' => ["\xff"]]];
$shared = ['x' => 1];
$value['reference'] = &$shared;
function round_trip(array $value): void
{
    try {
        webhooks_encode($value);
    } catch (Webhooks\Exception) {
    }
    unset($value['bad']);
    webhooks_encode($value);
}
for ($i = 0; $i < 1000; ++$i) {
    round_trip($value);
}
$before = memory_get_usage();
for ($i = 0; $i < 20000; ++$i) {
    round_trip($value);
}
var_dump(memory_get_usage() - $before < 1024);

register_shutdown_function(function () use ($value) {
    unset($value['bad']);
    echo webhooks_encode($value), "\n";
    var_dump($value['reference']);
});
webhooks_encode(['a' => [&$shared, new Devours()]]);
?>
--EXPECTF--
bool(true)

Fatal error: Allowed memory size of 67108864 bytes exhausted%s in %s on line %d
{"list":[1,2.5,"text",null,[true,{"a":1}]],"reference":{"x":1}}
array(1) {
  ["x"]=>
  int(1)
}
