<?php
/**
 * A time, to be shown.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Says times in the network's own zone and format.
 */
final class Date_Format {

	/**
	 * A time to the second, such as “November 20, 2026 10:00:00”.
	 *
	 * @param string $time In UTC: RFC 3339 as the extension gives it, or `Y-m-d H:i:s` as the database does.
	 */
	public static function exact( string $time ): string {
		return (string) wp_date( get_option( 'date_format' ) . ' H:i:s', self::stamp( $time ) );
	}

	/**
	 * A time of today to the second, such as “10:00:00”, with its date as a hint and for machines.
	 *
	 * @param int $at Unix milliseconds.
	 */
	public static function clock( int $at ): string {
		$stamp = intdiv( $at, 1000 );
		return sprintf( '<time datetime="%s" title="%s">%s</time>', esc_attr( gmdate( 'c', $stamp ) ), esc_attr( self::exact( gmdate( 'Y-m-d H:i:s', $stamp ) ) ), esc_html( (string) wp_date( 'H:i:s', $stamp ) ) );
	}

	/**
	 * How long ago a time is, such as “5 mins ago”, with the exact one as a hint and for machines.
	 */
	public static function ago( string $time ): string {
		/* translators: %s: a time span such as 5 mins */
		$ago = sprintf( __( '%s ago', 'network-webhooks' ), human_time_diff( self::stamp( $time ) ) );
		return sprintf( '<time datetime="%s" title="%s">%s</time>', esc_attr( gmdate( 'c', self::stamp( $time ) ) ), esc_attr( self::exact( $time ) ), esc_html( $ago ) );
	}

	/**
	 * Unix seconds.
	 */
	public static function stamp( string $time ): int {
		return (int) strtotime( str_contains( $time, 'T' ) ? $time : "$time UTC" );
	}
}
