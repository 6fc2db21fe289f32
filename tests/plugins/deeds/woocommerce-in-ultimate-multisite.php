<?php
/**
 * A shop of WooCommerce is the gateway of Ultimate Multisite: its order is paid, and the payment of the network with
 * it. One payment, in the words of the network.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';
require_once dirname( __DIR__ ) . '/class-wu-network.php';

$of = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];

// What a gateway does that has the shop take the money: at a hook before or after our own handler.
$pay = static fn( int $priority ): Closure => static function ( array $known ) use ( $priority ): array {
	$order   = Woo_Shop::order( array( $known['product'] => 1 ), 'pending', 'bacs' );
	$payment = Wu_Network::payment( $known, 'pending', 49.0, 'woocommerce' );
	return array(
		'order'    => $order->get_id(),
		'payment'  => $payment,
		'priority' => $priority,
	);
};

$paid = static function ( array $known ): void {
	add_action(
		'woocommerce_order_status_changed',
		static function ( $id, $from, $to ) use ( $known ): void {
			if ( 'completed' === $to ) {
				Wu_Network::receive( $known['payment'], (string) $id );
			}
		},
		$known['priority'],
		3
	);
	wc_get_order( $known['order'] )->payment_complete( 'ch_1' );
	$order = wc_get_order( $known['order'] );
	'completed' === $order->get_status() || $order->update_status( 'completed' );
};

$made = array( array( 'order_created', array() ), array( 'payment_created', array() ) );
$once = array(
	array( 'order_status_changed', array() ),
	array( 'order_status_changed', array() ),
	array( 'order_updated', array() ),
	array( 'payment_received', array( 'payment_status' => 'completed', 'payment_gateway' => 'woocommerce' ) ),
	array( 'payment_status_changed', array() ),
	array( 'payment_updated', array() ),
);

return array(
	'plugins' => array(
		'woocommerce/woocommerce.php'               => false,
		'ultimate-multisite/ultimate-multisite.php' => true,
	),
	'sources' => array( 'woocommerce', 'ultimate-multisite' ),
	'site'    => false,
	'prepare' => static fn() => update_network_option( null, 'wu_setup_finished', true ),
	'setup'   => static fn( array $known ): array => Woo_Shop::set_up( true ) + Wu_Network::set_up(),
	'deeds'   => array(
		'somebody has a membership'                                 => array(
			'do'        => static function ( array $known ): array {
				$known += array( 'customer' => Wu_Network::customer() );
				return array( 'membership' => Wu_Network::membership( $known ) ) + $known;
			},
			'events'    => array( array( 'account_created', array() ), array( 'customer_created', array() ), array( 'membership_created', array() ) ),
			'any_order' => true,
		),
		'an order is made for a payment of the network'             => array(
			'do'        => $pay( 10 ),
			'events'    => $made,
			'any_order' => true,
		),
		'the gateway acts before our handler'                       => array(
			'do'        => $paid,
			'events'    => $once,
			'any_order' => true,
		),
		'another order is made for another payment of the network' => array(
			'do'        => $pay( 200 ),
			'events'    => $made,
			'any_order' => true,
		),
		'the gateway acts after our handler'                        => array(
			'do'        => $paid,
			'events'    => $once,
			'any_order' => true,
		),
		'an order that is no payment of the network'                => array(
			'do'        => static function ( array $known ): void {
				wc_get_order( Woo_Shop::order( array( $known['product'] => 3 ), 'pending', 'bacs' )->get_id() )->payment_complete( 'ch_2' );
			},
			'events'    => array( array( 'order_created', array() ), array( 'order_status_changed', array() ), array( 'payment_received', array( 'amount' => '147.00' ) ) ),
			'any_order' => true,
		),
	),
);
