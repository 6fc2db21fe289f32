--TEST--
webhooks_encode(): under the tracing JIT, arrays that are changed by reference are what they are
--FILE--
<?php
// Loops have to be hot, and traced, in a process of its own with the JIT.
$code = <<<'PHP'
require $argv[1] . '/same.inc';
if (!(opcache_get_status(false)['jit']['on'] ?? false)) {
    exit("the JIT is off\n");
}
function change(array &$list, int $i): void
{
    $list[] = $i;
    $list['k' . ($i % 7)] = [$i => &$list['k' . (($i + 1) % 7)], 'f' => $i / 3];
    unset($list[$i - 5]);
}
function add(mixed &$value, int $i): void
{
    $value = is_array($value) ? $value : [];
    $value['n'] = ($value['n'] ?? 0) + $i;
    if ($i % 50 === 0) {
        $value = "text $i";
    }
}
class Box
{
    public array $items = [];
    public mixed $last = null;
}
$box = new Box();
$list = [];
for ($i = 0; $i < 3000; ++$i) {
    $plain = [];
    change($plain, $i);
    $alias = &$plain['k' . ($i % 7)]['f'];
    $alias += 0.5;
    same($plain, "plain $i");
    add($list[$i % 11], $i);
    foreach ($list as &$one) {
        if (is_array($one)) {
            $one['seen'] = $i;
        }
    }
    unset($one);
    $box->items[$i % 5] = &$list[$i % 11];
    $box->last = $list;
    if ($i % 10 === 0) {
        same([$list, &$list, $box], "list $i");
    }
}
for ($i = 0, $numbers = []; $i < 20000; ++$i) {
    $numbers[$i & 63] = $i * 1.5;
    $copy = $numbers;
    $reference = &$copy[$i & 63];
    $reference = (string) $i;
    if (webhooks_encode($copy) !== json_encode($copy, FLAGS) || webhooks_encode($numbers) !== json_encode($numbers, FLAGS)) {
        exit("differs at $i\n");
    }
    unset($reference);
}
done();
PHP;
$modules = ini_get('extension_dir');
foreach (['tracing', 'function', 'off'] as $jit) {
    $command = [PHP_BINARY, '-n', '-d', 'extension=' . getenv('WEBHOOKS_EXTENSION'), '-d', "zend_extension=$modules/opcache.so", '-d', 'opcache.enable_cli=1', '-d', 'opcache.jit_buffer_size=32M', '-d', "opcache.jit=$jit", '-d', 'opcache.jit_hot_loop=2', '-d', 'opcache.jit_hot_func=2', '-r', $code, '--', __DIR__];
    echo "$jit: ", trim(shell_exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1')), "\n";
}
?>
--EXPECT--
tracing: 3300 values are the same, 0 fail alike
function: 3300 values are the same, 0 fail alike
off: the JIT is off
