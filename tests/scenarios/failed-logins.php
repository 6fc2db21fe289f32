<?php
/**
 * An attack on the logins of a real network by several processes at once: what an attempt costs,
 * what is sent of it, and whether all attempts are counted.
 *
 *   tests/network/with.sh php tests/scenarios/failed-logins.php [PROCESSES [SECONDS [PER_SECOND]]]
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Webhook;

define( 'NETWORK_WEBHOOKS_RECORD', false );
require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require __DIR__ . '/percentile.php';

$processes  = (int) ( $argv[1] ?? 8 );
$seconds    = (int) ( $argv[2] ?? 30 );
$per_second = (int) ( $argv[3] ?? 1000 );
$attempts   = intdiv( $per_second * $seconds, $processes );

$webhook = Webhook::create( 'Logins', 'https://endpoint.example/', 'login_failed', 'test.last' )->with_paused( true );
Plugin::instance()->publisher()->change( static fn() => Plugin::instance()->webhooks()->save( $webhook ) );

$running = array();
for ( $i = 0; $i < $processes; $i++ ) {
	$running[] = proc_open(
		array( PHP_BINARY, __DIR__ . '/attempt-logins.php', (string) $attempts, (string) intdiv( 1_000_000 * $processes, $per_second ) ),
		array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), STDERR ),
		$pipes
	);
	$outputs[] = $pipes[1];
}
$took    = array();
$queries = 0;
foreach ( $running as $i => $process ) {
	$result   = json_decode( stream_get_contents( $outputs[ $i ] ), true );
	$took     = array_merge( $took, $result['took'] );
	$queries += $result['queries'];
	proc_close( $process );
}

// The attack is over. The next request after its minute brings the last sum.
sleep( 61 - time() % 60 );
exec( escapeshellarg( PHP_BINARY ) . ' ' . escapeshellarg( dirname( __DIR__ ) . '/wordpress/processes/page.php' ) );
webhooks_wait( network_webhooks_dispatch( 'test.last', array() ), 30 );

$counted = 0;
$singles = 0;
$sums    = 0;
$cursor  = array();
do {
	$page   = webhooks_deliveries( array( 'webhook_id' => $webhook->id, 'event' => 'login_failed', 'limit' => 200 ) + $cursor );
	$cursor = array( 'cursor' => $page['cursor'] );
	foreach ( $page['deliveries'] as $delivery ) {
		$data     = json_decode( webhooks_delivery( $delivery['id'] )['body'], true )['data'];
		$counted += $data['attempts'];
		$singles += (int) ( 1 === $data['attempts'] && 'many_attempts' !== $data['reason'] );
		$sums    += (int) ( 'many_attempts' === $data['reason'] );
	}
} while ( $page['cursor'] );
Plugin::instance()->publisher()->change( static fn() => Plugin::instance()->webhooks()->delete( $webhook->id ) );

printf(
	"%d attempts by %d processes, %d a second: p50 %.0f µs, p99 %.0f µs each, %d queries\n%d events of single ones and %d sums tell of %d attempts\n",
	count( $took ),
	$processes,
	$per_second,
	percentile( $took, 50 ) / 1e3,
	percentile( $took, 99 ) / 1e3,
	$queries,
	$singles,
	$sums,
	$counted
);
exit( count( $took ) === $counted ? 0 : 1 );
