<?php
/**
 * Uninstalls the plugin as WordPress does: with the plugin's own code not loaded.
 */

require __DIR__ . '/request.php';
require __DIR__ . '/without-plugin.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

if ( defined( 'NETWORK_WEBHOOKS_FILE' ) ) {
	echo 'The plugin was loaded.';
	exit( 1 );
}
define( 'WP_UNINSTALL_PLUGIN', 'network-webhooks/network-webhooks.php' );
require WP_PLUGIN_DIR . '/network-webhooks/uninstall.php';
