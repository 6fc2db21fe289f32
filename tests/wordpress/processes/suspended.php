<?php
/**
 * A request under the constant NETWORK_WEBHOOKS_SUSPEND (`constant` and its value in PHP), or one
 * that imports (`import`).
 */

if ( 'constant' === $argv[1] ) {
	define( 'NETWORK_WEBHOOKS_SUSPEND', 'true' === $argv[2] ? true : trim( $argv[2], '"' ) );
} else {
	define( 'WP_IMPORTING', true );
}
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

if ( 'constant' === $argv[1] ) {
	foreach ( array( 'payment_received', 'lesson_started', 'lesson_finished', 'course.began' ) as $event ) {
		network_webhooks_dispatch( $event, array() );
	}
	return;
}
$post = wp_insert_post(
	array(
		'post_title'  => 'Imported',
		'post_status' => 'publish',
	)
);
wp_insert_comment(
	array(
		'comment_post_ID'  => $post,
		'comment_content'  => 'Imported',
		'comment_approved' => 1,
	)
);
network_webhooks_dispatch( 'payment_received', array() );
wp_trash_post( $post );
wp_delete_post( $post, true );
