<?php
/**
 * Events of WooCommerce.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;
use Network_Webhooks\Money;

defined( 'ABSPATH' ) || exit;

/**
 * Paid orders of the shops. Written from WooCommerce's documented hooks and methods; unverified
 * against an installed WooCommerce.
 */
final class Source_Woocommerce implements Source {

	public const NAME = 'woocommerce';

	/**
	 * Where events go.
	 */
	private Dispatcher $dispatcher;

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			Event::of(
				self::NAME,
				'payment_received',
				'sales',
				__( 'Payment Received', 'network-webhooks' ),
				__( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ),
				__( 'At woocommerce_order_status_changed, on the first entry into a paid status, once for an order. Unverified against an installed WooCommerce.', 'network-webhooks' ),
				self::example(),
				array( 'paid_at', 'created_at', 'items.*.type' ),
				array( 'order_id', 'order_number', 'transaction_id', 'customer.email' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * `woocommerce_payment_complete` is not fired for bank transfers, cheques, cash and manual
	 * changes; every payment changes the status.
	 */
	public function add_hooks( Dispatcher $dispatcher ): void {
		$this->dispatcher = $dispatcher;
		add_action( 'woocommerce_order_status_changed', array( $this, 'order_status_changed' ), 100, 4 );
	}

	/**
	 * An order changed its status. Its first entry into a paid one is the payment; the key keeps a
	 * later one, such as after a correction, from being a second payment.
	 */
	public function order_status_changed( mixed $order_id, mixed $from, mixed $to, mixed $order = null ): void {
		$paid = function_exists( 'wc_get_is_paid_statuses' ) ? (array) wc_get_is_paid_statuses() : array( 'processing', 'completed' );
		if ( ! is_object( $order ) || ! in_array( $to, $paid, true ) || in_array( $from, $paid, true ) ) {
			return;
		}
		$this->dispatcher->dispatch(
			'payment_received',
			static fn(): array => self::payment( $order ),
			array(
				'source'          => self::NAME,
				'idempotency_key' => self::NAME . ':order:' . (int) $order_id,
			)
		);
	}

	/**
	 * A paid order.
	 *
	 * @param \WC_Order $order
	 * @return array<string, mixed>
	 */
	private static function payment( object $order ): array {
		$currency = (string) $order->get_currency();
		$items    = array();
		foreach ( $order->get_items() as $item ) {
			$product = $item->get_product();
			$items[] = array(
				'product_id'   => (int) $item->get_product_id(),
				'variation_id' => (int) $item->get_variation_id(),
				'name'         => (string) $item->get_name(),
				'type'         => $product ? (string) $product->get_type() : null,
				'quantity'     => (int) $item->get_quantity(),
			) + Money::fields( 'total', $item->get_total(), $currency );
		}
		return array(
			'order_id'     => (int) $order->get_id(),
			'order_number' => (string) $order->get_order_number(),
			'status'       => (string) $order->get_status(),
			'site_id'      => get_current_blog_id(),
		) + Money::fields( 'amount', $order->get_total(), $currency ) + array(
			'currency'             => $currency,
			'payment_method'       => (string) $order->get_payment_method(),
			'payment_method_title' => (string) $order->get_payment_method_title(),
			'transaction_id'       => (string) $order->get_transaction_id(),
			'created_at'           => self::time( $order->get_date_created() ),
			'paid_at'              => self::time( $order->get_date_paid() ),
			'customer'             => array(
				'id'         => (int) $order->get_customer_id(),
				'email'      => (string) $order->get_billing_email(),
				'first_name' => (string) $order->get_billing_first_name(),
				'last_name'  => (string) $order->get_billing_last_name(),
				'phone'      => (string) $order->get_billing_phone(),
			),
			'items'                => $items,
		);
	}

	/**
	 * A time in UTC, as RFC 3339 has it.
	 */
	private static function time( ?\DateTimeInterface $time ): ?string {
		return $time ? gmdate( 'Y-m-d\TH:i:s\Z', $time->getTimestamp() ) : null;
	}

	/**
	 * A paid order, made up.
	 *
	 * @return array<string, mixed>
	 */
	private static function example(): array {
		return array(
			'order_id'             => 1234,
			'order_number'         => '1234',
			'status'               => 'processing',
			'site_id'              => 3,
			'amount'               => '59.29',
			'amount_minor'         => 5929,
			'currency'             => 'EUR',
			'payment_method'       => 'stripe',
			'payment_method_title' => 'Credit card',
			'transaction_id'       => 'ch_3P8xYz',
			'created_at'           => '2026-11-20T09:58:41Z',
			'paid_at'              => '2026-11-20T10:00:00Z',
			'customer'             => array(
				'id'         => 7,
				'email'      => 'jane@example.com',
				'first_name' => 'Jane',
				'last_name'  => 'Doe',
				'phone'      => '+31 20 555 0100',
			),
			'items'                => array(
				array(
					'product_id'   => 56,
					'variation_id' => 0,
					'name'         => 'Course: Photography',
					'type'         => 'simple',
					'quantity'     => 1,
					'total'        => '49.00',
					'total_minor'  => 4900,
				),
			),
		);
	}
}
