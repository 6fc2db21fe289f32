--TEST--
webhooks_encode() and webhooks_dispatch(): what multiplies ends at once, outside PHP's memory too
--INI--
webhooks.spool={TMP}/webhooks-111
webhooks.autostart=0
memory_limit=512M
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/same.inc';
require __DIR__ . '/bounds.inc';
spool();

class Plain
{
    public mixed $a;
    public mixed $b;
}
class Serial implements JsonSerializable
{
    public function __construct(private mixed $value)
    {
    }

    public function jsonSerialize(): mixed
    {
        return $this->value;
    }
}
class Twice implements JsonSerializable
{
    public function jsonSerialize(): mixed
    {
        return [new self(), new self()];
    }
}

/** Has something refused, and says so where it takes more than a second or 64 MiB. */
function refused(string $what, Closure $do): void
{
    $taken = taken(function () use ($do, &$said) {
        try {
            $do();
            $said = 'accepted';
        } catch (Webhooks\Exception $e) {
            $said = preg_replace('/\d{3,}/', 'N', $e->getMessage());
        }
    });
    echo "$what: $said$taken\n";
}

$text = str_repeat('x', 10 << 20);
$numbers = range(1, 100000);
$graphs = ['texts' => array_fill(0, 150, $text), 'arrays' => array_fill(0, 150, $numbers), 'keys' => array_fill(0, 150, [str_repeat('k', 1 << 20) => 1])];
$doubles = [
    'an array' => fn ($value) => [&$value, &$value],
    'a map' => fn ($value) => ['a' => $value, 'b' => $value],
    'stdClass' => fn ($value) => (object) ['a' => $value, 'b' => $value],
    'an object' => function ($value) {
        $object = new Plain();
        [$object->a, $object->b] = [$value, $value];
        return $object;
    },
    'JsonSerializable' => fn ($value) => new Serial([$value, $value]),
    'ArrayObject' => fn ($value) => new ArrayObject([$value, $value]),
    'all of them' => fn ($value) => [new Serial((object) ['a' => new ArrayObject([$value])]), new Serial([$value])],
];
foreach ($doubles as $name => $double) {
    for ($i = 0, $value = 1; $i < 40; ++$i) {
        $value = $double($value);
    }
    $graphs[$name] = $value;
}
$graphs['twice'] = new Twice();
$friends = [];
for ($i = 0; $i < 12; ++$i) {
    $friends[] = new stdClass();
}
foreach ($friends as $friend) {
    foreach ($friends as $i => $other) {
        $friend->{"friend$i"} = $other;
    }
}
foreach ($graphs as $name => $graph) {
    refused($name, fn () => webhooks_encode($graph));
    refused('  event', fn () => webhooks_dispatch('e', [$graph]));
    refused('  mended', fn () => webhooks_dispatch('e', [$graph], ['repair' => true]));
    $body = json_decode(last_body(), false, 1024);
    echo '  ', is_object($body) && is_array($body->data) && isset($body->altered) ? 'whole' : 'broken', "\n";
    echo '  ', json_encode(array_keys(webhooks_preview(['id' => 'w', 'url' => 'https://a.test/', 'events' => ['*'], 'signature' => 'none'], 'e', [$graph])['error'] ?? [])), "\n";
}
refused('friends', fn () => webhooks_dispatch('e', ['name' => 'stays', 'friends' => $friends, 'end' => 'x'], ['repair' => true]));
$body = json_decode(last_body(), false, 1024);
var_dump($body->data->name, is_array($body->data->friends), count($body->altered) > 10, strlen(last_body()) <= 1 << 20);
// Names that are long, and paths of them.
for ($i = 0, $long = "\xff"; $i < 20; ++$i) {
    $long = [str_repeat(chr(97 + $i), 40000) => $long, 'bad' => NAN];
}
refused('long names', fn () => webhooks_dispatch('e', $long, ['repair' => true]));
$body = json_decode(last_body(), false, 1024);
var_dump(count($body->altered), max(array_map('strlen', $body->altered)) < 6000);
// What fits is as it was: one text in many places, an object twice, deep and wide.
$object = new Plain();
[$object->a, $object->b] = [[1, 'x' => 2.0], new Serial(['k' => new ArrayObject([1, 2])])];
same(array_fill(0, 50, $object));
same(array_fill(0, 50, new Serial($object)));
same(['a' => new Serial(new Serial((object) [])), 'b' => new Serial(null), 'c' => $object]);
done();
?>
--EXPECT--
texts: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
arrays: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
keys: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
an array: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
a map: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
stdClass: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
an object: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
JsonSerializable: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
ArrayObject: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
all of them: the value has at least N bytes of JSON, more than what webhooks.max_payload allows: encode less at once, or raise webhooks.max_payload
  event: this event has at least N bytes, more than the N that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
  mended: accepted
  whole
  ["field","message","line","column"]
twice: the value is an object that has no JSON form: Maximum stack depth exceeded
  event: data[0] is an object that has no JSON form: Maximum stack depth exceeded
  mended: accepted
  whole
  ["field","message","line","column"]
friends: accepted
string(5) "stays"
bool(true)
bool(true)
bool(true)
long names: accepted
int(21)
bool(true)
3 values are the same, 0 fail alike