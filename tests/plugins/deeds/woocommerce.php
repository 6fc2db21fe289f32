<?php
/**
 * What people do in a shop of WooCommerce, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';

$of       = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];
$customer = static fn( string $name ): array => array( 'customer.email' => 'jane@example.com', 'trigger' => $name );
$status   = static fn( string $old, string $new ): array => array( 'order_status_changed', array( 'old_status' => $old, 'status' => $new ) );
$updated  = static fn( string $status ): array => array( 'order_updated', array( 'status' => $status ) );

return array(
	'plugins' => array( 'woocommerce/woocommerce.php' => false ),
	'sources' => array( 'woocommerce' ),
	'setup'   => static fn( array $known ): array => Woo_Shop::set_up( true ),
	'deeds'   => array(
		'a guest orders in the classic checkout, by bank transfer' => array(
			'do'     => static fn( array $known ): array => array( 'transfer' => Woo_Shop::check_out( $known, 'bacs' ) ),
			'events' => array(
				array( 'order_created', array( 'amount' => '49.00', 'amount_minor' => 4900, 'items.0.product_id' => $of( 'product' ), 'items.0.quantity' => 1, 'billing.city' => 'Amsterdam', 'paid_at' => null ) + $customer( 'order_created' ) ),
				$status( 'pending', 'on-hold' ),
			),
		),
		'the transfer arrives, and the administrator says so' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['transfer'] )->update_status( 'processing' );
			},
			'events' => array( $updated( 'processing' ), $status( 'on-hold', 'processing' ), array( 'payment_received', array( 'amount' => '49.00', 'order_id' => $of( 'transfer' ), 'payment_method' => 'bacs' ) ) ),
			'any_order' => true,
		),
		'a guest orders in the classic checkout, cash on delivery' => array(
			'do'     => static fn( array $known ): array => array( 'cash' => Woo_Shop::check_out( $known, 'cod' ) ),
			'events' => array( array( 'order_created', array( 'amount' => '49.00', 'paid_at' => null ) ), array( 'order_status_changed', array( 'old_status' => 'pending' ) ) ),
		),
		'the cash is paid: the order is completed' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['cash'] )->update_status( 'completed' );
			},
			'events' => array( $updated( 'completed' ), array( 'order_status_changed', array( 'status' => 'completed' ) ), array( 'payment_received', array( 'amount' => '49.00', 'order_id' => $of( 'cash' ) ) ) ),
			'any_order' => true,
		),
		'a guest orders by the Store API, cash on delivery' => array(
			'do'     => static fn( array $known ): array => array( 'block' => Woo_Shop::check_out_by_store_api( $known, 'cod' ) ),
			'events' => array( array( 'order_created', array( 'amount' => '98.00', 'items.0.quantity' => 2, 'created_via' => 'store-api', 'order_id' => $of( 'block' ) ) ), array( 'order_status_changed', array( 'old_status' => 'pending' ) ) ),
		),
		'an order is made by the REST API, paid' => array(
			'do'     => static fn( array $known ): array => array(
				'rest' => Deed::rest(
					 'POST',
					'/wc/v3/orders',
					array(
						'payment_method' => 'bacs',
						'set_paid'       => true,
						'billing'        => Woo_Shop::address(),
						'line_items'     => array( array( 'product_id' => $known['product'], 'quantity' => 3 ) ),
						'fee_lines'      => array( array( 'name' => 'Gift wrap', 'total' => '2.50' ) ),
					)
					)['id'],
			),
			'events' => array(
				array( 'order_created', array( 'amount' => '149.50', 'items.0.quantity' => 3, 'fee_lines.0.total' => '2.50' ) + $customer( 'order_created' ) ),
				array( 'payment_received', array( 'amount' => '149.50', 'amount_minor' => 14950 ) ),
				array( 'order_status_changed', array() ),
			),
			'any_order' => true,
		),
		'two orders are made by one request of the REST API' => array(
			'do'     => static function ( array $known ): void {
				$order = array( 'billing' => Woo_Shop::address(), 'line_items' => array( array( 'product_id' => $known['product'], 'quantity' => 1 ) ) );
				Deed::rest( 'POST', '/wc/v3/orders/batch', array( 'create' => array( $order, $order ) ) );
			},
			'events' => array( array( 'order_created', array( 'amount' => '49.00' ) ), array( 'order_created', array( 'amount' => '49.00' ) ) ),
		),
		'code makes an order whose status is set before its items' => array(
			'do'     => static function ( array $known ): array {
				$order = Woo_Shop::order( array( $known['product'] => 1, $known['bread'] => 1.5 ), 'processing', 'bacs' );
				return array( 'code' => $order->get_id() );
			},
			'events' => array(
				array( 'order_created', array( 'amount' => '54.03', 'status' => 'processing', 'items.1.name' => 'Bread & butter' ) ),
			),
		),
		'an order that was refunded: a part' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wc_create_refund( array( 'order_id' => $known['rest'], 'amount' => '9.29', 'reason' => 'Too dark' ) ) );
			},
			'events' => array( array( 'refund_issued', array( 'refund' => '9.29', 'refund_minor' => 929, 'reason' => 'Too dark', 'amount' => '149.50' ) ), array( 'order_updated', array( 'refunds.0.refund' => '9.29' ) ) ),
			'any_order' => true,
		),
		'an order that was refunded: all the rest, by its status' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['rest'] )->update_status( 'refunded' );
			},
			'events' => array( array( 'refund_issued', array( 'refund' => '140.21' ) ), array( 'order_status_changed', array( 'status' => 'refunded' ) ), array( 'order_updated', array() ) ),
			'any_order' => true,
		),
		'an order goes back to on-hold and is paid again: one payment' => array(
			'do'     => static function ( array $known ): void {
				$order = wc_get_order( $known['transfer'] );
				$order->update_status( 'on-hold' );
				$order->update_status( 'processing' );
			},
			'events' => array( $updated( 'processing' ), $status( 'processing', 'on-hold' ), $status( 'on-hold', 'processing' ) ),
			'any_order' => true,
		),
		'a payment fails' => array(
			'do'     => static function ( array $known ): array {
				$order = Woo_Shop::order( array( $known['product'] => 1 ) );
				return array( 'failed' => $order->get_id() );
			},
			'events' => array( array( 'order_created', array( 'status' => 'pending' ) ) ),
		),
		'… and is told' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['failed'] )->update_status( 'failed' );
			},
			'events' => array( array( 'payment_failed', array( 'amount' => '49.00' ) ), $status( 'pending', 'failed' ), $updated( 'failed' ) ),
			'any_order' => true,
		),
		'an order is paid by a gateway' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['failed'] )->payment_complete( 'ch_3P8xYz' );
			},
			'events' => array( array( 'order_status_changed', array( 'old_status' => 'failed' ) ), array( 'payment_received', array( 'transaction_id' => 'ch_3P8xYz' ) ), array( 'order_updated', array() ) ),
			'any_order' => true,
		),
		'an order is changed three times in a request' => array(
			'do'     => static function ( array $known ): void {
				$order = wc_get_order( $known['failed'] );
				foreach ( array( 'a', 'b', 'c' ) as $note ) {
					$order->set_customer_note( $note );
					$order->save();
				}
			},
			'events' => array( array( 'order_updated', array( 'customer_note' => 'c' ) ) ),
		),
		'an order goes to the trash' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['failed'] )->delete();
			},
			'events' => array( array( 'order_deleted', array( 'is_permanent' => false, 'order_id' => $of( 'failed' ), 'amount' => '49.00' ) ) ),
		),
		'an order comes back from the trash' => array(
			'do'     => static function ( array $known ): void {
				$order = wc_get_order( $known['failed'] );
				method_exists( $order, 'untrash' ) ? $order->untrash() : wp_untrash_post( $known['failed'] );
			},
			'events' => array( array( 'order_restored', array( 'order_id' => $of( 'failed' ) ) ) ),
		),
		'an order is deleted for good' => array(
			'do'     => static function ( array $known ): void {
				wc_get_order( $known['failed'] )->delete( true );
			},
			'events' => array( array( 'order_deleted', array( 'is_permanent' => true, 'order_id' => $of( 'failed' ), 'amount' => '49.00' ) ) ),
		),
		'a product is made' => array(
			'do'     => static fn( array $known ): array => array( 'light' => Woo_Shop::product( 'Light & shadow', '12.50' ) ),
			'events' => array( array( 'product_created', array( 'name' => 'Light & shadow', 'price' => '12.50', 'regular_price_minor' => 1250, 'type' => 'simple', 'sale_price' => null ) ) ),
		),
		'a product is changed, in several saves' => array(
			'do'     => static function ( array $known ): void {
				$product = wc_get_product( $known['light'] );
				$product->set_sale_price( '10' );
				$product->save();
				$product->set_sku( 'LIGHT-1' );
				$product->save();
			},
			'events' => array( array( 'product_updated', array( 'price' => '10.00', 'sale_price' => '10.00', 'sku' => 'LIGHT-1' ) ) ),
		),
		'a product goes to the trash' => array(
			'do'     => static function ( array $known ): void {
				wp_trash_post( $known['light'] );
			},
			'events' => array( array( 'product_deleted', array( 'is_permanent' => false, 'product_id' => $of( 'light' ) ) ) ),
		),
		'a product comes back from the trash' => array(
			'do'     => static function ( array $known ): void {
				wp_untrash_post( $known['light'] );
			},
			'events' => array( array( 'product_restored', array( 'product_id' => $of( 'light' ) ) ) ),
		),
		'a product is deleted for good' => array(
			'do'     => static function ( array $known ): void {
				wc_get_product( $known['light'] )->delete( true );
			},
			'events' => array( array( 'product_deleted', array( 'is_permanent' => true, 'sku' => 'LIGHT-1' ) ) ),
		),
		'a coupon is made' => array(
			'do'     => static function ( array $known ): array {
				$coupon = new WC_Coupon();
				$coupon->set_code( 'welcome' );
				$coupon->set_amount( 5 );
				return array( 'coupon' => $coupon->save() );
			},
			'events' => array( array( 'coupon_created', array( 'code' => 'welcome', 'amount' => '5' ) ) ),
		),
		'a coupon is changed' => array(
			'do'     => static function ( array $known ): void {
				$coupon = new WC_Coupon( $known['coupon'] );
				$coupon->set_usage_limit( 3 );
				$coupon->save();
			},
			'events' => array( array( 'coupon_updated', array( 'usage_limit' => 3 ) ) ),
		),
		'a coupon goes to the trash, and comes back' => array(
			'do'     => static function ( array $known ): void {
				wp_trash_post( $known['coupon'] );
			},
			'events' => array( array( 'coupon_deleted', array( 'coupon_id' => $of( 'coupon' ) ) ) ),
		),
		'somebody gets an account in the shop' => array(
			'do'     => static fn( array $known ): array => array( 'jane' => Deed::must( wc_create_new_customer( 'jane@network.example', 'jane', 'canary-password' ) ) ),
			'events' => array( array( 'shop_customer_created', array( 'user_email' => 'jane@network.example', 'user_id' => $of( 'jane' ) ) ) ),
			'any_order' => true,
		),
		'a customer changes the address' => array(
			'do'     => static function ( array $known ): void {
				$customer = new WC_Customer( $known['jane'] );
				$customer->set_billing_city( 'Utrecht' );
				$customer->set_first_name( 'Jane' );
				$customer->save();
			},
			'events' => array( array( 'shop_customer_updated', array( 'billing.city' => 'Utrecht', 'user_firstname' => 'Jane' ) ) ),
		),
		'a customer is made by the REST API' => array(
			'do'     => static fn( array $known ): array => array( 'joan' => Deed::rest( 'POST', '/wc/v3/customers', array( 'email' => 'joan@network.example', 'username' => 'joan', 'password' => 'canary-password', 'billing' => Woo_Shop::address() ) )['id'] ),
			'events' => array( array( 'shop_customer_created', array( 'user_id' => $of( 'joan' ), 'billing.city' => 'Amsterdam' ) ) ),
		),
		'the network deletes a customer' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wpmu_delete_user( $known['joan'] ) );
			},
			'events' => array( array( 'shop_customer_deleted', array( 'user_id' => $of( 'joan' ) ) ) ),
		),
	),
);
