<?php
/**
 * Prints the hooks at which a request would make a source, one a line.
 *
 * php hooks.php [NAME…]      What is there as a class (LifterLMS), a constant (TUTOR_VERSION=) or a function (f()).
 */

require __DIR__ . '/request.php';
foreach ( array_slice( $argv, 1 ) as $name ) {
	match ( true ) {
		str_ends_with( $name, '=' ) => define( rtrim( $name, '=' ), '1' ),
		default => class_alias( get_class( new class() {} ), $name ),
	};
}
require getenv( 'WP_ROOT' ) . '/wp-load.php';
foreach ( $GLOBALS['wp_filter'] as $hook => $filter ) {
	foreach ( array_merge( ...array_values( $filter->callbacks ) ) as $callback ) {
		if ( 'Network_Webhooks\Sources\Sources::listen' === $callback['function'] ) {
			echo $hook, "\n";
		}
	}
}
