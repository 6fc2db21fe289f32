<?php
/**
 * A request of a site: dispatches an event if one is named, and prints, as JSON, the queries of
 * this plugin that its end made.
 */

define( 'SAVEQUERIES', true );
require __DIR__ . '/request.php';
$_SERVER['REQUEST_URI'] = $argv[1];
require getenv( 'WP_ROOT' ) . '/wp-load.php';

if ( '' !== ( $argv[2] ?? '' ) ) {
	network_webhooks_dispatch( $argv[2], array( 'number' => 1 ) );
}
register_shutdown_function(
	static function () {
		$queries = array_column( (array) $GLOBALS['wpdb']->queries, 0 );
		echo json_encode( array_values( array_filter( $queries, static fn( $query ) => str_contains( $query, 'network_webhooks_' ) ) ) );
	}
);
