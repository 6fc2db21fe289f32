<?php
/**
 * Once a minute.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Lets a thing be done once in a while per server, without asking the database: the time of the
 * last one is that of an empty file in the system's folder for temporary files.
 */
final class Throttle {

	/**
	 * Times at which this process did things, for where the folder can't be written to.
	 *
	 * @var array<string, int>
	 */
	private static array $done = array();

	/**
	 * Whether a thing was not done for so long; from now on it counts as done.
	 */
	public static function permits( string $what, int $seconds = MINUTE_IN_SECONDS ): bool {
		$now  = time();
		$file = self::file( $what );
		clearstatcache( true, $file );
		$last = max( self::$done[ $file ] ?? 0, (int) @filemtime( $file ) );
		// A time ahead of the clock is of no use: the clock was set back.
		if ( $last > $now - $seconds && $last <= $now ) {
			return false;
		}
		self::$done[ $file ] = $now;
		// Somebody else's link must not lead anywhere.
		if ( ! @is_link( $file ) ) {
			@touch( $file );
		}
		return true;
	}

	/**
	 * Counts a thing as not done.
	 */
	public static function forget( string $what ): void {
		$file = self::file( $what );
		unset( self::$done[ $file ] );
		if ( @is_file( $file ) ) {
			@unlink( $file );
		}
	}

	/**
	 * The file of a thing: one for each installation and user, since one can't touch another's.
	 */
	private static function file( string $what ): string {
		return sprintf( '%s/network-webhooks-%s-%s-%s', sys_get_temp_dir(), $what, Host::user(), substr( Installation::fingerprint(), 0, 16 ) );
	}
}
