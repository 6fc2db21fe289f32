<?php
/**
 * A URL with values of events in it.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Judges a URL in whose path or query `{{ … }}` stands, as the extension does. What stands within the
 * braces is left to it: PHP does not know the language of templates.
 */
final class Url_Template {

	/** What is said where there is more of a template than values. */
	private const ONLY_VALUES = 'of templates a URL can have values alone, without blocks, comments and minus signs';

	/** A value: `}}` within a text does not end it. */
	private const VALUE = '~\{\{((?:"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'|[^"\'}]|\}(?!\}))*)\}\}~s';

	/** Stands for a value where a URL is tried out. */
	private const HARMLESS = 'x';

	/**
	 * Whether a URL is one.
	 */
	public static function is( string $url ): bool {
		return 1 === preg_match( '/\{[{%#]/', $url );
	}

	/**
	 * What is wrong with it; null: nothing that PHP can see.
	 */
	public static function wrong( string $url ): ?string {
		$most = Limits::max( 'url' );
		if ( strlen( $url ) > $most ) {
			return sprintf( 'the URL has %d bytes, at most %d are possible', strlen( $url ), $most );
		}
		if ( 1 === preg_match( '/\p{Cc}/u', $url ) ) {
			return 'the URL contains a control character';
		}
		$invisible = Invisible::find_in_words( $url );
		if ( null !== $invisible ) {
			return "the URL contains $invisible";
		}
		preg_match_all( self::VALUE, $url, $values, PREG_OFFSET_CAPTURE );
		$harmless = '';
		$from     = 0;
		foreach ( $values[0] as $number => list( $value, $at ) ) {
			$before    = substr( $url, $from, $at - $from );
			$harmless .= $before;
			$from      = $at + strlen( $value );
			$block     = strpos( $before, '{%' );
			if ( false !== $block ) {
				return self::at( $url, $from - strlen( $value ) - strlen( $before ) + $block, self::ONLY_VALUES );
			}
			if ( '' === trim( $values[1][ $number ][0] ) && null === self::misplaced( $harmless, $before ) ) {
				return self::at( $url, $at + 2, 'syntax error: unexpected end of input, expected expression' );
			}
			$mistake = match ( true ) {
				1 === preg_match( '/\{[#{]/', $before ), 1 === preg_match( '/^[-+]|[-+]$/', $values[1][ $number ][0] ) => self::ONLY_VALUES,
				$number >= Limits::max( 'url_values' ) => sprintf( 'a URL can have %d values at most', Limits::max( 'url_values' ) ),
				default => self::misplaced( $harmless, $before ),
			};
			if ( null !== $mistake ) {
				return self::at( $url, $at, $mistake );
			}
			$harmless .= self::HARMLESS;
		}
		$after = substr( $url, $from );
		$block = strpos( $after, '{%' );
		if ( false !== $block ) {
			return self::at( $url, $from + $block, self::ONLY_VALUES );
		}
		if ( ! $values[0] || self::is( $after ) ) {
			return 'line 1, column 1: ' . self::ONLY_VALUES;
		}
		return Webhook_Check::url( $harmless . $after );
	}

	/**
	 * A mistake at a place, as the extension says it.
	 */
	private static function at( string $url, int $byte, string $mistake ): string {
		return sprintf( 'line 1, column %d: %s', mb_strlen( substr( $url, 0, $byte ) ) + 1, $mistake );
	}

	/**
	 * Why no value can stand here.
	 *
	 * @param string $all    What stands before it, with something harmless for each value.
	 * @param string $before What stands between it and the value before.
	 */
	private static function misplaced( string $all, string $before ): ?string {
		return match ( true ) {
			1 !== preg_match( '~://[^/?#]*([/?#].*)$~s', $all, $rest ) => 'scheme, host and port of a URL are fixed: values can stand in its path and query only',
			str_contains( $rest[1], '#' ) => 'what stands behind # is never sent: no value can stand there',
			1 === preg_match( '/%[0-9A-Fa-f]?$/D', $before ) => 'before a value stands a % that is not complete: write %25 for a percent sign',
			default => null,
		};
	}
}
