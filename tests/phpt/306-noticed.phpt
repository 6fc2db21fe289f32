--TEST--
webhooks_status() names what fails in silence: a dead worker, a newer or damaged config, a newer segment, a backlog, another version; a revision ahead of the clock is none
--INI--
webhooks.spool={TMP}/webhooks-306
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

function problems(string $what): void
{
    foreach (webhooks_status()['problems'] as $problem) {
        $said = preg_replace(['~\d{4}-\d\d-\d\dT[\d:.]+Z~', '~/\S+/journal/\S+~', '~/\S+/webhooks-306~'], ['TIME', 'SEGMENT', 'SPOOL'], $problem['message']);
        echo "$what: {$problem['code']}: $said\n";
    }
    if (!webhooks_status()['problems']) {
        echo "$what: nothing\n";
    }
}

/** Starts a worker as a service manager does, and returns its process. */
function service(string $spool)
{
    @unlink("$spool/worker.start");
    $worker = proc_open([getenv('WEBHOOKS_WORKER'), '--spool', $spool], [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']], $pipes);
    // It says so once it takes signals.
    eventually('the worker comes up', fn () => file_exists("$spool/worker.start") && webhooks_status()['worker']['pid']);
    return $worker;
}

problems('an empty spool');
publish(['a' => ['e']]);
problems('the service is about to be started');
touch("$spool/config.json", time() - 300);
problems('nobody started it');
$worker = service($spool);
problems('it runs');
proc_terminate($worker, SIGTERM);
eventually('it leaves', fn () => !webhooks_status()['worker']['running']);
problems('it is restarted');
touch("$spool/worker.lock", time() - 300);
problems('it is not');
$worker = service($spool);
proc_terminate($worker, SIGKILL);
eventually('it dies', fn () => !webhooks_status()['worker']['running']);
problems('it was killed');
$worker = service($spool);

$lock = json_decode(file_get_contents("$spool/worker.lock"), true);
file_put_contents("$spool/worker.lock", json_encode(['version' => '0.0.9', 'file_size' => 1 << 20, 'descriptors' => 64, 'possible' => 20] + $lock));
echo preg_replace('~extension \S+:~', 'extension X:', implode("\n", array_column(webhooks_status()['problems'], 'message'))), "\n";
file_put_contents("$spool/worker.lock", json_encode($lock));

foreach (['config.json', 'subscriptions.json'] as $name) {
    $was = file_get_contents("$spool/$name");
    file_put_contents("$spool/$name", json_encode(['format' => 9] + json_decode($was, true)));
    problems("$name of a newer version");
    file_put_contents("$spool/$name", substr($was, 0, 40));
    problems("$name that is damaged");
    file_put_contents("$spool/$name", $was);
}

posix_kill(webhooks_status()['worker']['pid'], SIGSTOP);
foreach ([2, 1] as $format) {
    $id = random_bytes(16);
    $head = "\xf5\xc0webhk\n" . pack('VV', $format, 0) . $id . str_repeat("\1", 16) . pack('PP', (time() - 600) * 1000, 0);
    $file = "$spool/journal/" . bin2hex($id) . '.seg';
    file_put_contents($file, $head . strrev(hash('xxh3', $head, true)) . str_repeat("\0", 200));
    chmod($file, 0600);
    problems("a segment of format $format that waits for ten minutes");
    unlink($file);
}
posix_kill(webhooks_status()['worker']['pid'], SIGCONT);

publish(['a' => ['e']], (time() + 3600) * 1000);
// A revision is no clock: one that had been ahead was complained of until that time was there.
problems('published at a time to come');
?>
--EXPECT--
an empty spool: nothing
the service is about to be started: nothing
nobody started it: worker: no worker runs, and PHP may not start one (webhooks.autostart in php.ini): have the service manager start it; events are kept until then
it runs: nothing
it is restarted: nothing
it is not: worker: no worker runs, and PHP may not start one (webhooks.autostart in php.ini): have the service manager start it; events are kept until then
it was killed: worker: no worker runs, and PHP may not start one (webhooks.autostart in php.ini): have the service manager start it; events are kept until then
the worker that runs is version 0.0.9 and the PHP extension X: one of them was updated; restart the worker, and PHP
the worker may only write files of at most 1048576 bytes, and stops when its log of deliveries has as many: raise the limit of a file's size (`ulimit -f`, systemd's LimitFSIZE) where PHP or the worker is started, and restart both
the worker may open too few files for more than 20 requests at once: raise the limit of open files (`ulimit -n`, systemd's LimitNOFILE) where PHP or the worker is started, and restart both, or set webhooks.max_in_flight in php.ini
config.json of a newer version: config: SPOOL/config.json has format 9, this version knows up to 1: install the newer one
config.json that is damaged: config: SPOOL/config.json is damaged (line 1, column 40): publish again (save any webhook)
subscriptions.json of a newer version: config: SPOOL/subscriptions.json has format 9, this version knows up to 1: install the newer one
subscriptions.json that is damaged: config: SPOOL/subscriptions.json is damaged (line 1, column 40): publish again (save any webhook)
a segment of format 2 that waits for ten minutes: journal: SEGMENT is a journal segment of format 2, which this version does not know: start the version of webhooks-worker that wrote it
a segment of format 1 that waits for ten minutes: backlog: events in the journal wait since TIME to be taken in: the worker does not run, hangs, or this machine can't keep up; worker.log in the spool says more
published at a time to come: nothing
