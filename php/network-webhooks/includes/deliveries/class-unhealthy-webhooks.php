<?php
/**
 * Webhooks that need somebody.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * How many webhooks are invalid, disabled or failing, for the bubble in the menu and the dashboard.
 */
final class Unhealthy_Webhooks {

	/** Seconds for which a count holds: the menu asks on every page. */
	private const HOLDS = 60;

	private const TRANSIENT = 'network_webhooks_unhealthy';

	/**
	 * Takes the stored webhooks: the log also knows those that were deleted.
	 */
	public function __construct( private readonly Webhooks $webhooks ) {}

	/**
	 * How many there are; 0 where the log can't be read, which is said elsewhere.
	 */
	public function count(): int {
		if ( ! Environment::has_extension() ) {
			return 0;
		}
		$kept = get_site_transient( self::TRANSIENT );
		if ( is_array( $kept ) ) {
			return $kept['count'];
		}
		$counters  = Counters::of_all();
		$unhealthy = static fn( Webhook $webhook ) => in_array( Status::of( $webhook, $counters )->code, array( Status::INVALID, Status::DISABLED, Status::FAILING ), true );
		$count     = count( array_filter( $this->webhooks->without_settings(), $unhealthy ) );
		set_site_transient( self::TRANSIENT, array( 'count' => $count ), self::HOLDS );
		return $count;
	}

	/**
	 * The same in sentences; none where all are healthy.
	 *
	 * @return list<string>
	 */
	public function sentences(): array {
		$invalid = count( Set_Aside::all() );
		return self::say( max( 0, $this->count() - $invalid ), $invalid );
	}

	/**
	 * Says so many.
	 *
	 * @param int $other   How many are failing or disabled.
	 * @param int $invalid How many are invalid.
	 * @return list<string>
	 */
	public static function say( int $other, int $invalid ): array {
		$texts = array();
		if ( $other ) {
			/* translators: %s: number of webhooks */
			$texts[] = sprintf( _n( '%s webhook is failing or disabled.', '%s webhooks are failing or disabled.', $other, 'network-webhooks' ), number_format_i18n( $other ) );
		}
		if ( $invalid ) {
			/* translators: %s: number of webhooks */
			$texts[] = sprintf( _n( '%s webhook is invalid, and its events are not sent', '%s webhooks are invalid, and their events are not sent', $invalid, 'network-webhooks' ), number_format_i18n( $invalid ) ) . '.';
		}
		return $texts;
	}
}
