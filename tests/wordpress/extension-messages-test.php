<?php
/**
 * What extension and worker say is known word for word, so that it can be translated.
 */

use Network_Webhooks\Extension_Messages;
use PHPUnit\Framework\TestCase;

final class Extension_Messages_Test extends TestCase {

	use Other_Language;

	private const SOURCES = __DIR__ . '/../../src';

	/** What the template engine says, and what PHP itself does. */
	private const OTHERS = '/^(syntax error|unknown filter|unknown function|invalid operation): %s$|^PHP %1\$s|^The PHP extension|^The clock of this server stands|^Only %1\$s are free/';

	/** Errors that people meet: of settings, addresses, the spool, the journal, the worker and the log. */
	private const ERRORS = array( 'domain/id', 'delivery/header', 'delivery/sign', 'delivery/fields', 'delivery/guard', 'delivery/proxy', 'delivery/tls', 'delivery/format', 'config/mod', 'spool/error', 'journal/error', 'store/mod' );

	protected function tearDown(): void {
		$this->speak_english();
	}

	public function test_each_text_is_one_of_theirs(): void {
		$source = '';
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( self::SOURCES ) ) as $file ) {
			$source .= 'rs' === $file->getExtension() ? self::plain( (string) file_get_contents( $file ) ) : '';
		}
		$unknown = array();
		foreach ( array_keys( Extension_Messages::all() ) as $text ) {
			if ( preg_match( self::OTHERS, $text ) ) {
				continue;
			}
			$parts   = preg_split( '/%(?:\d\$)?s/', str_replace( '%%', '%', $text ) );
			$pattern = implode( '\{[^}]*\}(?:/?\{[^}]*\}|:\{[^}]*\})*', array_map( static fn( $part ) => preg_quote( $part, '~' ), array_filter( $parts, static fn( $part ) => '' !== $part ) ) );
			if ( ! preg_match( "~$pattern~", $source ) ) {
				$unknown[] = $text;
			}
		}
		$this->assertSame( array(), $unknown );
	}

	public function test_each_of_theirs_is_known(): void {
		$unknown = array();
		$known   = 0;
		foreach ( self::ERRORS as $name ) {
			$source = self::plain( (string) file_get_contents( self::SOURCES . "/$name.rs" ) );
			preg_match_all( '~#\[error\(\s*"(.*?)"(?:\s*\)\]|,)~s', str_replace( '\"', "\u{201C}", $source ), $errors );
			foreach ( $errors[1] as $error ) {
				$said = preg_replace( '/\{[^}]*\}/', 'x7', str_replace( array( "\u{201C}", '{}' ), array( '"', '' ), $error ) );
				// Of these the parts are known.
				if ( in_array( $said, array( 'x7: x7', 'webhook "x7": x7', 'webhook "x7": id: there are two webhooks with this id', 'the config can\'t be read at x7: x7' ), true ) || str_contains( $said, 'whpk_' ) ) {
					continue;
				}
				self::is_known( $said ) ? ++$known : $unknown[] = "$said ($name.rs)";
			}
		}
		$this->assertSame( array(), $unknown );
		$this->assertGreaterThan( 35, $known );
	}

	public function test_what_was_wrong_with_an_answer_that_counts_stood_there_in_english(): void {
		$unknown = array();
		$known   = 0;
		foreach ( array( 'answer/mod', 'answer/head', 'exchange', 'request' ) as $name ) {
			$source = self::plain( (string) file_get_contents( self::SOURCES . "/delivery/$name.rs" ) );
			// Texts of several words: a code is one.
			preg_match_all( '~(?:note\(\s*"\w+",\s*(?:format!\(\s*)?|malformed_body\(\s*|let (?:message|what) = (?:format!\(\s*|if [^{]*\{\s*)?|\} else \{\s*)"((?:[^"\n]|"\{\w+\}")* (?:[^"\n]|"\{\w+\}")*)"~', $source, $said );
			foreach ( $said[1] as $text ) {
				self::is_known( preg_replace( '/\{[^}]*\}/', 'x7', $text ) ) ? ++$known : $unknown[] = $text;
			}
		}
		$this->assertSame( array(), $unknown );
		$this->assertGreaterThan( 12, $known );
	}

	public function test_no_page_shows_an_exception_as_it_is(): void {
		$pages = __DIR__ . '/../../php/network-webhooks/includes/';
		foreach ( array( 'admin', 'rest' ) as $folder ) {
			foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $pages . $folder, FilesystemIterator::SKIP_DOTS ) ) as $file ) {
				// It takes the message apart, and has the parts translated.
				if ( 'class-errors.php' !== $file->getFilename() ) {
					$this->assertStringNotContainsString( '->getMessage()', (string) file_get_contents( $file ), $file->getFilename() );
				}
			}
		}
	}

	public function test_what_is_filled_in_is_translated_too(): void {
		$this->speak(
			'nl_NL',
			array(
				'%1$s is a %2$s and the address of "%3$s": webhooks may reach public addresses only; add %4$s or %5$s to webhooks.allow in php.ini if this is meant' => '“%3$s” is %1$s, een %2$s. Zet %5$s of %4$s in webhooks.allow.',
				'private address'                  => 'privé-adres',
				'with the example of %1$s: %2$s'   => 'met het voorbeeld van %1$s: %2$s',
				'line %1$s, column %2$s: %3$s'     => 'regel %1$s, kolom %2$s: %3$s',
				'"%s" is undefined'                => '“%s” is er niet',
				'%1$s: expected %2$s to %3$s'      => '%1$s: %2$s tot %3$s verwacht',
				'%s seconds'                       => '%s seconden',
			)
		);
		$sentences = array(
			'10.1.2.3 is a private address and the address of "a.example": webhooks may reach public addresses only; add a.example or 10.1.2.3 to webhooks.allow in php.ini if this is meant' => '“a.example” is 10.1.2.3, een privé-adres. Zet 10.1.2.3 of a.example in webhooks.allow.',
			'with the example of payment_received: line 1, column 14: "data.totl" is undefined' => 'met het voorbeeld van payment_received: regel 1, kolom 14: “data.totl” is er niet',
			'700: expected 1 to 60 seconds' => '700: 1 tot 60 seconden verwacht',
			'what the system said (os error 5)' => 'what the system said (os error 5)',
		);
		foreach ( $sentences as $said => $expected ) {
			$this->assertSame( $expected, Extension_Messages::translated( $said ) );
			$this->assertSame( $said, Extension_Messages::in_english( static fn() => Extension_Messages::translated( $said ) ) );
		}
	}

	public function test_counts_without_plural_forms_are_none_of_theirs_either(): void {
		$this->speak(
			'nl_NL',
			array(
				"%s second\0%s seconds" => "%s seconde\0%s seconden",
				'%1$s: expected %2$s to %3$s' => '%1$s: %2$s tot %3$s verwacht',
				"this event has %1\$s byte, more than the %2\$s that webhooks.max_payload allows: send less data, or raise webhooks.max_payload\0this event has %1\$s bytes, more than the %2\$s that webhooks.max_payload allows: send less data, or raise webhooks.max_payload" => "%1\$s byte van %2\$s\0%1\$s bytes van %2\$s",
			)
		);
		$this->assertSame( '7: 1 tot 60 seconden verwacht', Extension_Messages::translated( '7: expected 1 to 60 seconds' ) );
		$this->assertSame( '7: 0 tot 1 seconde verwacht', Extension_Messages::translated( '7: expected 0 to 1 seconds' ) );
		$this->assertSame( '9000 bytes van 4096', Extension_Messages::translated( 'this event has 9000 bytes, more than the 4096 that webhooks.max_payload allows: send less data, or raise webhooks.max_payload' ) );
	}

	public function test_in_english_a_text_stays_as_it_is(): void {
		foreach ( array_keys( Extension_Messages::all() ) as $text ) {
			$said = sprintf( $text, 'x7', 'x8', 'x9', 'y1', 'y2', 'y3' );
			$this->assertSame( $said, Extension_Messages::translated( $said ) );
		}
	}

	/**
	 * Rust's texts as they are said: without continued lines and escapes.
	 */
	private static function plain( string $source ): string {
		return strtr( (string) preg_replace( '/\\\\\n\s*/', '', $source ), array( '\"' => '"', '{{' => '{', '}}' => '}' ) );
	}

	private static function is_known( string $said ): bool {
		foreach ( array_keys( Extension_Messages::all() ) as $text ) {
			$pattern = preg_replace( '/%(\d\\\\\$)?s/', '.+', preg_quote( str_replace( '%%', '%', $text ), '~' ) );
			if ( preg_match( "~^$pattern$~", $said ) ) {
				return true;
			}
		}
		return false;
	}
}
