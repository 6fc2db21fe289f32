<?php
/**
 * What dispatching costs a request, next to json_encode() of the same payload. Only figures: how
 * fast a machine is proves nothing.
 */

require_once __DIR__ . '/percentile.php';

final class Dispatch_Cost {

	public function __construct( private Testbed $testbed ) {}

	public function test_of_one_process(): void {
		$this->measure( 'one process, one after the other', 1, 20_000, 0 );
	}

	public function test_of_eight_paced_processes(): void {
		$this->measure( 'eight processes, 200/s each', 8, 2_000, 5_000 );
	}

	private function measure( string $name, int $processes, int $count, int $between ): void {
		$running = array();
		for ( $i = 0; $i < $processes; $i++ ) {
			$process   = proc_open(
				$this->testbed->command( __DIR__ . '/measure.php', (string) $count, (string) $between ),
				array( array( 'file', '/dev/null', 'r' ), array( 'file', "{$this->testbed->dir}/measured.$i", 'w' ), STDERR ),
				$pipes
			);
			$running[] = $process;
		}
		$times = array(
			'dispatch'    => array(),
			'json_encode' => array(),
		);
		$ids   = array();
		foreach ( $running as $i => $process ) {
			expect( 0 === proc_close( $process ), 'a measuring process ended well' );
			$measured = json_decode( file_get_contents( "{$this->testbed->dir}/measured.$i" ), true );
			$ids      = array_merge( $ids, $measured['ids'] );
			foreach ( array_keys( $times ) as $what ) {
				$times[ $what ] = array_merge( $times[ $what ], $measured[ $what ] );
			}
		}
		foreach ( $times as $what => $values ) {
			printf(
				"     %s: %-11s p50 %.1f µs, p99 %.1f µs, p99.9 %.1f µs\n",
				$name,
				$what,
				percentile( $values, 50 ) / 1e3,
				percentile( $values, 99 ) / 1e3,
				percentile( $values, 99.9 ) / 1e3
			);
		}
		$this->testbed->await_received( $ids, 300 );
	}
}
