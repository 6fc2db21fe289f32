<?php
/**
 * php-fpm reloaded in a loop under load, beside many short CLI processes.
 */

require_once dirname( __DIR__ ) . '/fpm/class-fpm.php';

final class Reloads {

	private const RELOADS = 20;
	private const CLI     = 200;

	public function __construct( private Testbed $testbed ) {}

	public function test_nothing_is_lost_and_no_segment_left(): void {
		$fpm = new Fpm( $this->testbed, array( 'pm.max_requests' => '20' ), array( 'process_control_timeout' => '3s' ) );

		$load = proc_open(
			array( PHP_BINARY, '-n', __DIR__ . '/load.php', $this->testbed->dir, $this->testbed->note() ),
			array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), STDERR ),
			$pipes
		);
		$cli  = $this->short_processes();
		for ( $reload = 0; $reload < self::RELOADS; $reload++ ) {
			$children = $fpm->children();
			$fpm->signal( SIGUSR2 );
			until(
				static fn() => $fpm->children() && ! array_intersect( $children, $fpm->children() ),
				20,
				'php-fpm did not reload'
			);
		}
		$cli_ids = array();
		while ( $cli->valid() ) {
			$cli_ids[] = $cli->current();
			$cli->next();
		}
		proc_terminate( $load );
		$answered = (int) stream_get_contents( $pipes[1] );
		proc_close( $load );

		expect( self::CLI === count( array_unique( $cli_ids ) ), 'every short process got an id' );
		expect( $answered > 100, "there was load: $answered requests" );
		$ids = array_merge( $this->testbed->noted(), $cli_ids );
		$this->testbed->await_received( $ids );
		$fpm->stop();
		$this->testbed->expect_tidy();
		printf(
			"     %d reloads under %d answered requests, %d short processes: %d events accepted, all received\n",
			self::RELOADS,
			$answered,
			self::CLI,
			count( $ids )
		);
	}

	/** Starts short CLI processes, four at a time; yields the id that each dispatched. */
	private function short_processes(): Generator {
		$running = array();
		for ( $i = 0; $i < self::CLI; $i++ ) {
			$process = proc_open(
				$this->testbed->command( '-r', 'echo webhooks_dispatch("order.created", ["by" => getmypid()]);' ),
				array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), STDERR ),
				$pipes
			);
			$running[] = array( $process, $pipes[1] );
			if ( count( $running ) >= 4 ) {
				yield $this->id_of( ...array_shift( $running ) );
			}
		}
		foreach ( $running as $one ) {
			yield $this->id_of( ...$one );
		}
	}

	private function id_of( $process, $output ): string {
		$id = stream_get_contents( $output );
		expect( 0 === proc_close( $process ), 'a short process ended well' );
		return $id;
	}
}
