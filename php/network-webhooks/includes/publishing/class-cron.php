<?php
/**
 * Whether WP-Cron runs.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Notes when WP-Cron last called Maintenance::wake(), and tells whether it has stopped doing so.
 *
 * What can be known depends on who runs it. By itself WordPress does so at a visit of the main site
 * that finds something due: then it comes within seconds of such a visit, or it does not work. Where
 * it is switched off (DISABLE_WP_CRON), the system does so at its own pace, which only experience
 * tells. So it is noted how long WP-Cron let itself be waited for, and it counts as stopped when that
 * is exceeded by a few minutes.
 */
final class Cron {

	/** Seconds beyond all experience after which it counts as stopped. */
	public const PATIENCE = 4 * MINUTE_IN_SECONDS;
	/** Seconds between two runs that are to be expected without any experience: crontabs call it once an hour. */
	private const SLOWEST = HOUR_IN_SECONDS + 15 * MINUTE_IN_SECONDS;
	/** Seconds after which a visit finds that it is due: its schedule, and a minute for what else WP-Cron has to do. */
	private const DUE = 6 * MINUTE_IN_SECONDS;
	/** Waits that are remembered, how many it takes to go by them, and from how many on one may be an accident. */
	private const REMEMBERED = 24;
	private const ENOUGH     = 3;
	private const MANY       = 12;

	/**
	 * When this machine came up, once known.
	 */
	private static ?int $booted = null;

	/**
	 * Notes that it runs.
	 */
	public static function ran(): void {
		$known = self::known();
		$waits = $known['waits'];
		$wait  = self::waited( $known );
		// A night, or a failure that was mended, is no pace.
		if ( null !== $wait && $wait <= self::SLOWEST ) {
			$waits = array_slice( array( ...$waits, $wait ), -self::REMEMBERED );
		}
		Settings::set(
			Settings::CRON,
			array(
				'ran'    => time(),
				'missed' => 0,
				'system' => self::is_of_the_system(),
				'waits'  => $waits,
			)
		);
	}

	/**
	 * Notes where it is missed. Of a visit that has it run if it runs at all, that is from now on.
	 */
	public static function look(): void {
		$known = self::known();
		if ( 0 === $known['ran'] || $known['ran'] > time() + MINUTE_IN_SECONDS ) {
			// Of a plugin that was just activated it has not run yet; or the clock was set back.
			$now = array(
				'ran'    => time(),
				'missed' => 0,
			);
			Settings::set( Settings::CRON, $now + $known );
			return;
		}
		if ( $known['missed'] > time() ) {
			$known['missed'] = 0;
		}
		$late = time() - $known['ran'];
		if ( 0 === $known['missed'] && ( $late > self::SLOWEST || ( $late > self::DUE && self::has_it_run() ) ) ) {
			Settings::set( Settings::CRON, array( 'missed' => time() ) + $known );
		}
	}

	/**
	 * What is to be said of it.
	 *
	 * @return array<string, string> Condition → sentence.
	 */
	public static function warnings(): array {
		$known = self::known();
		$wait  = self::waited( $known );
		if ( null === $wait || $wait <= self::longest( $known ) + self::PATIENCE ) {
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
	 * For how many seconds it is waited for; null: it is not.
	 *
	 * @param array{ran: int, missed: int, system: bool, waits: list<int>} $known
	 */
	private static function waited( array $known ): ?int {
		if ( self::is_of_the_system() ) {
			// A machine that was off could not call it.
			$since = max( $known['ran'], self::booted() );
			return 0 === $known['ran'] || $since > time() ? null : time() - $since;
		}
		return 0 === $known['missed'] || $known['missed'] > time() ? null : time() - $known['missed'];
	}

	/**
	 * How long it lets itself be waited for: the longest time, or once many are known, the longest but
	 * one, since one is a failure that was mended, or an accident.
	 *
	 * @param array{ran: int, missed: int, system: bool, waits: list<int>} $known
	 */
	private static function longest( array $known ): int {
		$waits = $known['waits'];
		if ( count( $waits ) < self::ENOUGH ) {
			return self::is_of_the_system() ? self::SLOWEST : 0;
		}
		rsort( $waits );
		return $waits[ count( $waits ) < self::MANY ? 0 : 1 ];
	}

	/**
	 * Whether the system has WP-Cron run, and not the visitors.
	 */
	private static function is_of_the_system(): bool {
		/**
		 * Whether WP-Cron is run by the system, at a pace of its own, and not by visits.
		 *
		 * @since 0.1.0
		 *
		 * @param bool $is_of_the_system Whether DISABLE_WP_CRON is set.
		 */
		return (bool) apply_filters( 'network_webhooks_system_cron', defined( 'DISABLE_WP_CRON' ) && DISABLE_WP_CRON );
	}

	/**
	 * Whether this request has WP-Cron run, if it runs at all. Every site has a WP-Cron of its own, and
	 * ours is the main site's.
	 */
	private static function has_it_run(): bool {
		return ! self::is_of_the_system() && is_main_site() && is_main_network() && ! wp_doing_cron() && ! ( defined( 'WP_CLI' ) && WP_CLI );
	}

	/**
	 * When this machine came up, as far as one can tell.
	 */
	private static function booted(): int {
		return self::$booted ??= time() - intdiv( hrtime( true ), 1_000_000_000 );
	}

	/**
	 * When it ran last, since when it is missed (0: it did not, or is not), and how long it let itself be
	 * waited for, as long as the same runs it.
	 *
	 * @return array{ran: int, missed: int, system: bool, waits: list<int>}
	 */
	private static function known(): array {
		$known = (array) Settings::get( Settings::CRON, array() );
		$same  = self::is_of_the_system() === ( $known['system'] ?? null );
		return array(
			'ran'    => (int) ( $known['ran'] ?? 0 ),
			'missed' => (int) ( $known['missed'] ?? 0 ),
			'system' => self::is_of_the_system(),
			'waits'  => $same ? array_map( 'intval', (array) ( $known['waits'] ?? array() ) ) : array(),
		);
	}
}
