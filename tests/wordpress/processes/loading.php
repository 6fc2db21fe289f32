<?php
/**
 * Prints the classes of the plugin that a request had to look for.
 */

$looked_for = array();
spl_autoload_register(
	static function ( string $name ) use ( &$looked_for ): void {
		if ( str_starts_with( $name, 'Network_Webhooks\\' ) ) {
			$looked_for[] = $name;
		}
	}
);

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
wp();

register_shutdown_function(
	static function () use ( &$looked_for ): void {
		echo implode( ' ', $looked_for );
	}
);
