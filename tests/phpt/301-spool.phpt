--TEST--
A spool that can't be used: the exception names path, user and what to do, the status too
--INI--
webhooks.spool={TMP}/webhooks-301
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = ini_get('webhooks.spool');

/** How everything answers while the spool can't be used. */
function answers(): void
{
    thrown(fn () => webhooks_dispatch('e', []));
    thrown(fn () => webhooks_configure([], 1));
    thrown(fn () => webhooks_deliveries());
    // Nobody can say that nobody subscribes, and nothing is published.
    var_dump(webhooks_has_subscribers('e'), webhooks_revision(), webhooks_wake());
    $status = webhooks_status();
    echo json_encode($status['spool']['usable']), ' ', $status['problems'][0]['code'], ': ',
        str_replace(sys_get_temp_dir(), '{TMP}', $status['problems'][0]['message']), "\n";
}

echo "-- missing\n";
remove($spool);
answers();

echo "-- a file\n";
touch($spool);
answers();
unlink($spool);

echo "-- open to everybody\n";
mkdir($spool);
chmod($spool, 0777);
answers();

echo "-- mended, and nothing remembered\n";
chmod($spool, 0700);
$id = webhooks_dispatch('e', ['a' => 1]);
echo json_decode(last_body())->id === $id ? "accepted\n" : "?\n";

echo "-- journal in the way\n";
remove($spool);
mkdir($spool, 0700);
symlink('/tmp', "$spool/journal");
$refused = shell_exec(sprintf('%s -n -d extension=%s -d webhooks.spool=%s -d webhooks.autostart=0 -r %s', ...array_map(
    'escapeshellarg',
    [PHP_BINARY, getenv('WEBHOOKS_EXTENSION'), $spool, 'try { webhooks_dispatch("e", []); } catch (Webhooks\Exception $e) { echo $e->getMessage(); }']
)));
echo str_replace(sys_get_temp_dir(), '{TMP}', $refused), "\n";
remove($spool);
?>
--EXPECT--
-- missing
Webhooks\Exception: the spool {TMP}/webhooks-301 does not exist: create it for the web server's user (`install -d -m 0700 -o USER {TMP}/webhooks-301`), or set webhooks.spool to where it is
Webhooks\Exception: the spool {TMP}/webhooks-301 does not exist: create it for the web server's user (`install -d -m 0700 -o USER {TMP}/webhooks-301`), or set webhooks.spool to where it is
Webhooks\Exception: the spool {TMP}/webhooks-301 does not exist: create it for the web server's user (`install -d -m 0700 -o USER {TMP}/webhooks-301`), or set webhooks.spool to where it is
bool(true)
int(0)
bool(false)
false spool: the spool {TMP}/webhooks-301 does not exist: create it for the web server's user (`install -d -m 0700 -o USER {TMP}/webhooks-301`), or set webhooks.spool to where it is
-- a file
Webhooks\Exception: {TMP}/webhooks-301 is not a folder: move it away, or set webhooks.spool to another path
Webhooks\Exception: {TMP}/webhooks-301 is not a folder: move it away, or set webhooks.spool to another path
Webhooks\Exception: {TMP}/webhooks-301 is not a folder: move it away, or set webhooks.spool to another path
bool(true)
int(0)
bool(false)
false spool: {TMP}/webhooks-301 is not a folder: move it away, or set webhooks.spool to another path
-- open to everybody
Webhooks\Exception: the spool {TMP}/webhooks-301 has mode 0777: `chmod 0700 {TMP}/webhooks-301` keeps it to its owner, `chmod 2770 {TMP}/webhooks-301` opens it to its group; nothing else is accepted, as it holds personal data and secrets
Webhooks\Exception: the spool {TMP}/webhooks-301 has mode 0777: `chmod 0700 {TMP}/webhooks-301` keeps it to its owner, `chmod 2770 {TMP}/webhooks-301` opens it to its group; nothing else is accepted, as it holds personal data and secrets
Webhooks\Exception: the spool {TMP}/webhooks-301 has mode 0777: `chmod 0700 {TMP}/webhooks-301` keeps it to its owner, `chmod 2770 {TMP}/webhooks-301` opens it to its group; nothing else is accepted, as it holds personal data and secrets
bool(true)
int(0)
bool(false)
false spool: the spool {TMP}/webhooks-301 has mode 0777: `chmod 0700 {TMP}/webhooks-301` keeps it to its owner, `chmod 2770 {TMP}/webhooks-301` opens it to its group; nothing else is accepted, as it holds personal data and secrets
-- mended, and nothing remembered
accepted
-- journal in the way
{TMP}/webhooks-301/journal is a file or a link where a folder belongs, not a plain file of the spool's, and was left alone: find out who put it there, then remove it
