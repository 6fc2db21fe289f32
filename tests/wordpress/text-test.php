<?php
/**
 * Texts where PHP's extension mbstring was left out.
 */

use Network_Webhooks\Text;

final class Text_Test extends Network_Test_Case {

	public function test_it_does_what_mbstring_does(): void {
		foreach ( array( 'A', 'é', '€', '😀', "\u{202e}", "\u{10ffff}", "\0" ) as $character ) {
			$this->assertSame( mb_ord( $character, 'UTF-8' ), Text::ord( $character ) );
			foreach ( range( 0, 3 + strlen( $character ) ) as $length ) {
				$this->assertSame( mb_strcut( "ab{$character}c", 0, $length, 'UTF-8' ), Text::cut( "ab{$character}c", $length ) );
			}
		}
		foreach ( array( 'é', "caf\xe9", "\xff", '', "\xed\xa0\x80" ) as $bytes ) {
			$this->assertSame( mb_check_encoding( $bytes, 'UTF-8' ), Text::is_utf8( $bytes ) );
			$this->assertTrue( Text::is_utf8( Text::scrub( $bytes ) ) );
		}
		$this->assertTrue( Text::has( 'Zahlungen für München', 'MÜNCHEN' ) );
	}

	public function test_without_mbstring_pages_and_erasure_ended_with_an_error(): void {
		$this->subscribe( 'lesson_finished' );
		$this->assertSame( 'done', $this->run_process( __DIR__ . '/processes/without-mbstring.php', array(), false ) );
	}
}
