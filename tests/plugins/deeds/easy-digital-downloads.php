<?php
/**
 * What people do in a shop of Easy Digital Downloads, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-edd-shop.php';

$of = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];

return array(
	'plugins' => array( 'easy-digital-downloads/easy-digital-downloads.php' => false ),
	'sources' => array( 'easy-digital-downloads' ),
	'setup'   => static fn( array $known ): array => Edd_Shop::set_up(),
	'deeds'   => array(
		'somebody orders, and pays later' => array(
			'do'     => static fn( array $known ): array => array( 'order' => Edd_Shop::order( $known, 'pending' ) ),
			'events' => array( array( 'order_created', array( 'amount' => '49.00', 'status' => 'pending', 'items.0.product_id' => $of( 'product' ), 'trigger' => 'order_created' ) ), array( 'shop_customer_created', array( 'email' => 'jane@example.com' ) ) ),
			'any_order' => true,
		),
		'it is paid' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( edd_update_order_status( $known['order'], 'complete' ) );
			},
			'events' => array( array( 'order_status_changed', array( 'old_status' => 'pending', 'status' => 'complete' ) ), array( 'payment_received', array( 'amount' => '49.00', 'amount_minor' => 4900, 'order_id' => $of( 'order' ) ) ) ),
			'any_order' => true,
		),
		'an order that is complete when it is made' => array(
			'do'     => static fn( array $known ): array => array( 'whole' => Edd_Shop::order( $known, 'complete', 2 ) ),
			'events' => array( array( 'order_created', array( 'amount' => '98.00', 'items.0.quantity' => 2 ) ), array( 'payment_received', array( 'amount' => '98.00' ) ) ),
			'any_order' => true,
		),
		'it is refunded, all of it' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( edd_refund_order( $known['whole'] ) );
			},
			'events' => array( array( 'order_status_changed', array( 'status' => 'refunded' ) ), array( 'refund_issued', array( 'refund' => '98.00', 'is_whole' => true, 'order_id' => $of( 'whole' ) ) ) ),
			'any_order' => true,
		),
		'a part of an order is refunded' => array(
			'do'     => static function ( array $known ): void {
				$item = edd_get_order( $known['order'] )->get_items()[0];
				Deed::must( edd_refund_order( $known['order'], array( array( 'order_item_id' => $item->id, 'quantity' => 1, 'subtotal' => 9.29 ) ), array() ) );
			},
			'events' => array( array( 'order_status_changed', array() ), array( 'refund_issued', array( 'refund' => '9.29', 'is_whole' => false ) ) ),
			'any_order' => true,
		),
		'a payment fails' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( edd_update_order_status( Edd_Shop::order( $known, 'pending' ), 'failed' ) );
			},
			'events' => array( array( 'order_created', array() ), array( 'order_status_changed', array( 'old_status' => 'pending', 'status' => 'failed' ) ), array( 'payment_failed', array( 'amount' => '49.00' ) ) ),
		),
		'a guest buys on the page of the checkout' => array(
			'do'     => static fn( array $known ): array => array( 'bought' => Edd_Shop::check_out( $known ) ),
			'events' => array(
				array( 'shop_customer_created', array( 'email' => 'joan@example.com' ) ),
				array( 'order_created', array( 'order_id' => $of( 'bought' ), 'amount' => '49.00', 'customer.email' => 'joan@example.com' ) ),
				array( 'order_status_changed', array( 'old_status' => 'pending', 'status' => 'complete' ) ),
				array( 'payment_received', array( 'order_id' => $of( 'bought' ), 'amount' => '49.00' ) ),
			),
			'any_order' => true,
		),
		'an administrator gives a part back in the window of the order' => array(
			'do'     => static fn( array $known ) => Edd_Shop::refund_in_window( $known, $known['bought'], '9.29' ),
			'events' => array( array( 'order_status_changed', array( 'status' => 'partially_refunded' ) ), array( 'refund_issued', array( 'refund' => '9.29', 'is_whole' => false, 'order_id' => $of( 'bought' ) ) ) ),
			'any_order' => true,
		),
	),
);
