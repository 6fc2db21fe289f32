<?php
/**
 * What an administrator does on the pages of a shop of WooCommerce, and a customer at its checkouts, while orders are
 * kept in both of their places at once.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';
require_once dirname( __DIR__ ) . '/class-woo-admin.php';

$of     = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];
$status = static fn( string $old, string $new ): array => array( 'order_status_changed', array( 'old_status' => $old, 'status' => $new ) );
$person = array(
	'_billing_first_name' => 'Joan',
	'_billing_last_name'  => 'Doe',
	'_billing_email'      => 'joan@example.com',
	'_billing_city'       => 'Utrecht',
	'_billing_country'    => 'NL',
);

return array(
	'plugins' => array( 'woocommerce/woocommerce.php' => false ),
	'sources' => array( 'woocommerce' ),
	'setup'   => static function ( array $known ): array {
		$made = Woo_Shop::set_up( true );
		update_option( 'woocommerce_custom_orders_table_data_sync_enabled', 'yes' );
		return $made;
	},
	'deeds'   => array(
		'a guest orders in the classic checkout'               => array(
			'do'     => static fn( array $known ): array => array( 'order' => Woo_Shop::check_out( $known, 'bacs' ) ),
			'events' => array( array( 'order_created', array( 'order_id' => $of( 'order' ), 'amount' => '49.00' ) ), $status( 'pending', 'on-hold' ) ),
		),
		'a guest orders by the Store API'                      => array(
			'do'     => static fn( array $known ): array => array( 'block' => Woo_Shop::check_out_by_store_api( $known, 'cod' ) ),
			'events' => array( array( 'order_created', array( 'order_id' => $of( 'block' ), 'amount' => '98.00' ) ), $status( 'pending', 'processing' ) ),
		),
		'an order is made by the REST API, over HTTP'          => array(
			'do'        => static function ( array $known ): array {
				$order = ( new Woo_Admin() )->ask_rest( $known['path'], '/wc/v3/orders', array( 'set_paid' => true, 'payment_method' => 'bacs', 'billing' => Woo_Shop::address(), 'line_items' => array( array( 'product_id' => $known['product'], 'quantity' => 1 ) ) ) );
				return array( 'rest' => $order['id'] );
			},
			'events'    => array( array( 'order_created', array( 'order_id' => $of( 'rest' ), 'amount' => '49.00' ) ), array( 'order_status_changed', array( 'status' => 'processing' ) ), array( 'payment_received', array( 'amount' => '49.00' ) ) ),
			'any_order' => true,
		),
		'an administrator corrects the order on its page'      => array(
			'do'     => static function ( array $known ) use ( $person ): void {
				( new Woo_Admin() )->save( Woo_Admin::order_page( $known['order'] ), $person );
			},
			'events' => array( array( 'order_updated', array( 'order_id' => $of( 'order' ), 'billing.city' => 'Utrecht', 'customer.email' => 'joan@example.com' ) ) ),
		),
		'… and says there that it was paid'                    => array(
			'do'        => static function ( array $known ): void {
				( new Woo_Admin() )->save( Woo_Admin::order_page( $known['order'] ), array( 'order_status' => 'wc-processing' ) );
			},
			'events'    => array( $status( 'on-hold', 'processing' ), array( 'order_updated', array() ), array( 'payment_received', array( 'amount' => '49.00' ) ) ),
			'any_order' => true,
		),
		'… saves it again without a change'                    => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->save( Woo_Admin::order_page( $known['order'] ), array() );
			},
			'events' => array( array( 'order_updated', array() ) ),
		),
		'a part is given back by the button in the order'      => array(
			'do'        => static function ( array $known ): void {
				( new Woo_Admin() )->refund( $known['order'], '9.29', 'Too dark' );
			},
			'events'    => array( array( 'refund_issued', array( 'refund' => '9.29', 'reason' => 'Too dark' ) ), array( 'order_updated', array( 'refunds.0.refund' => '9.29' ) ) ),
			'any_order' => true,
		),
		'the rest is given back there'                         => array(
			'do'        => static function ( array $known ): void {
				( new Woo_Admin() )->refund( $known['order'], '39.71', '', '9.29' );
			},
			'events'    => array( array( 'refund_issued', array( 'refund' => '39.71' ) ), $status( 'processing', 'refunded' ), array( 'order_updated', array() ) ),
			'any_order' => true,
		),
		'an administrator adds a product on its page'          => array(
			'do'     => static function ( array $known ): array {
				return array( 'camera' => ( new Woo_Admin() )->save( "$known[path]wp-admin/post-new.php?post_type=product", array( 'post_title' => 'Camera & lens', '_regular_price' => '199.95', '_sku' => 'CAM-1', 'product-type' => 'simple', 'publish' => 'Publish' ) ) );
			},
			'events' => array( array( 'product_created', array( 'product_id' => $of( 'camera' ), 'name' => 'Camera & lens', 'price' => '199.95', 'sku' => 'CAM-1' ) ) ),
		),
		'… and lowers its price'                               => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->save( "$known[path]wp-admin/post.php?post=$known[camera]&action=edit", array( '_sale_price' => '149.95', 'save' => 'Update' ) );
			},
			'events' => array( array( 'product_updated', array( 'product_id' => $of( 'camera' ), 'price' => '149.95', 'sale_price' => '149.95' ) ) ),
		),
		'… puts it in the trash from the list'                 => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->follow( "$known[path]wp-admin/edit.php?post_type=product", "post=$known[camera]", 'action=trash' );
			},
			'events' => array( array( 'product_deleted', array( 'product_id' => $of( 'camera' ), 'is_permanent' => false ) ) ),
		),
		'… and back'                                           => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->follow( "$known[path]wp-admin/edit.php?post_type=product&post_status=trash", "post=$known[camera]", 'action=untrash' );
			},
			'events' => array( array( 'product_restored', array( 'product_id' => $of( 'camera' ) ) ) ),
		),
		'an administrator adds a coupon on its page'           => array(
			'do'     => static function ( array $known ): array {
				return array( 'coupon' => ( new Woo_Admin() )->save( "$known[path]wp-admin/post-new.php?post_type=shop_coupon", array( 'post_title' => 'summer', 'discount_type' => 'percent', 'coupon_amount' => '15', 'publish' => 'Publish' ) ) );
			},
			'events' => array( array( 'coupon_created', array( 'coupon_id' => $of( 'coupon' ), 'code' => 'summer', 'amount' => '15', 'discount_type' => 'percent' ) ) ),
		),
		'… and changes it'                                     => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->save( "$known[path]wp-admin/post.php?post=$known[coupon]&action=edit", array( 'coupon_amount' => '20', 'save' => 'Update' ) );
			},
			'events' => array( array( 'coupon_updated', array( 'coupon_id' => $of( 'coupon' ), 'amount' => '20' ) ) ),
		),
		'… puts it in the trash, and back'                     => array(
			'do'        => static function ( array $known ): void {
				$admin = new Woo_Admin();
				$admin->follow( "$known[path]wp-admin/edit.php?post_type=shop_coupon", "post=$known[coupon]", 'action=trash' );
				$admin->follow( "$known[path]wp-admin/edit.php?post_type=shop_coupon&post_status=trash", "post=$known[coupon]", 'action=untrash' );
			},
			'events'    => array( array( 'coupon_deleted', array( 'coupon_id' => $of( 'coupon' ), 'is_permanent' => false ) ), array( 'coupon_restored', array( 'coupon_id' => $of( 'coupon' ), 'code' => 'summer' ) ) ),
		),
		'two orders are completed in the list of orders'       => array(
			'do'        => static function ( array $known ): void {
				( new Woo_Admin() )->in_orders( $known['path'], 'mark_completed', array( $known['block'], $known['rest'] ) );
			},
			// The cash of the first is there with it; the second was paid.
			'events'    => array( $status( 'processing', 'completed' ), $status( 'processing', 'completed' ), array( 'order_updated', array() ), array( 'order_updated', array() ), array( 'payment_received', array( 'order_id' => $of( 'block' ), 'amount' => '98.00' ) ) ),
			'any_order' => true,
		),
		'an order is put in the trash in the list of orders'   => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->in_orders( $known['path'], 'trash', array( $known['rest'] ) );
			},
			'events' => array( array( 'order_deleted', array( 'order_id' => $of( 'rest' ), 'is_permanent' => false ) ) ),
		),
		'… and comes back'                                     => array(
			'do'     => static function ( array $known ): void {
				( new Woo_Admin() )->in_orders( $known['path'], 'untrash', array( $known['rest'] ), true );
			},
			'events' => array( array( 'order_restored', array( 'order_id' => $of( 'rest' ) ) ) ),
		),
	),
);
