<?php
/**
 * Texts in UTF-8.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What PHP's extension mbstring does, also where it was left out: WordPress runs without it, and has a
 * substitute only for mb_substr() and mb_strlen().
 */
final class Text {

	/**
	 * Whether bytes are UTF-8.
	 */
	public static function is_utf8( string $bytes ): bool {
		return 1 === preg_match( '//u', $bytes );
	}

	/**
	 * Bytes as UTF-8, with a sign in the place of what is none.
	 */
	public static function scrub( string $bytes ): string {
		return self::is_utf8( $bytes ) ? $bytes : (string) json_decode( (string) json_encode( $bytes, JSON_INVALID_UTF8_SUBSTITUTE ) );
	}

	/**
	 * A text in small letters; without mbstring only those of ASCII become small.
	 */
	public static function lower( string $text ): string {
		// Most texts are ASCII, and need no tables of letters.
		if ( 1 !== preg_match( '/[^\x00-\x7f]/', $text ) ) {
			return strtolower( $text );
		}
		return function_exists( 'mb_strtolower' ) ? mb_strtolower( $text, 'UTF-8' ) : strtolower( $text );
	}

	/**
	 * Whether a text has another one in it, whatever the size of letters.
	 */
	public static function has( string $text, string $part ): bool {
		return str_contains( self::lower( $text ), self::lower( $part ) );
	}

	/**
	 * The first so many bytes of a text, or one fewer up to three where a character would be cut.
	 */
	public static function cut( string $text, int $length ): string {
		return (string) preg_replace( '/(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/D', '', substr( $text, 0, $length ) );
	}

	/**
	 * The number of a character.
	 */
	public static function ord( string $character ): int {
		$bytes = array_values( (array) unpack( 'C*', $character ) );
		$first = array_shift( $bytes );
		$code  = $first < 0x80 ? $first : $first & ( 0x3f >> count( $bytes ) );
		foreach ( $bytes as $byte ) {
			$code = $code << 6 | $byte & 0x3f;
		}
		return $code;
	}
}
