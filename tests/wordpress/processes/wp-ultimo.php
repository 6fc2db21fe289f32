<?php
/**
 * A process in which WP Ultimo of the version given runs, and receives a payment. Prints whether
 * anybody listens to its hook.
 */

require __DIR__ . '/request.php';
define( 'TESTED_VERSION', $argv[1] );

/** The main class, as both versions have it. */
final class WP_Ultimo {
	public $version = TESTED_VERSION;
}

/** The settings of version 1. */
final class WU_Settings {
	public static function get_setting( string $name ) {
		return 'currency' === $name ? 'EUR' : false;
	}
}

require getenv( 'WP_ROOT' ) . '/wp-load.php';

echo has_action( 'wp_ultimo_payment_completed' ) ? 'yes' : 'no';
do_action( 'wp_ultimo_payment_completed', 1, 'stripe', 49.9, 0 );
