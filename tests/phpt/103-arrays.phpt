--TEST--
webhooks_encode(): lists and maps, with holes, references and odd keys
--FILE--
<?php
require __DIR__ . '/same.inc';

same([]);
same([[], [[]], ['a' => []]]);
same([1, 2, 3]);
same(['a' => 1, 'b' => [true, null, 1.5]]);
same([1 => 'a', 2 => 'b']);
same([0 => 'a', 2 => 'b']);
same([1 => 'b', 0 => 'a']);
same([0 => 'a', 'x' => 'b', 1 => 'c']);
same([-1 => 'a']);
same([PHP_INT_MAX => 'a', PHP_INT_MIN => 'b']);
same(['0' => 'a', '1' => 'b']);
same(['00' => 'a', '' => 'b', ' ' => 'c', "\0" => 'd', "\0a" => 'e']);
same(['é' => '"', '"' => 'é', "\n" => "\t", '/' => '/']);

// Packed arrays with holes at the start, in the middle, at the end.
$list = range(0, 9);
unset($list[9]);
same($list);
unset($list[4]);
same($list);
unset($list[0]);
same($list);
foreach (array_keys($list) as $key) {
    unset($list[$key]);
}
same($list);

// Hashes that are lists all the same, and those that stop being one.
$hash = ['x' => 1, 0 => 'a', 1 => 'b', 2 => 'c'];
unset($hash['x']);
same($hash);
$hash[4] = 'e';
same($hash);
$hash = ['x' => 1];
unset($hash['x']);
same($hash);
$hash[] = 'a';
same($hash);

// References, shared and nested ones.
$value = 'shared';
$inner = [1, 2];
$references = ['a' => &$value, 'b' => &$value, 'c' => &$inner, 'd' => [&$inner, &$inner], 'e' => $inner];
same($references);
$null = null;
same([&$null, [&$null]]);

// Slots that stand elsewhere: the symbol table.
function locals(): array
{
    $a = 1;
    $b = ['x' => 'y'];
    return get_defined_vars();
}
same(locals());
$GLOBALS['an_global'] = 1;
$copy = $GLOBALS;
unset($copy['copy'], $copy['GLOBALS'], $copy['argv'], $copy['argc'], $copy['_SERVER'], $copy['_ENV']);
same($copy);

// Immutable arrays of opcache and constants.
const TABLE = ['a' => [1, 2, ['b' => 'c']], 'd' => 1.0];
same(TABLE);
same([TABLE, TABLE]);

// Deep, but not too deep.
$deep = 1;
for ($i = 0; $i < 512; ++$i) {
    $deep = 0 === $i % 2 ? [$deep] : ['k' => $deep];
}
same($deep);
same(array_fill(0, 20000, ['id' => 7, 'name' => 'Jane']));
done();
?>
--EXPECT--
29 values are the same, 0 fail alike
