<?php
/**
 * Plugin Name:       Network Webhooks
 * Description:       Sends what happens on the network – payments, accounts, and what other plugins announce – to webhooks, signed, retried and logged, without slowing down a single request.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      8.1
 * Network:           true
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       network-webhooks
 * Domain Path:       /languages
 *
 * This file and class-environment.php keep to a syntax that PHP 5.6 reads, so that an old server
 * gets a sentence and not a parse error.
 *
 * @package Network_Webhooks
 */

defined( 'ABSPATH' ) || exit;

// A second copy, such as one in mu-plugins, stays silent.
if ( defined( 'NETWORK_WEBHOOKS_FILE' ) ) {
	return;
}

define( 'NETWORK_WEBHOOKS_FILE', __FILE__ );
define( 'NETWORK_WEBHOOKS_VERSION', '0.1.0' );

require_once __DIR__ . '/includes/server/class-environment.php';

Network_Webhooks\Environment::add_texts();

if ( ! Network_Webhooks\Environment::is_fit() ) {
	Network_Webhooks\Environment::add_notice();
	return;
}

require_once __DIR__ . '/includes/autoload.php';
require_once __DIR__ . '/includes/api.php';

// Nothing that is sent to the test inbox may become an event, or be anything else to this network.
if ( Network_Webhooks\Inbox\Receiver::is_asked() ) {
	Network_Webhooks\Inbox\Receiver::add_hooks();
	return;
}

Network_Webhooks\Plugin::instance()->add_hooks();
