<?php
/**
 * Does one step, in a process of its own as each is a request of its own, and remembers what the next ones need.
 *
 * php step.php WALK STEP MEMORY
 */

require __DIR__ . '/../wordpress/processes/request.php';
[ , $walk, $step, $memory ] = $argv;

if ( 'wp-ultimo' === $walk ) {
	/** The main class of version 1. */
	final class WP_Ultimo {
		public $version = '1.10.13';
	}

	/** Its settings. */
	final class WU_Settings {
		public static function get_setting( string $name ) {
			return 'currency' === $name ? 'EUR' : false;
		}
	}
}

require getenv( 'WP_ROOT' ) . '/wp-load.php';
// As if the plugin ran whose hooks are fired here.
Network_Webhooks\Plugin::instance()->sources()->get( Network_Webhooks\Sources\Source_Ultimate_Multisite::class );
require_once ABSPATH . 'wp-admin/includes/admin.php';
add_filter( 'pre_wp_mail', '__return_true' );

$known = (array) json_decode( (string) @file_get_contents( $memory ), true );
$steps = require __DIR__ . '/steps.php';
$added = $steps[ $walk ][ $step ]['do']( $known );
if ( is_wp_error( $added ) ) {
	fwrite( STDERR, implode( ' ', $added->get_error_messages() ) . "\n" );
	exit( 1 );
}
file_put_contents( $memory, json_encode( ( is_array( $added ) ? $added : array() ) + $known ) );
