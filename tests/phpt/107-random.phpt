--TEST--
webhooks_encode(): 120,000 random values are those of json_encode(), failures among them
--FILE--
<?php
require __DIR__ . '/same.inc';

enum Suit: string
{
    case Hearts = 'h';
}
enum Pure
{
    case One;
}
class Wrapped implements JsonSerializable
{
    public function __construct(private mixed $value)
    {
    }

    public function jsonSerialize(): mixed
    {
        return $this->value;
    }
}

mt_srand((int) (getenv('SEED') ?: 20261120));

function text(): string
{
    static $parts = ['a', 'order', 'Straße', 'Привет', '東京', '𝄞', '"', '\\', '/', "\n", "\t", "\x01", "\x7f", "\u{2028}", "\u{2029}",
        "\u{e2}", ' ', '<b>', '0', "it's", "\u{FFFD}", "\0"];
    $text = '';
    for ($i = mt_rand(0, 12); $i > 0; --$i) {
        $text .= $parts[mt_rand(0, count($parts) - 1)];
    }
    if (0 === mt_rand(0, 400)) {
        $text .= chr(mt_rand(0x80, 0xff)) . str_repeat('z', mt_rand(0, 20));
    }
    return 0 === mt_rand(0, 5) ? $text . str_repeat('plain text ', mt_rand(0, 12)) : $text;
}

function number(): float
{
    switch (mt_rand(0, 4)) {
        case 0:
            return mt_rand(-1000000, 1000000) / 100;
        case 1:
            return mt_rand() / mt_getrandmax();
        case 2:
            return mt_rand() * 2.0 ** mt_rand(-80, 80);
        case 3:
            return (float) mt_rand(-100000, 100000);
        default:
            return unpack('E', random())[1];
    }
}

function random(): string
{
    return pack('NN', mt_rand(0, 0xffffffff), mt_rand(0, 0xffffffff));
}

function value(int $depth): mixed
{
    switch (mt_rand(0, $depth > 0 ? 15 : 9)) {
        case 0:
            return null;
        case 1:
            return 0 === mt_rand(0, 1);
        case 2:
            return mt_rand(-1000, 1000);
        case 3:
            return unpack('J', random())[1];
        case 4:
        case 5:
            return number();
        case 6:
        case 7:
        case 8:
            return text();
        case 9:
            switch (mt_rand(0, 60)) {
                case 0:
                    return INF;
                case 1:
                    return STDIN;
                case 2:
                    return Pure::One;
                case 3:
                case 4:
                    return Suit::Hearts;
                case 5:
                    return new DateTime('@' . mt_rand());
                default:
                    return text();
            }
        case 10:
        case 11:
            $list = [];
            for ($i = mt_rand(0, 6); $i > 0; --$i) {
                $list[] = value($depth - 1);
            }
            if ($list && 0 === mt_rand(0, 5)) {
                unset($list[mt_rand(0, count($list) - 1)]);
            }
            return $list;
        case 12:
        case 13:
            $map = [];
            for ($i = mt_rand(0, 6); $i > 0; --$i) {
                $map[0 === mt_rand(0, 3) ? mt_rand(-2, 5) : text()] = value($depth - 1);
            }
            if (0 === mt_rand(0, 5)) {
                array_shift($map);
            }
            return $map;
        case 14:
            $inner = value($depth - 1);
            return ['a' => &$inner, 'b' => &$inner];
        default:
            $inner = value($depth - 1);
            return 0 === mt_rand(0, 1) ? new Wrapped($inner) : (object) ['x' => $inner, 'é' => text()];
    }
}

for ($i = 0; $i < 120000; ++$i) {
    $value = value(mt_rand(0, 5));
    if (false !== json_encode($value, FLAGS)) {
        same($value, "value $i");
        continue;
    }
    try {
        $json = webhooks_encode($value);
        echo "value $i: no exception, but ", bin2hex($json), "\n";
    } catch (Webhooks\Exception $e) {
        ++$failed;
    }
}
var_dump($same + $failed, $same > 100000, $failed > 1000);
?>
--EXPECT--
int(120000)
bool(true)
bool(true)
