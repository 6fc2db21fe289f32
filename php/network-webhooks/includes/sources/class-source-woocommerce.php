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
use Network_Webhooks\Sources\Core\Request_End_Events;
use Network_Webhooks\Sources\Woocommerce\Order_Data;

defined( 'ABSPATH' ) || exit;

/**
 * Orders, payments, refunds and subscriptions of the shops. WooCommerce fires its hooks inside an order's first
 * save, when that may have neither items nor totals: what is told of such an order is taken when the request
 * ends, in the order in which it happened.
 */
final class Source_Woocommerce extends Abstract_Source {

	public const NAME = 'woocommerce';

	public const ORDER = 30;

	public const PLUGIN = 'WooCommerce';

	/** Statuses of an order that nobody placed yet: what an editor or a checkout has begun. */
	private const DRAFTS = array( '', 'new', 'auto-draft', 'draft', 'checkout-draft' );

	/** Seconds for which an order is one that is being made, and how many are remembered. */
	private const FRESH  = 10.0;
	private const ORDERS = 1000;

	/** Seconds within which an order that was already being handled was paid just now. */
	private const JUST_NOW = 60;

	/**
	 * Orders that this process made, by site and id: since when, and the status that they were saved with, until it
	 * is told.
	 *
	 * @var array<string, array{since: float, status: string}>
	 */
	private array $fresh = array();

	/**
	 * Orders that are about to be deleted, by site and id, as they were.
	 *
	 * @var array<string, array<string, mixed>>
	 */
	private array $leaving = array();

	/** Numbers what is held of an order. */
	private int $number = 0;

	public function __construct( private readonly Request_Context $request_context, private readonly Request_End_Events $request_end_events ) {}

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
		$refund       = array( 'refund_id' => 1240 ) + Money::fields( 'refund', '59.29', 'EUR' ) + array(
			'reason'      => '',
			'refunded_at' => '2026-11-20T12:00:00Z',
		);
		$subscription = self::subscription_data(
			array(
				'subscription_id' => 77,
				'status'          => 'active',
				'next_payment_at' => '2026-12-20T10:00:00Z',
			) + Order_Data::example()
		);
		$sub_null     = array( ...array_diff( Order_Data::NULLABLE, array( 'paid_at' ) ), 'next_payment_at' );
		$sub_lookup   = array( 'subscription_id', 'customer.email', 'customer.id' );
		$deleted      = array( 'is_permanent' => false );
		return array(
			self::event( 'payment_received', __( 'Payment Received', 'network-webhooks' ), __( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ), __( 'At woocommerce_order_status_changed, when an order has a paid status and the date on which it was paid, once for an order.', 'network-webhooks' ) ),
			self::event( 'payment_failed', __( 'Payment Failed', 'network-webhooks' ), __( 'A payment was refused.', 'network-webhooks' ), __( 'At woocommerce_order_status_changed, into “failed”.', 'network-webhooks' ) ),
			self::event( 'refund_issued', __( 'Refund Issued', 'network-webhooks' ), __( 'A payment was refunded, in whole or in part.', 'network-webhooks' ), __( 'At woocommerce_order_refunded, once for a refund.', 'network-webhooks' ), $refund, array( 'refund_id' ) ),
			self::event( 'order_created', __( 'Order Created', 'network-webhooks' ), __( 'An order was placed, paid or not.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_new_order was fired, once for an order, when it is no draft.', 'network-webhooks' ) ),
			self::event( 'order_updated', __( 'Order Updated', 'network-webhooks' ), __( 'An order was changed, its status included.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_update_order or woocommerce_order_refunded was fired for an order that was there before, once for all changes of that request.', 'network-webhooks' ) ),
			self::event( 'order_deleted', __( 'Order Deleted', 'network-webhooks' ), __( 'An order was moved to the trash, or deleted at once.', 'network-webhooks' ), __( 'At woocommerce_trash_order, and at woocommerce_delete_order of an order that was not in the trash.', 'network-webhooks' ), $deleted ),
			self::event( 'order_restored', __( 'Order Restored', 'network-webhooks' ), __( 'An order was taken out of the trash.', 'network-webhooks' ), __( 'At woocommerce_untrash_order.', 'network-webhooks' ) ),
			self::event( 'order_status_changed', __( 'Order Status Changed', 'network-webhooks' ), __( 'An order has another status.', 'network-webhooks' ), __( 'At woocommerce_order_status_changed, where the order had been placed before.', 'network-webhooks' ), array( 'old_status' => 'pending' ) ),
			Event::of( self::NAME, 'subscription_status_changed', 'sales', __( 'Subscription Status Changed', 'network-webhooks' ), __( 'A subscription in a shop has another status.', 'network-webhooks' ), __( 'At woocommerce_subscription_status_updated.', 'network-webhooks' ), $subscription + array( 'old_status' => 'pending' ), $sub_null, $sub_lookup ),
			Event::of( self::NAME, 'subscription_payment_received', 'sales', __( 'Subscription Payment Received', 'network-webhooks' ), __( 'A subscription in a shop was paid for.', 'network-webhooks' ), __( 'At woocommerce_subscription_payment_complete.', 'network-webhooks' ), $subscription, $sub_null, $sub_lookup ),
			Event::of( self::NAME, 'subscription_payment_failed', 'sales', __( 'Subscription Payment Failed', 'network-webhooks' ), __( 'A subscription in a shop could not be charged.', 'network-webhooks' ), __( 'At woocommerce_subscription_payment_failed.', 'network-webhooks' ), $subscription, $sub_null, $sub_lookup ),
		);
	}

	/**
	 * An event of an order.
	 *
	 * @param array<string, mixed> $more   Keys beside the order's.
	 * @param list<string>         $lookup Where people search besides.
	 */
	private static function event( string $slug, string $name, string $description, string $when, array $more = array(), array $lookup = array() ): Event {
		return Event::of( self::NAME, $slug, 'sales', $name, $description, $when, array( 'trigger' => $slug ) + Order_Data::example() + $more, Order_Data::NULLABLE, array( ...Order_Data::LOOKUP, ...$lookup ) );
	}

	/**
	 * {@inheritDoc}
	 *
	 * `woocommerce_payment_complete` is not fired for bank transfers, cheques, cash and manual
	 * changes; every payment changes the status.
	 */
	protected function listen(): void {
		// Fired before the change is told. A plugin whose gateway the shop is marks its payment as paid here, or later.
		foreach ( array( 'processing', 'completed' ) as $status ) {
			$this->on( 'payment_received', "woocommerce_order_status_$status", fn( $id = 0 ) => $this->request_context->payment = self::payment_key( (int) $id ), 1, 1 );
		}
		$this->on( 'payment_received', 'woocommerce_order_status_changed', $this->status_changed( ... ), 4 );
		$this->on( 'refund_issued', 'woocommerce_order_refunded', $this->refunded( ... ), 2 );
		$this->on( 'order_created', 'woocommerce_new_order', fn( $id = 0, $order = null ) => $this->made( (int) $id, $order ), 2 );
		$this->on( 'order_updated', 'woocommerce_update_order', fn( $id = 0 ) => $this->changed( (int) $id ) );
		$this->on( 'order_deleted', 'woocommerce_trash_order', fn( $id = 0 ) => $this->trashed( (int) $id ) );
		$this->on( 'order_deleted', 'woocommerce_before_delete_order', fn( $id = 0, $order = null ) => $this->leaves( (int) $id, $order ), 2 );
		$this->on( 'order_deleted', 'woocommerce_delete_order', fn( $id = 0 ) => $this->left( (int) $id ) );
		$this->on( 'order_restored', 'woocommerce_untrash_order', fn( $id = 0 ) => $this->restored( (int) $id ) );
		$this->on( 'subscription_status_changed', 'woocommerce_subscription_status_updated', fn( $subscription = null, $to = '', $from = '' ) => self::is_draft( $from ) || self::is_draft( $to ) || $this->subscribed( 'subscription_status_changed', $subscription, array( 'old_status' => (string) $from ) ), 3 );
		$this->on( 'subscription_payment_received', 'woocommerce_subscription_payment_complete', fn( $subscription = null ) => $this->subscribed( 'subscription_payment_received', $subscription ) );
		$this->on( 'subscription_payment_failed', 'woocommerce_subscription_payment_failed', fn( $subscription = null ) => $this->subscribed( 'subscription_payment_failed', $subscription ) );
	}

	/**
	 * An order was saved for the first time, or a draft was placed. The hook is fired for drafts too before
	 * WooCommerce 9.1, and again when they are placed: the key makes that one event.
	 */
	private function made( int $id, mixed $order ): void {
		$order = is_object( $order ) || ! $this->is_wanted( 'order_created' ) ? $order : self::find( $id );
		if ( is_object( $order ) && self::is_draft( $order->get_status() ) ) {
			return;
		}
		$this->fresh[ self::place( $id ) ] ??= array(
			'since'  => microtime( true ),
			'status' => is_object( $order ) ? (string) $order->get_status() : '',
		);
		if ( count( $this->fresh ) > self::ORDERS ) {
			array_shift( $this->fresh );
		}
		$this->placed( $id, null );
	}

	/**
	 * An order may have been placed.
	 */
	private function placed( int $id, mixed $order ): void {
		// A draft was saved for that, too.
		$this->request_end_events->drop( self::place( $id ) . ':updated' );
		$this->tell( 'order_created', $id, $order, array(), self::NAME . ":placed:$id" );
	}

	/**
	 * An order was saved again. All that a request changes is one change.
	 */
	private function changed( int $id ): void {
		$place = self::place( $id );
		// What is deleted or restored was saved for that, too.
		if ( $this->request_end_events->holds( "$place:deleted" ) || $this->request_end_events->holds( "$place:restored" ) ) {
			return;
		}
		if ( ! $this->is_fresh( $id ) && $this->is_wanted_now( 'order_updated' ) ) {
			$this->later( 'order_updated', $id, 'updated' );
		}
	}

	/**
	 * An order went to the trash, or came back: a change of another name.
	 */
	private function trashed( int $id ): void {
		$this->request_end_events->drop( self::place( $id ) . ':updated' );
		if ( $this->is_wanted_now( 'order_deleted' ) ) {
			$this->later( 'order_deleted', $id, 'deleted', array( 'is_permanent' => false ) );
		}
	}

	/**
	 * An order was taken out of the trash.
	 */
	private function restored( int $id ): void {
		$this->request_end_events->drop( self::place( $id ) . ':updated' );
		if ( $this->is_wanted_now( 'order_restored' ) ) {
			$this->later( 'order_restored', $id, 'restored' );
		}
	}

	/**
	 * An order is about to be deleted for good. One in the trash was told when it went there.
	 */
	private function leaves( int $id, mixed $order ): void {
		$order = is_object( $order ) ? $order : self::find( $id );
		if ( $this->is_wanted_now( 'order_deleted' ) && $order && 'trash' !== $order->get_status() && ! self::is_draft( $order->get_status() ) ) {
			$this->leaving[ self::place( $id ) ] = Order_Data::of( $order );
		}
	}

	/**
	 * An order was deleted for good.
	 */
	private function left( int $id ): void {
		$place = self::place( $id );
		$order = $this->leaving[ $place ] ?? null;
		unset( $this->leaving[ $place ] );
		$this->request_end_events->drop( "$place:updated" );
		if ( $order ) {
			$this->send( 'order_deleted', array( 'trigger' => 'order_deleted' ) + $order + array( 'is_permanent' => true ) );
		}
	}

	/**
	 * An order changed its status.
	 */
	private function status_changed( mixed $id = 0, mixed $from = '', mixed $to = '', mixed $order = null ): void {
		$id    = (int) $id;
		$place = self::place( $id );
		// What is set before the first save changes nothing that anybody saw, and is told right after it.
		$is_first = isset( $this->fresh[ $place ] ) && $this->fresh[ $place ]['status'] === (string) preg_replace( '/^wc-/', '', (string) $to );
		if ( isset( $this->fresh[ $place ] ) ) {
			$this->fresh[ $place ]['status'] = '';
		}
		if ( self::is_draft( $from ) ) {
			// Placing an order is no change of one. WooCommerce does not fire the hook of new orders for every draft.
			self::is_draft( $to ) || $this->placed( $id, $order );
		} elseif ( ! in_array( 'trash', array( $from, $to ), true ) && ! $is_first ) {
			$this->tell(
				'order_status_changed',
				$id,
				$order,
				array(
					'old_status' => (string) $from,
					'status'     => (string) preg_replace( '/^wc-/', '', (string) $to ),
				)
			);
		}
		$paid = function_exists( 'wc_get_is_paid_statuses' ) ? (array) wc_get_is_paid_statuses() : array( 'processing', 'completed' );
		if ( in_array( $to, $paid, true ) ) {
			$this->paid( $id, $order, in_array( $from, array( ...$paid, 'trash' ), true ) );
		}
		if ( 'failed' === $to ) {
			$this->tell( 'payment_failed', $id, $order );
		}
	}

	/**
	 * An order has a paid status. It is paid where it has a date on which that happened: cash on delivery
	 * gets one when it is completed. The key keeps it single.
	 *
	 * @param bool $was Whether it had a paid status before: then only a date of right now is news.
	 */
	private function paid( int $id, mixed $order, bool $was ): void {
		$order = is_object( $order ) ? $order : self::find( $id );
		$date  = $order?->get_date_paid();
		if ( ! $date || ( $was && abs( time() - $date->getTimestamp() ) > self::JUST_NOW ) ) {
			return;
		}
		if ( class_exists( 'WP_Ultimo', false ) && ! $this->is_fresh( $id ) && $this->is_wanted_now( 'payment_received' ) ) {
			// The network's own word for the payment counts, where the shop is its gateway: it may come later in this request.
			$this->later( 'payment_received', $id, 'payment', array(), self::payment_key( $id ) );
			return;
		}
		$this->tell( 'payment_received', $id, $order, array(), self::payment_key( $id ), 'payment' );
	}

	/**
	 * Another plugin told of the payment of an order, in its own words: those count.
	 */
	public static function forget_payment( Request_End_Events $events, string $key ): void {
		if ( preg_match( '/:order:(\d+)$/D', $key, $found ) ) {
			$events->drop( self::place( (int) $found[1] ) . ':payment' );
		}
	}

	/**
	 * Money went back. Two hooks of a shop may lead here for one refund.
	 */
	private function refunded( mixed $id = 0, mixed $refund_id = 0 ): void {
		$refund_id = (int) $refund_id;
		$time      = time();
		$this->tell(
			'refund_issued',
			(int) $id,
			null,
			static function ( object $order ) use ( $refund_id, $time ): array {
				$refund = wc_get_order( $refund_id );
				return array( 'refund_id' => $refund_id )
					+ Money::fields( 'refund', is_object( $refund ) ? $refund->get_amount() : 0, (string) $order->get_currency() )
					+ array(
						'reason'      => is_object( $refund ) ? (string) $refund->get_reason() : '',
						'refunded_at' => Payload::time( $time ),
					);
			},
			self::NAME . ":refund:$refund_id"
		);
		$this->changed( (int) $id );
	}

	/**
	 * Sends an event of an order: when the request ends, if it made the order.
	 *
	 * @param mixed          $order The order, where the hook brings it.
	 * @param array|\Closure $more  Keys that count before the order's, or what makes them of it.
	 * @param string         $key   Of which there is one event only.
	 * @param string         $name  By which the event can be forgotten while it waits.
	 */
	private function tell( string $event, int $id, mixed $order, array|\Closure $more = array(), string $key = '', string $name = '' ): void {
		if ( $this->is_fresh( $id ) ) {
			if ( $this->is_wanted_now( $event ) ) {
				$this->later( $event, $id, '' === $name ? $event . '-' . ++$this->number : $name, $more, $key );
			}
			return;
		}
		$this->send( $event, static fn(): ?array => self::data( $event, is_object( $order ) ? $order : self::find( $id ), $more ), '' === $key ? array() : array( 'idempotency_key' => $key ) );
	}

	/**
	 * Has an event of an order taken when the request ends, from the order as it is then.
	 */
	private function later( string $event, int $id, string $name, array|\Closure $more = array(), string $key = '' ): void {
		$data = function () use ( $event, $id, $more ): ?array {
			$data = self::data( $event, self::find( $id ), $more );
			return null === $data ? null : (array) $this->plain( $data );
		};
		$this->safely(
			$event,
			(string) current_filter(),
			fn() => $this->request_end_events->take_later(
				self::place( $id ) . ":$name",
				$event,
				self::NAME,
				$data,
				'' === $key ? array() : array( 'idempotency_key' => $key ),
				static fn(): bool => self::is_there( $id )
			)
		);
	}

	/**
	 * An event's payload; null: there is no such order, or nobody placed it.
	 */
	private static function data( string $event, ?object $order, array|\Closure $more ): ?array {
		if ( ! $order || ( in_array( $event, array( 'order_created', 'order_updated' ), true ) && self::is_draft( $order->get_status() ) ) ) {
			return null;
		}
		$data = array( 'trigger' => $event ) + Order_Data::of( $order );
		// What the hook said of that moment counts.
		return array_replace( $data, is_array( $more ) ? $more : $more( $order ) );
	}

	/**
	 * The order of an id.
	 */
	private static function find( int $id ): ?object {
		$order = function_exists( 'wc_get_order' ) ? wc_get_order( $id ) : null;
		return is_object( $order ) ? $order : null;
	}

	/**
	 * Whether an order is in the database: a transaction may have been taken back.
	 */
	private static function is_there( int $id ): bool {
		global $wpdb;
		$class = 'Automattic\WooCommerce\Utilities\OrderUtil';
		$table = is_callable( array( $class, 'get_table_for_orders' ) ) ? $class::get_table_for_orders() : '';
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a cache would say what was.
		return '' === $table || null !== $wpdb->get_var( $wpdb->prepare( 'SELECT id FROM %i WHERE id = %d', $table, $id ) );
	}

	/**
	 * Whether this process made an order just now.
	 */
	private function is_fresh( int $id ): bool {
		$place = self::place( $id );
		if ( isset( $this->fresh[ $place ] ) && microtime( true ) - $this->fresh[ $place ]['since'] > self::FRESH && ! $this->request_end_events->holds( "$place:*" ) ) {
			unset( $this->fresh[ $place ] );
		}
		return isset( $this->fresh[ $place ] );
	}

	/**
	 * An order of the current site, as it is held.
	 */
	private static function place( int $id ): string {
		return 'order:' . get_current_blog_id() . ":$id";
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
				return self::subscription_data(
					array(
						'subscription_id' => (int) $subscription->get_id(),
						'status'          => (string) $subscription->get_status(),
						'next_payment_at' => $next ? Payload::time( $next ) : null,
					) + Order_Data::of( $subscription )
				) + $more;
			}
		);
	}

	/**
	 * A subscription without what only an order has.
	 *
	 * @param array<string, mixed> $data
	 * @return array<string, mixed>
	 */
	private static function subscription_data( array $data ): array {
		return array_diff_key( $data, array_flip( array( 'paid_at', 'transaction_id', 'order_id', 'order_number', 'refunds' ) ) );
	}
}
