<?php
/**
 * Adds a webhook to the network for the benchmark's event, as the form does, and prints its secret.
 *
 *   php subscribe.php URL
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Webhook;

$_SERVER['HTTP_HOST']   = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI'] = '/';

require getenv( 'WP_ROOT' ) . '/wp-load.php';

$webhook = Webhook::create( 'Bench', $argv[1], 'bench' );
Plugin::instance()->publisher()->change( static fn() => Plugin::instance()->webhooks()->save( $webhook ) );
if ( ! webhooks_has_subscribers( 'bench' ) ) {
	fwrite( STDERR, "The webhook was not published.\n" );
	exit( 1 );
}
echo $webhook->secret();
