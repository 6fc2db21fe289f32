<?php
/**
 * So many failed logins, so many microseconds apart; prints {"took": [ns…], "queries": number}.
 */

require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

[ , $count, $between ] = $argv;

$error  = new WP_Error( 'invalid_username', 'No such user.' );
$took   = array();
$before = $wpdb->num_queries;
$start  = hrtime( true );
for ( $i = 0; $i < $count; $i++ ) {
	$wait = $start + $i * $between * 1000 - hrtime( true );
	if ( $wait > 0 ) {
		usleep( intdiv( $wait, 1000 ) );
	}
	$now = hrtime( true );
	do_action( 'wp_login_failed', "guess$i", $error );
	$took[] = hrtime( true ) - $now;
}
echo json_encode(
	array(
		'took'    => $took,
		'queries' => $wpdb->num_queries - $before,
	)
);
