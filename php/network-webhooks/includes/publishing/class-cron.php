<?php
/**
 * Whether WP-Cron runs.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Notes when WP-Cron last called Maintenance::wake(), and tells whether it has stopped doing so. On
 * a network that nobody visits it rests, too, and comes with the first visit: so it counts as stopped
 * only where it did not come, though it was missed a while ago already.
 */
final class Cron {

	/** Seconds after which it is missed. Where the system calls WP-Cron, that may be once an hour. */
	private const MISSED_AFTER = HOUR_IN_SECONDS + 15 * MINUTE_IN_SECONDS;
	/** Seconds that it has from when it is missed first until it counts as stopped. */
	private const COMES_WITHIN = 4 * MINUTE_IN_SECONDS;

	/**
	 * Notes that it runs.
	 */
	public static function ran(): void {
		Settings::set(
			Settings::CRON,
			array(
				'ran'    => time(),
				'missed' => 0,
			)
		);
	}

	/**
	 * Notes where it is missed: whoever visits has it run, if it runs at all.
	 */
	public static function look(): void {
		$known = self::known();
		if ( 0 === $known['missed'] && $known['ran'] < time() - self::MISSED_AFTER ) {
			// Of a plugin that was just activated it has not run yet.
			$noted = 0 === $known['ran'] ? array( 'ran' => time() ) : array( 'missed' => time() );
			Settings::set( Settings::CRON, $noted + $known );
		}
	}

	/**
	 * What is to be said of it.
	 *
	 * @return array<string, string> Condition → sentence.
	 */
	public static function warnings(): array {
		$known = self::known();
		if ( 0 === $known['missed'] || $known['missed'] > time() - self::COMES_WITHIN ) {
			return array();
		}
		return array(
			'cron' => sprintf(
				/* translators: %s: date and time in UTC */
				__( 'WP-Cron of the main site has not run since %s (UTC). It hands over what waits in the database, has the worker started, and sends mail. Let WordPress call wp-cron.php, or have the system call it every five minutes.', 'network-webhooks' ),
				gmdate( 'Y-m-d H:i:s', $known['ran'] )
			),
		);
	}

	/**
	 * When it ran last, and since when it is missed; 0: it did not, or is not.
	 *
	 * @return array{ran: int, missed: int}
	 */
	private static function known(): array {
		$known = (array) Settings::get( Settings::CRON, array() );
		return array(
			'ran'    => (int) ( $known['ran'] ?? 0 ),
			'missed' => (int) ( $known['missed'] ?? 0 ),
		);
	}
}
