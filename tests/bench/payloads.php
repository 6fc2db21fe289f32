<?php
/**
 * The payloads that are encoded, from 490 bytes to a megabyte, always the same.
 */

/** @return array<string, mixed> name => value */
function payloads(): array {
	// Numbers without a pattern, the same ones in every run.
	$state  = 7;
	$number = static function ( int $from, int $to ) use ( &$state ): int {
		$state = ( $state * 1_103_515_245 + 12_345 ) & 0x7fffffff;
		return $from + ( $state >> 8 ) % ( $to - $from + 1 );
	};
	$words = array( 'Premium', 'plan', 'Größe', 'widget', 'blue', 'large', 'T-Shirt', 'set of', 'annual', 'support' );
	$name  = static fn( int $length ) => implode( ' ', array_map( static fn() => $words[ $number( 0, 9 ) ], range( 1, $length ) ) );

	$event = array(
		'order_id'   => 90_210,
		'status'     => 'completed',
		'currency'   => 'EUR',
		'total'      => '149.90',
		'customer'   => array(
			'id'      => 42,
			'email'   => 'jane.doe@example.com',
			'name'    => 'Jane Doe',
			'country' => 'DE',
		),
		'items'      => array(
			array(
				'sku'      => 'TS-BLUE-L',
				'quantity' => 2,
				'price'    => '49.95',
			),
			array(
				'sku'      => 'MUG-01',
				'quantity' => 1,
				'price'    => '50.00',
			),
		),
		'created_at' => '2026-11-20T10:00:00Z',
		'note'       => 'Please ring twice, the bell is broken; leave it with our neighbours, if nobody is at home.',
		'is_paid'    => true,
		'coupon'     => null,
		'url'        => 'https://shop.example/order/90210?key=wc_order_a1b2c3',
	);

	$order = array( 'id' => 7_120, 'meta' => array() ) + $event;
	for ( $i = 0; $i < 36; $i++ ) {
		$order['lines'][] = array(
			'id'        => 10_000 + $i,
			'name'      => $name( 3 ),
			'sku'       => strtoupper( bin2hex( pack( 'N', $number( 0, 8_000_000 ) ) ) ),
			'quantity'  => $number( 1, 9 ),
			'total'     => number_format( $number( 100, 99_999 ) / 100, 2, '.', '' ),
			'tax_class' => '',
			'variation' => array(
				'color'  => 'blue',
				'weight' => $number( 1, 99 ) / 4,
			),
			'image'     => 'https://shop.example/wp-content/uploads/2026/11/' . $number( 1000, 9999 ) . '.jpg',
			'is_gift'   => (bool) $number( 0, 1 ),
			'parent'    => null,
		);
	}

	$text = '';
	while ( strlen( $text ) < 100_000 ) {
		for ( $i = 0; $i < 60; $i++ ) {
			$text .= html_entity_decode( '&#' . ( $number( 0, 1 ) ? $number( 0x430, 0x44f ) : $number( 0x4e00, 0x9fff ) ) . ';' );
		}
		$text .= $number( 0, 9 ) ? ' ' : "\n";
	}

	$rows = array();
	for ( $i = 0; $i < 5_200; $i++ ) {
		$rows[] = array(
			'id'      => $i,
			'email'   => "user$i@example.com",
			'name'    => $name( 2 ),
			'active'  => 0 === $i % 3,
			'points'  => $number( 0, 1_000_000 ),
			'joined'  => '2026-' . sprintf( '%02d-%02d', $number( 1, 12 ), $number( 1, 28 ) ) . ' 12:00:00',
			'comment' => "He said \"yes\"\nand left.",
			'site'    => 'https://network.example/site-' . ( $i % 97 ) . '/',
		);
	}

	$floats = array();
	for ( $i = 0; $i < 2_000; $i++ ) {
		$floats[] = array( $number( 0, 8_000_000 ) / 8_000_001, $number( 1, 99_999 ) / 100, $number( 0, 8_000_000 ) * 1.5e12, -$number( 0, 8_000_000 ) / 7.0 );
	}

	return array(
		'event of 490 bytes'  => $event,
		'payment'             => payment(),
		'order of 10 kB'      => $order,
		'100 kB of Cyrillic and CJK text' => array( 'title' => 'Привет', 'content' => $text ),
		'1 MB list of rows'   => $rows,
		'floats'              => $floats,
	);
}
