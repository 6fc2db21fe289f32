--TEST--
webhooks_published_secrets(): what a publisher lost comes back, to the spool's owner alone
--INI--
webhooks.spool={TMP}/webhooks-208
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

var_dump(webhooks_published_secrets('a'));
$secret  = 'whsec_' . base64_encode(str_repeat('a', 32));
$older   = 'whsec_' . base64_encode(str_repeat('b', 32));
$webhook = ['id' => 'a', 'url' => 'https://a.example/', 'events' => ['x'],
    'secrets' => [['secret' => $secret], ['secret' => $older, 'until' => 5]],
    'headers' => [['name' => 'Authorization', 'value' => 'Bearer b']], 'keys' => [['name' => 'token', 'value' => '1:a']]];
webhooks_configure(['webhooks' => [$webhook], 'installation' => ['id' => 'i', 'fingerprint' => 'f']], 7);
$published = webhooks_published_secrets('a');
var_dump($published['published'] === filemtime("$spool/config.json"));
unset($published['published']);
echo json_encode($published), "\n";
var_dump(webhooks_published_secrets('b'));
webhooks_configure(['webhooks' => [['set_aside' => ['field' => 'secrets', 'message' => 'lost']] + $webhook], 'installation' => ['id' => 'i', 'fingerprint' => 'f']], 8);
var_dump(webhooks_published_secrets('a'));
file_put_contents("$spool/config.json", '{');
try {
    webhooks_published_secrets('a');
} catch (Webhooks\Exception $error) {
    var_dump(str_contains($error->getMessage(), 'config.json is damaged'));
}
?>
--EXPECT--
NULL
bool(true)
{"installation":"i","revision":7,"secrets":[{"secret":"whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=","until":null},{"secret":"whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=","until":5}],"headers":[{"name":"Authorization","value":"Bearer b"}],"keys":[{"name":"token","value":"1:a"}]}
NULL
NULL
bool(true)
