--TEST--
A real worker: hostile events, formats, templates and conditions take 64 MiB and cost one event each
--INI--
webhooks.spool={TMP}/webhooks-114
webhooks.allow=127.0.0.1
webhooks.worker=${WEBHOOKS_WORKER}
memory_limit=512M
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/endpoint.inc';
spool();
$secret = 'whsec_' . base64_encode(str_repeat('k', 24));
$endpoint = endpoint($secret, [200], true);
$hook = ['url' => $endpoint['url'], 'events' => ['*'], 'secrets' => [['secret' => $secret]], 'retries' => [3600], 'concurrency' => 1];
$kinds = [
    'healthy' => [],
    'flat' => ['format' => 'flat'],
    'v1' => ['format' => 'v1'],
    'fields' => ['fields' => ['k.k.k', '*.*.a', 'list.*.a']],
    'template' => ['format' => 'template', 'template' => '{{ data }}'],
    'joined' => ['format' => 'template', 'template' => '{{ data.list|join(data.list) }}', 'content_type' => 'text/plain'],
    'replaced' => ['format' => 'template', 'template' => '{% for i in range(10000) %}{{ data.text|replace("a", data.text) }}{% endfor %}', 'content_type' => 'text/plain'],
    'searched' => ['condition' => "data.list|select('in', data.text)|list|length >= 0"],
    'rejected' => ['condition' => "data.list|reject('in', data.list)|list|length >= 0"],
    'nothing' => ['condition' => "data.missing == 1"],
];
$hooks = [];
foreach ($kinds as $id => $more) {
    $hooks[] = ['id' => $id] + $more + $hook;
}
webhooks_configure(['webhooks' => $hooks, 'lookup' => ['hostile' => ['k', 'list', 'list.*.a', '*.*']]], 1);

// Depth and what the worker would end at is refused when it is saved, by its name and place.
foreach ([
    'template' => ['format' => 'template', 'template' => '{{ data.n' . str_repeat('+1', 4000) . ' }}'],
    'condition' => ['condition' => str_repeat('-', 4000) . '1'],
    'long' => ['format' => 'template', 'template' => '{{ 1' . str_repeat('+1', 32000) . ' }}'],
    'brackets' => ['condition' => str_repeat('(', 2000) . '1' . str_repeat(')', 2000)],
] as $id => $more) {
    try {
        webhooks_configure([['id' => $id] + $more + $hook], 2);
        echo "published\n";
    } catch (Webhooks\Exception $e) {
        echo substr($e->getMessage(), 0, 110), "\n";
    }
    echo substr(webhooks_preview(['id' => $id] + $more + $hook, 'e', ['n' => 1])['error']['message'], 0, 50), "\n";
}

function worker(string $line): int
{
    $pid = webhooks_status()['worker']['pid'];
    return (int) preg_replace("/.*$line:\s+(\d+).*/s", '$1', file_get_contents("/proc/$pid/status"));
}

/** Seconds of CPU that the worker used. */
function used(): float
{
    $stat = explode(' ', preg_replace('/.*\) /', '', file_get_contents('/proc/' . webhooks_status()['worker']['pid'] . '/stat')));
    return ($stat[11] + $stat[12]) / 100;
}

function states(string $id): array
{
    $states = [];
    foreach (webhooks_wait($id, 120 * patience()) as $delivery) {
        $states[$delivery['webhook_id']] = $delivery['state'];
    }
    ksort($states);
    return $states;
}
echo json_encode(states(webhooks_dispatch('small', ['text' => 'a', 'list' => ['b'], 'k' => 1]))), "\n";
$idle = worker('VmHWM');
$nest = function (int $levels, mixed $leaf): mixed {
    for (; $levels > 0; --$levels) {
        $leaf = ['k' => $leaf];
    }
    return $leaf;
};
$events = [
    'deep' => $nest(500, array_fill(0, 14000, 0)),
    'deep and large' => $nest(500, array_fill(0, 490000, 0)),
    'deepest' => $nest(511, 7),
    'maps' => ['list' => array_fill(0, 120000, ['a' => 0])],
    'empty lists' => ['list' => array_fill(0, 300000, [])],
    'texts' => ['text' => str_repeat('a', 300000), 'list' => array_fill(0, 60000, 'aaaaaaa')],
    'slashes' => ['text' => str_repeat('/', 1000000)],
    'keys' => [str_repeat('k', 100000) => array_fill(0, 100000, 1)],
];
foreach ($events as $name => $data) {
    $before = used();
    $states = states(webhooks_dispatch('hostile', $data));
    $more = max(0, worker('VmHWM') - $idle);
    $took = used() - $before;
    echo "$name: ", $states['healthy'], ', ', count(array_diff($states, ['delivered', 'failed'])), ' wait', $more > 65536 ? ", $more KiB" : '', $took > 4 ? ", $took s" : '', "\n";
}
var_dump(webhooks_status()['problems']);
?>
--EXPECT--
webhook "template": template: line 1, column 206: the expression is nested more than 100 levels deep: each ope
the expression is nested more than 100 levels deep
webhook "condition": condition: line 1, column 50: the expression is nested more than 100 levels deep: each op
the expression is nested more than 100 levels deep
webhook "long": template: line 1, column 203: the expression is nested more than 100 levels deep: each operato
the expression is nested more than 100 levels deep
webhook "brackets": condition: line 1, column 21: brackets are nested more than 20 deep
brackets are nested more than 20 deep
{"fields":"delivered","flat":"delivered","healthy":"delivered","joined":"delivered","nothing":"failed","rejected":"delivered","replaced":"delivered","searched":"delivered","template":"delivered","v1":"delivered"}
deep: delivered, 0 wait
deep and large: delivered, 0 wait
deepest: delivered, 0 wait
maps: delivered, 0 wait
empty lists: delivered, 0 wait
texts: delivered, 0 wait
slashes: delivered, 0 wait
keys: delivered, 0 wait
array(0) {
}