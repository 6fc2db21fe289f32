<?php
/**
 * Every way into the plugin over HTTP, and whether its REST routes let a user in, as JSON:
 *
 *   doors.php USER
 */

define( 'WP_ADMIN', true );
define( 'WP_NETWORK_ADMIN', true );
define( 'DOING_AJAX', true );
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/admin.php';

wp_set_current_user( 1 );
do_action( 'network_admin_menu' );

$hooks = static fn( string $prefix ) => array_values(
	array_map(
		static fn( string $hook ) => substr( $hook, strlen( $prefix ) ),
		array_filter( array_keys( $GLOBALS['wp_filter'] ), static fn( $hook ) => str_starts_with( (string) $hook, "{$prefix}network_webhooks_" ) )
	)
);
$doors = array(
	'pages'   => array_column( $GLOBALS['submenu']['network-webhooks'], 2 ),
	'actions' => $hooks( 'network_admin_edit_' ),
	'ajax'    => $hooks( 'wp_ajax_' ),
	'open'    => array( ...$hooks( 'wp_ajax_nopriv_' ), ...$hooks( 'admin_post_nopriv_' ) ),
	'rest'    => array(),
);

wp_set_current_user( (int) $argv[1] );
foreach ( rest_get_server()->get_routes( 'network-webhooks/v1' ) as $route => $handlers ) {
	foreach ( $handlers as $handler ) {
		// The route that lists the routes is WordPress's own.
		if ( '/network-webhooks/v1' !== $route ) {
			$doors['rest'][ implode( '|', array_keys( $handler['methods'] ) ) . " $route" ] = true === call_user_func( $handler['permission_callback'], new WP_REST_Request() );
		}
	}
}
echo wp_json_encode( $doors );
