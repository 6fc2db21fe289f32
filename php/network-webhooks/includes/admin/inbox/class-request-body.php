<?php
/**
 * The body of a request to the test inbox, to be shown.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Inbox;

use Network_Webhooks\Text;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a text of any bytes: JSON in lines, other text as it is, the rest in hexadecimal digits.
 */
final class Request_Body {

	/** Bytes of other than text that are shown. */
	private const DUMPED = 512;

	/** Bytes of a line of a dump. */
	private const LINE = 16;

	/** The tokens of JSON; possessive, since a string in it may be long. */
	private const TOKENS = '/"(?:[^"\\\\]++|\\\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]++/s';

	/**
	 * The text.
	 *
	 * @param string $bytes    The body, or its beginning.
	 * @param bool   $is_whole Whether it is all of it.
	 */
	public static function text( string $bytes, bool $is_whole = true ): string {
		// The last character of a beginning may have been cut.
		$text = $is_whole ? $bytes : Text::cut( $bytes, strlen( $bytes ) );
		if ( ! Text::is_utf8( $text ) || preg_match( '/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/', $text ) ) {
			return self::dump( substr( $bytes, 0, self::DUMPED ) );
		}
		return $is_whole && self::is_json( $bytes ) ? self::lines( $bytes ) : $text;
	}

	/**
	 * Whether a text is JSON that has something to put into lines.
	 */
	public static function is_json( string $text ): bool {
		return is_array( json_decode( $text, true ) ) && JSON_ERROR_NONE === json_last_error();
	}

	/**
	 * JSON in lines. Its tokens stay as they came: decoding would round large numbers, and hide
	 * a key that is there twice.
	 */
	private static function lines( string $json ): string {
		preg_match_all( self::TOKENS, $json, $found );
		$text  = '';
		$depth = 0;
		$last  = '';
		foreach ( $found[0] as $token ) {
			$opens  = in_array( $last, array( '{', '[' ), true );
			$closes = in_array( $token, array( '}', ']' ), true );
			$depth -= (int) $closes;
			if ( $closes ? ! $opens : $opens || ',' === $last ) {
				$text .= "\n" . str_repeat( '    ', max( 0, $depth ) );
			}
			$text  .= ':' === $token ? ': ' : $token;
			$depth += (int) in_array( $token, array( '{', '[' ), true );
			$last   = $token;
		}
		return $text;
	}

	/**
	 * Bytes as hexadecimal digits and characters, as `hexdump -C` has them.
	 */
	private static function dump( string $bytes ): string {
		$lines = array();
		foreach ( str_split( $bytes, self::LINE ) as $number => $line ) {
			$digits  = str_pad( implode( ' ', str_split( bin2hex( $line ), 2 ) ), self::LINE * 3 );
			$lines[] = sprintf( '%08x  %s %s', $number * self::LINE, $digits, preg_replace( '/[^\x20-\x7e]/', '.', $line ) );
		}
		return implode( "\n", $lines );
	}
}
