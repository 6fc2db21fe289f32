<?php
/**
 * A request that dispatches an event and fires one of WordPress's own. Prints, as JSON, what of the
 * plugin it loaded, and the queries of this plugin, up to its end.
 *
 *   listening.php PATH
 */

define( 'SAVEQUERIES', true );
require __DIR__ . '/request.php';
$_SERVER['REQUEST_URI'] = $argv[1];
require getenv( 'WP_ROOT' ) . '/wp-load.php';
ini_set( 'error_log', '/dev/null' );

network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ), array( 'source' => 'process' ) );
do_action( 'wp_logout', 1 );
register_shutdown_function(
	static function () {
		$folder = dirname( NETWORK_WEBHOOKS_FILE ) . '/';
		echo json_encode(
			array(
				'files'   => array_map( static fn( $file ) => substr( $file, strlen( $folder ) ), array_values( array_filter( get_included_files(), static fn( $file ) => str_starts_with( $file, $folder ) ) ) ),
				'queries' => array_values( array_filter( array_column( $GLOBALS['wpdb']->queries, 0 ), static fn( $query ) => str_contains( $query, 'network_webhooks_' ) ) ),
			)
		);
	}
);
