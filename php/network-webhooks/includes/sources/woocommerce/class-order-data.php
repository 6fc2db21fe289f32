<?php
/**
 * What is told of an order of WooCommerce.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Woocommerce;

use Network_Webhooks\Money;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * An order with all that the webhooks of WooCommerce itself tell of it, in our words: amounts as decimal
 * strings and minor units, times in UTC, whole numbers as numbers. Of meta only what is public.
 */
final class Order_Data {

	/** Paths that may be null. */
	public const NULLABLE = array( 'paid_at', 'created_at', 'modified_at', 'completed_at', 'payment_url', 'items.*.type', 'items.*.sku', 'items.*.image_url', 'tax_lines.*.rate_percent', 'shipping_lines.*.instance_id' );

	/** Where people search. */
	public const LOOKUP = array( 'order_id', 'order_number', 'transaction_id', 'customer.email', 'customer.id' );

	/** Sums of an order, by the names that they have in WooCommerce. */
	private const SUMS = array( 'discount_total', 'discount_tax', 'shipping_total', 'shipping_tax', 'cart_tax', 'total_tax' );

	/** What an address has. */
	private const ADDRESS = array( 'first_name', 'last_name', 'company', 'address_1', 'address_2', 'city', 'state', 'postcode', 'country', 'email', 'phone' );

	/**
	 * An order, or a subscription, which is one too.
	 *
	 * @param \WC_Order $order
	 * @return array<string, mixed>
	 */
	public static function of( object $order ): array {
		$currency = (string) $order->get_currency();
		$items    = array();
		foreach ( $order->get_items() as $id => $item ) {
			$items[] = self::item( (int) $id, $item, $currency );
		}
		$data = array(
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
			'parent_id'            => (int) $order->get_parent_id(),
			'created_via'          => (string) $order->get_created_via(),
			'customer_note'        => (string) $order->get_customer_note(),
			'customer_ip_address'  => (string) $order->get_customer_ip_address(),
			'customer_user_agent'  => (string) $order->get_customer_user_agent(),
			'modified_at'          => self::time( $order->get_date_modified() ),
			'completed_at'         => self::time( $order->get_date_completed() ),
			'prices_include_tax'   => (bool) $order->get_prices_include_tax(),
		);
		foreach ( self::SUMS as $sum ) {
			$data += Money::fields( $sum, $order->{"get_$sum"}(), $currency );
		}
		return $data + array(
			'billing'        => self::address( $order->get_address( 'billing' ) ),
			'shipping'       => self::address( $order->get_address( 'shipping' ) ),
			'tax_lines'      => self::lines( $order, 'tax', self::tax( ... ) ),
			'shipping_lines' => self::lines( $order, 'shipping', self::shipping( ... ) ),
			'fee_lines'      => self::lines( $order, 'fee', self::fee( ... ) ),
			'coupon_lines'   => self::lines( $order, 'coupon', self::coupon( ... ) ),
			'refunds'        => self::refunds( $order, $currency ),
			'meta'           => self::meta( $order ),
			'payment_url'    => $order->needs_payment() ? (string) $order->get_checkout_payment_url() : null,
		);
	}

	/**
	 * A product that was ordered. The keys that it had before WooCommerce's others came first.
	 *
	 * @param \WC_Order_Item_Product $item
	 * @return array<string, mixed>
	 */
	private static function item( int $id, object $item, string $currency ): array {
		$product  = $item->get_product();
		$quantity = Money::quantity( $item->get_quantity() );
		$image    = $product && $product->get_image_id() ? wp_get_attachment_image_url( (int) $product->get_image_id(), 'full' ) : false;
		return array(
			'product_id'   => (int) $item->get_product_id(),
			'variation_id' => (int) $item->get_variation_id(),
			'name'         => (string) $item->get_name(),
			'type'         => $product ? (string) $product->get_type() : null,
			'quantity'     => $quantity,
		) + Money::fields( 'total', $item->get_total(), $currency ) + array(
			'item_id' => $id,
			'sku'     => $product ? (string) $product->get_sku() : null,
		) + Money::fields( 'price', $quantity ? (float) $item->get_total() / $quantity : 0, $currency )
			+ Money::fields( 'subtotal', $item->get_subtotal(), $currency )
			+ Money::fields( 'subtotal_tax', $item->get_subtotal_tax(), $currency )
			+ Money::fields( 'total_tax', $item->get_total_tax(), $currency )
			+ array(
				'taxes'     => self::taxes( $item, $currency ),
				'meta'      => self::meta( $item ),
				'image_url' => false === $image ? null : $image,
			);
	}

	/**
	 * Taxes of an item, by the rate.
	 *
	 * @return list<array<string, mixed>>
	 */
	private static function taxes( object $item, string $currency ): array {
		$taxes = (array) $item->get_taxes();
		$rates = array();
		foreach ( (array) ( $taxes['total'] ?? array() ) as $rate => $total ) {
			if ( '' !== $total ) {
				$rates[] = array( 'rate_id' => (int) $rate )
					+ Money::fields( 'total', $total, $currency )
					+ Money::fields( 'subtotal', $taxes['subtotal'][ $rate ] ?? $total, $currency );
			}
		}
		return $rates;
	}

	/**
	 * Lines of a kind.
	 *
	 * @return list<array<string, mixed>>
	 */
	private static function lines( object $order, string $kind, \Closure $line ): array {
		$lines = array();
		foreach ( $order->get_items( $kind ) as $id => $item ) {
			$lines[] = array( 'item_id' => (int) $id ) + $line( $item, (string) $order->get_currency() );
		}
		return $lines;
	}

	/**
	 * A tax of the whole order.
	 *
	 * @param \WC_Order_Item_Tax $item
	 */
	private static function tax( object $item, string $currency ): array {
		$percent = $item->get_rate_percent();
		return array(
			'rate_id'      => (int) $item->get_rate_id(),
			'rate_code'    => (string) $item->get_rate_code(),
			'label'        => (string) $item->get_label(),
			'compound'     => (bool) $item->is_compound(),
			'rate_percent' => is_numeric( $percent ) ? (float) $percent : null,
		) + Money::fields( 'tax_total', $item->get_tax_total(), $currency ) + Money::fields( 'shipping_tax_total', $item->get_shipping_tax_total(), $currency );
	}

	/**
	 * What shipping costs.
	 *
	 * @param \WC_Order_Item_Shipping $item
	 */
	private static function shipping( object $item, string $currency ): array {
		$instance = (int) $item->get_instance_id();
		return array(
			'method_id'    => (string) $item->get_method_id(),
			'instance_id'  => $instance ? $instance : null,
			'method_title' => (string) $item->get_method_title(),
		) + Money::fields( 'total', $item->get_total(), $currency ) + Money::fields( 'total_tax', $item->get_total_tax(), $currency );
	}

	/**
	 * A fee.
	 *
	 * @param \WC_Order_Item_Fee $item
	 */
	private static function fee( object $item, string $currency ): array {
		return array(
			'name'       => (string) $item->get_name(),
			'tax_class'  => (string) $item->get_tax_class(),
			'tax_status' => (string) $item->get_tax_status(),
		) + Money::fields( 'total', $item->get_total(), $currency ) + Money::fields( 'total_tax', $item->get_total_tax(), $currency );
	}

	/**
	 * A coupon that was used.
	 *
	 * @param \WC_Order_Item_Coupon $item
	 */
	private static function coupon( object $item, string $currency ): array {
		return array( 'code' => (string) $item->get_code() )
			+ Money::fields( 'discount', $item->get_discount(), $currency )
			+ Money::fields( 'discount_tax', $item->get_discount_tax(), $currency );
	}

	/**
	 * What went back so far.
	 *
	 * @return list<array<string, mixed>>
	 */
	private static function refunds( object $order, string $currency ): array {
		$refunds = array();
		foreach ( $order->get_refunds() as $refund ) {
			$refunds[] = array( 'refund_id' => (int) $refund->get_id() )
				+ Money::fields( 'refund', $refund->get_amount(), $currency )
				+ array( 'reason' => (string) $refund->get_reason() );
		}
		return $refunds;
	}

	/**
	 * Meta that its owner shows: keys that begin with a low line are the plugins' own. What is no text
	 * is JSON.
	 *
	 * @return list<array{key: string, value: string}>
	 */
	private static function meta( object $order ): array {
		$meta = array();
		foreach ( $order->get_meta_data() as $entry ) {
			$data = $entry->get_data();
			$key  = (string) ( $data['key'] ?? '' );
			if ( '' !== $key && ! str_starts_with( $key, '_' ) ) {
				$value  = $data['value'] ?? '';
				$meta[] = array(
					'key'   => $key,
					'value' => is_scalar( $value ) ? (string) $value : (string) wp_json_encode( $value ),
				);
			}
		}
		return $meta;
	}

	/**
	 * An address, with all its keys.
	 *
	 * @return array<string, string>
	 */
	public static function address( mixed $address ): array {
		$all = array();
		foreach ( self::ADDRESS as $key ) {
			$all[ $key ] = is_array( $address ) && is_scalar( $address[ $key ] ?? '' ) ? (string) ( $address[ $key ] ?? '' ) : '';
		}
		return $all;
	}

	/**
	 * A time in UTC, as RFC 3339 has it.
	 */
	public static function time( ?\DateTimeInterface $time ): ?string {
		return $time ? Payload::time( $time->getTimestamp() ) : null;
	}

	/**
	 * An order, made up.
	 *
	 * @return array<string, mixed>
	 */
	public static function example(): array {
		$address = self::example_address();
		$data    = array(
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
				'email'      => $address['email'],
				'first_name' => $address['first_name'],
				'last_name'  => $address['last_name'],
				'phone'      => $address['phone'],
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
					'item_id'      => 801,
					'sku'          => 'PHOTO-1',
				) + Money::fields( 'price', '49', 'EUR' ) + Money::fields( 'subtotal', '49', 'EUR' ) + Money::fields( 'subtotal_tax', '10.29', 'EUR' ) + Money::fields( 'total_tax', '10.29', 'EUR' ) + array(
					'taxes'     => array( array( 'rate_id' => 1 ) + Money::fields( 'total', '10.29', 'EUR' ) + Money::fields( 'subtotal', '10.29', 'EUR' ) ),
					'meta'      => array(
						array(
							'key'   => 'Language',
							'value' => 'English',
						),
					),
					'image_url' => 'https://network.example/photography/camera.jpg',
				),
			),
			'parent_id'            => 0,
			'created_via'          => 'checkout',
			'customer_note'        => '',
			'customer_ip_address'  => '192.0.2.1',
			'customer_user_agent'  => 'Mozilla/5.0',
			'modified_at'          => '2026-11-20T10:00:00Z',
			'completed_at'         => '2026-11-20T10:00:00Z',
			'prices_include_tax'   => false,
		);
		foreach ( self::SUMS as $sum ) {
			$data += Money::fields( $sum, str_contains( $sum, 'cart_tax' ) || 'total_tax' === $sum ? '10.29' : '0', 'EUR' );
		}
		return $data + array(
			'billing'        => $address,
			'shipping'       => $address,
			'tax_lines'      => array(
				array(
					'item_id'      => 802,
					'rate_id'      => 1,
					'rate_code'    => 'NL-VAT-1',
					'label'        => 'VAT',
					'compound'     => false,
					'rate_percent' => 21.0,
				) + Money::fields( 'tax_total', '10.29', 'EUR' ) + Money::fields( 'shipping_tax_total', '0', 'EUR' ),
			),
			'shipping_lines' => array(
				array(
					'item_id'      => 803,
					'method_id'    => 'flat_rate',
					'instance_id'  => 2,
					'method_title' => 'Flat rate',
				) + Money::fields( 'total', '0', 'EUR' ) + Money::fields( 'total_tax', '0', 'EUR' ),
			),
			'fee_lines'      => array(
				array(
					'item_id'    => 804,
					'name'       => 'Gift wrap',
					'tax_class'  => '',
					'tax_status' => 'taxable',
				) + Money::fields( 'total', '0', 'EUR' ) + Money::fields( 'total_tax', '0', 'EUR' ),
			),
			'coupon_lines'   => array(
				array(
					'item_id' => 805,
					'code'    => 'welcome',
				) + Money::fields( 'discount', '0', 'EUR' ) + Money::fields( 'discount_tax', '0', 'EUR' ),
			),
			'refunds'        => array( array( 'refund_id' => 1240 ) + Money::fields( 'refund', '9.29', 'EUR' ) + array( 'reason' => 'Too dark' ) ),
			'meta'           => array(
				array(
					'key'   => 'Newsletter',
					'value' => 'yes',
				),
			),
			'payment_url'    => 'https://network.example/photography/checkout/order-pay/1234/?pay_for_order=true',
		);
	}

	/**
	 * An address, made up.
	 *
	 * @return array<string, string>
	 */
	public static function example_address(): array {
		return array(
			'first_name' => 'Jane',
			'last_name'  => 'Doe',
			'company'    => '',
			'address_1'  => '1 Canal Street',
			'address_2'  => '',
			'city'       => 'Amsterdam',
			'state'      => 'NH',
			'postcode'   => '1015 AB',
			'country'    => 'NL',
			'email'      => 'jane@example.com',
			'phone'      => '+31 20 555 0100',
		);
	}
}
