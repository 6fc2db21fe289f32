--TEST--
webhooks_encode(): fails where json_encode() does, and names the path
--FILE--
<?php
require __DIR__ . '/same.inc';

enum Pure
{
    case One;
}
fails(['order' => ['items' => [['name' => 'ok'], ['name' => 'ok'], ['name' => 'ok'], ['name' => "caf\xe9"]]]]);
fails(["\xff" => 1]);
fails(['a' => ['b' => ["\xff" => 1]]]);
fails([1, 2, [3, INF]]);
fails([1 => 'a', 5 => [NAN]]);
fails(['a b' => ['c"d' => [7 => fopen('php://memory', 'r')]]]);
fails(['list' => [Pure::One]]);
fails(['object' => (object) ['x' => "\xff"]]);
fails(['object' => (object) ["\xff" => 1]]);
fails(['object' => (object) ['x' => INF]]);
fails(['object' => new ArrayObject(['x' => "\xff"])]);
fails(['object' => new ArrayObject(["\xff" => 1])]);
fails(['object' => new ArrayObject(['x' => INF])]);
fails(['order' => (object) ['list' => [(object) ['total' => NAN]]]]);

$deep = 1;
for ($i = 0; $i < 513; ++$i) {
    $deep = [$deep];
}
try {
    webhooks_encode($deep);
} catch (Webhooks\Exception $e) {
    echo $e->getMessage(), "\n";
}
$deep = new ArrayObject(['deep' => 1]);
for ($i = 0; $i < 512; ++$i) {
    $deep = [$deep];
}
try {
    webhooks_encode($deep);
} catch (Webhooks\Exception $e) {
    echo $e->getMessage(), "\n";
}

$recursive = ['a' => 1];
$recursive['self'] = &$recursive;
fails($recursive);
fails(['x' => [&$recursive]]);
$list = [1];
$list[] = &$list;
fails($list);
$object = new stdClass();
$object->self = $object;
fails($object);
fails([$object]);
$object = new stdClass();
$array = ['object' => $object];
$object->array = &$array;
fails($array);
// Through an object that is the engine's.
$array['object'] = new ArrayObject(['back' => &$array]);
fails($array);
$array['object'] = $object;
// Both ways out of the same array, and it is as it was before.
unset($object->array);
echo webhooks_encode($array), "\n";
var_dump($array);
done();
?>
--EXPECTF--
Webhooks\Exception: order.items[3].name is not UTF-8: byte 3 is 0xe9; convert it with mb_convert_encoding()
Webhooks\Exception: the value has a key that is not UTF-8; convert it with mb_convert_encoding()
Webhooks\Exception: a.b has a key that is not UTF-8; convert it with mb_convert_encoding()
Webhooks\Exception: [2][1] is INF, which JSON has no number for
Webhooks\Exception: [5][0] is NAN, which JSON has no number for
Webhooks\Exception: ["a b"]["c\"d"][7] is a resource, which JSON has no form for
Webhooks\Exception: list[0] is an object that has no JSON form: Non-backed enums have no default serialization
Webhooks\Exception: object.x is not UTF-8: byte 0 is 0xff; convert it with mb_convert_encoding()
Webhooks\Exception: object has a key that is not UTF-8; convert it with mb_convert_encoding()
Webhooks\Exception: object.x is INF, which JSON has no number for
Webhooks\Exception: object is an object that has no JSON form: Malformed UTF-8 characters, possibly incorrectly encoded
Webhooks\Exception: object is an object that has no JSON form: Malformed UTF-8 characters, possibly incorrectly encoded
Webhooks\Exception: object is an object that has no JSON form: Inf and NaN cannot be JSON encoded
Webhooks\Exception: order.list[0].total is NAN, which JSON has no number for
[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]…[0][0][0][0][0][0][0][0] is nested more than 512 levels deep
[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]…[0][0][0][0][0][0][0][0] is an object that has no JSON form: Maximum stack depth exceeded
Webhooks\Exception: self%S contains itself
Webhooks\Exception: x[0]%S contains itself
Webhooks\Exception: [1]%S contains itself
Webhooks\Exception: self contains itself
Webhooks\Exception: [0].self contains itself
Webhooks\Exception: object.array contains itself
Webhooks\Exception: object is an object that has no JSON form: Recursion detected
{"object":{}}
array(1) {
  ["object"]=>
  object(stdClass)#%d (0) {
  }
}
0 values are the same, 21 fail alike
