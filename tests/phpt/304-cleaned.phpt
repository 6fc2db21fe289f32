--TEST--
Somebody cleans the spool while a process has it open
--INI--
webhooks.spool={TMP}/webhooks-304
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();
publish(['a' => ['wanted']], 1);
webhooks_dispatch('wanted', ['n' => 1]);
var_dump(webhooks_has_subscribers('unwanted'));

// The journal's folder, and the subscriptions.
remove("$spool/journal");
unlink("$spool/subscriptions.json");
eventually('it is noticed', fn () => webhooks_has_subscribers('unwanted'));
webhooks_dispatch('unwanted', ['n' => 2]);
echo last_body() === '' ? '' : json_decode(last_body())->data->n, ' ', records()[0]['revision'], "\n";

// The whole folder, with a new one in its place.
remove($spool);
mkdir($spool, 0700);
eventually('it is noticed', function () {
    webhooks_dispatch('event', ['n' => 3]);
    return records();
});
echo json_decode(last_body())->data->n, "\n";
publish(['a' => ['wanted']], 5);
var_dump(webhooks_revision(), webhooks_has_subscribers('unwanted'));
?>
--EXPECT--
bool(false)
2 0
3
int(5)
bool(false)
