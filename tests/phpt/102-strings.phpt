--TEST--
webhooks_encode(): every byte, every position, every broken sequence
--FILE--
<?php
require __DIR__ . '/same.inc';

/** Equal bytes, or both fail. */
function alike(mixed $value): void
{
    global $failed;
    if (false !== json_encode($value, FLAGS)) {
        same($value, bin2hex(is_array($value) ? (string) key($value) : $value));
        return;
    }
    try {
        $json = webhooks_encode($value);
        echo 'takes what json_encode() refuses: ', bin2hex($json), "\n";
    } catch (Webhooks\Exception $e) {
        ++$failed;
    }
}

// Every pair of bytes, alone and in the middle of a longer string, as value and as key.
for ($first = 0; $first < 256; ++$first) {
    for ($second = 0; $second < 256; ++$second) {
        $pair = chr($first) . chr($second);
        alike($pair);
        alike("some text before $pair and some after it, longer than a step");
        alike([$pair => 1]);
    }
}
// Everything that needs care, at every position of every length.
foreach (['"', '\\', "\n", "\0", "\x1f", 'é', '€', '𝄞', "\u{2028}", "\u{2029}", "\u{202a}", "\xe2", "\xe2\x80", "\xff"] as $special) {
    for ($length = 0; $length < 70; ++$length) {
        for ($at = 0; $at <= $length; ++$at) {
            alike(str_repeat('x', $at) . $special . str_repeat('y', $length - $at));
        }
    }
}
// Two of them, and what UTF-8 forbids: overlong forms, surrogates, beyond U+10FFFF, cut sequences.
foreach (["é\"\u{2028}é", "\"é\u{2029}\u{2028}", "é\xff", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
    "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80",
    "\x80", "\xbf", "é\x80", "\xf0\x9d\x84", "\u{D7FF}\u{E000}\u{FFFD}\u{FFFE}\u{FFFF}\u{10000}\u{10FFFF}"] as $text) {
    alike($text);
    alike(str_repeat('Straße ', 20) . $text . str_repeat(' weiter', 20));
}
alike(str_repeat("long text\n", 100000));
alike(str_repeat('длинный текст ', 100000));
alike(str_repeat('длинный текст ', 100000) . "\xd0");
done();
?>
--EXPECT--
82255 values are the same, 149184 fail alike
