<?php
/**
 * Webhooks that need somebody.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * How many webhooks are switched off or failing, for the bubble in the menu and the dashboard.
 */
final class Ailing {

	/** Seconds for which a count holds: the menu asks on every page. */
	private const HOLDS = 60;

	private const TRANSIENT = 'network_webhooks_ailing';

	/**
	 * How many there are; 0 where the log can't be read, which is said elsewhere.
	 */
	public static function count(): int {
		if ( ! Environment::has_extension() ) {
			return 0;
		}
		$kept = get_site_transient( self::TRANSIENT );
		if ( is_array( $kept ) ) {
			return $kept['count'];
		}
		try {
			$stats = webhooks_stats( array( 'hours' => 0 ) )['webhooks'];
		} catch ( \Exception ) {
			return 0;
		}
		$count = count( array_filter( $stats, static fn( array $one ) => $one['disabled'] || $one['failing_since'] ) );
		set_site_transient( self::TRANSIENT, array( 'count' => $count ), self::HOLDS );
		return $count;
	}
}
