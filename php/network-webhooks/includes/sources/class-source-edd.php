<?php
/**
 * Events of Easy Digital Downloads 3.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Money;
use Network_Webhooks\Sources\Core\Payload;
use Network_Webhooks\Sources\Core\Request_End_Events;

defined( 'ABSPATH' ) || exit;

/**
 * Orders, payments, refunds and customers of the shops. An order is saved, and may be complete, before it has
 * items and totals: what is told of one that the request made is taken when the request ends.
 */
final class Source_Edd extends Abstract_Source {

	public const NAME = 'easy-digital-downloads';

	public const ORDER = 31;

	public const PLUGIN = 'EDD_PLUGIN_FILE';

	/** Orders that are remembered as made just now. */
	private const ORDERS = 1000;

	/**
	 * Orders that this process made, by site and id → when, Unix time.
	 *
	 * @var array<string, int>
	 */
	private array $fresh = array();

	/** Seconds for which an order is one that is being made. */
	private const FRESH = 10;

	/** Numbers what is held. */
	private int $number = 0;

	public function __construct( private readonly Request_End_Events $request_end_events ) {}

	/** Where people search. */
	private const LOOKUP = array( 'order_id', 'order_number', 'customer.email', 'customer.id' );

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			self::event( 'payment_received', __( 'Payment Received', 'network-webhooks' ), __( 'A payment was received.', 'network-webhooks' ), 'edd_complete_purchase', array() ),
			self::event( 'order_created', __( 'Order Created', 'network-webhooks' ), __( 'An order was placed, paid or not.', 'network-webhooks' ), 'edd_transition_order_status', array() ),
			self::event( 'payment_failed', __( 'Payment Failed', 'network-webhooks' ), __( 'A payment was refused.', 'network-webhooks' ), 'edd_transition_order_status', array() ),
			self::event( 'refund_issued', __( 'Refund Issued', 'network-webhooks' ), __( 'A payment was refunded, in whole or in part.', 'network-webhooks' ), 'edd_refund_order', array( 'refund_id' => 1240 ) + Money::fields( 'refund', '59.29', 'EUR' ) + self::refund_fields( true ) ),
			self::event( 'order_status_changed', __( 'Order Status Changed', 'network-webhooks' ), __( 'An order has another status.', 'network-webhooks' ), 'edd_transition_order_status', array( 'old_status' => 'pending' ) ),
			Event::of(
				self::NAME,
				'shop_customer_created',
				'sales',
				__( 'Shop Customer Created', 'network-webhooks' ),
				__( 'Somebody became a customer of a shop.', 'network-webhooks' ),
				self::when( 'edd_customer_post_create' ),
				array(
					'customer_id' => 41,
					'user_id'     => 7,
					'email'       => 'jane@example.com',
					'name'        => 'Jane Doe',
					'site_id'     => 3,
				),
				array( 'user_id' ),
				array( 'customer_id', 'user_id', 'email' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		$origins = static fn( string $amount, string $date ): array => array(
			'user_id' => '$order->user_id',
			'amount'  => $amount,
			'gateway' => '$order->gateway',
			'status'  => 'the event',
			'date'    => $date,
		);
		$paths   = array(
			'user_id' => 'customer.user_id',
			'gateway' => 'payment_method',
		);
		return array(
			'payment_received' => new Legacy_Mapping( 'edd_complete_purchase', $origins( '$order->total', '$order->date_completed' ), $paths + array( 'date' => 'paid_at' ), array( 'status' => 'successful' ) ),
			'payment_failed'   => new Legacy_Mapping( 'edd_transition_order_status', $origins( '$order->total', '$order->date_created' ), $paths + array( 'date' => 'created_at' ), array( 'status' => 'failed' ) ),
			'refund_issued'    => new Legacy_Mapping(
				'edd_refund_order',
				$origins( '$refund->total', 'the time of the hook' ),
				$paths + array(
					'amount' => 'refund',
					'date'   => 'refunded_at',
				),
				array( 'status' => 'refund' )
			),
		);
	}

	/**
	 * An event of an order.
	 *
	 * @param array<string, mixed> $more Keys beside the order's.
	 */
	private static function event( string $slug, string $name, string $description, string $hook, array $more ): Event {
		return Event::of( self::NAME, $slug, 'sales', $name, $description, self::when( $hook ), self::example( $slug ) + $more, array( 'created_at', 'paid_at', 'customer.user_id' ), self::LOOKUP );
	}

	/**
	 * Which hook, in a sentence.
	 */
	private static function when( string $hook ): string {
		/* translators: %s: name of a WordPress action */
		return sprintf( __( 'At %s; of an order that the request made, when the request ends.', 'network-webhooks' ), $hook );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'payment_received', 'edd_complete_purchase', fn( $id = 0 ) => $this->tell( 'payment_received', (int) $id, array(), self::NAME . ':order:' . (int) $id ) );
		// Before Easy Digital Downloads itself completes the purchase at this hook.
		$this->on( 'order_created', 'edd_transition_order_status', fn( $old = '', $now = '', $id = 0 ) => 'new' === $old && ! Source_Woocommerce::is_draft( $now ) && $this->made( (int) $id ), 3, 1 );
		$this->on( 'order_status_changed', 'edd_transition_order_status', $this->status_changed( ... ), 3 );
		$this->on( 'refund_issued', 'edd_refund_order', $this->refunded( ... ), 3 );
		$this->on( 'shop_customer_created', 'edd_customer_post_create', $this->customer_created( ... ), 2 );
	}

	/**
	 * An order changed its status. Without an old one, or from a draft, it was just made.
	 */
	private function status_changed( mixed $old = '', mixed $new = '', mixed $id = 0 ): void {
		$id = (int) $id;
		if ( Source_Woocommerce::is_draft( $old ) || Source_Woocommerce::is_draft( $new ) || $old === $new ) {
			return;
		}
		$statuses = array(
			'old_status' => (string) $old,
			'status'     => (string) $new,
		);
		$this->tell( 'order_status_changed', $id, $statuses );
		if ( 'failed' === $new ) {
			$this->tell( 'payment_failed', $id );
		}
	}

	/**
	 * An order was saved for the first time. A refund is one too, and is told as a refund.
	 */
	private function made( int $id ): void {
		$this->fresh[ self::place( $id ) ] = time();
		if ( count( $this->fresh ) > self::ORDERS ) {
			array_shift( $this->fresh );
		}
		$this->tell( 'order_created', $id, array(), self::NAME . ":placed:$id" );
	}

	/**
	 * Whether this process made an order just now.
	 */
	private function is_fresh( int $id ): bool {
		$place = self::place( $id );
		if ( isset( $this->fresh[ $place ] ) && time() - $this->fresh[ $place ] > self::FRESH && ! $this->request_end_events->holds( "$place:*" ) ) {
			unset( $this->fresh[ $place ] );
		}
		return isset( $this->fresh[ $place ] );
	}

	/**
	 * An order of the current site, as it is held.
	 */
	private static function place( int $id ): string {
		return 'edd:' . get_current_blog_id() . ":$id";
	}

	/**
	 * Whether an order is in the database: a transaction may have been taken back.
	 */
	private static function is_there( int $id ): bool {
		global $wpdb;
		if ( ! defined( 'EDD_VERSION' ) ) {
			return true;
		}
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a cache would say what was.
		return null !== $wpdb->get_var( $wpdb->prepare( 'SELECT id FROM %i WHERE id = %d', "{$wpdb->prefix}edd_orders", $id ) );
	}

	/**
	 * Money went back. A refund is an order of its own, with negative amounts.
	 */
	private function refunded( mixed $id = 0, mixed $refund_id = 0, mixed $is_whole = false ): void {
		$refund_id = (int) $refund_id;
		$this->tell(
			'refund_issued',
			(int) $id,
			static function ( object $order ) use ( $refund_id, $is_whole ): array {
				$refund = edd_get_order( $refund_id );
				return array( 'refund_id' => $refund_id )
					+ Money::fields( 'refund', is_object( $refund ) ? Money::absolute( $refund->total ) : 0, (string) $order->currency )
					+ self::refund_fields( (bool) $is_whole, time() );
			},
			self::NAME . ":refund:$refund_id"
		);
	}

	/**
	 * Sends an event of an order.
	 *
	 * @param array|\Closure $more Keys beside the order's, or what makes them of it.
	 * @param string         $key  Of which there is one event only.
	 */
	private function tell( string $event, int $id, array|\Closure $more = array(), string $key = '' ): void {
		$data    = static function () use ( $event, $id, $more ): ?array {
			$order = function_exists( 'edd_get_order' ) ? edd_get_order( $id ) : null;
			if ( ! is_object( $order ) || ( 'order_created' === $event && 'sale' !== ( $order->type ?? 'sale' ) ) ) {
				return null;
			}
			return array_replace( array( 'trigger' => $event ) + self::order( $order ), is_array( $more ) ? $more : $more( $order ) );
		};
		$options = '' === $key ? array() : array( 'idempotency_key' => $key );
		if ( ! $this->is_fresh( $id ) ) {
			$this->send( $event, $data, $options );
		} elseif ( $this->is_wanted_now( $event ) ) {
			$plain = function () use ( $data ): ?array {
				$made = $data();
				return null === $made ? null : (array) $this->plain( $made );
			};
			$this->request_end_events->take_later( self::place( $id ) . ':' . ++$this->number, $event, self::NAME, $plain, $options, static fn(): bool => self::is_there( $id ) );
		}
	}

	/**
	 * Somebody became a customer.
	 */
	private function customer_created( mixed $id = 0, mixed $data = array() ): void {
		$data = is_array( $data ) ? $data : array();
		$this->send(
			'shop_customer_created',
			static fn(): array => array(
				'customer_id' => (int) $id,
				'user_id'     => (int) ( $data['user_id'] ?? 0 ) ?: null,
				'email'       => (string) ( $data['email'] ?? '' ),
				'name'        => (string) ( $data['name'] ?? '' ),
				'site_id'     => get_current_blog_id(),
			)
		);
	}

	/**
	 * An order.
	 *
	 * @return array<string, mixed>
	 */
	private static function order( object $order ): array {
		$currency = (string) $order->currency;
		$items    = array();
		foreach ( $order->get_items() as $item ) {
			$items[] = array(
				'product_id' => (int) $item->product_id,
				'name'       => (string) $item->product_name,
				'type'       => 'download',
				'quantity'   => Money::quantity( $item->quantity ),
			) + Money::fields( 'total', $item->total, $currency );
		}
		return array(
			'order_id'     => (int) $order->id,
			'order_number' => (string) $order->get_number(),
			'status'       => (string) $order->status,
			'site_id'      => get_current_blog_id(),
		) + Money::fields( 'amount', $order->total, $currency ) + array(
			'currency'       => $currency,
			'payment_method' => (string) $order->gateway,
			'created_at'     => self::time( $order->date_created ),
			'paid_at'        => self::time( $order->date_completed ),
			'customer'       => array(
				'id'      => (int) $order->customer_id,
				'user_id' => (int) $order->user_id ?: null,
				'email'   => (string) $order->email,
			),
			'items'          => $items,
		);
	}

	/**
	 * What else a refund has.
	 *
	 * @return array<string, bool|string>
	 */
	private static function refund_fields( bool $is_whole, int $time = 1795176000 ): array {
		return array(
			'is_whole'    => $is_whole,
			'refunded_at' => Payload::time( $time ),
		);
	}

	/**
	 * A time that the database holds in UTC; empty or zero where there is none.
	 */
	private static function time( mixed $stored ): ?string {
		return $stored && ! str_starts_with( (string) $stored, '0000' ) ? Payload::time( $stored ) : null;
	}

	/**
	 * An order, made up.
	 *
	 * @return array<string, mixed>
	 */
	private static function example( string $trigger ): array {
		return array(
			'trigger'        => $trigger,
			'order_id'       => 1234,
			'order_number'   => '1234',
			'status'         => 'complete',
			'site_id'        => 3,
			'amount'         => '59.29',
			'amount_minor'   => 5929,
			'currency'       => 'EUR',
			'payment_method' => 'stripe',
			'created_at'     => '2026-11-20T09:58:41Z',
			'paid_at'        => '2026-11-20T10:00:00Z',
			'customer'       => array(
				'id'      => 41,
				'user_id' => 7,
				'email'   => 'jane@example.com',
			),
			'items'          => array(
				array(
					'product_id'  => 56,
					'name'        => 'Course: Photography',
					'type'        => 'download',
					'quantity'    => 1,
					'total'       => '49.00',
					'total_minor' => 4900,
				),
			),
		);
	}
}
