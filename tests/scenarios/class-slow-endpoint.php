<?php
/**
 * An endpoint that is slow, or not there, costs a dispatching request nothing.
 */

require_once dirname( __DIR__ ) . '/fpm/class-fpm.php';
require_once __DIR__ . '/percentile.php';

final class Slow_Endpoint {

	private const REQUESTS = 400;

	public function __construct( private Testbed $testbed ) {}

	public function test_requests_do_not_wait_for_it(): void {
		$fpm = new Fpm( $this->testbed, array( 'pm.max_children' => '1' ) );
		// The first request starts the worker.
		$this->testbed->await_received( $fpm->get( array() )['ids'] );

		$closed = stream_socket_server( 'tcp://127.0.0.1:0' );
		$absent = 'http://' . stream_socket_get_name( $closed, false ) . '/';
		fclose( $closed );
		foreach ( array(
			'answers at once'      => $this->testbed->endpoint,
			'answers after 300 ms' => "{$this->testbed->endpoint}delay/300",
			'nobody listens'       => $absent,
		) as $name => $url ) {
			$this->testbed->subscribe( $url );
			$requests   = array();
			$dispatches = array();
			for ( $i = 0; $i < self::REQUESTS; $i++ ) {
				$started      = hrtime( true );
				$dispatches[] = $fpm->get( array( 'size' => 1500 ) )['took_ns'][0];
				$requests[]   = hrtime( true ) - $started;
				usleep( 5_000 );
			}
			printf(
				"     endpoint %-21s request p50 %.2f ms, p99 %.2f ms; dispatch p50 %.3f ms, p99 %.3f ms\n",
				"$name:",
				percentile( $requests, 50 ) / 1e6,
				percentile( $requests, 99 ) / 1e6,
				percentile( $dispatches, 50 ) / 1e6,
				percentile( $dispatches, 99 ) / 1e6
			);
			// Not a measurement: one that waited would take 300 ms and more.
			expect( percentile( $requests, 99 ) < 150e6, 'requests do not wait' );
		}
		$fpm->stop();
	}

	public function test_dispatching_opens_no_socket(): void {
		$fpm = new Fpm( $this->testbed, array( 'pm.max_children' => '1' ) );
		$this->testbed->await_received( $fpm->get( array() )['ids'] );

		[ $child ] = $fpm->children();
		$trace     = "{$this->testbed->dir}/trace";
		$strace    = proc_open(
			array( 'strace', '-f', '-qq', '-e', 'trace=%network,%process,write,writev,futex', '-o', $trace, '-p', (string) $child ),
			array( array( 'file', '/dev/null', 'r' ), array( 'file', "$trace.log", 'w' ), array( 'file', "$trace.log", 'w' ) ),
			$pipes
		);
		until( static fn() => 0 !== (int) ( preg_match( '/^TracerPid:\s*(\d+)/m', file_get_contents( "/proc/$child/status" ), $match ) ? $match[1] : 0 ), 10, 'strace did not attach: ' . @file_get_contents( "$trace.log" ) );
		$ids = $fpm->get( array( 'count' => 20 ) )['ids'];
		proc_terminate( $strace, SIGINT );
		proc_close( $strace );
		$this->testbed->await_received( $ids );
		$fpm->stop();

		$calls = file_get_contents( $trace );
		expect( str_contains( $calls, 'accept' ), 'strace saw the request' );
		expect( 0 === preg_match_all( '/\b(socket|connect|sendto|sendmsg)\(/', $calls ), "no socket was opened:\n$calls" );
		expect( 0 === preg_match_all( '/\b(clone|clone3|fork|vfork|execve)\(/', $calls ), "no process was started:\n$calls" );
		printf( "     20 dispatches in a request: no socket, no process, %d writes\n", preg_match_all( '/\bwritev?\(/', $calls ) );
	}
}
