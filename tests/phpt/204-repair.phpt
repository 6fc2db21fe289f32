--TEST--
webhooks_dispatch(): with repair nothing is lost to a value that JSON can't hold
--INI--
webhooks.spool={TMP}/webhooks-204
webhooks.autostart=0
webhooks.max_payload=4K
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/same.inc';
spool();

/** Dispatches with repair, and prints data and altered. */
function repaired(array|object $data, array $options = []): void
{
    webhooks_dispatch('e', $data, ['repair' => true] + $options);
    $records = records();
    ['fields' => $fields, 'body' => $body] = end($records);
    $decoded = json_decode($body, false, 600);
    if (null === $decoded) {
        echo 'broken: ', json_last_error_msg(), " $body\n";
        return;
    }
    $text = substr($body, $fields['start'], $fields['end'] - $fields['start']);
    echo strlen($text) > 300 ? strlen($body) . ' bytes' : $text, ' ', json_encode($decoded->altered ?? null, FLAGS), ' ', $fields['flags'], "\n";
}

enum Pure
{
    case One;
}
enum Backed: int
{
    case Two = 2;
}
class Props
{
    public $ok = 1;
    public $bad = "a\xffb";
    protected $hidden = "\xff";
    private $secret = NAN;
    public int $unset;
}
class Serial implements JsonSerializable
{
    public function __construct(private mixed $value)
    {
    }

    public function jsonSerialize(): mixed
    {
        return $this->value ?? $this;
    }
}

// What is good stays as it is.
repaired(['a' => 1.0, 'b' => "é\u{2028}", 'c' => new DateTime('@0')]);
repaired(['order' => ['name' => "caf\xe9", 'items' => [['x' => INF], ['x' => -INF], ['x' => NAN]]], 'file' => fopen('php://memory', 'r')]);
repaired(["\xff" => 'key', 'list' => [1 => 'a', 2 => "\xf0\x9d\x84"]]);
repaired(['pure' => Pure::One, 'backed' => Backed::Two, 'fine' => ['x' => Backed::Two]]);
repaired(new Props());
repaired(['o' => [new Props()], 's' => new Serial(["\xfe", new Serial(null), new Serial(5)]), 'closure' => fn () => 1, 'f' => NAN]);
repaired(['storage' => new ArrayObject(['a' => INF, 3 => 'x'])]);
$recursive = ['a' => 1];
$recursive['self'] = &$recursive;
repaired($recursive);
$object = new stdClass();
$object->list = [$object, (object) ['back' => $object]];
repaired($object);
$deep = 'bottom';
for ($i = 0; $i < 520; ++$i) {
    $deep = [$deep];
}
repaired($deep);
// An object that says itself what it is has no level of its own, as with json_encode().
$deep = 'bottom';
for ($i = 0; $i < 505; ++$i) {
    $deep = new Serial([$deep]);
}
repaired(['deep' => $deep, 'f' => NAN]);
repaired(['a' => 1], ['actor' => ['name' => "\xff"]]);

// An exception is the caller's, and so is a payload that can't be made small enough.
class Throws implements JsonSerializable
{
    public function jsonSerialize(): mixed
    {
        throw new LogicException('mine');
    }
}
thrown(fn () => webhooks_dispatch('e', ['a' => INF, 'b' => new Throws()], ['repair' => true]));
thrown(fn () => webhooks_dispatch('e', range(1, 2000), ['repair' => true]));

// Too large: the longest strings are cut, all to one length, whole characters only.
repaired(['short' => 'stays', 'long' => str_repeat('x', 10000)]);
repaired(['a' => str_repeat('é', 3000), 'b' => str_repeat("\n", 3000), 'c' => 'stays', 'd' => new Serial(['e' => str_repeat('y', 5000)])]);
$cut = json_decode(last_body(), true)['data'];
var_dump(array_map(fn ($text) => strlen(json_encode($text, FLAGS)), [$cut['a'], $cut['b'], $cut['c'], $cut['d']['e']]));
repaired(array_fill(0, 200, str_repeat('z', 100)));
repaired(array_fill(0, 300, "\xff"));
$body = last_body();
var_dump(count(json_decode($body)->altered), json_decode($body)->altered[100]);
// Its code says that the event itself is at fault: it is refused again. Another time, it may be taken.
$code = function (Closure $call) {
    try {
        $call();
    } catch (Webhooks\Exception $e) {
        return $e->getCode();
    }
};
$all = ['repair' => true];
echo json_encode([
    $code(fn () => webhooks_dispatch('No Name', [])),
    $code(fn () => webhooks_dispatch('e', [], ['colour' => 'red'])),
    $code(fn () => webhooks_dispatch('e', ['x' => NAN])),
    $code(fn () => webhooks_dispatch('e', range(1, 2000), $all)),
    $code(fn () => webhooks_wait('no id', 0)),
]), "\n";
publish(['all' => ['*']], 1, ['installation' => ['id' => '0190c7a4-0000-7000-8000-000000000000', 'fingerprint' => 'there']]);
var_dump($code(fn () => webhooks_dispatch('e', [], ['installation' => 'here'])));
// Without repair all of this is refused.
thrown(fn () => webhooks_dispatch('e', ['long' => str_repeat('x', 10000)]));
thrown(fn () => webhooks_dispatch('e', ['name' => "caf\xe9"]));
?>
--EXPECT--
{"a":1.0,"b":"é\u2028","c":{"date":"1970-01-01 00:00:00.000000","timezone_type":1,"timezone":"+00:00"}} null 0
{"order":{"name":"caf�","items":[{"x":null},{"x":null},{"x":null}]},"file":null} ["data.order.name","data.order.items[0].x","data.order.items[1].x","data.order.items[2].x","data.file"] 8
{"�":"key","list":{"1":"a","2":"�"}} ["data[\"�\"]","data.list[2]"] 8
{"pure":null,"backed":2,"fine":{"x":2}} ["data.pure"] 8
{"ok":1,"bad":"a�b"} ["data.bad"] 8
{"o":[{"ok":1,"bad":"a�b"}],"s":["�",{},5],"closure":{},"f":null} ["data.o[0].bad","data.s[0]","data.f"] 8
{"storage":{"a":null,"3":"x"}} ["data.storage.a"] 8
{"a":1,"self":null} ["data.self"] 8
{"list":[null,{"back":null}]} ["data.list[0]","data.list[1].back"] 8
1234 bytes ["data[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]…[0][0][0][0][0][0][0][0]"] 8
1169 bytes ["data.f"] 8
{"a":1} ["actor.name"] 8
LogicException: mine
Webhooks\Exception: this event has 9067 bytes, more than the 4096 that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
4034 bytes ["data.long"] 8
4033 bytes ["data.a","data.b","data.d.e"] 8
array(4) {
  [0]=>
  int(1282)
  [1]=>
  int(1282)
  [2]=>
  int(7)
  [3]=>
  int(1282)
}
4021 bytes ["data[0]","data[1]","data[2]","data[3]","data[4]","data[5]","data[6]","data[7]","data[8]","data[9]","data[10]","data[11]","data[12]","data[13]","data[14]","data[15]","data[16]","data[17]","data[18]","data[19]","data[20]","data[21]","data[22]","data[23]","data[24]","data[25]","data[26]","data[27]","data[28]","data[29]","data[30]","data[31]","data[32]","data[33]","data[34]","data[35]","data[36]","data[37]","data[38]","data[39]","data[40]","data[41]","data[42]","data[43]","data[44]","data[45]","data[46]","data[47]","data[48]","data[49]","data[50]","data[51]","data[52]","data[53]","data[54]","data[55]","data[56]","data[57]","data[58]","data[59]","data[60]","data[61]","data[62]","data[63]","data[64]","data[65]","data[66]","data[67]","data[68]","data[69]","data[70]","data[71]","data[72]","data[73]","data[74]","data[75]","data[76]","data[77]","data[78]","data[79]","data[80]","data[81]","data[82]","data[83]","data[84]","data[85]","data[86]","data[87]","data[88]","data[89]","data[90]","data[91]","data[92]","data[93]","data[94]","data[95]","data[96]","data[97]","data[98]","data[99]","…"] 8
3021 bytes ["data[0]","data[1]","data[2]","data[3]","data[4]","data[5]","data[6]","data[7]","data[8]","data[9]","data[10]","data[11]","data[12]","data[13]","data[14]","data[15]","data[16]","data[17]","data[18]","data[19]","data[20]","data[21]","data[22]","data[23]","data[24]","data[25]","data[26]","data[27]","data[28]","data[29]","data[30]","data[31]","data[32]","data[33]","data[34]","data[35]","data[36]","data[37]","data[38]","data[39]","data[40]","data[41]","data[42]","data[43]","data[44]","data[45]","data[46]","data[47]","data[48]","data[49]","data[50]","data[51]","data[52]","data[53]","data[54]","data[55]","data[56]","data[57]","data[58]","data[59]","data[60]","data[61]","data[62]","data[63]","data[64]","data[65]","data[66]","data[67]","data[68]","data[69]","data[70]","data[71]","data[72]","data[73]","data[74]","data[75]","data[76]","data[77]","data[78]","data[79]","data[80]","data[81]","data[82]","data[83]","data[84]","data[85]","data[86]","data[87]","data[88]","data[89]","data[90]","data[91]","data[92]","data[93]","data[94]","data[95]","data[96]","data[97]","data[98]","data[99]","…"] 8
int(101)
string(3) "…"
[1,1,1,1,0]
int(0)
Webhooks\Exception: this event has 10184 bytes, more than the 4096 that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
Webhooks\Exception: data.name is not UTF-8: byte 3 is 0xe9; convert it with mb_convert_encoding()
