<?php
/**
 * Calls the API wrongly in every way while every error becomes an exception, as some development
 * tools make it; prints how many calls came back.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
ini_set( 'error_log', '/dev/null' );

$thrown = 0;
set_error_handler(
	static function ( $level, $text ) use ( &$thrown ) {
		++$thrown;
		throw new ErrorException( $text );
	}
);
$back = 0;
foreach ( array( 'UPPER', null, 7, array(), 'lesson_finished' ) as $event ) {
	foreach ( array( 'text', null, new stdClass(), array() ) as $data ) {
		foreach ( array( 'text', array( 'colour' => 'red' ), array( 'delay' => 'soon' ) ) as $options ) {
			network_webhooks_dispatch( $event, $data, $options );
			do_action( 'network_webhooks_dispatch', $event, $data, $options );
			++$back;
		}
	}
	network_webhooks_register_event( $event );
	network_webhooks_register_event( array( 'slug' => $event, 'name' => array(), 'colour' => 'red' ) );
}
echo "$back calls, ", $thrown > $back ? 'each said' : "$thrown said";
