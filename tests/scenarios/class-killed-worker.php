<?php
/**
 * A worker killed over and over, while eight processes dispatch.
 */

final class Killed_Worker {

	private const PROCESSES = 8;
	private const EVENTS    = 10_000;
	private const SECONDS   = 24;
	private const KILLS     = 5;

	public function __construct( private Testbed $testbed ) {}

	public function test_every_accepted_event_is_received(): void {
		// So that at any time there are attempts under way.
		$this->testbed->subscribe( "{$this->testbed->endpoint}delay/10" );
		$started   = microtime( true );
		$producers = array();
		$each      = intdiv( self::EVENTS, self::PROCESSES );
		for ( $i = 0; $i < self::PROCESSES; $i++ ) {
			$producers[] = proc_open(
				$this->testbed->command( __DIR__ . '/produce.php', (string) $each, (string) intdiv( self::SECONDS * 1_000_000, $each ), "{$this->testbed->dir}/ids.$i" ),
				array( array( 'file', '/dev/null', 'r' ), array( 'file', "{$this->testbed->dir}/producers.log", 'a' ), array( 'file', "{$this->testbed->dir}/producers.log", 'a' ) ),
				$pipes
			);
		}

		$killed = array();
		$seen   = 0;
		while ( count( $killed ) < self::KILLS ) {
			// A new worker, which has made attempts; the kills spread over the whole time.
			$earliest = $started + ( count( $killed ) + 1 ) * self::SECONDS / ( self::KILLS + 1 );
			until(
				function () use ( $killed, $seen, $earliest ) {
					$workers = $this->testbed->workers();
					return microtime( true ) > $earliest && 1 === count( $workers ) && ! in_array( $workers[0], $killed, true ) && $this->attempts() > $seen + 200;
				},
				60,
				fn() => 'no new worker made attempts after ' . count( $killed ) . ' kills; workers: ' . implode( ' ', $this->testbed->workers() )
			);
			[ $worker ] = $this->testbed->workers();
			posix_kill( $worker, SIGKILL );
			$killed[] = $worker;
			until( static fn() => is_gone( $worker ), 5, 'a killed worker is still there' );
			usleep( 200_000 );
			$seen = $this->attempts();
		}
		$in_time = microtime( true ) - $started;

		foreach ( $producers as $producer ) {
			$code = proc_close( $producer );
			expect( 0 === $code, 'every dispatch was accepted: ' . file_get_contents( "{$this->testbed->dir}/producers.log" ) );
		}
		$dispatched = microtime( true ) - $started;
		$ids        = array();
		for ( $i = 0; $i < self::PROCESSES; $i++ ) {
			$ids = array_merge( $ids, file( "{$this->testbed->dir}/ids.$i", FILE_IGNORE_NEW_LINES ) );
		}
		expect( self::EVENTS === count( array_unique( $ids ) ), 'as many ids as events' );
		expect( $in_time < $dispatched, 'all kills fell into the time of dispatching' );

		$this->testbed->await_received( $ids, 120 );
		$all = microtime( true ) - $started;
		$this->testbed->expect_tidy();

		$received = $this->testbed->received();
		expect( array() === array_diff( array_keys( $received ), $ids ), 'nothing else was received' );
		printf(
			"     %d events dispatched by %d processes in %.1f s, %d kills within the first %.1f s, all received after %.1f s, %d received more than once (%d requests too many)\n",
			self::EVENTS,
			self::PROCESSES,
			$dispatched,
			self::KILLS,
			$in_time,
			$all,
			count( array_filter( $received, static fn( $times ) => $times > 1 ) ),
			array_sum( $received ) - count( $received )
		);
	}

	private function attempts(): int {
		return array_sum( $this->testbed->received() );
	}
}
