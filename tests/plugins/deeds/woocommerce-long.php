<?php
/**
 * Imports: a process that goes on for long, and one that ends with a fatal error.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';

$of = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];

return array(
	'plugins' => array( 'woocommerce/woocommerce.php' => false ),
	'sources' => array( 'woocommerce' ),
	'setup'   => static fn( array $known ): array => Woo_Shop::set_up( true ),
	'deeds'   => array(
		'an import goes on, and its first order comes while it does' => array(
			'do'     => static function ( array $known ): array {
				$order    = Woo_Shop::order( array( $known['product'] => 2 ), 'pending', 'bacs' );
				$deadline = time() + 120;
				$came     = static fn(): bool => str_contains( file_get_contents( getenv( 'RECEIVED' ) ), "\\\"order_id\\\":{$order->get_id()}," );
				// As an import does, it goes on with the next ones; here with what they cost.
				for ( $number = 0; ! $came(); $number++ ) {
					if ( time() > $deadline ) {
						throw new RuntimeException( 'It did not come while the import went on.' );
					}
					update_post_meta( $known['product'], '_cost', (string) $number );
				}
				return array( 'long' => $order->get_id() );
			},
			'events' => array( array( 'order_created', array( 'order_id' => $of( 'long' ), 'amount' => '98.00', 'items.0.quantity' => 2 ) ) ),
		),
		'an import ends with a fatal error, after an order was filled' => array(
			'do'     => static function ( array $known ): array {
				Woo_Shop::order( array( $known['product'] => 3 ), 'pending', 'bacs' );
				// More than there is, in one piece: nothing catches that.
				return array( str_repeat( 'x', PHP_INT_MAX >> 20 ) );
			},
			'dies'   => true,
			'events' => array( array( 'order_created', array( 'amount' => '147.00', 'items.0.quantity' => 3 ) ) ),
		),
		'an import ends with a fatal error inside the first save of an order' => array(
			'do'     => static function ( array $known ): array {
				add_action( 'woocommerce_new_order', static fn() => str_repeat( 'x', PHP_INT_MAX >> 20 ), PHP_INT_MAX );
				Woo_Shop::order( array( $known['product'] => 1 ) );
				return array();
			},
			'dies'   => true,
			// It has what was saved of it: nothing in it yet.
			'events' => array( array( 'order_created', array( 'amount' => '0.00', 'status' => 'pending', 'items' => array() ) ) ),
		),
	),
);
