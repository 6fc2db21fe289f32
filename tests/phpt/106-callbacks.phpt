--TEST--
webhooks_encode(): PHP code that runs meanwhile may throw, call again, and change what is encoded
--FILE--
<?php
require __DIR__ . '/same.inc';

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

// What it throws reaches the caller as it is.
class MyException extends Exception
{
    public array $extra = ['kept'];
}
$thrown = new MyException('mine', 42);
try {
    webhooks_encode(['a' => [1, new Calls(fn () => throw $thrown)]]);
} catch (Throwable $e) {
    var_dump($e === $thrown, $e->getPrevious());
}

// It may encode something itself.
same(['a' => 'before', 'b' => new Calls(fn () => webhooks_encode(['inner' => "\u{2028}"])), 'c' => 'after']);
same([new Calls(fn () => json_encode(new Calls(fn () => webhooks_encode([new Calls(fn () => 1)]))))]);

// And an encoder of PHP's that calls ours goes on as if nothing had been.
$deep = new Calls(function () {
    $nested = 1;
    for ($i = 0; $i < 300; ++$i) {
        $nested = [$nested];
    }
    for ($i = 0, $outer = new stdClass(); $i < 400; ++$i) {
        $outer = [$outer];
    }
    webhooks_encode($outer);
    return $nested;
});
echo strlen(json_encode([$deep])), "\n";

// It writes to an array that the walk is in, through a reference.
$list = ['a', 'b'];
$value = ['list' => &$list, 'z' => 'end'];
$list[] = new Calls(function () use (&$list) {
    for ($i = 0; $i < 1000; ++$i) {
        $list[] = str_repeat('x', 100);
    }
    return 'grown';
});
$list[] = 'last';
echo webhooks_encode($value), "\n";
echo count($list), "\n";

$map = ['k' => 'v'];
$value = [&$map, 'end'];
$map['call'] = new Calls(function () use (&$map) {
    $map = null;
    return 'gone';
});
$map['later'] = str_repeat('still here ', 2);
echo webhooks_encode($value), "\n";
var_dump($map);

$plain = (object) ['a' => 'b'];
$plain->call = new Calls(function () use ($plain) {
    unset($plain->a, $plain->call);
    for ($i = 0; $i < 100; ++$i) {
        $plain->{"p$i"} = $i;
    }
    return 'changed';
});
$plain->later = str_repeat('as it was ', 2);
echo webhooks_encode(['plain' => $plain]), ' ', count((array) $plain), "\n";

// It reads the array that it stands in, which is not marked afterwards.
$self = ['x' => 1];
$self['y'] = new Calls(function () use (&$self) {
    return count($self);
});
same($self);
same($self);
$value = [&$self];
same($value);

// exit() in it is no error of ours.
register_shutdown_function(function () {
    echo webhooks_encode(['after' => 'exit']), "\n";
    done();
});
webhooks_encode([[new Calls(function () {
    exit("bye\n");
})]]);
?>
--EXPECTF--
bool(true)
NULL
603
{"list":["a","b","grown","last"],"z":"end"}
1004
[{"k":"v","call":"gone","later":"still here still here "},"end"]
NULL
{"plain":{"a":"b","call":"changed","later":"as it was as it was "}} 101
bye
{"after":"exit"}
5 values are the same, 0 fail alike
