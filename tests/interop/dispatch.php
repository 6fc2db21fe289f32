<?php
/**
 * Publishes webhooks.json for an endpoint and dispatches what is hard to get right.
 *
 *   php dispatch.php ENDPOINT    prints the data of the events as JSON, by id
 */

$webhooks = str_replace( 'ENDPOINT', rtrim( $argv[1], '/' ), file_get_contents( __DIR__ . '/webhooks.json' ) );
webhooks_configure( json_decode( $webhooks, true ), 1 );

$site   = array(
	'site' => array(
		'id'  => 3,
		'url' => 'https://shop.example/ä b',
	),
);
$events = array(
	array( 'payment_received', array( 'total' => 49.0, 'rate' => 0.1, 'big' => PHP_INT_MAX, 'paid' => true, 'coupon' => null ) ),
	array( 'account_created', array( 'name' => 'Zoë "Ünïcode" \\ / <b>', 'text' => "line\nbreak\u{2028}\u{1f600}", 'empty' => '' ) ),
	array( 'order.created', array( 'items' => array( array( 'sku' => 'a' ), array() ), 'none' => new stdClass() ) ),
);
$data = array();
foreach ( $events as list( $name, $payload ) ) {
	$data[ webhooks_dispatch( $name, $payload, $site + array( 'source' => 'wöocommerce' ) ) ] = array(
		'type' => $name,
		'data' => $payload,
	);
}
echo json_encode( $data, JSON_PRESERVE_ZERO_FRACTION );
