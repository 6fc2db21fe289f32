<?php
/**
 * How long an exact search takes in the log of fill-store.sql: `php searches.php DELIVERIES`.
 *
 * 1,000 of each kind, spread over the whole log, each asked once.
 */

require __DIR__ . '/percentile.php';

const LIMIT_MS = 50;

$count  = (int) $argv[1];
// Not the oldest, which the worker removes by and by.
$steps  = array_map( static fn( int $step ) => intdiv( $count, 10 ) + $step * intdiv( $count, 1112 ), range( 0, 999 ) );
$ids    = array_map( static fn( int $number ) => webhooks_deliveries( array( 'search' => "order-$number" ) )['deliveries'][0]['event_id'], $steps );
$kinds  = array(
	'order number'   => array_map( static fn( int $number ) => 'order-' . ( $number + 1 ), $steps ),
	'email address' => array_map( static fn( int $number ) => 'customer' . ( $number % 100000 ) . '@network.example', $steps ),
	'event id'       => $ids,
	'nothing'        => array_map( static fn( int $number ) => "no-such-$number", $steps ),
);
$failed = 0;
printf( "%-14s %8s %8s   of a search among %s deliveries, ms\n", 'search', 'p50', 'p99', number_format( $count ) );
foreach ( $kinds as $kind => $texts ) {
	$times = array();
	foreach ( $texts as $text ) {
		$start   = hrtime( true );
		$found   = webhooks_deliveries( array( 'search' => $text, 'limit' => 50 ) )['deliveries'];
		$times[] = hrtime( true ) - $start;
		if ( ( 'nothing' === $kind ) !== ( array() === $found ) ) {
			fwrite( STDERR, "FAIL $text " . ( $found ? 'was found' : 'was not found' ) . "\n" );
			exit( 1 );
		}
	}
	$p99    = percentile( $times, 99 ) / 1e6;
	$failed = $p99 > LIMIT_MS ? 1 : $failed;
	printf( "%-14s %8.2f %8.2f\n", $kind, percentile( $times, 50 ) / 1e6, $p99 );
}
exit( $failed );
