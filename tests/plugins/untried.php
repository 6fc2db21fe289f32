<?php
/**
 * What could not be tried on the real plugin, and why: plugins that have to be bought, and what nothing raises. The
 * tests hold that every event of a plugin has a trace or stands here.
 *
 * Each: whose it is, why, and where that has events of the catalogue, their source and a pattern of their names.
 */

return array(
	array( 'WooCommerce Subscriptions', 'its events are written from its published hooks, and were never seen fired', 'woocommerce', 'subscription_*' ),
	array( 'LearnDash', 'its events are written from its published hooks, and were never seen fired', 'learndash', '*' ),
	array( 'Gravity Forms', 'ready custom events to pick, never seen fired' ),
	array( 'MemberPress', 'ready custom events to pick, never seen fired' ),
	array( 'Restrict Content Pro', 'ready custom events to pick, never seen fired' ),
	array( 'WP Ultimo 1.x', 'its events are written from its source (1.10.13), and replayed by a stand-in', 'wp-ultimo', '*' ),
	array( 'Ultimate Multisite 2.14.2', 'it registers this event, and nothing in it raises it', 'ultimate-multisite', 'checkout_started' ),
	array( 'Tutor LMS Pro', 'assignments are part of it, and it has to be bought', 'tutor-lms', 'assignment_submitted' ),
);
