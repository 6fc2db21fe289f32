<?php
/**
 * What else a plugin can do with an event, beside webhooks_dispatch(), within WordPress.
 *
 * {"peer": "post" | "insert" | "nosync", "count": N, "url": …} answers the p50 of both in
 * nanoseconds.
 */

$_SERVER['HTTP_HOST']   = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI'] = '/';

require __DIR__ . '/answer.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$wpdb->query(
	'CREATE TABLE IF NOT EXISTS bench_events (
		id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
		event varchar(100) NOT NULL,
		data longtext NOT NULL,
		created datetime NOT NULL
	) ENGINE=InnoDB'
);

$payload = payment();
$clock   = clock_cost();

$dispatch = static fn() => webhooks_dispatch( 'bench', $payload );
$post     = static fn( string $url ) => wp_remote_post(
	$url,
	array(
		'blocking' => false,
		'headers'  => array( 'Content-Type' => 'application/json' ),
		'body'     => wp_json_encode( $payload ),
	)
);
$insert   = static fn() => $wpdb->insert(
	'bench_events',
	array(
		'event'   => 'bench',
		'data'    => wp_json_encode( $payload ),
		'created' => gmdate( 'Y-m-d H:i:s' ),
	)
);

answer(
	static function ( array $command ) use ( $wpdb, $clock, $dispatch, $post, $insert ): array {
		[ 'peer' => $peer, 'count' => $count, 'url' => $url ] = $command;
		if ( 'post' !== $peer ) {
			$wpdb->query( 'SET GLOBAL innodb_flush_log_at_trx_commit = ' . ( 'nosync' === $peer ? 2 : 1 ) );
		}
		$one   = 'post' === $peer ? static fn() => $post( $url ) : $insert;
		$wrong = $one();
		if ( is_wp_error( $wrong ) || false === $wrong || ! is_string( $dispatch() ) ) {
			fwrite( STDERR, "$peer: " . ( is_wp_error( $wrong ) ? $wrong->get_error_message() : $wpdb->last_error ) . "\n" );
			exit( 1 );
		}
		$times  = array( typical( $count, $dispatch ), 0, 0, 0 );
		$times  = array( $times[0], typical( $count, $one ), typical( $count, $one ), typical( $count, $dispatch ) );
		return array(
			'dispatch' => ( $times[0] + $times[3] ) / 2 - $clock,
			'peer'     => ( $times[1] + $times[2] ) / 2 - $clock,
		);
	}
);
