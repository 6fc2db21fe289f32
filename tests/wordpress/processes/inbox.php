<?php
/**
 * Whether the test inbox takes requests, what the worker is told, and what the page says, as JSON.
 */

use Network_Webhooks\Inbox\Inbox;

define( 'WP_ADMIN', true );
define( 'WP_NETWORK_ADMIN', true );
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/admin.php';

wp_set_current_user( 1 );
ob_start();
( new Network_Webhooks\Admin\Inbox\Inbox_Page( Network_Webhooks\Plugin::instance() ) )->print();
$page = ob_get_clean();
echo wp_json_encode(
	array(
		'open'   => Inbox::find()?->is_open(),
		'exempt' => Inbox::exempt_url(),
		'says'   => array_values( array_filter( array( 'The test inbox is off', 'Turn On the Test Inbox Here', 'Make a Test Inbox', 'Address' ), static fn( string $text ) => str_contains( $page, $text ) ) ),
	)
);
