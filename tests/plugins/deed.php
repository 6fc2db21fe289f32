<?php
/**
 * Does one deed, in a process of its own as each is a request of its own, and remembers what the next ones need.
 *
 * php deed.php NAME DEED MEMORY            DEED: a key of `deeds`, or `activate` or `setup`
 * php deed.php NAME DEED MEMORY REQUESTS   its `check`, with what came to the run's second webhook
 */

require __DIR__ . '/../wordpress/processes/request.php';
[ , $name, $deed, $memory ] = $argv;

$run   = require __DIR__ . "/deeds/$name.php";
$known = (array) json_decode( (string) @file_get_contents( $memory ), true );

// As a request of the site in question.
$path                       = $known['path'] ?? '/';
$_SERVER['REQUEST_URI']     = $run['deeds'][ $deed ]['uri'] ?? $path;
$_SERVER['SCRIPT_NAME']     = '/index.php';
$_SERVER['HTTP_USER_AGENT'] = 'deeds';

require getenv( 'WP_ROOT' ) . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once __DIR__ . '/../wordpress/class-browser.php';
require_once __DIR__ . '/class-deed.php';
add_filter( 'pre_wp_mail', '__return_true' );

if ( 'activate' === $deed ) {
	foreach ( $run['plugins'] as $file => $is_for_network ) {
		$error = activate_plugin( $file, '', $is_for_network );
		if ( is_wp_error( $error ) ) {
			fwrite( STDERR, "$file: " . implode( ' ', $error->get_error_messages() ) . "\n" );
			exit( 1 );
		}
	}
	isset( $run['prepare'] ) && $run['prepare']();
	exit( 0 );
}
if ( isset( $argv[4] ) ) {
	echo implode( "\n", $run['deeds'][ $deed ]['check']( $known, json_decode( file_get_contents( $argv[4] ), true ) ) );
	exit( 0 );
}
$do    = 'setup' === $deed ? $run['setup'] : $run['deeds'][ $deed ]['do'];
try {
	$added = $do( $known );
} catch ( Throwable $error ) {
	// WordPress would make a page of it.
	fwrite( STDERR, get_class( $error ) . ": {$error->getMessage()} ({$error->getFile()}:{$error->getLine()})\n" );
	exit( 1 );
}
if ( is_wp_error( $added ) ) {
	fwrite( STDERR, implode( ' ', $added->get_error_messages() ) . "\n" );
	exit( 1 );
}
file_put_contents( $memory, json_encode( ( is_array( $added ) ? $added : array() ) + $known ) );
