--TEST--
The extension loads: functions, settings, exception, php --ri
--INI--
webhooks.spool={TMP}/webhooks-001
webhooks.autostart=0
--FILE--
<?php
require __DIR__ . '/spool.inc';

var_dump(extension_loaded('webhooks'), phpversion('webhooks'));

// The settings are the administrator's.
foreach (ini_get_all('webhooks', false) as $name => $value) {
    echo $name, ' = ', str_replace(sys_get_temp_dir(), '{TMP}', $value), ', ', var_export(@ini_set($name, '1'), true), "\n";
}

// The exception is a normal class.
var_dump(get_parent_class('Webhooks\Exception'));
class Mine extends Webhooks\Exception
{
}
try {
    throw new Mine('mine', 3, new Webhooks\Exception('inner'));
} catch (Webhooks\Exception $e) {
    echo get_class($e), ' ', $e->getMessage(), ' ', $e->getCode(), ' ', $e->getPrevious()->getMessage(), "\n";
}
var_dump(unserialize(serialize(new Webhooks\Exception('kept')))->getMessage());

// Loading made nothing.
var_dump(file_exists(ini_get('webhooks.spool')));

spool();
publish(['a' => ['*'], 'b' => ['x']], 7);
(new ReflectionExtension('webhooks'))->info();
?>
--EXPECTF--
bool(true)
string(5) "%d.%d.%d"
webhooks.allow = , false
webhooks.autostart = 0, false
webhooks.deliver = 1, false
webhooks.keep_segments = , false
webhooks.max_in_flight = , false
webhooks.max_payload = 1M, false
webhooks.spool = {TMP}/webhooks-001, false
webhooks.store = , false
webhooks.sync = 0, false
webhooks.worker = webhooks-worker, false
string(16) "RuntimeException"
Mine mine 3 inner
string(4) "kept"
bool(false)

webhooks

Webhooks support => enabled
Version => %d.%d.%d
User => %s (uid %d)
Spool => %s/webhooks-001, of %s (uid %d)
Journal => 0 bytes waiting
Store => sqlite:%s/webhooks-001/store.sqlite, not made yet
Published => 2 webhooks, revision 7
Worker => not running, and not started by PHP (webhooks.autostart)

Directive => Local Value => Master Value
webhooks.allow => no value => no value
webhooks.autostart => 0 => 0
webhooks.deliver => 1 => 1
webhooks.keep_segments => no value => no value
webhooks.max_in_flight => no value => no value
webhooks.max_payload => 1M => 1M
webhooks.spool => %s/webhooks-001 => %s/webhooks-001
webhooks.store => no value => no value
webhooks.sync => 0 => 0
webhooks.worker => webhooks-worker => webhooks-worker
