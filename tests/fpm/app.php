<?php
/**
 * What the tests ask of php-fpm: dispatches events, and answers with their ids.
 *
 * count: how many · spread: milliseconds between two · then: what to do after · sleep: seconds
 */

$ids = array();
for ( $i = 0; $i < (int) ( $_GET['count'] ?? 1 ); $i++ ) {
	$started = hrtime( true );
	$ids[]   = webhooks_dispatch( 'order.created', array( 'number' => $i, 'note' => str_repeat( 'x', (int) ( $_GET['size'] ?? 400 ) ) ) );
	$took[]  = hrtime( true ) - $started;
	usleep( 1000 * (int) ( $_GET['spread'] ?? 0 ) );
}
// The ids of a request that does not live to answer.
if ( isset( $_GET['note'] ) ) {
	file_put_contents( $_GET['note'], implode( "\n", $ids ) . "\n", FILE_APPEND | LOCK_EX );
}
if ( isset( $_GET['sleep'] ) ) {
	$until = hrtime( true ) + 1e9 * (float) $_GET['sleep'];
	while ( hrtime( true ) < $until ) {
		usleep( 10_000 );
	}
}
header( 'Content-Type: application/json' );
echo json_encode( array( 'ids' => $ids, 'pid' => getmypid(), 'took_ns' => $took ?? array() ) );
if ( isset( $_GET['after'] ) ) {
	fastcgi_finish_request();
	$ids = array( webhooks_dispatch( 'order.created', array( 'after' => true ) ) );
	file_put_contents( $_GET['after'], $ids[0] . "\n", FILE_APPEND | LOCK_EX );
}
