--TEST--
webhooks_encode(): follows serialize_precision, as json_encode() does
--FILE--
<?php
require __DIR__ . '/same.inc';

foreach ([-1, 17, 5, 0, 14] as $precision) {
    ini_set('serialize_precision', (string) $precision);
    same([0.1, 0.30000000000000004, 1 / 3, 1.0, 0.0, -0.0, 1e25, 123456.789, 1e-7, 100000.0], "at $precision");
}
done();
?>
--EXPECT--
5 values are the same, 0 fail alike
