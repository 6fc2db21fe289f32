--TEST--
webhooks_encode(): floats are those of json_encode(), ties and powers of two among them
--FILE--
<?php
require __DIR__ . '/same.inc';

mt_srand((int) (getenv('SEED') ?: 20261120));

// In lists of a thousand, so that it is the numbers that take the time.
function thousand(Closure $number): void
{
    $list = [];
    for ($i = 0; $i < 1000; ++$i) {
        $list[] = $number($i);
    }
    $expected = explode(',', json_encode($list, FLAGS));
    $actual = explode(',', webhooks_encode($list));
    foreach ($expected as $i => $text) {
        if ($text !== $actual[$i]) {
            echo 'differs: ', bin2hex(pack('E', $list[$i])), " $text $actual[$i]\n";
        }
    }
    global $same;
    $same += count($list);
}

// All powers of two and ten, and their neighbours.
foreach ([2, 10] as $base) {
    for ($i = -1074; $i < 1024; ++$i) {
        $power = (float) $base ** $i;
        if (!is_finite($power)) {
            break;
        }
        $bits = unpack('J', pack('E', $power))[1];
        foreach ([-1, 0, 1] as $step) {
            $number = unpack('E', pack('J', max(0, $bits + $step)))[1];
            is_finite($number) && same([$number, -$number], bin2hex(pack('E', $number)));
        }
    }
}
for ($round = 0; $round < 300; ++$round) {
    // Any bits.
    thousand(function () {
        do {
            $number = unpack('E', pack('NN', mt_rand(0, 0xffffffff), mt_rand(0, 0xffffffff)))[1];
        } while (!is_finite($number));
        return $number;
    });
    // Prices, ratios, coordinates.
    thousand(fn () => mt_rand(-100000000, 100000000) / 10 ** mt_rand(0, 6));
    thousand(fn () => mt_rand() / mt_getrandmax());
    // Halfway between two decimals: 53 significant bits of which the last are few places after the point.
    thousand(fn () => (2 ** 52 + mt_rand(0, 2 ** 31) * 2 ** 20 + mt_rand(0, 2 ** 20)) / 2 ** mt_rand(0, 40));
    thousand(fn () => (mt_rand(0, 2 ** 31) * 2.0 ** 15 + mt_rand(0, 2 ** 15)) / 2 ** mt_rand(1, 12));
    thousand(fn () => (2 * mt_rand(0, 2 ** mt_rand(1, 30)) + 1) / 2 ** mt_rand(1, 120));
    thousand(fn () => (2 * mt_rand(0, 2 ** 7) + 1) / 2 ** mt_rand(15, 40));
    // Whole numbers, up to where they are written with an exponent.
    thousand(fn ($i) => (float) (int) (mt_rand() * 10.0 ** ($i % 10)));
}
done();
?>
--EXPECT--
2410443 values are the same, 0 fail alike
