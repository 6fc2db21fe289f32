<?php
/**
 * Dispatches so many events of a name, numbered from 1, and prints which copy of the plugin it is.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
ini_set( 'error_log', '/dev/null' );

for ( $number = 1; $number <= (int) $argv[2]; $number++ ) {
	network_webhooks_dispatch( $argv[1], array( 'number' => $number ) );
}

echo NETWORK_WEBHOOKS_FILE;
