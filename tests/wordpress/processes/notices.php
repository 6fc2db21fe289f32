<?php
/**
 * Prints the notices that an administrator sees: of Network Admin, or of the same database taken
 * as a single site.
 */

require __DIR__ . '/request.php';
define( 'WP_ADMIN', true );
if ( 'single' === $argv[1] ) {
	// The configuration leaves MULTISITE undefined then.
	define( 'NETWORK_IS_BEING_INSTALLED', true );
} else {
	define( 'WP_NETWORK_ADMIN', true );
}
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
if ( 'single' === $argv[1] ) {
	require WP_PLUGIN_DIR . '/network-webhooks/network-webhooks.php';
}
wp_set_current_user( 1 );
set_current_screen( 'single' === $argv[1] ? 'dashboard' : 'dashboard-network' );
do_action( 'single' === $argv[1] ? 'admin_notices' : 'network_admin_notices' );
echo "\nfunctions: ", function_exists( 'network_webhooks_dispatch' ) ? 'yes' : 'no', "\n";
