<?php
/**
 * Makes the list of the sources' hooks from the sources, and docs/events.md and docs/asyncapi.json from
 * the catalogue, and tests/payloads/contract.json, in a network:
 *
 *   tests/network/with.sh php tests/asyncapi/make.php
 */

require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require __DIR__ . '/class-asyncapi.php';
require __DIR__ . '/class-event-reference.php';
require __DIR__ . '/class-hook-list.php';
require __DIR__ . '/class-payload-contract.php';

// The list first: of what is new in it the catalogue of this process knows nothing yet.
$list = new Hook_List();
if ( $list->is_old() ) {
	$list->write();
	passthru( PHP_BINARY . ' ' . escapeshellarg( __FILE__ ), $code );
	exit( $code );
}

$catalogue = Network_Webhooks\Plugin::instance()->catalogue();
$docs      = dirname( __DIR__, 2 ) . '/docs';
$files     = array(
	'events.md'     => ( new Event_Reference( $catalogue ) )->page(),
	'asyncapi.json' => ( new Asyncapi( $catalogue ) )->document(),
);
foreach ( $files as $name => $text ) {
	if ( strlen( $text ) !== file_put_contents( "$docs/$name", $text ) ) {
		fwrite( STDERR, "docs/$name could not be written.\n" );
		exit( 1 );
	}
	echo "docs/$name: ", count( $catalogue->built_in() ), " events\n";
}
( new Payload_Contract( $catalogue ) )->write();
