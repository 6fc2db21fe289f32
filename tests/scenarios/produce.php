<?php
/**
 * One of several processes that dispatch at a steady pace.
 *
 *   php produce.php COUNT MICROSECONDS_BETWEEN FILE_FOR_IDS
 *
 * Open loop: an event that took long does not push back the next ones.
 */

[ , $count, $between, $file ] = $argv;
$ids   = fopen( $file, 'w' );
$start = hrtime( true );
for ( $i = 0; $i < $count; $i++ ) {
	$wait = $start + $i * $between * 1000 - hrtime( true );
	if ( $wait > 0 ) {
		usleep( intdiv( $wait, 1000 ) );
	}
	$id = webhooks_dispatch( 'order.created', array( 'number' => $i, 'note' => str_repeat( 'x', 800 ) ) );
	fwrite( $ids, "$id\n" );
}
