<?php
/**
 * Lengths of time as people write them.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * `30m` and 1800: seconds, minutes, hours and days by their first letters.
 */
final class Duration {

	private const UNITS = array(
		'd' => DAY_IN_SECONDS,
		'h' => HOUR_IN_SECONDS,
		'm' => MINUTE_IN_SECONDS,
		's' => 1,
	);

	/**
	 * Seconds of a text such as `30m` or `1h30m`; a bare number is seconds.
	 *
	 * @return int|null null: not a length of time.
	 */
	public static function parse( string $text ): ?int {
		$text = strtolower( (string) preg_replace( '/\s+/', '', $text ) );
		if ( 1 === preg_match( '/^\d{1,9}$/D', $text ) ) {
			return (int) $text;
		}
		if ( 1 !== preg_match( '/^(\d{1,9}[dhms])+$/D', $text ) ) {
			return null;
		}
		preg_match_all( '/(\d+)([dhms])/', $text, $parts, PREG_SET_ORDER );
		return (int) array_sum( array_map( static fn( array $part ) => (int) $part[1] * self::UNITS[ $part[2] ], $parts ) );
	}

	/**
	 * A text that parse() reads, in the largest unit that leaves no rest.
	 */
	public static function format( int $seconds ): string {
		foreach ( self::UNITS as $letter => $length ) {
			if ( $seconds >= $length && 0 === $seconds % $length ) {
				// Beside 20h, a single day reads better as 24h.
				return DAY_IN_SECONDS === $seconds ? '24h' : intdiv( $seconds, $length ) . $letter;
			}
		}
		return (string) $seconds;
	}
}
