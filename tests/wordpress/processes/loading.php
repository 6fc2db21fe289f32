<?php
/**
 * Prints the classes of the plugin that a request had to look for; where it dispatches an event, until
 * that is accepted: what is done once a minute may load more.
 *
 *   loading.php [EVENT]
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
if ( isset( $argv[1] ) ) {
	echo network_webhooks_dispatch( $argv[1], array( 'number' => 1 ) ) ? implode( ' ', $looked_for ) : 'The event was not accepted.';
	return;
}

register_shutdown_function(
	static function () use ( &$looked_for ): void {
		echo implode( ' ', $looked_for );
	}
);
