<?php
/**
 * Runs an example of the documentation as a plugin, fires the hook that the examples are about, and
 * prints as JSON what was dispatched, what was said, and which events are listed.
 *
 *   example.php FILE
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Testing\Recorder;

define( 'NETWORK_WEBHOOKS_RECORD', true );

$example   = $argv[1];
$wp_filter = array(
	'muplugins_loaded' => array(
		10 => array(
			array(
				'function'      => static function () use ( $example ) {
					require $example;
				},
				'accepted_args' => 0,
			),
		),
	),
);

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$said = array();
add_filter(
	'doing_it_wrong_trigger_error',
	static function ( $trigger, $function, $message ) use ( &$said ) {
		$said[] = html_entity_decode( $message, ENT_QUOTES );
		return false;
	},
	10,
	3
);
set_error_handler(
	static function ( int $level, string $text, string $file, int $line ) use ( $example, &$said ) {
		if ( $file === $example ) {
			$said[] = "$text in line $line";
		}
		return false;
	}
);

// Never committed: the student is gone with this process.
$wpdb->query( 'START TRANSACTION' );
$wpdb->insert(
	$wpdb->users,
	array(
		'ID'            => 7,
		'user_login'    => 'jane',
		'user_nicename' => 'jane',
		'user_email'    => 'jane@example.com',
		'display_name'  => 'Jane Doe',
	)
);
do_action( 'academy_course_finished', 7, 12 );
$events = array_map( static fn( $event ) => array( $event->name, $event->category ), Plugin::instance()->catalogue()->all() );
echo json_encode(
	array(
		'data'   => array_map( static fn( $webhook ) => $webhook->data, Recorder::current()->webhooks() ),
		'faults' => array_map( static fn( $webhook ) => $webhook->faults(), Recorder::current()->webhooks() ),
		'said'   => $said,
		'events' => $events,
		'told'   => get_user_meta( 7, 'academy_told', true ),
	),
	JSON_THROW_ON_ERROR
);
$wpdb->query( 'ROLLBACK' );
