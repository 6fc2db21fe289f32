<?php
/**
 * Loads the WordPress network in WP_ROOT, where Network Webhooks is active, and this plugin from
 * the folder in which it is developed:
 *
 *   WP_ROOT=/path/to/wordpress WP_HOST=network.localhost phpunit
 *
 * @package Example_Courses
 */

if ( ! getenv( 'WP_ROOT' ) || ! getenv( 'WP_HOST' ) ) {
	fwrite( STDERR, "Say where WordPress is and how it is called: WP_ROOT=/path/to/wordpress WP_HOST=network.localhost phpunit\n" );
	exit( 1 );
}

$_SERVER['HTTP_HOST']       = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REMOTE_ADDR']     = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';

// PHPUnit loads this file in a function; WordPress expects to be loaded outside of any.
global $wpdb, $wp_rewrite, $wp, $current_site, $current_blog, $shortcode_tags, $wp_theme_directories, $table_prefix, $wp_filter;

// What add_action( 'muplugins_loaded', … ) does, once there is one.
$wp_filter['muplugins_loaded'][10][] = array(
	'function'      => static function (): void {
		require_once dirname( __DIR__ ) . '/example-courses.php';
	},
	'accepted_args' => 0,
);

require getenv( 'WP_ROOT' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/ms.php';
require_once ABSPATH . 'wp-admin/includes/user.php';
