<?php
/**
 * A page that dispatches: /?cluster=SEED&producer=N&from=N&to=N
 *
 * The events FROM to TO - 1 of this producer, whose names and payloads follow from the numbers as those of
 * tests/chaos/produce.php do, under keys: whoever is not answered asks again, perhaps another server.
 *
 * Plugin Name: Cluster
 */

add_action(
	'wp_loaded',
	static function (): void {
		if ( ! isset( $_GET['cluster'], $_GET['producer'], $_GET['from'], $_GET['to'] ) ) {
			return;
		}
		$seed     = (int) $_GET['cluster'];
		$producer = (int) $_GET['producer'];
		$names    = array_merge( ...array_map( static fn( array $name ) => array_fill( 0, $name[1], $name[0] ), json_decode( get_site_option( 'cluster_names' ), true ) ) );
		header( 'Content-Type: text/plain' );
		for ( $number = (int) $_GET['from']; $number < (int) $_GET['to']; $number++ ) {
			$digest = hash( 'sha256', "$seed/$producer/$number" );
			$id     = network_webhooks_dispatch(
				$names[ hexdec( substr( $digest, 0, 4 ) ) % count( $names ) ],
				array(
					'producer' => $producer,
					'number'   => $number,
					'text'     => 'Zoë & "Ünïcode" </b>',
					'note'     => str_repeat( $digest, hexdec( substr( $digest, 4, 2 ) ) % 64 ),
				),
				array( 'idempotency_key' => "$producer/$number" )
			);
			echo null === $id ? "! $number not taken\n" : "= $number $id\n";
		}
		exit( ".\n" );
	}
);
