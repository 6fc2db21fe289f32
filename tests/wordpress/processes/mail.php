<?php
/**
 * Sends the mail that is due, as WP-Cron does, and prints it in place of sending it.
 */

use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Mail;
use Network_Webhooks\Plugin;

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

add_filter(
	'pre_wp_mail',
	static function ( $sent, array $mail ): bool {
		echo $mail['subject'], "\n", $mail['message'];
		return true;
	},
	10,
	2
);
( new Mail( new Announcement_Store(), Plugin::instance()->webhooks() ) )->send();
