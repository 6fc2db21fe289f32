<?php
/**
 * Collects announcements, and prints how many it told.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$told = 0;
add_action(
	'network_webhooks_announcement',
	static function () use ( &$told ) {
		++$told;
	}
);
$deadline = microtime( true ) + 5;
do {
	( new Network_Webhooks\Announcements\Collector( new Network_Webhooks\Announcements\Announcement_Store() ) )->collect();
	wp_cache_flush();
	usleep( 20000 );
	$known = get_network_option( null, Network_Webhooks\Settings::ANNOUNCED );
} while ( microtime( true ) < $deadline && ( $known[ Network_Webhooks\Server::store() ] ?? 0 ) < webhooks_status()['store']['announcements'] );
echo $told;
