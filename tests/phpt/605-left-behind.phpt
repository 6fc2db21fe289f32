--TEST--
What waits in store.sqlite beside a store in a database is a problem, with the command that moves it
--INI--
webhooks.spool={TMP}/webhooks-605
webhooks.store="mysql:"
webhooks.autostart=0
webhooks.allow="127.0.0.0/8"
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();
publish(['a' => ['*']], 1);
$problem = fn () => str_replace($spool, 'SPOOL', array_column(webhooks_status()['problems'], 'message', 'code')['store_left'] ?? 'nothing');
echo $problem(), "\n";

// Taken in by the worker of the file, which finds nobody who listens.
webhooks_dispatch('lesson_finished', ['a' => 1]);
exec(escapeshellarg(dirname(getenv('WEBHOOKS_EXTENSION')) . '/webhooks-worker') . ' --once --spool ' . escapeshellarg($spool) . ' 2>/dev/null', $said, $code);
var_dump($code);
echo $problem(), "\n";

// A move that was begun.
file_put_contents("$spool/store.sqlite.moving", '{"id":"00000000000000000000000000000007","to":"mysql:","since":0}');
chmod("$spool/store.sqlite.moving", 0600);
echo $problem(), "\n";

// Somebody removed both.
array_map('unlink', glob("$spool/store.sqlite*"));
echo $problem(), "\n";
--EXPECT--
nothing
int(0)
webhooks.store is a database, and store.sqlite in the spool has deliveries that wait or are held (1), which nobody sends: move them, as the spool's owner or root: webhooks-worker migrate --spool SPOOL --to mysql:
a move of the log to mysql: was begun at 1970-01-01T00:00:00.000Z and is not at its end, so what waits in it is not sent: go on with it, as the spool's owner or root: webhooks-worker migrate --spool SPOOL --to mysql:
nothing
