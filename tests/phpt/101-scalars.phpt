--TEST--
webhooks_encode(): scalars are those of json_encode()
--FILE--
<?php
require __DIR__ . '/same.inc';

foreach ([null, true, false, 0, 1, -1, 9, 10, 99, 100, 1234567890123456789, PHP_INT_MAX, PHP_INT_MIN] as $value) {
    same($value);
}
foreach ([0.0, -0.0, 1.0, -1.5, 0.1, 0.2 + 0.1, 1 / 3, 19.99, 1e14, 999999999999999.0, 1e15, 123456789012345678.0,
    9007199254740991.0, 9007199254740993.0, 1e16, 1e17, 1e22, 1e23, 1.5e300, PHP_FLOAT_MAX, -PHP_FLOAT_MAX,
    PHP_FLOAT_MIN, PHP_FLOAT_EPSILON, 5e-324, 2.2250738585072011e-308, 0.001, 0.0001, 0.00012, 0.00001, 0.000099,
    1e-7, 70368744177664.125, 70368744177664.375, 140737488355327.03125, 35184372088832.0625, M_PI, M_E] as $value) {
    same($value);
}
foreach (['', 'a', 'abc', 'a/b', '<b>', "'", '"', '\\', "\x7f", "a\0b", '0', '12', '1.5e3'] as $value) {
    same($value);
}
fails(INF);
fails(-INF);
fails(NAN);
fails(fopen('php://memory', 'r'));
$closed = fopen('php://memory', 'r');
fclose($closed);
fails($closed);
done();
?>
--EXPECT--
Webhooks\Exception: the value is INF, which JSON has no number for
Webhooks\Exception: the value is -INF, which JSON has no number for
Webhooks\Exception: the value is NAN, which JSON has no number for
Webhooks\Exception: the value is a resource, which JSON has no form for
Webhooks\Exception: the value is a resource, which JSON has no form for
63 values are the same, 5 fail alike
