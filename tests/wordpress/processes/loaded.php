<?php
/**
 * Prints what a request costs in which nothing happens: the files of sources that it loads, and the queries that our
 * code makes, one a line.
 */

define( 'SAVEQUERIES', true );
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
do_action( 'template_redirect' );
foreach ( get_included_files() as $file ) {
	if ( str_contains( $file, '/includes/sources/' ) ) {
		echo basename( $file ), "\n";
	}
}
foreach ( $GLOBALS['wpdb']->queries as list( $query, , $callers ) ) {
	if ( str_contains( $callers, 'Network_Webhooks' ) ) {
		echo "query $query\n";
	}
}
