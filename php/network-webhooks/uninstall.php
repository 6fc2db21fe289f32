<?php
/**
 * Removes everything, if that was ticked on the Webhooks page.
 *
 * @package Network_Webhooks
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

if ( ! defined( 'NETWORK_WEBHOOKS_FILE' ) ) {
	define( 'NETWORK_WEBHOOKS_FILE', __DIR__ . '/network-webhooks.php' );
}

require_once __DIR__ . '/includes/server/class-environment.php';

if ( Network_Webhooks\Environment::is_fit() ) {
	require_once __DIR__ . '/includes/autoload.php';
	( new Network_Webhooks\Uninstaller( Network_Webhooks\Plugin::instance()->publisher() ) )->run();
}
