<?php
/**
 * Does something on the network that the example plugin is tested on.
 *
 *   network.php subscribe   stores a webhook that gets every event; it is paused: they are kept
 *   network.php count       says how many events it got, or wait in the outbox
 *   network.php without     finishes a course while Network Webhooks is not loaded
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Schema;
use Network_Webhooks\Webhook;

if ( 'without' === $argv[1] ) {
	require __DIR__ . '/../wordpress/processes/without-plugin.php';
}
require __DIR__ . '/../wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

if ( 'subscribe' === $argv[1] ) {
	$webhook = Webhook::create( 'All', 'https://endpoint.example/', '*' )->with_paused( true );
	Plugin::instance()->publisher()->change( fn() => Plugin::instance()->webhooks()->save( $webhook ) );
	exit( webhooks_has_subscribers( 'course_finished' ) ? 0 : 1 );
}

if ( 'count' === $argv[1] ) {
	$last = network_webhooks_dispatch( 'test.last', array() );
	if ( null === $last || null === webhooks_wait( $last, 30 ) ) {
		exit( 'The last event did not come.' );
	}
	$events = array_diff( array_column( webhooks_deliveries( array( 'limit' => 200 ) )['deliveries'], 'event' ), array( 'test.last' ) );
	printf( '%d events', count( $events ) + (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::outbox() ) );
}

if ( 'without' === $argv[1] ) {
	set_error_handler(
		static function ( $level, $text ) {
			exit( $text );
		}
	);
	require __DIR__ . '/../../docs/example-plugin/example-courses.php';
	$course = wp_insert_post( array( 'post_type' => 'example_course', 'post_title' => 'Bread' ) );
	update_post_meta( $course, Example_Courses\Courses::LESSONS, 1 );
	Example_Courses\Courses::finish_lesson( 1, $course, 1 );
	exit( sprintf( 'finished %d course, %s an error', did_action( 'example_courses_finished' ), function_exists( 'network_webhooks_dispatch' ) ? 'with' : 'without' ) );
}
