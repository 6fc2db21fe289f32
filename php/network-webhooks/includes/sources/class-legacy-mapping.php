<?php
/**
 * How a source feeds an event of version 1.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * One of the eight events of WP Ultimo 1 as a source has it: the hook that feeds it, and what
 * becomes of the keys that version 1 sent.
 */
final class Legacy_Mapping {

	/** The eight and their keys, as WP Ultimo 1.10 sent them. */
	public const VERSION_1 = array(
		'account_created'    => array( 'user_id', 'user_site_id', 'plan_id', 'billing_frequency', 'price', 'trial_days', 'user_login', 'user_email', 'user_site_url', 'plan_name', 'created_at', 'user_site_name', 'user_site_slug', 'template_id', 'user_firstname', 'user_lastname' ),
		'account_deleted'    => array( 'user_id', 'user_name', 'user_email', 'date' ),
		'new_domain_mapping' => array( 'user_id', 'user_site_id', 'mapped_domain', 'user_site_url', 'network_ip' ),
		'payment_received'   => self::PAYMENT,
		'payment_successful' => self::PAYMENT,
		'payment_failed'     => self::PAYMENT,
		'refund_issued'      => self::PAYMENT,
		'plan_change'        => array( 'user_id', 'new_price', 'new_billing_frequency', 'old_plan_id', 'new_plan_id', 'old_plan_name', 'new_plan_name', 'date' ),
	);

	/** Keys of a payment. */
	private const PAYMENT = array( 'user_id', 'amount', 'gateway', 'status', 'date' );

	/**
	 * @param string                $hook    The one action that feeds the event.
	 * @param array<string, string> $origins Version 1's key → what it is read from, in a few words;
	 *                                       a key that is not here stays empty.
	 * @param array<string, string> $paths   Version 1's key → where it stands in `data`, if not under
	 *                                       its own name.
	 * @param array<string, string> $values  Version 1's key → what it always is.
	 */
	public function __construct(
		public readonly string $hook,
		public readonly array $origins,
		private readonly array $paths = array(),
		private readonly array $values = array(),
	) {}

	/**
	 * Where a key of version 1 stands in `data`; null: not there.
	 */
	public function path( string $key ): ?string {
		return isset( $this->origins[ $key ] ) && ! isset( $this->values[ $key ] ) ? $this->paths[ $key ] ?? $key : null;
	}

	/**
	 * What a key of version 1 always is; null: that differs.
	 */
	public function value( string $key ): ?string {
		return $this->values[ $key ] ?? null;
	}

	/**
	 * What webhooks_configure() takes for the format `v1`.
	 *
	 * @param string $event One of the eight.
	 * @return array<string, string|array{value: string}>
	 */
	public function projection( string $event ): array {
		$keys = array();
		foreach ( self::VERSION_1[ $event ] as $key ) {
			$value = $this->value( $key );
			$path  = $this->path( $key );
			if ( null !== $value ) {
				$keys[ $key ] = array( 'value' => $value );
			} elseif ( null !== $path ) {
				$keys[ $key ] = $path;
			}
		}
		return $keys;
	}
}
