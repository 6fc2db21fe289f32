<?php
/**
 * Says whether this process can read the secret of a webhook, and publishes. With a second argument
 * it has that as NETWORK_WEBHOOKS_KEY; with a third one, other salts than wp-config.php.
 */

use Network_Webhooks\Plugin;

require __DIR__ . '/request.php';
if ( '' !== ( $argv[2] ?? '' ) ) {
	define( 'NETWORK_WEBHOOKS_KEY', $argv[2] );
}
require getenv( 'WP_ROOT' ) . '/wp-load.php';
if ( '' !== ( $argv[3] ?? '' ) ) {
	add_filter( 'salt', static fn() => $argv[3] );
}

$webhook = Plugin::instance()->webhooks()->find( $argv[1] );
echo json_encode( array( 'secret' => $webhook->secret(), 'lost' => $webhook->lost(), 'obstacle' => Plugin::instance()->publisher()->obstacle() ) );
Plugin::instance()->publisher()->publish();
