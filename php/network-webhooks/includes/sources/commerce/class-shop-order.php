<?php
/**
 * Orders of plugins that sell something of their own.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Money;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * An order of a course or a membership, in the words that orders of shops have. It has what an online
 * school's webhook of a paid order has: order, trigger, customer, amount, currency, product, date, site,
 * payment system and type of product.
 */
final class Shop_Order {

	/** Paths that may be null, and where people search. */
	private const NULLABLE = array( 'created_at', 'paid_at', 'payment_id', 'customer.id', 'items.*.type' );
	private const LOOKUP   = array( 'order_id', 'order_number', 'transaction_id', 'customer.email', 'customer.id' );

	/**
	 * Events of orders: name, description, keys beside the order's, and the paths of those that may be null.
	 *
	 * @return array<string, array{string, string, array<string, mixed>, list<string>}>
	 */
	private static function kinds(): array {
		$refund = array( 'refund_id' => 'ref_7f3a' ) + Money::fields( 'refund', '49.00', 'EUR' ) + array(
			'reason'      => '',
			'is_whole'    => true,
			'refunded_at' => '2026-11-20T12:00:00Z',
		);
		return array(
			'order_created'        => array( __( 'Order Created', 'network-webhooks' ), __( 'An order was placed, paid or not.', 'network-webhooks' ), array(), array() ),
			'order_status_changed' => array( __( 'Order Status Changed', 'network-webhooks' ), __( 'An order has another status.', 'network-webhooks' ), array( 'old_status' => 'pending' ), array() ),
			'payment_received'     => array( __( 'Payment Received', 'network-webhooks' ), __( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ), array(), array() ),
			'payment_failed'       => array( __( 'Payment Failed', 'network-webhooks' ), __( 'A payment was refused.', 'network-webhooks' ), array(), array() ),
			'refund_issued'        => array( __( 'Refund Issued', 'network-webhooks' ), __( 'A payment was refunded, in whole or in part.', 'network-webhooks' ), $refund, array() ),
		);
	}

	/**
	 * The events of orders that a plugin has.
	 *
	 * @param string                $source Its name.
	 * @param string                $type   What it sells, such as `course`.
	 * @param array<string, string> $when   Slug → which hook raises it, and when not.
	 * @return list<Event>
	 */
	public static function events( string $source, string $type, array $when ): array {
		$events = array();
		foreach ( $when as $slug => $hook ) {
			list( $name, $description, $more, $nullable ) = self::kinds()[ $slug ];

			$events[] = Event::of( $source, $slug, 'sales', $name, $description, $hook, self::example( $slug, $type ) + $more, array( ...self::NULLABLE, ...$nullable ), array( ...self::LOOKUP, ...( 'refund_issued' === $slug ? array( 'refund_id' ) : array() ) ) );
		}
		return $events;
	}

	/**
	 * An order as it is sent.
	 *
	 * @param array<string, mixed> $order `order_id`, `order_number`, `status`, `amount`, `currency`, `payment_id`,
	 *                                    `payment_method`, `payment_method_title`, `transaction_id`, `created_at`
	 *                                    and `paid_at` (Unix times or null), `customer` and `items`, each an array
	 *                                    with `product_id`, `name`, `type` and `total`.
	 * @return array<string, mixed>
	 */
	public static function payload( string $trigger, array $order ): array {
		$currency = (string) $order['currency'];
		$customer = $order['customer'];
		return array(
			'trigger'      => $trigger,
			'order_id'     => (int) $order['order_id'],
			'order_number' => (string) ( $order['order_number'] ?? $order['order_id'] ),
			'status'       => (string) $order['status'],
			'site_id'      => get_current_blog_id(),
		) + Money::fields( 'amount', $order['amount'], $currency ) + array(
			'currency'             => $currency,
			'payment_id'           => isset( $order['payment_id'] ) ? (int) $order['payment_id'] : null,
			'payment_method'       => (string) ( $order['payment_method'] ?? '' ),
			'payment_method_title' => (string) ( $order['payment_method_title'] ?? '' ),
			'transaction_id'       => (string) ( $order['transaction_id'] ?? '' ),
			'created_at'           => self::time( $order['created_at'] ?? null ),
			'paid_at'              => self::time( $order['paid_at'] ?? null ),
			'customer'             => array(
				'id'         => (int) ( $customer['id'] ?? 0 ) ?: null,
				'email'      => (string) ( $customer['email'] ?? '' ),
				'first_name' => (string) ( $customer['first_name'] ?? '' ),
				'last_name'  => (string) ( $customer['last_name'] ?? '' ),
				'phone'      => (string) ( $customer['phone'] ?? '' ),
			),
			'items'                => array_map(
				static fn( array $item ): array => array(
					'product_id' => (int) $item['product_id'],
					'name'       => (string) $item['name'],
					'type'       => isset( $item['type'] ) && '' !== $item['type'] ? (string) $item['type'] : null,
					'quantity'   => 1,
				) + Money::fields( 'total', $item['total'], $currency ),
				array_values( $order['items'] )
			),
		);
	}

	/**
	 * What a refund has beside its order.
	 *
	 * @return array<string, mixed>
	 */
	public static function refund( string $id, mixed $amount, string $currency, string $reason, bool $is_whole ): array {
		return array( 'refund_id' => $id ) + Money::fields( 'refund', Money::absolute( $amount ), $currency ) + array(
			'reason'      => $reason,
			'is_whole'    => $is_whole,
			'refunded_at' => Payload::time( time() ),
		);
	}

	/**
	 * How these orders feed the events of WP Ultimo 1.
	 *
	 * @param array<string, string> $hooks Event → the hook that feeds it.
	 * @return array<string, Legacy_Mapping>
	 */
	public static function legacy_mappings( array $hooks ): array {
		$dates = array(
			'payment_received' => 'paid_at',
			'payment_failed'   => 'created_at',
			'refund_issued'    => 'refunded_at',
		);
		$value = array(
			'payment_received' => 'successful',
			'payment_failed'   => 'failed',
			'refund_issued'    => 'refund',
		);
		$maps  = array();
		foreach ( $hooks as $event => $hook ) {
			$is_refund      = 'refund_issued' === $event;
			$maps[ $event ] = new Legacy_Mapping(
				$hook,
				array(
					'user_id' => 'the order’s customer',
					'amount'  => $is_refund ? 'the refund' : 'the payment',
					'gateway' => 'the order’s gateway',
					'status'  => 'the event',
					'date'    => $is_refund ? 'the time of the hook' : 'the payment, else the order',
				),
				array(
					'user_id' => 'customer.id',
					'gateway' => 'payment_method',
					'date'    => $dates[ $event ],
				) + ( $is_refund ? array( 'amount' => 'refund' ) : array() ),
				array( 'status' => $value[ $event ] )
			);
		}
		return $maps;
	}

	/**
	 * A time, as RFC 3339 has it.
	 */
	private static function time( mixed $time ): ?string {
		return $time ? Payload::time( (int) $time ) : null;
	}

	/**
	 * An order, made up.
	 *
	 * @return array<string, mixed>
	 */
	private static function example( string $trigger, string $type ): array {
		$is_paid = in_array( $trigger, array( 'payment_received', 'refund_issued', 'order_status_changed' ), true );
		return array(
			'trigger'              => $trigger,
			'order_id'             => 1234,
			'order_number'         => '1234',
			'status'               => $is_paid ? 'completed' : 'pending',
			'site_id'              => 3,
			'amount'               => '49.00',
			'amount_minor'         => 4900,
			'currency'             => 'EUR',
			'payment_id'           => 1235,
			'payment_method'       => 'stripe',
			'payment_method_title' => 'Credit card',
			'transaction_id'       => 'ch_3Pq',
			'created_at'           => '2026-11-20T09:58:41Z',
			'paid_at'              => '2026-11-20T10:00:00Z',
			'customer'             => array(
				'id'         => 7,
				'email'      => 'jane@example.com',
				'first_name' => 'Jane',
				'last_name'  => 'Doe',
				'phone'      => '+31 20 1234567',
			),
			'items'                => array(
				array(
					'product_id'  => 56,
					'name'        => 'Course: Photography',
					'type'        => $type,
					'quantity'    => 1,
					'total'       => '49.00',
					'total_minor' => 4900,
				),
			),
		);
	}
}
