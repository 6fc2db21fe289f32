<?php
/**
 * Loads a real WordPress network, with the plugin network-activated:
 *
 *   tests/network/with.sh phpunit --configuration tests/wordpress
 */

foreach ( array( 'WP_ROOT', 'WP_URL', 'WP_HOST', 'ADMIN_USER', 'ADMIN_PASSWORD' ) as $name ) {
	if ( false === getenv( $name ) ) {
		fwrite( STDERR, "$name is not in the environment. Run: tests/network/with.sh phpunit --configuration tests/wordpress\n" );
		exit( 1 );
	}
}

// Under PHPUnit events are recorded: here they go all their way.
define( 'NETWORK_WEBHOOKS_RECORD', false );

// PHPUnit loads this file in a function; WordPress expects to be loaded outside of any.
global $wpdb, $wp_rewrite, $wp, $current_site, $current_blog, $shortcode_tags, $wp_theme_directories, $table_prefix;

require __DIR__ . '/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/admin.php';

// Without a plugin its hooks are not added, and its stand-ins here are no plugins.
foreach ( require WP_PLUGIN_DIR . '/network-webhooks/includes/sources/hooks.php' as $source => $hooks ) {
	if ( isset( $hooks['plugin'] ) ) {
		Network_Webhooks\Plugin::instance()->sources()->get( $source );
	}
}

// There is no mail server, and nobody to write to.
add_filter( 'pre_wp_mail', '__return_true' );

require __DIR__ . '/class-endpoint.php';
require __DIR__ . '/class-own-server.php';
require __DIR__ . '/class-browser.php';
require __DIR__ . '/class-webhook-form.php';
require __DIR__ . '/class-schema-check.php';
require __DIR__ . '/class-service-schema.php';
require __DIR__ . '/class-plugin-texts.php';
require __DIR__ . '/class-translation.php';
require __DIR__ . '/trait-other-language.php';
require __DIR__ . '/class-network-test-case.php';
require __DIR__ . '/class-admin-pages-test-case.php';
require __DIR__ . '/class-capture-test-case.php';
