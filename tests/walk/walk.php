<?php
/**
 * Walks both walks in a network of its own, prints what came to the endpoint, and compares.
 *
 * Run by run.sh, with the network and ENDPOINT_URL, RECEIVED (a line of JSON a request) and LIVE (a line to read a
 * request) in the environment.
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Webhook;

require __DIR__ . '/../wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

const PATIENCE = 30.0;
const ROW      = "%-38s %-24s %-20s %-8s %s\n";

/**
 * Requests so far, as their bodies.
 *
 * @return list<array>
 */
function received(): array {
	return array_map( static fn( string $line ) => json_decode( json_decode( $line, true )['body'], true ), file( getenv( 'RECEIVED' ) ) );
}

/**
 * Waits for so many requests, and gives those that came.
 *
 * @return list<array>
 */
function received_after( int $count ): array {
	$deadline = microtime( true ) + PATIENCE;
	while ( count( received() ) < $count && microtime( true ) < $deadline ) {
		usleep( 5000 );
	}
	return received();
}

/**
 * A value of data in few characters.
 */
function shown( mixed $value ): string {
	return is_string( $value ) ? $value : (string) wp_json_encode( $value );
}

/**
 * The site that an event is about, in the words of steps.php.
 */
function about( array $event, array $known ): string {
	return match ( true ) {
		isset( $event['scope'] )                           => $event['scope'],
		get_main_site_id() === $event['site']['id']        => 'main',
		( $known['site'] ?? 0 ) === $event['site']['id']   => 'theirs',
		default                                            => "site {$event['site']['id']}",
	};
}

/**
 * Publishes a webhook that gets everything, one after the other: the order in which things
 * happened is then the order in which they arrive.
 */
function listen(): void {
	$row             = Webhook::create( 'Walk', getenv( 'ENDPOINT_URL' ), '*' )->to_row();
	$row['settings'] = wp_json_encode( array( 'ordered' => true ) + json_decode( $row['settings'], true ) );
	$plugin          = Plugin::instance();
	$plugin->publisher()->change( static fn() => $plugin->webhooks()->save( Webhook::from_row( (object) $row ) ) );
}

/**
 * Walks one, and gives what is wrong.
 *
 * @return list<string>
 */
function walk( string $walk, array $steps ): array {
	$memory = getenv( 'RUN_DIR' ) . "/walk-$walk.json";
	$before = count( received() );
	$wrong  = array();
	printf( "\n" . ROW, "Walk: $walk", 'event', 'source', 'site', 'data' );
	foreach ( $steps as $step => $expected ) {
		$output = array();
		exec( implode( ' ', array_map( 'escapeshellarg', array( PHP_BINARY, __DIR__ . '/step.php', $walk, $step, $memory ) ) ) . ' 2>&1', $output, $status );
		if ( 0 !== $status || $output ) {
			return array( "$step: " . implode( "\n", $output ) );
		}
		wp_cache_flush();
		$known  = (array) json_decode( file_get_contents( $memory ), true );
		$events = array_slice( received_after( $before + count( $expected['events'] ) ), $before );
		$before += count( $events );
		$came   = array();
		foreach ( $events as $number => $event ) {
			$came[] = implode( ' ', array( $event['type'], $event['source'], about( $event, $known ) ) );
			$data   = array();
			foreach ( $expected['events'][ $number ][3] ?? array() as $key ) {
				$data[] = "$key " . ( array_key_exists( $key, $event['data'] ) ? shown( $event['data'][ $key ] ) : '(missing)' );
				if ( ! array_key_exists( $key, $event['data'] ) ) {
					$wrong[] = "$step: {$event['type']} has no $key";
				}
			}
			printf( ROW, 0 === $number ? $step : '', $event['type'], $event['source'], about( $event, $known ), implode( ', ', $data ) );
		}
		$wanted = array_map( static fn( array $event ) => implode( ' ', array_slice( $event, 0, 3 ) ), $expected['events'] );
		if ( $wanted !== $came ) {
			$wrong[] = "$step\n  expected: " . implode( ', ', $wanted ) . "\n  came:     " . implode( ', ', $came );
		}
	}
	return $wrong;
}

listen();
$walks = require __DIR__ . '/steps.php';
$wrong = array();
foreach ( $walks as $walk => $steps ) {
	array_push( $wrong, ...walk( $walk, $steps ) );
}
echo "\n* by a stand-in, which fires that plugin's hooks; all the rest is WordPress's own.\n";

// Whatever else was on its way comes before this.
$count = count( received() );
network_webhooks_dispatch( 'walk.ended', array( 'events' => $count ) );
$rest = array_column( array_slice( received_after( $count + 1 ), $count ), 'type' );
if ( array( 'walk.ended' ) !== $rest ) {
	$wrong[] = 'Came besides: ' . implode( ', ', $rest );
}
foreach ( array_slice( file( getenv( 'LIVE' ) ), 1 ) as $line ) {
	if ( ! preg_match( '/ 200 +verified /', $line ) ) {
		$wrong[] = "Not verified: $line";
	}
}
foreach ( array( 'canary', json_decode( file_get_contents( getenv( 'RUN_DIR' ) . '/walk-ultimate-multisite.json' ), true )['key'] ?? 'canary' ) as $secret ) {
	if ( str_contains( file_get_contents( getenv( 'RECEIVED' ) ), $secret ) ) {
		$wrong[] = 'A secret was sent.';
	}
}
echo $wrong ? "\n" . implode( "\n", $wrong ) . "\n" : '';
printf( "walk: %d events passed, %d failed\n", $count, count( $wrong ) );
exit( $wrong ? 1 : 0 );
