--TEST--
webhooks_sign() and webhooks_verify(): Standard Webhooks 1.0.0, with its vectors
--INI--
webhooks.spool={TMP}/webhooks-501
--FILE--
<?php
require __DIR__ . '/spool.inc';

// The vector of the specification's reference libraries.
$secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
$id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
$body = '{"test": 2432232314}';
echo webhooks_sign($secret, $id, 1614265330, $body), "\n";
// By hand, as the specification has it.
$now = time();
$by_hand = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$now.$body", base64_decode(substr($secret, 6)), true));
var_dump(webhooks_sign($secret, $id, $now, $body) === $by_hand);

$headers = ['webhook-id' => $id, 'webhook-timestamp' => (string) $now, 'webhook-signature' => $by_hand];
var_dump(webhooks_verify($secret, $headers, $body));
// Any case, lists, $_SERVER.
var_dump(webhooks_verify($secret, ['Webhook-Id' => [$id], 'WEBHOOK-TIMESTAMP' => ["$now"], 'Webhook-Signature' => [$by_hand]], $body));
var_dump(webhooks_verify($secret, ['HTTP_WEBHOOK_ID' => $id, 'HTTP_WEBHOOK_TIMESTAMP' => "$now", 'HTTP_WEBHOOK_SIGNATURE' => $by_hand], $body));
// One of several secrets, one of several signatures.
$other = 'whsec_' . base64_encode(str_repeat('k', 32));
var_dump(webhooks_verify([$other, $secret], $headers, $body));
var_dump(webhooks_verify($secret, ['webhook-signature' => webhooks_sign($other, $id, $now, $body) . " v2,xx $by_hand"] + $headers, $body));

echo "-- not verified\n";
var_dump(webhooks_verify($other, $headers, $body));
var_dump(webhooks_verify([], $headers, $body));
var_dump(webhooks_verify($secret, $headers, "$body "));
var_dump(webhooks_verify($secret, ['webhook-id' => 'other'] + $headers, $body));
var_dump(webhooks_verify($secret, ['webhook-timestamp' => (string) ($now - 1)] + $headers, $body));
var_dump(webhooks_verify($secret, ['webhook-timestamp' => 'x'] + $headers, $body));
foreach (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as $name) {
    var_dump(webhooks_verify($secret, array_diff_key($headers, [$name => 1]), $body));
}
var_dump(webhooks_verify($secret, ['webhook-signature' => 'v1,' . base64_encode('short')] + $headers, $body));
var_dump(webhooks_verify($secret, ['webhook-signature' => substr($by_hand, 3)] + $headers, $body));

echo "-- old and new\n";
foreach ([-600, -290, 290, 600] as $age) {
    $then = ['webhook-timestamp' => (string) ($now + $age), 'webhook-signature' => webhooks_sign($secret, $id, $now + $age, $body)] + $headers;
    echo $age, ' ', json_encode([webhooks_verify($secret, $then, $body), webhooks_verify($secret, $then, $body, 3600), webhooks_verify($secret, $then, $body, 0)]), "\n";
}

echo "-- ed25519\n";
$pair = sodium_crypto_sign_keypair();
$private = 'whsk_' . base64_encode(sodium_crypto_sign_secretkey($pair));
var_dump(webhooks_public_key($private) === 'whpk_' . base64_encode(sodium_crypto_sign_publickey($pair)));
$seed = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
echo webhooks_public_key($seed), "\n";
foreach ([$secret, webhooks_public_key($seed), 'whsk_***', 'whsk_QUFBQQ==', ''] as $other_than_private) {
    thrown(fn () => webhooks_public_key($other_than_private));
}
$public = 'whpk_' . base64_encode(sodium_crypto_sign_publickey($pair));
$signature = webhooks_sign($private, $id, $now, $body);
var_dump(sodium_crypto_sign_verify_detached(base64_decode(substr($signature, 4)), "$id.$now.$body", sodium_crypto_sign_publickey($pair)), substr($signature, 0, 4));
var_dump(webhooks_verify($public, ['webhook-signature' => $signature] + $headers, $body));
var_dump(webhooks_verify([$public], ['webhook-signature' => $signature] + $headers, "$body "));

echo "-- any bytes\n";
$binary = "\0\xff\n" . random_bytes(1000);
var_dump(webhooks_verify($secret, ['webhook-signature' => webhooks_sign($secret, $id, $now, $binary)] + $headers, $binary));

echo "-- malformed\n";
foreach (['', 'secret', 'whsec_', 'whsec_!!!', 'whsec_' . base64_encode('short'), 'whsk_' . base64_encode('short'), 'whpk_x'] as $bad) {
    thrown(fn () => webhooks_verify($bad, $headers, $body));
}
thrown(fn () => webhooks_sign('whsec_c2hvcnQ=', $id, $now, $body));
thrown(fn () => webhooks_verify([$secret, 5], $headers, $body));
thrown(fn () => webhooks_verify($secret, $headers, $body, -1));
// It needs no spool.
var_dump(file_exists(ini_get('webhooks.spool')));
?>
--EXPECT--
v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
-- not verified
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
-- old and new
-600 [false,true,false]
-290 [true,true,false]
290 [true,true,false]
600 [false,true,false]
-- ed25519
bool(true)
whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=
Webhooks\Exception: a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64
Webhooks\Exception: a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64
Webhooks\Exception: after its prefix a secret is base64 with padding (A-Z a-z 0-9 + / =)
Webhooks\Exception: a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64
Webhooks\Exception: a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64
bool(true)
string(4) "v1a,"
bool(true)
bool(false)
-- any bytes
bool(true)
-- malformed
Webhooks\Exception: a secret begins with "whsec_" (HMAC-SHA256) or "whsk_" (ed25519)
Webhooks\Exception: a secret begins with "whsec_" (HMAC-SHA256) or "whsk_" (ed25519)
Webhooks\Exception: a "whsec_" secret has 24 to 64 bytes before base64, this one 0
Webhooks\Exception: after its prefix a secret is base64 with padding (A-Z a-z 0-9 + / =)
Webhooks\Exception: a "whsec_" secret has 24 to 64 bytes before base64, this one 5
Webhooks\Exception: a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64
Webhooks\Exception: after its prefix a secret is base64 with padding (A-Z a-z 0-9 + / =)
Webhooks\Exception: a "whsec_" secret has 24 to 64 bytes before base64, this one 5
Webhooks\Exception: secrets: expected texts such as whsec_…, got int
Webhooks\Exception: tolerance: expected 0 seconds or more, got -1
bool(false)
