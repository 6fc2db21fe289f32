--TEST--
Another user's spool: the exception names both users
--INI--
webhooks.spool={TMP}/webhooks-302
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';
$spool = spool();

// Root becomes somebody else; anybody else is given a spool of root's.
if (0 === posix_geteuid()) {
    $pid = pcntl_fork();
    if (0 === $pid) {
        posix_setgid(65534);
        posix_setuid(65534);
        thrown(fn () => webhooks_dispatch('e', []));
        echo webhooks_status()['problems'][0]['message'] === '' ? '' : "told by the status too\n";
        exit;
    }
    pcntl_waitpid($pid, $status);
} else {
    passthru(sprintf('%s -n -d extension=%s -d webhooks.spool=/root -r %s', ...array_map('escapeshellarg', [
        PHP_BINARY,
        getenv('WEBHOOKS_EXTENSION'),
        'try { webhooks_dispatch("e", []); } catch (Webhooks\Exception $e) { echo "Webhooks\Exception: ", $e->getMessage(), "\n"; }
        echo webhooks_status()["problems"] ? "told by the status too\n" : "";',
    ])));
}
?>
--EXPECTF--
Webhooks\Exception: %s belongs to %s (uid %d)%s(uid %d)%s
told by the status too
