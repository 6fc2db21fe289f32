--TEST--
webhooks_encode(): objects as json_encode() writes them
--FILE--
<?php
require __DIR__ . '/same.inc';

enum Suit: string
{
    case Hearts = 'h';
    case Spades = 's"';
}
enum Size: int
{
    case Big = 3;
}
class Plain
{
    public int $id = 1;
    public ?string $none = null;
    protected string $hidden = 'x';
    private string $secret = 'y';
    public string $unset;
    public readonly array $list;

    public function __construct()
    {
        $this->list = ['a', 'é', 1.0];
    }
}
class Money implements JsonSerializable
{
    public function __construct(private mixed $value)
    {
    }

    public function jsonSerialize(): mixed
    {
        return $this->value;
    }
}
#[AllowDynamicProperties]
class Dynamic
{
}

same(new stdClass());
same((object) ['a' => 1, 'b' => ['c' => 'é/"']]);
same((object) ['0' => 'a', '1' => 'b']);
same((object) ["\0hidden" => 1, 'seen' => 2, '' => 3, "\0*\0protected" => 4]);
same((object) [5 => 'a', 'x' => [], 'y' => (object) []]);
same((object) [1, 2, 3]);
$emptied = (object) ['a' => 1];
unset($emptied->a);
same([$emptied, new stdClass(), (object) []]);
same(json_decode('{"a":{"b":[{"c":1.0},{}],"1":null},"é":"\u2028"}'));
class Sub extends stdClass
{
    public $x = 1;
}
same(new Sub());
same(new Plain());
same([new Plain(), 'k' => new Plain()]);
same(Suit::Hearts);
same(['suit' => Suit::Spades, 'size' => Size::Big]);
same(new DateTime('2026-11-20 10:00:00', new DateTimeZone('UTC')));
same(new DateTimeImmutable('@0'));
same(new DateInterval('P1DT2H'));
same(new ArrayObject(['a' => 1, 'b' => 2]));
same(new ArrayIterator([1, 2]));
same(new SplObjectStorage());
same(function () {
});
same(fn () => 1);
same((function () { yield 1; })());
same(new class () {
    public $a = 1;
    public $b = ['x' => 1.0];
});
$dynamic = new Dynamic();
$dynamic->{'7'} = 'seven';
$dynamic->{'a b'} = 'x';
same($dynamic);
foreach ([1, 'x', 1.0, null, true, [1, 'a' => 2], [], new Plain(), Suit::Hearts, new Money('inner')] as $value) {
    same(new Money($value));
    same(['a' => [new Money($value)]]);
}
// The same object twice is no recursion, and neither is the same array.
$object = new Plain();
same([$object, $object, [$object]]);
$array = ['x' => 1];
same([$array, new Money($array), [$array, &$array, new Money($array)]]);
// Depth counts on through objects.
$deep = new Money(1);
for ($i = 0; $i < 255; ++$i) {
    $deep = [(object) ['x' => $deep]];
}
same($deep);
same([[$deep]]);
done();
?>
--EXPECT--
48 values are the same, 0 fail alike
