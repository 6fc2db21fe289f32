<?php
/**
 * Calls the API as soon as the plugin's file is loaded, and says what came of it as JSON.
 *
 *   early.php WHEN     muplugins_loaded, plugins_loaded, init: on that hook
 *                      file: the line after the file was loaded, in a must-use plugin's place
 *                      late: the file is loaded after all of WordPress
 */

$when  = $argv[1];
$said  = array();
$found = array(
	'before_init' => null,
	'id'          => null,
	'registered'  => null,
	'asked'       => array(),
);
$call  = static function () use ( &$found, &$said ) {
	add_action(
		'doing_it_wrong_run',
		static function ( $function, $message ) use ( &$said ) {
			$said[] = "$function: $message";
		},
		10,
		2
	);
	add_action(
		'network_webhooks_register_events',
		static function () use ( &$found ) {
			$found['asked'][]    = did_action( 'init' ) > 0;
			$found['registered'] = network_webhooks_register_event(
				array(
					'slug' => 'lesson_finished',
					'name' => static fn() => 'Lesson, finished',
				)
			);
		}
	);
	$found['before_init'] = ! did_action( 'init' );
	$found['early']       = Network_Webhooks\Plugin::instance()->catalogue()->name( 'lesson_finished' );
	$found['id']          = network_webhooks_dispatch( 'lesson_finished', array( 'when' => 'now' ), array( 'source' => 'school' ) );
};
$our_file  = getenv( 'WP_ROOT' ) . '/wp-content/plugins/network-webhooks/network-webhooks.php';
$hook  = array( 'accepted_args' => 0 );

// Hooks may stand in $wp_filter before WordPress is loaded.
$wp_filter = array();
if ( 'file' === $when || 'late' === $when ) {
	require __DIR__ . '/without-plugin.php';
}
if ( 'file' === $when ) {
	$hook['function'] = static function () use ( $our_file, $call ) {
		require $our_file;
		$call();
	};
	// The first thing that WordPress does between must-use and network plugins.
	$wp_filter['muplugins_loaded'][10][] = $hook;
} elseif ( 'late' !== $when ) {
	$hook['function']        = $call;
	$wp_filter[ $when ][1][] = $hook;
}

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

if ( 'late' === $when ) {
	require $our_file;
	$call();
}
$found['name'] = Network_Webhooks\Plugin::instance()->catalogue()->name( 'lesson_finished' );
$found['said'] = $said;
echo json_encode( $found );
