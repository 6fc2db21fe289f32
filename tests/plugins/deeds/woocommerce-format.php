<?php
/**
 * The format “woocommerce”: ten orders, products, coupons and customers, each body compared with the one that
 * WooCommerce's own webhook makes, key by key, and verified as its receivers do.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';
require_once dirname( __DIR__ ) . '/class-woo-receiver.php';

$event = static fn( string $type ): array => array( array( $type, array() ) );

$order = static fn( Closure $fill ): array => array(
	'do'     => static function ( array $known ) use ( $fill ): array {
		$order = Woo_Shop::order( array( $known['product'] => 2 ) );
		$fill( $order, $known );
		$order->calculate_totals();
		return array( 'id' => $order->get_id() );
	},
	'events' => array( array( 'order_created', array() ) ),
	'check'  => static fn( array $known, array $requests ): array => Woo_Receiver::faults( $requests, 'order.created', $known['id'] ),
);

$change = static fn( string $kind, string $topic, Closure $do, string $key, array $events ): array => array(
	'do'     => static fn( array $known ): mixed => $do( $known ),
	'events' => $events,
	'check'  => static fn( array $known, array $requests ): array => Woo_Receiver::faults( $requests, "$kind.$topic", $known[ $key ] ),
);

$line = static function ( WC_Order $order, string $class, array $props ): void {
	$item = new $class();
	$item->set_props( $props );
	$order->add_item( $item );
};

return array(
	'plugins' => array( 'woocommerce/woocommerce.php' => false ),
	'sources' => array( 'woocommerce' ),
	'second'  => array(
		'events' => array( 'woocommerce.*' ),
		'format' => 'woocommerce',
	),
	'setup'   => static fn( array $known ): array => Woo_Shop::set_up( true ),
	'deeds'   => array(
		'an order of a guest'                => $order( static fn() => null ),
		'an order with taxes'                => $order(
			static function ( WC_Order $order ): void {
				update_option( 'woocommerce_calc_taxes', 'yes' );
				WC_Tax::_insert_tax_rate( array( 'tax_rate_country' => 'NL', 'tax_rate' => '21.0000', 'tax_rate_name' => 'VAT', 'tax_rate_priority' => 1, 'tax_rate_compound' => 0, 'tax_rate_shipping' => 1, 'tax_rate_order' => 1, 'tax_rate_class' => '' ) );
				$order->calculate_taxes();
			}
		),
		'an order with a coupon'             => $order( static fn( WC_Order $order ) => Deed::must( $order->apply_coupon( 'tenoff' ) ) ),
		'an order with a fee'                => $order( static fn( WC_Order $order ) => $line( $order, 'WC_Order_Item_Fee', array( 'name' => 'Gift wrap', 'total' => '2.50' ) ) ),
		'an order with shipping'             => $order( static fn( WC_Order $order ) => $line( $order, 'WC_Order_Item_Shipping', array( 'method_title' => 'Flat rate', 'method_id' => 'flat_rate', 'total' => '4.95' ) ) ),
		'an order in yen'                    => $order( static fn( WC_Order $order ) => $order->set_currency( 'JPY' ) ),
		'an order of a customer'             => $order( static fn( WC_Order $order ) => $order->set_customer_id( 1 ) ),
		'an order with half a loaf'          => $order( static fn( WC_Order $order, array $known ) => $order->add_product( wc_get_product( $known['bread'] ), 0.5 ) ),
		'an order with meta and a note'      => $order(
			static function ( WC_Order $order ): void {
				$order->add_meta_data( 'Newsletter', 'yes' );
				$order->add_meta_data( '_internal', array( 'a' => 1.0 ) );
				$order->set_customer_note( 'With “quotes” & a slash / here' );
			}
		),
		'an order that is refunded in part'  => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wc_create_refund( array( 'order_id' => $known['id'], 'amount' => '9.29', 'reason' => 'Too dark' ) ) );
			},
			'events' => array( array( 'order_updated', array() ), array( 'refund_issued', array() ) ),
			'any_order' => true,
			'check'  => static fn( array $known, array $requests ): array => Woo_Receiver::faults( $requests, 'order.updated', $known['id'] ),
		),
		'an order goes to the trash'         => $change( 'order', 'deleted', static fn( array $known ) => wc_get_order( $known['id'] )->delete(), 'id', $event( 'order_deleted' ) ),
		'an order comes back'                => $change( 'order', 'restored', static fn( array $known ) => wc_get_order( $known['id'] )->untrash(), 'id', $event( 'order_restored' ) ),
		'a product is made'                  => $change( 'product', 'created', static fn( array $known ): array => array( 'light' => Woo_Shop::product( 'Light & shadow', '12.50' ) ), 'light', $event( 'product_created' ) ),
		'a product is changed'               => $change(
			'product',
			'updated',
			static function ( array $known ): void {
				$product = wc_get_product( $known['light'] );
				$product->set_sku( 'LIGHT-1' );
				$product->save();
			},
			'light',
			$event( 'product_updated' )
		),
		'a coupon is made'                   => $change(
			'coupon',
			'created',
			static function ( array $known ): array {
				$coupon = new WC_Coupon();
				$coupon->set_code( 'welcome' );
				$coupon->set_amount( 5 );
				return array( 'coupon' => $coupon->save() );
			},
			'coupon',
			$event( 'coupon_created' )
		),
		'a coupon is changed'                => $change(
			'coupon',
			'updated',
			static function ( array $known ): void {
				$coupon = new WC_Coupon( $known['coupon'] );
				$coupon->set_usage_limit( 3 );
				$coupon->save();
			},
			'coupon',
			$event( 'coupon_updated' )
		),
		'a coupon goes to the trash'         => $change( 'coupon', 'deleted', static fn( array $known ) => wp_trash_post( $known['coupon'] ) && false, 'coupon', $event( 'coupon_deleted' ) ),
		'a coupon comes back'                => $change( 'coupon', 'restored', static fn( array $known ) => wp_untrash_post( $known['coupon'] ) && false, 'coupon', $event( 'coupon_restored' ) ),
		'a product goes to the trash'        => $change( 'product', 'deleted', static fn( array $known ) => wp_trash_post( $known['light'] ) && false, 'light', $event( 'product_deleted' ) ),
		'a product comes back'               => $change( 'product', 'restored', static fn( array $known ) => wp_untrash_post( $known['light'] ) && false, 'light', $event( 'product_restored' ) ),
		'somebody gets an account'           => $change( 'customer', 'created', static fn( array $known ): array => array( 'jane' => Deed::must( wc_create_new_customer( 'jane@network.example', 'jane', 'canary-password' ) ) ), 'jane', $event( 'shop_customer_created' ) ),
		'a customer changes the address'     => $change(
			'customer',
			'updated',
			static function ( array $known ): void {
				$customer = new WC_Customer( $known['jane'] );
				$customer->set_billing_city( 'Utrecht' );
				$customer->save();
			},
			'jane',
			$event( 'shop_customer_updated' )
		),
		'the network deletes a customer'     => $change( 'customer', 'deleted', static fn( array $known ) => wpmu_delete_user( $known['jane'] ) && false, 'jane', $event( 'shop_customer_deleted' ) ),
	),
);
