--TEST--
Where standard output and error are closed, what a program prints was written into the journal
--INI--
webhooks.spool={TMP}/webhooks-307
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();
publish(['a' => ['*']]);

/** Runs code in a PHP of its own. */
function run(string $code, string $closed = '2>/dev/null'): void
{
    $php = [PHP_BINARY, '-n', '-d', 'extension=' . getenv('WEBHOOKS_EXTENSION'), '-d', 'webhooks.spool=' . ini_get('webhooks.spool'), '-d', 'webhooks.autostart=0', '-r', $code];
    exec(sprintf('sh -c %s', escapeshellarg(implode(' ', array_map('escapeshellarg', $php)) . " $closed")), $output);
}

$dispatch = fn (int $number) => "webhooks_dispatch('e', ['n' => $number]);";
// PHP's own log goes to standard error.
$print = 'error_log("this is no record"); echo str_repeat("this is no record\n", 10);';
foreach (['STDIN', 'STDOUT', 'STDERR'] as $number => $name) {
    run("fclose($name); " . $dispatch($number) . $print);
}
run('fclose(STDIN); fclose(STDOUT); fclose(STDERR); ' . $dispatch(3) . $print);
// As a daemon that began to log elsewhere, once it has dispatched.
run($dispatch(4) . 'fclose(STDIN); fclose(STDOUT); fclose(STDERR); $in = fopen("/dev/null", "r"); $out = fopen("/dev/null", "w"); ' . $dispatch(5) . $print);
run($dispatch(6) . $print, '<&- >&- 2>&-');
echo implode(' ', array_map(fn ($record) => json_decode($record['body'])->data->n, records())), "\n";
?>
--EXPECT--
0 1 2 3 4 5 6
