<?php
/**
 * Dispatches payments: php flood.php EVENT COUNT EVERY_NS FILE
 *
 * Open loop, one each EVERY_NS nanoseconds; 0: as fast as it goes. FILE gets a line for each: its id, when the call
 * returned, and how long it took (hrtime).
 */

[ , $event, $count, $every, $file ] = $argv;
$payload = json_decode( file_get_contents( __DIR__ . '/payment.json' ), true );
$lines   = array();
$start   = hrtime( true );
for ( $i = 0; $i < (int) $count; $i++ ) {
	$wait = $start + $i * (int) $every - hrtime( true );
	if ( (int) $every > 0 && $wait > 0 ) {
		usleep( intdiv( $wait, 1000 ) );
	}
	$before  = hrtime( true );
	$id      = webhooks_dispatch( $event, $payload );
	$after   = hrtime( true );
	$lines[] = "$id $after " . ( $after - $before );
}
file_put_contents( $file, implode( "\n", $lines ) . "\n" );
