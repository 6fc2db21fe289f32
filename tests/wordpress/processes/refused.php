<?php
/**
 * Saves the webhook of a row given as JSON, and prints why it was refused.
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Webhook;

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$webhook = Webhook::from_row( json_decode( $argv[1] ) );
try {
	Plugin::instance()->publisher()->change( static fn() => Plugin::instance()->webhooks()->save( $webhook ) );
	echo 'It was saved.';
} catch ( Network_Webhooks\Refusal $error ) {
	echo $error->getMessage();
}
