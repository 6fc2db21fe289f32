<?php
/**
 * Shows the front page, and prints the queries that it took, up to the end of `shutdown`.
 */

define( 'SAVEQUERIES', true );
define( 'WP_USE_THEMES', true );
require __DIR__ . '/request.php';
// The page itself is thrown away.
ob_start( static fn() => '' );
require getenv( 'WP_ROOT' ) . '/wp-blog-header.php';
do_action( 'shutdown' );
echo json_encode( array_column( $wpdb->queries, 0 ) );
