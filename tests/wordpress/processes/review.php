<?php
/**
 * Looks at what is wrong with this server, and prints what it announces.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

add_action(
	'network_webhooks_announcement',
	static function ( $announcement ) {
		echo $announcement->code, ' ', $announcement->params['condition'], ' ', $announcement->text(), "\n";
	}
);
( new Network_Webhooks\Announcements\Health_Checks( new Network_Webhooks\Announcements\Collector( new Network_Webhooks\Announcements\Announcement_Store() ) ) )->review();
