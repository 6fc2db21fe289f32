<?php
/**
 * A time, to be shown.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says times in the network's own zone and formats, so that they look alike on every page and in every mail.
 */
final class Date_Format {

	/**
	 * A time to the second, such as “November 20, 2026 10:00:00 am”.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function exact( string|int $time ): string {
		return (string) wp_date( get_option( 'date_format' ) . ' ' . self::with_seconds(), self::stamp( $time ) );
	}

	/**
	 * A time to the minute, such as “November 20, 2026 10:00 am”, where nothing happens within one.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function minute( string|int $time ): string {
		return (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), self::stamp( $time ) );
	}

	/**
	 * A day, such as “November 20, 2026”.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function day( string|int $time ): string {
		return (string) wp_date( get_option( 'date_format' ), self::stamp( $time ) );
	}

	/**
	 * An hour of a day that is known, such as “10:00 am”.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function hour( string|int $time ): string {
		return (string) wp_date( get_option( 'time_format' ), self::stamp( $time ) );
	}

	/**
	 * A time of a day that is known, to the second, such as “10:00:00 am”.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function of_day( string|int $time ): string {
		return (string) wp_date( self::with_seconds(), self::stamp( $time ) );
	}

	/**
	 * The same as HTML, with its date as a hint and for machines.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function clock( string|int $time ): string {
		return self::html( $time, self::of_day( $time ) );
	}

	/**
	 * How long ago a time is, such as “5 mins ago”, as HTML with the exact one as a hint and for machines.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function ago( string|int $time ): string {
		/* translators: %s: a time span such as 5 mins */
		return self::html( $time, sprintf( __( '%s ago', 'network-webhooks' ), self::span( $time ) ) );
	}

	/**
	 * For how long something has been so, such as “for 5 mins”, as ago().
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function lasting( string|int $time ): string {
		/* translators: %s: a time span such as 5 mins */
		return self::html( $time, sprintf( __( 'for %s', 'network-webhooks' ), self::span( $time ) ) );
	}

	/**
	 * The time that has passed since, such as “5 mins”.
	 *
	 * @param string|int $time As for stamp().
	 */
	public static function span( string|int $time ): string {
		return human_time_diff( self::stamp( $time ) );
	}

	/**
	 * So many seconds in words, such as “5 mins”.
	 */
	public static function duration( int $seconds ): string {
		return human_time_diff( 0, $seconds );
	}

	/**
	 * Unix seconds.
	 *
	 * @param string|int $time Unix seconds, or text in UTC: RFC 3339 as the extension gives it, or `Y-m-d H:i:s` as
	 *                         the database does.
	 */
	public static function stamp( string|int $time ): int {
		if ( is_int( $time ) ) {
			return $time;
		}
		// A page has hundreds of them, and strtotime(), which reads any text, takes twenty times as long.
		if ( preg_match( '/^([1-9]\d{3})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?Z?$/D', $time, $part ) ) {
			return gmmktime( (int) $part[4], (int) $part[5], (int) $part[6], (int) $part[2], (int) $part[3], (int) $part[1] );
		}
		return (int) strtotime( str_contains( $time, 'T' ) ? $time : "$time UTC" );
	}

	/**
	 * The network's format of a time of day, with seconds.
	 */
	private static function with_seconds(): string {
		// After the minutes, unless they are a letter that is meant as such.
		return str_contains( (string) get_option( 'time_format' ), 's' ) ? get_option( 'time_format' ) : (string) preg_replace( '/(?<!\\\\)i/', 'i:s', get_option( 'time_format' ), 1 );
	}

	/**
	 * A time in some words.
	 *
	 * @param string|int $time As for stamp().
	 */
	private static function html( string|int $time, string $words ): string {
		return sprintf( '<time datetime="%s" title="%s">%s</time>', esc_attr( gmdate( 'c', self::stamp( $time ) ) ), esc_attr( self::exact( $time ) ), esc_html( $words ) );
	}
}
