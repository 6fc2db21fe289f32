<?php
/**
 * Events of Ultimate Multisite 2.x.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;
use Network_Webhooks\Payload_Schema;

defined( 'ABSPATH' ) || exit;

/**
 * Listens to `wu_event`, through which that plugin announces what happens. Its payload passes
 * untouched, keys and order included (read at 2.4.13 and 2.14.2).
 */
final class Source_Ultimate_Multisite implements Source {

	public const NAME = 'ultimate-multisite';

	/**
	 * Where events go.
	 */
	private Dispatcher $dispatcher;

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			new Event(
				'payment_received',
				'sales',
				__( 'Payment Received', 'network-webhooks' ),
				__( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ),
				array( self::NAME => self::example() ),
				array( self::NAME => Payload_Schema::untouched( self::example() ) ),
				array( self::NAME => __( 'At wu_event.', 'network-webhooks' ) ),
				array( 'payment_id', 'payment_reference_code', 'membership_id', 'customer_id', 'customer_user_email' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks( Dispatcher $dispatcher ): void {
		$this->dispatcher = $dispatcher;
		add_action( 'wu_event', array( $this, 'event' ), 100, 2 );
	}

	/**
	 * The plugin announces an event.
	 */
	public function event( mixed $slug, mixed $payload = array() ): void {
		if ( 'payment_received' === $slug && ( is_array( $payload ) || is_object( $payload ) ) ) {
			$this->dispatcher->dispatch( $slug, $payload, array( 'source' => self::NAME ) );
		}
	}

	/**
	 * A payment as the plugin composes it.
	 *
	 * @return array<string, mixed>
	 */
	private static function example(): array {
		return array(
			'payment_id'                   => 812,
			'payment_status'               => 'completed',
			'payment_reference_code'       => 'JJJ3D44133',
			'payment_subtotal'             => '$ 49.00',
			'payment_subtotal_raw'         => 49,
			'payment_tax_total'            => '$ 10.29',
			'payment_tax_total_raw'        => 10.29,
			'payment_total'                => '$ 59.29',
			'payment_total_raw'            => 59.29,
			'payment_currency'             => 'USD',
			'payment_product_names'        => 'Premium plan',
			'payment_date_created'         => '2026-11-20 10:00:00',
			'payment_gateway'              => 'stripe',
			'payment_invoice_url'          => 'https://network.example?action=invoice&reference=JJJ3D44133',
			'payment_manage_url'           => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-payment&id=812',
			'membership_id'                => 96,
			'membership_status'            => 'active',
			'membership_reference_code'    => 'HHHHKND2WU',
			'membership_initial_amount'    => '$ 49.00',
			'membership_initial_amount_raw' => 49,
			'membership_amount'            => '$ 49.00',
			'membership_amount_raw'        => 49,
			'membership_currency'          => 'USD',
			'membership_description'       => '$ 49.00 every month',
			'membership_gateway'           => 'stripe',
			'membership_date_expiration'   => '2026-12-20 23:59:59',
			'membership_manage_url'        => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-membership&id=96',
			'customer_id'                  => 41,
			'customer_name'                => 'Jane Doe',
			'customer_user_id'             => 7,
			'customer_user_email'          => 'jane@example.com',
			'customer_email_verification'  => 'verified',
			'customer_avatar'              => '',
			'customer_billing_address'     => "Company Co.\ncompany@example.com",
			'customer_manage_url'          => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-customer&id=41',
			'wu_version'                   => '2.14.2',
		);
	}
}
