<?php
/**
 * Does all deeds of a run, compares what came to the endpoint with what each expects, prints both, and keeps
 * the trace.
 *
 * Run by one.sh, with the network and ENDPOINT_URL, RECEIVED (a line of JSON a request), LIVE (a line to read
 * a request) and TRACE (the hooks that were fired) in the environment.
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Webhook;

require __DIR__ . '/../wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
require __DIR__ . '/../wordpress/class-schema-check.php';
require __DIR__ . '/class-trace.php';
require __DIR__ . '/class-run.php';

$deeds           = require __DIR__ . "/deeds/$argv[1].php";
$row             = Webhook::create( 'Deeds', getenv( 'ENDPOINT_URL' ), '*' )->to_row();
// One after the other: the order in which things happened is the order in which they arrive.
$row['settings'] = wp_json_encode( array( 'ordered' => true ) + json_decode( $row['settings'], true ) );
$plugin          = Plugin::instance();
$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( Webhook::from_row( (object) $row ) ) );
if ( isset( $deeds['second'] ) ) {
	$row             = Webhook::create( 'Second', getenv( 'ENDPOINT_URL' ), 'deed.ended', ...$deeds['second']['events'] )->to_row();
	$row['settings'] = wp_json_encode( array( 'ordered' => true, 'format' => $deeds['second']['format'] ) + json_decode( $row['settings'], true ) );
	$second          = Webhook::from_row( (object) $row );
	$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( $second ) );
	putenv( 'SECOND_SECRET=' . $second->secrets()[0]['secret'] );
}

exit( ( new Run( $argv[1], $deeds ) )->run() ? 0 : 1 );
