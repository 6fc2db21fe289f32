<?php
/**
 * Measures dispatching and json_encode() of the same payload, in turn, at a steady pace.
 *
 *   php measure.php COUNT MICROSECONDS_BETWEEN
 *
 * Prints {"dispatch": [ns…], "json_encode": [ns…], "ids": [id…]}.
 */

[ , $count, $between ] = $argv;

$payload = json_decode( file_get_contents( dirname( __DIR__ ) . '/payloads/ultimate-multisite-payment_received.json' ), true );
$flags   = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
$result  = array(
	'dispatch'    => array(),
	'json_encode' => array(),
	'ids'         => array(),
);
// The first one opens the segment, and may start a worker.
webhooks_dispatch( 'order.created', $payload );

$start = hrtime( true );
for ( $i = 0; $i < $count; $i++ ) {
	$wait = $start + $i * $between * 1000 - hrtime( true );
	if ( $wait > 0 ) {
		usleep( intdiv( $wait, 1000 ) );
	}
	$before = hrtime( true );
	$id     = webhooks_dispatch( 'order.created', $payload );
	$middle = hrtime( true );
	$json   = json_encode( $payload, $flags );
	$after  = hrtime( true );

	$result['dispatch'][]    = $middle - $before;
	$result['json_encode'][] = $after - $middle;
	$result['ids'][]         = $id;
}
echo json_encode( $result );
