<?php
/**
 * A server whose log lies in the network's own database: it publishes, or dispatches and shows what
 * became of it.
 *
 *   network-database.php publish|dispatch WEBHOOK
 */

use Network_Webhooks\Plugin;

ini_set( 'display_errors', '0' );
require __DIR__ . '/request.php';
define( 'WP_NETWORK_ADMIN', true );
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/admin.php';
wp_set_current_user( get_user_by( 'login', getenv( 'ADMIN_USER' ) )->ID );

Plugin::instance()->publisher()->publish();
$spool = ini_get( 'webhooks.spool' );
$seen  = array(
	'config'        => json_decode( (string) file_get_contents( "$spool/config.json" ), true ),
	'subscriptions' => json_decode( (string) file_get_contents( "$spool/subscriptions.json" ), true ),
	'revision'      => webhooks_revision(),
);
if ( 'dispatch' === $argv[1] ) {
	$event    = (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => 'Algebra' ) );
	$delivery = ( webhooks_wait( $event, 60 ) ?? array() )[0] ?? array();
	$seen    += array(
		'delivery'    => array_diff_key( $delivery, array( 'body' => 1, 'attempts_made' => 1 ) ),
		'body'        => $delivery['body'] ?? '',
		'counted'     => webhooks_count( array( 'webhook_id' => $argv[2] ) ),
		'stats'       => webhooks_stats( array( 'webhook_ids' => array( $argv[2] ) ) )['webhooks'][ $argv[2] ],
		'problems'    => webhooks_status()['problems'],
	);
	$made = static fn() => (int) $wpdb->get_row( "SHOW GLOBAL STATUS LIKE 'Connections'" )->Value;
	$then = $made();
	ob_start();
	$_GET = $_REQUEST = array( 'page' => 'network-webhooks-deliveries', 'webhook' => $argv[2] );
	set_current_screen( 'webhooks_page_network-webhooks-deliveries-network' );
	$page = new Network_Webhooks\Admin\Deliveries\Deliveries_Page( Plugin::instance() );
	$page->load();
	$page->print();
	$seen['page']        = (string) ob_get_clean();
	$seen['connections'] = $made() - $then;
	$seen['tables']      = Network_Webhooks\Network_Database::tables();
}
echo wp_json_encode( $seen );

$worker = webhooks_status()['worker']['pid'];
if ( $worker ) {
	posix_kill( $worker, SIGTERM );
	for ( $tries = 0; $tries < 500 && webhooks_status()['worker']['running']; $tries++ ) {
		usleep( 20000 );
	}
}
