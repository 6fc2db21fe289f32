<?php
/**
 * Reads or writes options of the plugin.
 *
 *   option.php get NAME…          prints them as JSON, as pages read them
 *   option.php undone NAME VALUE  writes one, as JSON, in a transaction, and ends in the middle of it
 *   option.php behind VALUE       has the object cache keep an older mark of the site's events
 */

use Network_Webhooks\Settings;

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

list( , $what, $name ) = $argv;
switch ( $what ) {
	case 'get':
		echo wp_json_encode( array_map( array( Settings::class, 'get' ), array_slice( $argv, 2 ) ) );
		break;
	case 'undone':
		$wpdb->query( 'START TRANSACTION' );
		Settings::set( $name, json_decode( $argv[3], true ) );
		break;
	case 'behind':
		wp_cache_set( 'alloptions', array( 'network_webhooks_seen' => $name ) + wp_load_alloptions(), 'options' );
		break;
}
