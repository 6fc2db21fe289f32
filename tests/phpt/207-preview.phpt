--TEST--
webhooks_preview(): what would be sent, and why it would not
--INI--
webhooks.spool={TMP}/webhooks-207
webhooks.autostart=0
webhooks.allow=10.1.0.0/16
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

$secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
$hook = fn (array $more = []) => $more + ['id' => 'crm', 'url' => 'https://crm.example/in', 'events' => ['order_*'], 'secrets' => [['secret' => $secret]]];
$data = ['total' => 12.5, 'ratio' => 1.0, 'customer' => ['name' => 'Zoë', 'tags' => []], 'items' => ['5' => 'five']];
$options = ['site' => ['id' => 3, 'url' => 'https://shop.example'], 'network_id' => 2, 'actor' => ['user' => 7], 'source' => 'shop', 'timestamp' => 1763632800.123, 'idempotency_key' => 'a'];

/** What is wanted, and the reason. */
function verdict(array $preview): string
{
    return ($preview['wanted'] ? 'wanted' : 'not') . ', ' . ($preview['reason'] ?? 'no reason');
}
/** The error on a line. */
function error(array $preview): string
{
    $error = $preview['error'];
    return verdict($preview) . ': ' . (null === $error ? 'no error' : sprintf('%s, line %s, column %s: %s', $error['field'], $error['line'] ?? '-', $error['column'] ?? '-', $error['message']));
}

// Everything, in its shape; the body is the one that dispatch journals.
$preview = webhooks_preview($hook(['headers' => [['name' => 'Authorization', 'value' => 'Bearer abc']]]), 'order_paid', $data, $options);
echo json_encode(array_keys($preview)), "\n", $preview['body'], "\n";
$headers = $preview['headers'];
var_dump(webhooks_verify($secret, $headers, $preview['body']), abs((int) $headers['webhook-timestamp'] - time()) < 60);
unset($headers['webhook-timestamp'], $headers['webhook-signature']);
$headers['user-agent'] = strtok($headers['user-agent'], '/');
echo json_encode($headers, JSON_UNESCAPED_UNICODE), "\n";
unset($preview['headers'], $preview['body']);
echo json_encode($preview, JSON_UNESCAPED_SLASHES), "\n";
$id = webhooks_dispatch('order_paid', $data, $options);
$sent = webhooks_preview($hook(), 'order_paid', $data, $options);
var_dump($id === $sent['headers']['webhook-id'], last_body() === $sent['body'], (int) strlen($sent['body']) === (int) $sent['headers']['content-length']);
// Nothing more was written.
var_dump(count(records()));

// Formats.
foreach (['flat', 'v1', 'cloudevents-binary'] as $format) {
    $preview = webhooks_preview($hook(['format' => $format, 'fields' => ['customer.name']]), 'order_paid', $data, $options);
    echo $format, ': ', $preview['content_type'], ' ', $preview['body'], ' ', $preview['headers']['ce-source'] ?? '', "\n";
}
$preview = webhooks_preview($hook(['format' => 'template', 'template' => '<b>{{ data.customer.name }}</b>', 'content_type' => 'text/html']), 'order_paid', $data, $options);
echo $preview['content_type'], ' ', $preview['body'], "\n";
$preview = webhooks_preview($hook(['signature' => 'none', 'secrets' => []]), 'order_paid', $data, ['test' => true]);
var_dump(isset($preview['headers']['webhook-signature']), $preview['headers']['webhook-test']);
// Of any type of data; repaired where that is asked for.
var_dump(webhooks_preview($hook(['format' => 'flat']), 'order_paid', (object) ['a' => 1])['body']);
var_dump(webhooks_preview($hook(['format' => 'flat']), 'order_paid', ["\xff"], ['repair' => true])['body']);

// Conditions, with the values that they read.
$preview = webhooks_preview($hook(['condition' => 'data.total > 10 and site.id == 3 and data.customer.tags|length == 0']), 'order_paid', $data, $options);
echo verdict($preview), ' ', json_encode($preview['condition']), "\n";
$preview = webhooks_preview($hook(['condition' => 'actor.user == 8', 'paused' => true]), 'order_paid', $data, $options);
echo verdict($preview), ' ', json_encode($preview['condition']), "\n";
$preview = webhooks_preview($hook(['condition' => 'data.items["5"] == "five"']), 'order_paid', $data, $options);
var_dump($preview['condition']['values'] === ['data.items' => [5 => 'five']]);

// Why not.
echo verdict(webhooks_preview($hook(), 'login', $data)), "\n";
echo verdict(webhooks_preview($hook(['sites' => ['only' => [4]]]), 'order_paid', $data, $options)), "\n";
echo verdict(webhooks_preview($hook(['network_events' => false]), 'order_paid', $data, ['scope' => 'network'])), "\n";
echo verdict(webhooks_preview($hook(), 'order_paid', $data, ['import' => true])), "\n";
echo verdict(webhooks_preview($hook(), 'order_paid', $data, ['only' => ['other']])), "\n";
echo verdict(webhooks_preview($hook(['paused' => true]), 'order_paid', $data)), "\n";
echo verdict(webhooks_preview($hook(['paused' => true, 'events' => ['x']]), 'order_paid', $data, ['test' => true, 'only' => ['crm']])), "\n";

// What was published for all: the hold, and the hosts that WordPress reaches.
publish(['x' => ['d']], 1, ['held' => 'copy', 'block_external' => ['*.ok.example']]);
$preview = webhooks_preview($hook(['paused' => true]), 'order_paid', $data);
echo verdict($preview), "\n", json_encode($preview['address'], JSON_UNESCAPED_SLASHES), "\n";
var_dump(webhooks_preview($hook(['url' => 'https://crm.ok.example/']), 'order_paid', $data)['address']);
publish(['x' => ['d']], 2, ['inbox' => 'http://10.2.2.3/?inbox=token']);
foreach (['http://10.2.2.3/?inbox=token', 'http://10.2.2.3/?inbox=other'] as $url) {
    echo webhooks_preview($hook(['url' => $url]), 'order_paid', $data)['address']['code'] ?? 'nothing said', "\n";
}
publish(['x' => ['d']], 3);

// Addresses that the URL names itself.
foreach (['http://10.1.2.3:8080/', 'http://10.2.2.3/', 'http://[::1]/', 'http://0x7f.1/', 'http://localhost/'] as $url) {
    $preview = webhooks_preview($hook(['url' => $url]), 'order_paid', $data);
    echo $preview['url'], ' ', $preview['address']['code'] ?? 'nothing said', ' ', verdict($preview), "\n";
}

// Mistakes: no exception, the field, the place, and the rest as far as it can be shown.
$preview = webhooks_preview([], 'order_paid', $data);
echo error($preview), "\n", json_encode(array_diff_key($preview, ['error' => 0])), "\n";
echo error(webhooks_preview(['id' => 'a', 'url' => 'https://a.example/', 'events' => 'x'], 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['colour' => 'red']), 'order_paid', $data)) === error(webhooks_preview($hook(['colour' => 'blue']), 'order_paid', $data)) ? "colour\n" : '';
echo error(webhooks_preview($hook(['retries' => [5, 0]]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['secrets' => []]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['secrets' => [['secret' => 'whsec_verySecretIndeed']]]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['headers' => [['name' => 'Host', 'value' => 'x']]]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['format' => 'template']), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['format' => 'template', 'template' => "{\n  \"total\": {{ data.totl }}\n}"]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['format' => 'template', 'template' => "{\n  \"a\": {% if %}\n}"]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['format' => 'template', 'template' => '{"a": "{{ data.total }}']), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['format' => 'template', 'template' => '{}', 'content_type' => 'json']), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['condition' => 'data.total >']), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(['condition' => "data.total > 1 and\n data.totl"]), 'order_paid', $data)), "\n";
$preview = webhooks_preview($hook(['url' => 'ftp://a', 'condition' => 'data.total > 1']), 'order_paid', $data, $options);
echo error($preview), "\n";
var_dump($preview['url'], $preview['body'] === $sent['body'], $preview['condition']['result']);
echo error(webhooks_preview($hook(['name' => "\xff"]), 'order_paid', $data)), "\n";
echo error(webhooks_preview($hook(), 'Order Paid', $data)), "\n";
echo error(webhooks_preview($hook(), 'order_paid', ['a' => ['b' => NAN]])), "\n";
echo error(webhooks_preview($hook(), 'order_paid', [str_repeat('x', 1 << 20)])), "\n";
echo error(webhooks_preview($hook(), 'order_paid', $data, ['delay' => -1])), "\n";
echo error(webhooks_preview($hook(), 'order_paid', $data, ['colour' => 'red'])), "\n";

// What is thrown: wrong types, and what PHP code throws itself.
thrown(fn () => webhooks_preview('crm', 'order_paid', $data));
thrown(fn () => webhooks_preview($hook(), 'order_paid', 'data'));
thrown(fn () => webhooks_preview($hook(), 'order_paid', $data, null));
$thrower = new class implements JsonSerializable {
    public function jsonSerialize(): mixed
    {
        throw new LogicException('not today');
    }
};
thrown(fn () => webhooks_preview($hook(), 'order_paid', ['a' => $thrower]));

// Also where there is no spool at all.
remove($spool);
echo verdict(webhooks_preview($hook(), 'order_paid', $data)), "\n";
mkdir($spool, 0700);
?>
--EXPECT--
["wanted","reason","condition","method","url","headers","body","content_type","address","error"]
{"id":"evt_1gvajra1dpgjdb3z8v877ykvk0","type":"order_paid","timestamp":"2025-11-20T10:00:00.123Z","network_id":2,"site":{"id":3,"url":"https://shop.example"},"source":"shop","actor":{"user":7},"data":{"total":12.5,"ratio":1.0,"customer":{"name":"Zoë","tags":[]},"items":{"5":"five"}}}
bool(true)
bool(true)
{"user-agent":"Network-Webhooks","content-length":"285","authorization":"•••","content-type":"application\/json","webhook-id":"evt_1gvajra1dpgjdb3z8v877ykvk0"}
{"wanted":true,"reason":null,"condition":null,"method":"POST","url":"https://crm.example/in","content_type":"application/json","address":null,"error":null}
bool(true)
bool(true)
bool(true)
int(1)
flat: application/json {"customer":{"name":"Zo\u00eb"}} 
v1: application/x-www-form-urlencoded webhook_id=crm&type=order_paid&data%5Bcustomer%5D%5Bname%5D=Zo%C3%AB 
cloudevents-binary: application/json {"customer":{"name":"Zoë"}} https://shop.example
text/html <b>Zoë</b>
bool(false)
string(4) "true"
string(7) "{"a":1}"
string(10) "["\ufffd"]"
wanted, no reason {"result":true,"values":{"data.total":12.5,"site.id":3,"data.customer.tags":[]}}
not, condition {"result":false,"values":{"actor.user":7}}
bool(true)
not, event
not, site
not, network
not, import
not, only
not, paused
wanted, no reason
not, copy
{"code":"address_refused","message":"\"crm.example\" is not reachable because WP_HTTP_BLOCK_EXTERNAL is set; add it to WP_ACCESSIBLE_HOSTS in wp-config.php if it is meant"}
NULL
nothing said
address_refused
http://10.1.2.3:8080/ nothing said wanted, no reason
http://10.2.2.3/ address_refused wanted, no reason
http://[::1]/ address_refused wanted, no reason
http://127.0.0.1/ address_refused wanted, no reason
http://localhost/ nothing said wanted, no reason
not, error: id, line -, column -: is missing
{"wanted":false,"reason":"error","condition":null,"method":"POST","url":"","headers":[],"body":"","content_type":"","address":null}
not, error: events, line -, column -: invalid type: string "x", expected a sequence
colour
not, error: retries[1], line -, column -: 0: expected 1 to 604800 seconds
not, error: secrets, line -, column -: expected at least one secret, or "signature": "none"
not, error: secrets[0].secret, line -, column -: a "whsec_" secret has 24 to 64 bytes before base64, this one 12
not, error: headers[0], line -, column -: the header "Host" is set by the delivery itself
not, error: template, line -, column -: expected the body's template, as format is template
not, error: template, line 2, column 15: "data.totl" is undefined
not, error: template, line 2, column 14: syntax error: unexpected end of block
not, error: template, line -, column -: what the template renders is not JSON (line 1, column 11 of the output); values bring their own quotes: {"text": {{ data.name }}}
not, error: content_type, line -, column -: "json" is no content type, such as application/json
not, error: condition, line 1, column 12: syntax error: unexpected end of input, expected expression
not, condition: no error
not, error: url, line -, column -: the URL has to begin with https:// or http://
string(0) ""
bool(true)
bool(true)
not, error: name, line -, column -: name is not UTF-8: byte 0 is 0xff; convert it with mb_convert_encoding()
not, error: event, line -, column -: "Order Paid" can't be an event's name: expected 1 to 100 of a-z 0-9 _ . -
not, error: data, line -, column -: data.a.b is NAN, which JSON has no number for
not, error: data, line -, column -: this event has 1048771 bytes, more than the 1048576 that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
not, error: options, line -, column -: option "delay": expected 0 to 4294967 seconds
not, error: options, line -, column -: option "colour": there is no such option; there are site, network_id, scope, actor, source, timestamp, idempotency_key, delay, only, test, repair, import, version, installation
TypeError: Invalid value given for argument `webhook`.
TypeError: Invalid value given for argument `data`.
TypeError: Invalid value given for argument `options`.
LogicException: not today
wanted, no reason
