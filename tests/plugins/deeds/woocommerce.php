<?php
/**
 * What people do in a shop of WooCommerce, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';

$paid = array(
	'amount'       => '49.00',
	'amount_minor' => 4900,
	'status'       => 'processing',
);

return array(
	'plugins' => array( 'woocommerce/woocommerce.php' => false ),
	'sources' => array( 'woocommerce' ),
	'setup'   => static fn( array $known ): array => Woo_Shop::set_up( true ),
	'deeds'   => array(
		'a guest orders in the classic checkout, by bank transfer' => array(
			'do'     => static fn( array $known ): array => array( 'transfer' => Woo_Shop::check_out( $known, 'bacs' ) ),
			'events' => array(
				array( 'order_created', array( 'amount' => '49.00', 'items.0.product_id' => static fn( $known ) => $known['product'], 'items.0.quantity' => 1, 'customer.email' => 'jane@example.com', 'paid_at' => null ) ),
				array( 'order_status_changed', array( 'old_status' => 'pending', 'status' => 'on-hold' ) ),
			),
		),
	),
);
