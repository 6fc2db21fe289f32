<?php
/**
 * What a PHP of bare.sh does, with as few of PHP's functions as can be.
 *
 *   php deliver.php deliver URL    publishes a webhook, dispatches an event, waits for its delivery
 *   php deliver.php socket         starts nothing, but a worker that keeps a socket of its starter shows
 *   php deliver.php stop           ends the worker
 *   php deliver.php functions      what can be disabled
 *   php deliver.php hardened       whether it is
 */

/** Ends with a message where something is not as it has to be. */
function require_that( bool $condition, string $what ): void {
	if ( ! $condition ) {
		echo "expected: $what\n";
		exit( 1 );
	}
}

/** The worker as the status tells it. */
function worker(): array {
	$status = webhooks_status();
	foreach ( $status['problems'] as $problem ) {
		require_that( false, "no problem, such as {$problem['message']}" );
	}
	return $status['worker'];
}

switch ( $argv[1] ) {
	case 'deliver':
		// Kept by whoever is started now and closes nothing.
		$socket = function_exists( 'stream_socket_server' ) ? stream_socket_server( 'tcp://127.0.0.1:0' ) : null;
		if ( $socket ) {
			file_put_contents( ini_get( 'webhooks.spool' ) . '/worker.address', stream_socket_get_name( $socket, false ) );
		}
		$published = webhooks_revision() + 1;
		webhooks_configure(
			array(
				array(
					'id'      => 'one',
					'url'     => $argv[2],
					'events'  => array( '*' ),
					'secrets' => array( array( 'secret' => 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' ) ),
				),
			),
			$published
		);
		$deliveries = webhooks_wait( webhooks_dispatch( 'order.created', array( 'n' => $published ) ), 30 );
		require_that( 'delivered' === ( $deliveries[0]['state'] ?? '' ), 'the delivery has succeeded' );
		require_that( worker()['running'], 'a worker runs' );
		break;
	case 'socket':
		$address = file_get_contents( ini_get( 'webhooks.spool' ) . '/worker.address' );
		require_that( worker()['running'] && $address, 'a worker runs' );
		require_that( ! @stream_socket_client( "tcp://$address", $code, $message, 5 ), "nobody listens at $address" );
		break;
	case 'stop':
		$pid      = worker()['pid'];
		$deadline = microtime( true ) + 30;
		exec( "kill $pid" );
		while ( worker()['running'] ) {
			require_that( microtime( true ) < $deadline, 'the worker leaves' );
			usleep( 5000 );
		}
		break;
	case 'functions':
		$needed = array( 'function_exists' );
		$all    = array_filter( get_defined_functions()['internal'], static fn( $name ) => ! str_starts_with( $name, 'webhooks_' ) );
		echo implode( ',', array_diff( $all, $needed ) );
		break;
	case 'hardened':
		require_that( ! function_exists( 'file_get_contents' ) && ! function_exists( 'exec' ), 'functions are disabled' );
		try {
			$opened = @new SplFileObject( '/etc/passwd' );
		} catch ( Throwable ) {
			$opened = null;
		}
		require_that( null === $opened, '/etc/passwd can not be opened' );
		break;
}
