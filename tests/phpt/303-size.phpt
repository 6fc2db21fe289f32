--TEST--
webhooks.max_payload: an event that is larger is refused with both sizes
--INI--
webhooks.spool={TMP}/webhooks-303
webhooks.autostart=0
webhooks.max_payload=2K
--FILE--
<?php
require __DIR__ . '/spool.inc';
spool();
thrown(fn () => webhooks_dispatch('e', ['x' => str_repeat('y', 3000)]));
var_dump(is_dir(ini_get('webhooks.spool') . '/journal'));
// Up to the last byte: fields and body together.
for ($length = 1950; ; --$length) {
    try {
        webhooks_dispatch('e', ['x' => str_repeat('y', $length)]);
        break;
    } catch (Webhooks\Exception) {
    }
}
$segment = glob(ini_get('webhooks.spool') . '/journal/*.seg')[0];
echo filesize($segment) - 72 - 40, "\n";
echo json_decode(last_body())->data->x === str_repeat('y', $length) ? "whole\n" : "?\n";
foreach (['1024' => 1024, '1k' => 1024, ' 1 M ' => 1 << 20, '1G' => 67108824, 'lots' => 1 << 20, '0' => 0, '-1' => 1 << 20] as $setting => $expected) {
    $limit = shell_exec(sprintf('%s -n -d extension=%s -d webhooks.spool=%s -d webhooks.autostart=0 -d webhooks.max_payload=%s -d memory_limit=1G -r %s', ...array_map(
        'escapeshellarg',
        [PHP_BINARY, getenv('WEBHOOKS_EXTENSION'), ini_get('webhooks.spool'), (string) $setting,
            'try { webhooks_dispatch("e", ["x" => str_repeat("y", 70000000)]); } catch (Webhooks\Exception $e) { preg_match("/than the (\d+)/", $e->getMessage(), $m); echo $m[1]; }']
    )));
    echo $setting, ': ', (int) $limit === $expected ? 'as it should be' : $limit, "\n";
}
?>
--EXPECT--
Webhooks\Exception: this event has 3181 bytes, more than the 2048 that webhooks.max_payload allows: send less data, or raise webhooks.max_payload
bool(false)
2048
whole
1024: as it should be
1k: as it should be
 1 M : as it should be
1G: as it should be
lots: as it should be
0: as it should be
-1: as it should be
