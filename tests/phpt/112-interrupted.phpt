--TEST--
webhooks_dispatch() and webhooks_encode(): fibers, generators and signals in the midst of it
--INI--
webhooks.spool={TMP}/webhooks-112
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/same.inc';
spool();
publish(['a' => ['*']], 1);

class Calls implements JsonSerializable
{
    public function __construct(private Closure $call)
    {
    }

    public function jsonSerialize(): mixed
    {
        return ($this->call)();
    }
}

// A fiber stops in the midst of an event, others are made meanwhile, and it goes on.
$list = ['shared' => [1, 2]];
$reference = &$list['shared'];
$fiber = new Fiber(function () use (&$list): array {
    $id = webhooks_dispatch('first', ['list' => &$list, 'call' => new Calls(fn () => Fiber::suspend('stopped')), 'end' => 1]);
    return [$id, webhooks_encode([new Calls(fn () => Fiber::suspend('again'))])];
});
var_dump($fiber->start());
webhooks_dispatch('second', ['x' => $list]);
same($list);
$list['shared'][] = 3;
var_dump($fiber->resume('resumed'));
var_dump($fiber->resume('done'), $fiber->getReturn()[1]);
echo implode(' ', array_map(fn ($record) => $record['fields']['name'], records())), "\n";
echo json_encode(json_decode(last_body())->data), "\n";

// One that is dropped where it stopped: nothing of its event is there, and what it was in can be encoded.
for ($i = 0; $i < 200; ++$i) {
    $kept = ['deep' => ['er' => [1, 2, 3]]];
    $within = &$kept['deep'];
    $fiber = new Fiber(function () use (&$kept) {
        try {
            webhooks_dispatch('dropped', ['kept' => &$kept, 'call' => new Calls(function () {
                try {
                    Fiber::suspend();
                } finally {
                    webhooks_encode(['in' => 'finally']);
                }
            })], ['repair' => (bool) mt_rand(0, 1)]);
        } finally {
            $GLOBALS['unwound'] = ($GLOBALS['unwound'] ?? 0) + 1;
        }
    });
    $fiber->start();
    unset($fiber);
    $kept['deep']['er'][] = $i;
    same($kept);
}
var_dump($unwound, count(records()));
gc_collect_cycles();

// A generator's finally runs while an event is made, and makes one itself.
function steps(): Generator
{
    try {
        yield 1;
        yield 2;
    } finally {
        webhooks_dispatch('finally', ['from' => 'a generator']);
    }
}
webhooks_dispatch('outer', ['a' => 1, 'call' => new Calls(function () {
    foreach (steps() as $step) {
        return $step;
    }
}), 'z' => 2]);
try {
    webhooks_dispatch('thrown', [new Calls(function () {
        foreach (steps() as $step) {
            throw new DomainException("step $step");
        }
    })]);
} catch (DomainException $e) {
    echo get_class($e), ': ', $e->getMessage(), "\n";
}
echo implode(' ', array_slice(array_map(fn ($record) => $record['fields']['name'], records()), 2)), "\n";

// A signal comes while values are encoded, and its handler makes events.
pcntl_async_signals(true);
$signals = 0;
pcntl_signal(SIGUSR1, function () use (&$signals) {
    ++$signals;
    webhooks_dispatch('signal', ['number' => $signals]);
});
$before = count(records());
for ($i = 0; $i < 50; ++$i) {
    webhooks_dispatch('busy', ['before' => [1, 2], 'call' => new Calls(function () {
        posix_kill(posix_getpid(), SIGUSR1);
        return array_fill(0, 3, 'filled');
    }), 'after' => $i]);
}
$after = array_slice(records(), $before);
$of = fn ($name) => array_values(array_filter($after, fn ($record) => $name === $record['fields']['name']));
var_dump($signals, count($of('signal')), count($of('busy')));
foreach ($of('busy') as $i => $record) {
    if (json_decode($record['body'], true)['data'] !== ['before' => [1, 2], 'call' => ['filled', 'filled', 'filled'], 'after' => $i]) {
        echo "broken: {$record['body']}\n";
    }
}
done();
?>
--EXPECT--
string(7) "stopped"
string(5) "again"
NULL
string(8) "["done"]"
second first
{"list":{"shared":[1,2]},"call":"resumed","end":1}
int(200)
int(2)
DomainException: step 1
finally outer finally
int(50)
int(50)
int(50)
201 values are the same, 0 fail alike