--TEST--
A umask that takes everything, and a spool by a path that each process would read otherwise
--INI--
webhooks.spool={TMP}/webhooks-308
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

// Root may enter what nobody may.
if (0 === posix_geteuid()) {
    chown($spool, 65534);
}
$child = pcntl_fork();
if (0 === $child) {
    posix_setuid(0 === posix_geteuid() ? 65534 : posix_geteuid());
    umask(0777);
    webhooks_dispatch('e', ['n' => 1]);
    exit;
}
pcntl_waitpid($child, $status);
echo json_decode(last_body())->data->n, "\n";

chdir(dirname($spool));
foreach (['webhooks-308', './webhooks-308', ''] as $path) {
    $code = 'try { webhooks_dispatch("e", []); echo "accepted\n"; } catch (Webhooks\Exception $e) { echo $e->getMessage(), "\n"; }';
    passthru(implode(' ', array_map('escapeshellarg', [PHP_BINARY, '-n', '-d', 'extension=' . getenv('WEBHOOKS_EXTENSION'), '-d', "webhooks.spool=$path", '-d', 'webhooks.autostart=0', '-r', $code])));
}
?>
--EXPECT--
1
"webhooks-308" is no absolute path, and each process would look for the spool in another folder: set webhooks.spool to a path that begins with /
"./webhooks-308" is no absolute path, and each process would look for the spool in another folder: set webhooks.spool to a path that begins with /
"" is no absolute path, and each process would look for the spool in another folder: set webhooks.spool to a path that begins with /
