<?php
/**
 * A period that is looked back on.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The last 24 hours, 7 or 30 days: how many hours they have, and how many of them a bar of a chart
 * stands for.
 */
enum Period: string {

	case Day   = '24h';
	case Week  = '7d';
	case Month = '30d';

	/** Name of the part of an address that chooses one. */
	public const PARAMETER = 'period';

	/**
	 * The one that the request asks for.
	 */
	public static function of_request(): self {
		// Only chooses what is shown.
		return self::tryFrom( sanitize_key( $_GET[ self::PARAMETER ] ?? '' ) ) ?? self::Day;
	}

	/**
	 * What it is called.
	 */
	public function label(): string {
		return match ( $this ) {
			self::Day => __( '24 hours', 'network-webhooks' ),
			self::Week => __( '7 days', 'network-webhooks' ),
			self::Month => __( '30 days', 'network-webhooks' ),
		};
	}

	/**
	 * How many hours it has: as many as webhooks_stats() is asked for.
	 */
	public function hours(): int {
		return match ( $this ) {
			self::Day => 24,
			self::Week => 7 * 24,
			self::Month => 30 * 24,
		};
	}

	/**
	 * Hours of a bar.
	 */
	public function hours_per_bar(): int {
		return match ( $this ) {
			self::Day => 1,
			self::Week => 6,
			self::Month => 24,
		};
	}
}
