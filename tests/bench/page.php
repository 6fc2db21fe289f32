<?php
/**
 * Of the benchmark's networks: a page that has something to tell.
 *
 * Plugin Name: Bench
 */

add_action(
	'wp',
	static function () {
		if ( ! isset( $_GET['bench'] ) ) {
			return;
		}
		$payload = json_decode( file_get_contents( __DIR__ . '/payment.json' ), true );
		if ( function_exists( 'network_webhooks_dispatch' ) ) {
			$id = network_webhooks_dispatch( 'bench', $payload );
			// A journal that refuses would be fast as well.
			header( 'X-Event: ' . ( $id ?? 'none' ) );
		}
	}
);
