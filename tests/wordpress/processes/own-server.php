<?php
/**
 * What Own_Server runs: it does what each line of its input says, a command and what it is about, and
 * answers with a line.
 */

use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Plugin;
use Network_Webhooks\Settings;
use Network_Webhooks\Site_Health;

ini_set( 'display_errors', '0' );
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/admin.php';

if ( getenv( 'OWN_SALT' ) ) {
	add_filter( 'salt', static fn() => getenv( 'OWN_SALT' ) );
}

$mails = array();
add_filter(
	'pre_wp_mail',
	static function ( $sent, array $mail ) use ( &$mails ): bool {
		$mails[] = $mail;
		return true;
	},
	20,
	2
);

/**
 * What one sees of this server.
 */
function report( array $mails ): array {
	$plugin = Plugin::instance();
	$has    = extension_loaded( 'webhooks' );
	return array(
		'problems' => $has ? array_column( webhooks_status()['problems'], 'message', 'code' ) : array(),
		'now'      => Health_Checks::now(),
		'health'   => ( new Site_Health( $plugin->publisher(), $plugin->outbox(), $plugin->webhooks() ) )->test(),
		'mails'    => array_column( $mails, 'message' ),
		'worker'   => $has ? webhooks_status()['worker'] : array(),
	);
}

/**
 * Writes until nothing more can be written.
 */
function fill( string $file ): void {
	$handle = fopen( $file, 'w' );
	foreach ( array( 1 << 20, 4096, 1 ) as $size ) {
		while ( @fwrite( $handle, str_repeat( 'x', $size ) ) === $size ) {
			continue;
		}
	}
	@fclose( $handle );
}

for ( $line = fgets( STDIN ); false !== $line; $line = fgets( STDIN ) ) {
	[ $what, $about ] = json_decode( $line, true );
	wp_cache_flush();
	$answer = null;
	switch ( $what ) {
		case 'pass':
			// What WP-Cron does every five minutes.
			delete_network_option( get_main_network_id(), Settings::MAILED_AT );
			do_action( 'network_webhooks_wake' );
			$answer = report( $mails );
			break;
		case 'report and mail':
			// Of what publishing anew would mend.
			delete_network_option( get_main_network_id(), Settings::MAILED_AT );
			( new Network_Webhooks\Announcements\Health_Checks( new Network_Webhooks\Announcements\Collector( new Network_Webhooks\Announcements\Announcement_Store() ) ) )->review();
			( new Network_Webhooks\Announcements\Mail( new Network_Webhooks\Announcements\Announcement_Store(), Plugin::instance()->webhooks() ) )->send();
			$answer = report( $mails );
			break;
		case 'report':
			$answer = report( $mails );
			break;
		case 'dispatch':
			$answer = network_webhooks_dispatch( $about );
			break;
		case 'take in':
			// A worker that has taken something in has looked at the clock.
			$answer = null !== webhooks_wait( (string) network_webhooks_dispatch( $about ), 20 );
			break;
		case 'wake and report':
			webhooks_wake();
			$answer = report( $mails );
			break;
		case 'wake':
			$answer = webhooks_wake();
			break;
		case 'fill':
			fill( "$about/filler" );
			break;
		case 'fill with files':
			for ( $number = 0; @touch( "$about/file$number" ); $number++ ) {
				continue;
			}
			break;
	}
	echo wp_json_encode( $answer ), "\n";
}

// A worker of its own goes with its server.
$worker = extension_loaded( 'webhooks' ) && getenv( 'OWN_WORKER' ) ? webhooks_status()['worker']['pid'] : null;
if ( $worker ) {
	posix_kill( $worker, SIGKILL );
}
