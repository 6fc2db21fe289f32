--TEST--
Every function with a megabyte that is made to hurt: a second and 64 MiB at most
--INI--
webhooks.spool={TMP}/webhooks-115
webhooks.autostart=0
memory_limit=1G
--FILE--
<?php
require __DIR__ . '/spool.inc';
require __DIR__ . '/bounds.inc';
$spool = spool();
const SIZE = 1000000;

/** Something that is refused or done, and takes too little to be named. */
function bounded(string $what, Closure $do): void
{
    global $calls;
    $taken = taken(function () use ($do) {
        try {
            $do();
        } catch (Webhooks\Exception $e) {
            if (strlen($e->getMessage()) > 10000) {
                echo 'a message of ', strlen($e->getMessage()), " bytes\n";
            }
        }
    });
    ++$calls;
    if ('' !== $taken) {
        echo "$what$taken\n";
    } elseif (getenv('SHOW')) {
        fwrite(STDERR, "$what\n");
    }
}

class Says implements JsonSerializable
{
    public function __construct(private mixed $value)
    {
    }

    public function jsonSerialize(): mixed
    {
        return $this->value;
    }
}

/** Deep in lists, or whatever $within makes. */
function nested(int $levels, mixed $leaf, Closure $within): mixed
{
    for (; $levels > 0; --$levels) {
        $leaf = $within($leaf);
    }
    return $leaf;
}

/** So many of them as a megabyte of JSON has. */
function many(mixed $one): array
{
    return array_fill(0, intdiv(SIZE, strlen((string) json_encode($one, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR)) + 1), $one);
}

/** The same under names, each another. */
function named(array $values, string $prefix = ''): array
{
    return array_combine(array_map(fn ($i) => $prefix . $i . '.', array_keys($values)), $values);
}

$in_list = fn ($value) => [$value];
$in_map = fn ($value) => ['k' => $value];
$text = str_repeat('x', SIZE);
$list = range(0, 9999);
$payloads = [
    'deep lists' => nested(500, 1, $in_list),
    'deep maps' => nested(511, many(0), $in_map),
    'too deep' => nested(100000, 1, $in_list),
    'too deep objects' => nested(20000, 1, fn ($value) => (object) ['a' => $value]),
    'says itself' => nested(2000, 1, fn ($value) => new Says($value)),
    'says too often' => nested(50000, 1, fn ($value) => new Says([$value])),
    'empty lists' => many([]),
    'numbers' => many(7),
    'floats' => array_map(fn ($i) => $i * 1.1e-300, range(1, 40000)),
    'large floats' => array_map(fn ($i) => $i * 1.1e250, range(1, 40000)),
    'digits' => str_repeat('1', SIZE),
    'many digits' => many(str_repeat('9', 1000)),
    'one key' => [str_repeat('k', SIZE) => 1],
    'keys' => named(many(1)),
    'long keys' => named(array_fill(0, 900, 1), str_repeat('k', 1000)),
    'objects' => array_fill(0, 50000, (object) ['a' => 1]),
    'references' => array_fill(0, 5000, [&$list, &$text]),
    'escapes' => str_repeat("\"\\\n\x01", SIZE / 4),
    'line ends' => str_repeat("\u{2028}", intdiv(SIZE, 3)),
    'no UTF-8' => str_repeat("\xff", SIZE),
    'cut UTF-8' => str_repeat("\xf0\x9d\x84", intdiv(SIZE, 3)),
    'much that is no UTF-8' => array_fill(0, 100000, "\xff"),
    'names that are no UTF-8' => array_combine(array_map(fn ($i) => "\xff$i", range(1, 50000)), range(1, 50000)),
    'not finite' => array_fill(0, 200000, NAN),
    'deep and no UTF-8' => nested(500, array_fill(0, 100000, "\xff"), $in_map),
    'long names, deep' => nested(900, NAN, fn ($value) => [str_repeat('n', 1000) => $value, 'bad' => INF]),
];
$payloads['itself'] = ['a' => many(1)];
$payloads['itself']['itself'] = &$payloads['itself'];

$hook = ['id' => 'w', 'url' => 'https://a.test/', 'events' => ['*'], 'signature' => 'none'];
$template = fn (string $source) => ['format' => 'template', 'content_type' => 'text/plain', 'template' => $source] + $hook;
$shapes = [
    'standard' => $hook,
    'flat' => ['format' => 'flat'] + $hook,
    'v1' => ['format' => 'v1'] + $hook,
    'fields' => ['fields' => ['k.k.k', '*.*.a', '*.k.*', 'a']] + $hook,
    'template' => $template('{{ data }}{{ data|tojson(indent=4) }}'),
    'loops' => $template('{% for a in data %}{% for b in data %}{{ a ~ b }}{% endfor %}{% endfor %}'),
    'condition' => ['condition' => 'data|tojson|length > 5 and data in [data, data|list]'] + $hook,
];
// Who says nothing for a minute is taken for one that hangs.
foreach ($payloads as $name => $payload) {
    echo ".";
    bounded("encode $name", fn () => webhooks_encode($payload));
    publish(['w' => ['*']], ($revision = ($revision ?? 0) + 1));
    bounded("dispatch $name", fn () => webhooks_dispatch('e', [$payload]));
    bounded("mend $name", fn () => webhooks_dispatch('e', [$payload], ['repair' => true]));
    bounded("actor $name", fn () => webhooks_dispatch('e', [], ['actor' => [$payload], 'repair' => true]));
    foreach ($shapes as $shape => $webhook) {
        bounded("preview $shape of $name", fn () => webhooks_preview($webhook, 'e', [$payload], ['repair' => true]));
    }
    // Where a name, a text or a list is expected.
    if ('references' !== $name) {
        bounded("check by $name", fn () => webhooks_check([$shapes['template'], $shapes['condition']], ['e' => [$payload]]));
        bounded("configure $name", fn () => webhooks_configure((array) $payload, 1000));
    }
    bounded("query $name", fn () => webhooks_deliveries(['search' => $payload]));
    bounded("forget $name", fn () => webhooks_forget((array) $payload));
    bounded("options $name", fn () => webhooks_dispatch('e', [], (array) $payload));
}

$secret = 'whsec_' . base64_encode(str_repeat('k', 24));
$private = 'whsk_' . base64_encode(str_repeat('k', 32));
$signature = fn (int $length) => base64_encode(random_bytes($length));
$signatures = [
    'v1' => fn () => 'v1,' . $signature(32),
    'v1a' => fn () => 'v1a,' . $signature(64),
    'short' => fn () => 'v1,AAAA',
    'spaces' => fn () => str_repeat(' ', 50),
];
foreach ($signatures as $name => $one) {
    $header = implode(' ', array_map($one, range(1, 9000)));
    $headers = ['webhook-id' => 'a', 'webhook-timestamp' => (string) time(), 'webhook-signature' => substr($header, 0, SIZE / 2)];
    $body = str_repeat('b', SIZE / 2);
    bounded("verify $name", fn () => webhooks_verify($secret, $headers, $body));
    bounded("verify $name by a public key", fn () => webhooks_verify(webhooks_public_key($private), $headers, $body));
    bounded("verify $name by many", fn () => webhooks_verify(array_fill(0, 9000, $secret), $headers, $body));
    bounded("verify $name by as many as possible", fn () => webhooks_verify(array_fill(0, 50, $secret), $headers, $body));
    bounded("verify $name among many headers", fn () => webhooks_verify($secret, named(many('a')) + $headers, $body));
}
bounded('verify a long id', fn () => webhooks_verify($secret, ['webhook-id' => $text] + $headers, $text));
bounded('sign', fn () => webhooks_sign($private, $text, 1, $text));
bounded('sign with a long secret', fn () => webhooks_sign("whsec_$text", 'a', 1, ''));
bounded('event', fn () => webhooks_dispatch($text, []));

// A whole config of a megabyte.
$deep = fn (int $bytes, string $one) => str_repeat($one, intdiv($bytes, strlen($one)));
$documents = [
    'webhooks' => array_map(fn ($i) => ['id' => "w$i"] + $hook, range(1, 12000)),
    'one id' => array_fill(0, 12000, $hook),
    'secrets' => [['signature' => 'v1', 'secrets' => array_fill(0, 18000, ['secret' => $secret])] + $hook],
    'private keys' => [['signature' => 'v1a', 'secrets' => array_fill(0, 16000, ['secret' => $private])] + $hook],
    'keys of many' => array_map(fn ($i) => ['id' => "w$i", 'signature' => 'v1a', 'secrets' => array_fill(0, 20, ['secret' => $private])] + $hook, range(1, 600)),
    'headers' => [['headers' => array_fill(0, 30000, ['name' => 'a', 'value' => 'b'])] + $hook],
    'patterns' => [['events' => array_map(fn ($i) => "*a*b*c*$i", range(1, 60000))] + $hook],
    'stars' => [['events' => array_fill(0, 9000, str_repeat('*', 100))] + $hook],
    'sites' => [['sites' => ['only' => range(1, 140000)]] + $hook],
    'fields' => [['fields' => array_map(fn ($i) => "a.b.c.$i", range(1, 60000))] + $hook],
    'retries' => [['retries' => array_fill(0, 300000, 1)] + $hook],
    'templates' => array_map(fn ($i) => ['id' => "w$i"] + $template($deep(64000, '{% set a = [b, c, d(e, f)]|map("x") %}')), range(1, 15)),
    'sums' => array_map(fn ($i) => ['id' => "w$i"] + $template('{{ 1' . $deep(64000, '+1') . ' }}'), range(1, 15)),
    'brackets' => array_map(fn ($i) => ['id' => "w$i"] + $template('{{ ' . $deep(64000, '(') . ' }}'), range(1, 15)),
    'conditions' => array_map(fn ($i) => ['id' => "w$i", 'condition' => 'a == 1' . $deep(4000, ' or a.b[c]|d')] + $hook, range(1, 220)),
    'deep' => nested(100000, 1, $in_list),
    'long names' => [['name' => $text] + $hook],
    'an url' => [['url' => "https://$text.test/"] + $hook],
    'escapes in an url' => [['url' => 'https://a.test/' . str_repeat('%41', 700)] + $hook],
    'wrong' => array_fill(0, 50000, []),
    'too many' => array_fill(0, 500000, 7),
];
$settings = [
    'lookup' => named(array_fill(0, 9000, ['a.*.b', '*.*.*', 'c.d.e'])),
    'lookup deep' => ['e' => [str_repeat('*.', 400000) . '*']],
    'allow' => array_fill(0, 60000, '10.0.0.0/8'),
    'actions' => many(['a' => [['b' => 1]]]),
    'actions deep' => [nested(100, many(1), $in_map)],
    'block_external' => array_map(fn ($i) => "*.$i.test", range(1, 60000)),
    'inbox' => $text,
    'held' => $text,
    'v1' => named(array_fill(0, 9000, [])),
    'proxy' => ['host' => $text, 'port' => 80],
    'unknown' => $text,
];
foreach ($settings as $name => $value) {
    $documents[$name] = ['webhooks' => [$hook], explode(' ', $name)[0] => $value];
}
foreach ($documents as $name => $document) {
    echo ".";
    bounded("configure $name", fn () => webhooks_configure($document, ++$revision));
    bounded("check $name", fn () => webhooks_check($document['webhooks'] ?? $document, ['a' => ['b' => 1]]));
    bounded("status with $name", fn () => webhooks_status());
    bounded("ask with $name", fn () => webhooks_has_subscribers('some_event', 7));
    bounded("dispatch with $name", fn () => webhooks_dispatch('some_event', ['a' => 1], ['site' => ['id' => 7, 'url' => 'https://a.test']]));
}

// What the group may write: subscriptions.json, read by every process; config.json is not taken of it.
$rule = fn (string $event, $sites = 'all') => ['event' => $event, 'sites' => $sites, 'network' => false];
$planted = [
    'rules' => ['rules' => array_map(fn ($i) => $rule("*$i*"), range(1, 20000))],
    'one rule' => ['rules' => array_fill(0, 18000, $rule('*'))],
    'stars' => ['rules' => [$rule(str_repeat('*', SIZE))]],
    'letters' => ['rules' => [$rule(str_repeat('*a', SIZE / 2))]],
    'sites' => ['rules' => array_fill(0, 100, $rule('*', ['except' => range(1, 1500)]))],
    'actions' => ['actions' => many([])],
    'named actions' => ['actions' => [named(many(1))]],
    'deep actions' => ['actions' => [nested(120, many(0), $in_map)]],
    'allow' => ['allow' => many('a')],
];
foreach ($planted as $name => $more) {
    echo ".";
    $base = ['format' => 1, 'revision' => 5, 'fingerprint' => null, 'allow' => [], 'webhooks' => 1, 'held' => null, 'actions' => [], 'rules' => []];
    file_put_contents("$spool/new", json_encode($more + $base));
    rename("$spool/new", "$spool/subscriptions.json");
    usleep(1100000);
    bounded("planted $name", fn () => webhooks_has_subscribers('banana_split', 7));
    bounded("planted $name, dispatched", fn () => webhooks_dispatch('banana_split', ['a' => 1]));
    bounded("planted $name, actions", fn () => webhooks_actions());
}
foreach (['digits' => str_repeat('1', SIZE), 'brackets' => str_repeat('[', SIZE), 'a text' => "\"$text\"", 'names' => '{' . str_repeat('"a":1,', intdiv(SIZE, 6)) . '"b":1}', 'garbage' => random_bytes(SIZE)] as $name => $bytes) {
    file_put_contents("$spool/new", $bytes);
    rename("$spool/new", "$spool/subscriptions.json");
    usleep(1100000);
    bounded("planted $name", fn () => webhooks_has_subscribers('banana_split', 7));
}

// Requests to the worker.
$id = 'dlv_00000000000000000000000000';
foreach (['webhooks_resend', 'webhooks_cancel'] as $function) {
    bounded("$function many", fn () => $function(array_fill(0, 30000, $id)));
    bounded("$function a long one", fn () => $function($text));
}
bounded('recover', fn () => webhooks_recover($text, $text));
bounded('enable', fn () => webhooks_enable($text, $text));
bounded('wait', fn () => webhooks_wait($text, 0));
bounded('delivery', fn () => webhooks_delivery($text));
bounded('states', fn () => webhooks_deliveries(['state' => array_fill(0, 90000, 'pending')]));
bounded('cursor', fn () => webhooks_deliveries(['cursor' => $text]));
echo $calls > 600 ? 'done' : "only $calls calls", "\n";
?>
--EXPECT--
....................................................................done
