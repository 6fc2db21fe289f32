<?php
/**
 * Of one run: up.sh fills in what stands between at signs.
 */

define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:@DIR@/mysql/s.sock' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
$table_prefix = 'wp_';

foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {
	define( $name . '_KEY', hash( 'sha256', $name . '@SALT@' ) );
	define( $name . '_SALT', hash( 'sha256', '@SALT@' . $name ) );
}

// Nothing leaves this machine.
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', 'localhost,127.0.0.1,nowhere.test,elsewhere.test' );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISABLE_WP_CRON', true );
define( 'FS_METHOD', 'direct' );

define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '@DIR@/log/wordpress.log' );

// network.php installs a single site first: the tables of a network come second.
if ( ! defined( 'NETWORK_IS_BEING_INSTALLED' ) ) {
	define( 'MULTISITE', true );
	define( 'SUBDOMAIN_INSTALL', '' !== '@SUBDOMAINS@' );
	// A second network, which a test makes, has a host of its own, by which WordPress looks for it.
	if ( 'second-network.localhost' !== strtok( $_SERVER['HTTP_HOST'] ?? '', ':' ) ) {
		define( 'DOMAIN_CURRENT_SITE', '@HOST@' );
		define( 'PATH_CURRENT_SITE', '/' );
		define( 'SITE_ID_CURRENT_SITE', 1 );
		define( 'BLOG_ID_CURRENT_SITE', 1 );
	}
	// A cookie can't be set for a domain with a port.
	define( 'COOKIE_DOMAIN', '' );
}

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
