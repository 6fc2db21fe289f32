<?php
/**
 * Plugin Name: Lesson
 *
 * A plugin of another author: registers an event, and dispatches it when a visitor asks for it.
 */

add_action(
	'network_webhooks_register_events',
	static function () {
		network_webhooks_register_event(
			array(
				'slug'        => 'lesson_finished',
				'name'        => static fn() => __( 'Lesson Finished' ),
				'description' => 'A student finished a lesson.',
				'category'    => 'education',
				'example'     => array( 'lesson' => array( 'id' => 7 ) ),
				'lookup'      => array( 'lesson.id' ),
				'source'      => 'lesson',
			)
		);
	}
);

add_action(
	'init',
	static function () {
		if ( isset( $_GET['finish'] ) ) {
			do_action( 'network_webhooks_dispatch', 'lesson_finished', array( 'lesson' => array( 'id' => (int) $_GET['finish'] ) ), array( 'source' => 'lesson' ) );
		}
	}
);
