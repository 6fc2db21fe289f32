--TEST--
pcntl_fork(): parent and child write segments of their own, whoever leaves first
--INI--
webhooks.spool={TMP}/webhooks-401
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();
publish(['a' => ['*']], 1);

/** Names of the events in the journal. */
function names(): string
{
    $names = array_map(fn ($record) => $record['fields']['name'], records());
    sort($names);
    return implode(' ', $names);
}
function child(Closure $work): int
{
    $pid = pcntl_fork();
    if (0 === $pid) {
        $work();
        exit(0);
    }
    return $pid;
}
function wait(int ...$pids): void
{
    foreach ($pids as $pid) {
        pcntl_waitpid($pid, $status);
        if (0 !== $status) {
            echo "child ended with $status\n";
        }
    }
}
/** Whether anybody holds the lock of a segment. */
function owned(string $segment): bool
{
    $file = fopen($segment, 'r+');
    $free = flock($file, LOCK_EX | LOCK_NB);
    return !$free;
}

webhooks_dispatch('parent-1', []);
[$of_parent] = glob("$spool/journal/*.seg");
wait(child(function () {
    webhooks_dispatch('child-1', []);
    webhooks_dispatch('child-2', []);
}));
webhooks_dispatch('parent-2', []);
echo names(), ', segments: ', count(glob("$spool/journal/*.seg")), "\n";
// The child that left did not unlock its parent's segment, and left its own to nobody.
[$of_child] = array_values(array_diff(glob("$spool/journal/*.seg"), [$of_parent]));
echo 'parent: ', owned($of_parent) ? 'owned' : 'free', ', child: ', owned($of_child) ? 'owned' : 'free', "\n";

// A child that dispatches nothing, a child that is killed, a child of a child, many at once.
wait(child(fn () => null));
$pid = child(function () {
    webhooks_dispatch('killed', []);
    posix_kill(getmypid(), SIGKILL);
});
pcntl_waitpid($pid, $status);
wait(child(function () {
    webhooks_dispatch('child-3', []);
    wait(child(fn () => webhooks_dispatch('grandchild', [])));
    webhooks_dispatch('child-4', []);
}));
$pids = [];
for ($i = 0; $i < 20; ++$i) {
    $pids[] = child(function () use ($i) {
        for ($n = 0; $n < 50; ++$n) {
            webhooks_dispatch("many-$i", ['n' => $n]);
        }
    });
}
for ($n = 0; $n < 50; ++$n) {
    webhooks_dispatch('parent-3', []);
}
wait(...$pids);
echo array_sum(array_map(fn ($name) => str_starts_with($name, 'many-'), explode(' ', names()))), ' ',
    implode(' ', array_unique(array_filter(explode(' ', names()), fn ($name) => !str_starts_with($name, 'many-')))), "\n";

// No two events have one id, though parent and children share a generator's state at the fork.
$ids = array_map(fn ($record) => $record['fields']['id'], records());
var_dump(count($ids) === count(array_unique($ids)));

// A child that outlives its parent does not keep the parent's segment owned.
$pipe = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$pid = child(function () use ($pipe, $of_parent) {
    webhooks_dispatch('second-parent', []);
    [$mine] = array_values(array_filter(glob(ini_get('webhooks.spool') . '/journal/*.seg'), fn ($segment) => str_contains(file_get_contents($segment), 'second-parent')));
    $parent = getmypid();
    child(function () use ($pipe, $mine, $parent) {
        eventually('the parent is gone', fn () => posix_getppid() !== $parent);
        fwrite($pipe[1], owned($mine) ? "owned\n" : "free\n");
        fwrite($pipe[1], is_string(webhooks_dispatch('orphan', [])) ? "accepted\n" : "?\n");
    });
    posix_kill(getmypid(), SIGKILL);
});
pcntl_waitpid($pid, $status);
echo fgets($pipe[0]), fgets($pipe[0]);

// A fork in the middle of an event.
class Forks implements JsonSerializable
{
    public static int $pid;

    public function jsonSerialize(): mixed
    {
        self::$pid = pcntl_fork();
        return 0 === self::$pid ? 'child' : 'parent';
    }
}
$id = webhooks_dispatch('forked', [new Forks()]);
if (0 === Forks::$pid) {
    exit(0);
}
wait(Forks::$pid);
$data = [];
foreach (records() as $record) {
    if ('forked' === $record['fields']['name']) {
        $data[] = json_decode($record['body'])->data[0];
    }
}
sort($data);
echo implode(' ', $data), "\n";
?>
--EXPECT--
child-1 child-2 parent-1 parent-2, segments: 2
parent: owned, child: free
1000 child-1 child-2 child-3 child-4 grandchild killed parent-1 parent-2 parent-3
bool(true)
free
accepted
child parent
