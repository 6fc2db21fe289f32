<?php
/**
 * Installs a WordPress network into an empty database and activates the plugin for all of it.
 *
 * Run by up.sh, with the run's `env` in the environment.
 */

function setting( string $name ): string {
	$value = getenv( $name );
	if ( false === $value ) {
		fwrite( STDERR, "$name is not in the environment.\n" );
		exit( 1 );
	}
	return $value;
}

$host = setting( 'WP_HOST' );

$_SERVER['HTTP_HOST']       = $host;
$_SERVER['SERVER_NAME']     = $host;
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REMOTE_ADDR']     = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';

define( 'NETWORK_IS_BEING_INSTALLED', true );
define( 'WP_INSTALLING', true );
define( 'WP_SITEURL', setting( 'WP_URL' ) );
define( 'WP_HOME', setting( 'WP_URL' ) );

// There is no mail server, and nobody to write to.
function wp_mail(): bool {
	return true;
}

require setting( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

// Neither the new site nor a wildcard record can be asked for anything yet.
add_filter(
	'pre_http_request',
	static function () {
		return new WP_Error( 'not_yet', 'The network is being installed.' );
	}
);

foreach ( $wpdb->tables( 'ms_global' ) as $table => $name ) {
	$wpdb->$table = $name;
}

wp_install( 'Network', setting( 'ADMIN_USER' ), 'admin@network.example', true, '', wp_slash( setting( 'ADMIN_PASSWORD' ) ), 'en_US' );
install_network();
$populated = populate_network( 1, $host, 'admin@network.example', 'Network', '/', '' !== setting( 'WP_SUBDOMAINS' ) );
if ( is_wp_error( $populated ) && array( 'no_wildcard_dns' ) !== $populated->get_error_codes() ) {
	fwrite( STDERR, implode( "\n", $populated->get_error_messages() ) . "\n" );
	exit( 1 );
}

update_option( 'show_avatars', 0 );
update_option( 'permalink_structure', '/%postname%/' );
if ( is_dir( WP_PLUGIN_DIR . '/network-webhooks' ) ) {
	// update_site_option() would write an option of the single site that this process still is.
	$active = serialize( array( 'network-webhooks/network-webhooks.php' => time() ) );
	$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => $active ), array( 'meta_key' => 'active_sitewide_plugins' ) );
}
