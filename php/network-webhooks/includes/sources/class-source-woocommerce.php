<?php
/**
 * Events of WooCommerce.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Money;
use Network_Webhooks\Sources\Core\Payload;
use Network_Webhooks\Sources\Core\Request_Context;

defined( 'ABSPATH' ) || exit;

/**
 * Orders, payments, refunds, customers and subscriptions of the shops. Written from WooCommerce's
 * documented hooks and methods; unverified against an installed WooCommerce, and more so against
 * WooCommerce Subscriptions.
 */
final class Source_Woocommerce extends Abstract_Source {

	public const NAME = 'woocommerce';

	public const ORDER = 30;

	/** Statuses of an order that nobody placed yet: what an editor or a checkout has begun. */
	private const DRAFTS = array( '', 'new', 'auto-draft', 'draft', 'checkout-draft' );

	/** Paths of an order that may be null, and where people search. */
	private const NULLABLE = array( 'paid_at', 'created_at', 'items.*.type' );
	private const LOOKUP   = array( 'order_id', 'order_number', 'transaction_id', 'customer.email', 'customer.id' );

	public function __construct( private readonly Request_Context $request_context ) {}

	/**
	 * What makes the payment of an order one event, whoever tells it.
	 */
	public static function payment_key( int $order_id ): string {
		return self::NAME . ":order:$order_id";
	}

	/**
	 * Whether an order of a status is one that nobody placed yet.
	 */
	public static function is_draft( mixed $status ): bool {
		return is_scalar( $status ) && in_array( (string) preg_replace( '/^wc-/', '', (string) $status ), self::DRAFTS, true );
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		$origins = static fn( string $amount, string $date ): array => array(
			'user_id' => '$order->get_customer_id()',
			'amount'  => $amount,
			'gateway' => '$order->get_payment_method()',
			'status'  => 'the event',
			'date'    => $date,
		);
		$paths   = array(
			'user_id' => 'customer.id',
			'gateway' => 'payment_method',
		);
		$total   = '$order->get_total()';
		return array(
			'payment_received' => new Legacy_Mapping( 'woocommerce_order_status_changed', $origins( $total, '$order->get_date_paid()' ), $paths + array( 'date' => 'paid_at' ), array( 'status' => 'successful' ) ),
			'payment_failed'   => new Legacy_Mapping( 'woocommerce_order_status_changed', $origins( $total, '$order->get_date_created()' ), $paths + array( 'date' => 'created_at' ), array( 'status' => 'failed' ) ),
			'refund_issued'    => new Legacy_Mapping(
				'woocommerce_order_refunded',
				$origins( '$refund->get_amount()', 'the time of the hook' ),
				$paths + array(
					'amount' => 'refund',
					'date'   => 'refunded_at',
				),
				array( 'status' => 'refund' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$refund        = array( 'refund_id' => 1240 ) + Money::fields( 'refund', '59.29', 'EUR' ) + array(
			'reason'      => '',
			'refunded_at' => '2026-11-20T12:00:00Z',
		);
		$subscription  = array(
			'subscription_id' => 77,
			'status'          => 'active',
			'next_payment_at' => '2026-12-20T10:00:00Z',
		);
		$subscription += self::example( '' );
		unset( $subscription['trigger'], $subscription['paid_at'], $subscription['transaction_id'], $subscription['order_id'], $subscription['order_number'] );
		$sub_null   = array( 'created_at', 'next_payment_at', 'items.*.type' );
		$sub_lookup = array( 'subscription_id', 'customer.email', 'customer.id' );
		return array(
			self::event( 'payment_received', __( 'Payment Received', 'network-webhooks' ), __( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ), __( 'At woocommerce_order_status_changed, on the first entry into a paid status, once for an order.', 'network-webhooks' ), self::example( 'payment_received' ), self::NULLABLE, self::LOOKUP ),
			self::event( 'payment_failed', __( 'Payment Failed', 'network-webhooks' ), __( 'A payment was refused.', 'network-webhooks' ), __( 'At woocommerce_order_status_changed, into “failed”.', 'network-webhooks' ), self::example( 'payment_failed' ), self::NULLABLE, self::LOOKUP ),
			self::event( 'refund_issued', __( 'Refund Issued', 'network-webhooks' ), __( 'A payment was refunded, in whole or in part.', 'network-webhooks' ), __( 'At woocommerce_order_refunded, once for a refund.', 'network-webhooks' ), self::example( 'refund_issued' ) + $refund, self::NULLABLE, array( ...self::LOOKUP, 'refund_id' ) ),
			self::event( 'order_created', __( 'Order Created', 'network-webhooks' ), __( 'An order was placed, paid or not.', 'network-webhooks' ), __( 'At woocommerce_new_order, once for an order, when it is no draft.', 'network-webhooks' ), self::example( 'order_created' ), self::NULLABLE, self::LOOKUP ),
			self::event( 'order_status_changed', __( 'Order Status Changed', 'network-webhooks' ), __( 'An order has another status.', 'network-webhooks' ), __( 'At woocommerce_order_status_changed, where the order was no draft before.', 'network-webhooks' ), self::example( 'order_status_changed' ) + array( 'old_status' => 'pending' ), self::NULLABLE, self::LOOKUP ),
			self::event( 'shop_customer_created', __( 'Shop Customer Created', 'network-webhooks' ), __( 'Somebody got an account in a shop.', 'network-webhooks' ), __( 'At woocommerce_created_customer, without the password.', 'network-webhooks' ), Payload::example_user() + array( 'site_id' => 3 ), array(), array( 'user_id', 'user_email' ) ),
			self::event( 'subscription_status_changed', __( 'Subscription Status Changed', 'network-webhooks' ), __( 'A subscription in a shop has another status.', 'network-webhooks' ), __( 'At woocommerce_subscription_status_updated.', 'network-webhooks' ), $subscription + array( 'old_status' => 'pending' ), $sub_null, $sub_lookup ),
			self::event( 'subscription_payment_received', __( 'Subscription Payment Received', 'network-webhooks' ), __( 'A subscription in a shop was paid for.', 'network-webhooks' ), __( 'At woocommerce_subscription_payment_complete.', 'network-webhooks' ), $subscription, $sub_null, $sub_lookup ),
			self::event( 'subscription_payment_failed', __( 'Subscription Payment Failed', 'network-webhooks' ), __( 'A subscription in a shop could not be charged.', 'network-webhooks' ), __( 'At woocommerce_subscription_payment_failed.', 'network-webhooks' ), $subscription, $sub_null, $sub_lookup ),
		);
	}

	/**
	 * An event of a shop.
	 */
	private static function event( string $slug, string $name, string $description, string $when, array $example, array $nullable, array $lookup ): Event {
		$when .= ' ' . __( 'Unverified against an installed WooCommerce.', 'network-webhooks' );
		return Event::of( self::NAME, $slug, 'sales', $name, $description, $when, $example, $nullable, $lookup );
	}

	/**
	 * {@inheritDoc}
	 *
	 * `woocommerce_payment_complete` is not fired for bank transfers, cheques, cash and manual
	 * changes; every payment changes the status.
	 */
	protected function listen(): void {
		// Fired before the change is told. A plugin whose gateway the shop is marks its payment as paid here.
		foreach ( array( 'processing', 'completed' ) as $status ) {
			$this->on( 'payment_received', "woocommerce_order_status_$status", fn( $id = 0 ) => $this->request_context->payment = self::payment_key( (int) $id ), 1, 1 );
		}
		$this->on( 'payment_received', 'woocommerce_order_status_changed', $this->status_changed( ... ), 4 );
		$this->on( 'refund_issued', 'woocommerce_order_refunded', $this->refunded( ... ), 2 );
		$this->on( 'order_created', 'woocommerce_new_order', fn( $id = 0, $order = null ) => $this->placed( (int) $id, $order ), 2 );
		$this->on( 'shop_customer_created', 'woocommerce_created_customer', $this->customer_created( ... ) );
		$this->on( 'subscription_status_changed', 'woocommerce_subscription_status_updated', fn( $subscription = null, $to = '', $from = '' ) => self::is_draft( $from ) || self::is_draft( $to ) || $this->subscribed( 'subscription_status_changed', $subscription, array( 'old_status' => (string) $from ) ), 3 );
		$this->on( 'subscription_payment_received', 'woocommerce_subscription_payment_complete', fn( $subscription = null ) => $this->subscribed( 'subscription_payment_received', $subscription ) );
		$this->on( 'subscription_payment_failed', 'woocommerce_subscription_payment_failed', fn( $subscription = null ) => $this->subscribed( 'subscription_payment_failed', $subscription ) );
	}

	/**
	 * An order may have been placed. The hook of new orders is fired for drafts too before WooCommerce
	 * 9.1, and again when they are placed: the key makes that one event.
	 */
	private function placed( int $id, mixed $order ): void {
		$this->tell( 'order_created', $id, $order, array(), self::NAME . ":placed:$id" );
	}

	/**
	 * An order changed its status. Its first entry into a paid one is the payment; the key keeps a
	 * later one, such as after a correction, from being a second payment.
	 */
	private function status_changed( mixed $id = 0, mixed $from = '', mixed $to = '', mixed $order = null ): void {
		$id   = (int) $id;
		$paid = function_exists( 'wc_get_is_paid_statuses' ) ? (array) wc_get_is_paid_statuses() : array( 'processing', 'completed' );
		if ( self::is_draft( $from ) ) {
			// Placing an order is no change of one. WooCommerce does not fire the hook of new orders for every draft.
			self::is_draft( $to ) || $this->placed( $id, $order );
		} else {
			$this->tell( 'order_status_changed', $id, $order, array( 'old_status' => (string) $from ) );
		}
		if ( in_array( $to, $paid, true ) && ! in_array( $from, $paid, true ) ) {
			$this->tell( 'payment_received', $id, $order, array(), self::payment_key( $id ) );
		}
		if ( 'failed' === $to ) {
			$this->tell( 'payment_failed', $id, $order );
		}
		$this->request_context->payment = '';
	}

	/**
	 * Money went back. Two hooks of a shop may lead here for one refund.
	 */
	private function refunded( mixed $id = 0, mixed $refund_id = 0 ): void {
		$refund_id = (int) $refund_id;
		$this->tell(
			'refund_issued',
			(int) $id,
			null,
			static function ( object $order ) use ( $refund_id ): array {
				$refund = wc_get_order( $refund_id );
				return array( 'refund_id' => $refund_id )
					+ Money::fields( 'refund', is_object( $refund ) ? $refund->get_amount() : 0, (string) $order->get_currency() )
					+ array(
						'reason'      => is_object( $refund ) ? (string) $refund->get_reason() : '',
						'refunded_at' => Payload::time( time() ),
					);
			},
			self::NAME . ":refund:$refund_id"
		);
	}

	/**
	 * Sends an event of an order.
	 *
	 * @param mixed          $order The order, where the hook brings it.
	 * @param array|\Closure $more  Keys beside the order's, or what makes them of it.
	 * @param string         $key   Of which there is one event only.
	 */
	private function tell( string $event, int $id, mixed $order, array|\Closure $more = array(), string $key = '' ): void {
		$this->send(
			$event,
			static function () use ( $event, $id, $order, $more ): ?array {
				$order = is_object( $order ) || ! function_exists( 'wc_get_order' ) ? $order : wc_get_order( $id );
				if ( ! is_object( $order ) || ( 'order_created' === $event && self::is_draft( $order->get_status() ) ) ) {
					return null;
				}
				return array( 'trigger' => $event ) + self::order( $order ) + ( is_array( $more ) ? $more : $more( $order ) );
			},
			'' === $key ? array() : array( 'idempotency_key' => $key )
		);
	}

	/**
	 * A customer got an account. The hook's other arguments hold the password.
	 */
	private function customer_created( mixed $id = 0 ): void {
		$this->send(
			'shop_customer_created',
			static function () use ( $id ): ?array {
				$user = Payload::user_of( $id );
				return $user ? $user + array( 'site_id' => get_current_blog_id() ) : null;
			}
		);
	}

	/**
	 * Sends an event of a subscription, which is an order with dates.
	 *
	 * @param array<string, string> $more Keys beside the subscription's.
	 */
	private function subscribed( string $event, mixed $subscription, array $more = array() ): void {
		if ( ! is_object( $subscription ) ) {
			return;
		}
		$this->send(
			$event,
			static function () use ( $subscription, $more ): array {
				$next = (int) $subscription->get_time( 'next_payment' );
				$data = array(
					'subscription_id' => (int) $subscription->get_id(),
					'status'          => (string) $subscription->get_status(),
					'next_payment_at' => $next ? Payload::time( $next ) : null,
				) + self::order( $subscription );
				unset( $data['paid_at'], $data['transaction_id'], $data['order_id'], $data['order_number'] );
				return $data + $more;
			}
		);
	}

	/**
	 * An order.
	 *
	 * @param \WC_Order $order
	 * @return array<string, mixed>
	 */
	private static function order( object $order ): array {
		$currency = (string) $order->get_currency();
		$items    = array();
		foreach ( $order->get_items() as $item ) {
			$product = $item->get_product();
			$items[] = array(
				'product_id'   => (int) $item->get_product_id(),
				'variation_id' => (int) $item->get_variation_id(),
				'name'         => (string) $item->get_name(),
				'type'         => $product ? (string) $product->get_type() : null,
				'quantity'     => Money::quantity( $item->get_quantity() ),
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
		return $time ? Payload::time( $time->getTimestamp() ) : null;
	}

	/**
	 * An order, made up.
	 *
	 * @return array<string, mixed>
	 */
	private static function example( string $trigger ): array {
		return array(
			'trigger'              => $trigger,
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
