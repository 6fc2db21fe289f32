<?php
/**
 * Prints a text of the plugin in a language: asked for before `init`, then after it.
 *
 *   translated.php LOCALE TEXT
 */

$early  = '';
$locale = $argv[1];

// Hooks may stand in $wp_filter before WordPress is loaded.
$wp_filter = array();

$wp_filter['locale'][10][] = array(
	'accepted_args' => 0,
	'function'      => static fn() => $locale,
);

$wp_filter['plugins_loaded'][10][] = array(
	'accepted_args' => 0,
	'function'      => static function () use ( &$early ) {
		$early = __( $GLOBALS['argv'][2], 'network-webhooks' );
	},
);
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

echo $early, ', ', __( $argv[2], 'network-webhooks' );
