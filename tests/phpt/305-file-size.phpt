--TEST--
A limit of a file's size (ulimit -f): a dispatch throws and says what to do; PHP is not killed
--INI--
webhooks.spool={TMP}/webhooks-305
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

/** Runs code in a PHP whose files may have so many units of ulimit -f (512 or 1024 bytes). */
function limited(int $units, string $code): void
{
    $php = sprintf('ulimit -f %d; exec %s -n -d extension=%s -d webhooks.spool=%s -d webhooks.autostart=0 -r %s', $units, ...array_map(
        'escapeshellarg',
        [PHP_BINARY, getenv('WEBHOOKS_EXTENSION'), ini_get('webhooks.spool'), $code]
    ));
    exec(sprintf('sh -c %s 2>&1', escapeshellarg($php)), $output, $status);
    echo implode("\n", $output), "\nended with $status\n";
}

$try = 'foreach ([100, 30000, 200] as $size) {
    try { webhooks_dispatch("e", ["n" => $size, "x" => str_repeat("y", $size)]); echo "accepted\n"; }
    catch (Webhooks\Exception $e) { echo get_class($e), ": ", preg_replace("~\(/\S+\)~", "(…)", $e->getMessage()), "\n"; }
}';
echo "-- 8 or 16 KiB\n";
limited(16, $try);
echo "-- nothing fits\n";
limited(0, $try);
echo "-- what was accepted is whole\n";
echo implode(' ', array_map(fn ($record) => json_decode($record['body'])->data->n, records())), "\n";

echo "-- publishing\n";
limited(1, 'try { webhooks_configure([["id" => "a", "url" => "https://example.com/", "events" => array_map(fn ($n) => "event.$n", range(1, 200)), "signature" => "none"]], 7); echo "published\n"; }
    catch (Webhooks\Exception $e) { echo preg_replace("~\(/\S+\)~", "(…)", $e->getMessage()), "\n"; }
    echo webhooks_revision(), "\n";');

echo "-- a limit that comes later\n";
webhooks_dispatch('e', ['n' => 1]);
posix_setrlimit(POSIX_RLIMIT_FSIZE, 100, -1);
thrown(fn () => webhooks_dispatch('e', ['x' => str_repeat('y', 1000)]));
echo "alive\n";
posix_setrlimit(POSIX_RLIMIT_FSIZE, -1, -1);
webhooks_dispatch('e', ['n' => 2]);
echo json_decode(last_body())->data->n, "\n";
?>
--EXPECTF--
-- 8 or 16 KiB
accepted
Webhooks\Exception: the journal (%s) took only %d of %d bytes from %s: File too large (os error 27); raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker
accepted
ended with 0
-- nothing fits
Webhooks\Exception: cannot start a journal segment (%s) as %s: File too large (os error 27); raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker
Webhooks\Exception: cannot start a journal segment (%s) as %s: File too large (os error 27); raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker
Webhooks\Exception: cannot start a journal segment (%s) as %s: File too large (os error 27); raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker
ended with 0
-- what was accepted is whole
100 200
-- publishing
cannot write a file in the spool (%s) as %s: File too large (os error 27); raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker
0
ended with 0
-- a limit that comes later
Webhooks\Exception: cannot append to the journal (%s) as %s: File too large (os error 27); raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) for PHP and the worker
alive
2
