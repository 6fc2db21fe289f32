<?php
/**
 * Failed logins are told one by one up to ten of a site and minute, and summed up above that.
 */

use Network_Webhooks\Sources\Core\Failed_Logins;

final class Failed_Logins_Test extends Network_Test_Case {

	private const PROCESSES = 6;
	private const ATTEMPTS  = 500;

	private string $folder;
	private int $now = 1_800_000_000;

	/** @var list<array{int, array}> */
	private array $sums = array();

	protected function setUp(): void {
		parent::setUp();
		$this->folder = sys_get_temp_dir() . '/failed-logins-' . bin2hex( random_bytes( 5 ) );
	}

	protected function tearDown(): void {
		array_map( 'unlink', glob( "$this->folder/*" ) );
		if ( is_dir( $this->folder ) ) {
			rmdir( $this->folder );
		}
		array_map( 'unlink', self::files() );
		parent::tearDown();
	}

	public function test_ten_are_told_and_the_rest_of_the_minute_is_one_sum(): void {
		$logins = $this->logins();
		$told   = array();
		for ( $attempt = 1; $attempt <= 35; $attempt++ ) {
			$told[] = $logins->count( 3, 'https://network.example/photography', $this->sum( ... ) );
		}
		$this->assertSame( 10, array_sum( $told ) );
		$this->assertSame( range( 0, 9 ), array_keys( array_filter( $told ) ) );
		$logins->collect( $this->sum( ... ) );
		$this->assertSame( array(), $this->sums, 'The minute is not over.' );
		$this->assertFalse( $logins->is_due() );
		$this->now += 60;
		$this->assertTrue( $logins->is_due() );
		$logins->collect( $this->sum( ... ) );
		$logins->collect( $this->sum( ... ) );
		$this->assertCount( 1, $this->sums );
		[ $site, $sum ] = $this->sums[0];
		$this->assertSame( array( 3, 25, 'https://network.example/photography' ), array( $site, $sum['count'], $sum['url'] ) );
		$this->assertSame( array(), glob( "$this->folder/*" ), 'Nothing is left behind.' );
	}

	public function test_the_next_attempt_hands_in_the_minute_before(): void {
		$logins = $this->logins();
		$this->attempt( $logins, 1, 12 );
		$this->now += 61;
		$this->assertTrue( $logins->count( 1, 'https://network.example', $this->sum( ... ) ) );
		$this->assertSame( array( 2 ), array_column( array_column( $this->sums, 1 ), 'count' ) );
		$this->attempt( $logins, 1, 12 );
		$this->now += 60;
		$logins->collect( $this->sum( ... ) );
		$this->assertSame( array( 2, 3 ), array_column( array_column( $this->sums, 1 ), 'count' ) );
		$this->assertNotSame( $this->sums[0][1]['id'], $this->sums[1][1]['id'] );
	}

	public function test_ten_and_fewer_are_no_sum(): void {
		$logins = $this->logins();
		$this->attempt( $logins, 1, 10 );
		$this->now += 60;
		$logins->collect( $this->sum( ... ) );
		$this->assertSame( array( array(), array() ), array( $this->sums, glob( "$this->folder/*" ) ) );
	}

	public function test_each_site_has_its_own_and_a_later_one_does_not_put_off_an_earlier(): void {
		$logins = $this->logins();
		$this->attempt( $logins, 1, 11 );
		$this->now += 61;
		$this->attempt( $logins, 2, 13 );
		$this->assertTrue( $logins->is_due() );
		$logins->collect( $this->sum( ... ) );
		$this->assertSame( array( 1 ), array_column( $this->sums, 0 ) );
		$this->assertFalse( $logins->is_due() );
		$this->now += 60;
		$this->assertTrue( $logins->is_due() );
		$logins->collect( $this->sum( ... ) );
		$counts = array_column( array_map( static fn( array $one ) => array( $one[0], $one[1]['count'] ), $this->sums ), 1, 0 );
		ksort( $counts );
		$this->assertSame( array( 1 => 1, 2 => 3 ), $counts );
		$this->assertCount( 2, $this->sums );
	}

	public function test_a_clock_that_is_set_back_keeps_nothing_from_coming(): void {
		$logins = $this->logins();
		$this->attempt( $logins, 1, 15 );
		$this->now -= 3600;
		$this->assertTrue( $logins->is_due() );
		$logins->collect( $this->sum( ... ) );
		$this->assertSame( array( 5 ), array_column( array_column( $this->sums, 1 ), 'count' ) );
	}

	public function test_where_nothing_can_be_kept_each_is_told(): void {
		$file   = tempnam( sys_get_temp_dir(), 'failed-logins' );
		$logins = new Failed_Logins( "$file/below-a-file" );
		for ( $attempt = 1; $attempt <= 30; $attempt++ ) {
			$this->assertTrue( $logins->count( 1, 'https://network.example', $this->sum( ... ) ) );
		}
		$this->assertFalse( $logins->is_due() );
		unlink( $file );
	}

	public function test_somebody_elses_folder_is_not_used(): void {
		if ( 0 !== posix_geteuid() ) {
			$this->fail( 'Has to run as root, who alone can give a folder away.' );
		}
		mkdir( $this->folder, 0777 );
		chown( $this->folder, 65534 );
		$this->attempt( $this->logins(), 1, 20 );
		$this->assertSame( array(), glob( "$this->folder/*" ) );
		chown( $this->folder, 0 );
		$target = "$this->folder-target";
		mkdir( $target );
		rmdir( $this->folder );
		symlink( $target, $this->folder );
		$this->attempt( $this->logins(), 1, 20 );
		$this->assertSame( array(), glob( "$target/*" ) );
		unlink( $this->folder );
		rmdir( $target );
	}

	/**
	 * A filter of the sum's event may log in too.
	 */
	public function test_an_attempt_while_a_sum_is_sent_does_not_wait_for_itself(): void {
		$logins = $this->logins();
		$this->attempt( $logins, 1, 12 );
		$this->now += 60;
		$logins->collect(
			function ( int $site_id, array $sum ) use ( $logins ) {
				$this->assertTrue( $logins->count( $site_id, $sum['url'], $this->sum( ... ) ) );
				$this->sum( $site_id, $sum );
			}
		);
		$this->assertSame( array( 2 ), array_column( array_column( $this->sums, 1 ), 'count' ) );
	}

	public function test_no_count_is_lost_between_processes(): void {
		$started = array();
		for ( $i = 0; $i < self::PROCESSES; $i++ ) {
			$started[] = $this->start_process( __DIR__ . '/processes/failed-logins.php', array( $this->folder, (string) self::ATTEMPTS ) );
		}
		$told = 0;
		$sums = 0;
		foreach ( $started as $process ) {
			[ $singles, $handed_in ] = json_decode( $this->finish_process( $process ) );

			$told += $singles;
			$sums += $handed_in;
		}
		// Each process had a clock of its own, and all of them together some minutes.
		$logins = new Failed_Logins( $this->folder, static fn() => time() + 3600 );
		$logins->collect( $this->sum( ... ) );
		$sums += array_sum( array_column( array_column( $this->sums, 1 ), 'count' ) );
		$this->assertSame( self::PROCESSES * self::ATTEMPTS, $told + $sums );
		$this->assertLessThan( self::PROCESSES * self::ATTEMPTS / 2, $told );
	}

	public function test_an_attack_is_some_events_and_a_sum_after_it_ended(): void {
		$webhook = $this->subscribe( 'login_failed' );
		for ( $attempt = 1; $attempt <= 40; $attempt++ ) {
			do_action( 'wp_login_failed', 'canary', new WP_Error( 'invalid_username', 'canary' ) );
		}
		$this->make_older();
		// Somebody looks at the front page.
		$queries = json_decode( $this->run_process( __DIR__ . '/processes/page.php' ) );
		$this->assertNotEmpty( $queries );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
		$this->assertSame( 40, array_sum( array_column( array_column( $events, 'data' ), 'attempts' ) ) );
		$sums = array_values( array_filter( $events, static fn( array $event ) => 'many_attempts' === $event['data']['reason'] ) );
		$this->assertNotEmpty( $sums );
		$this->assertSame( array( 1, get_option( 'home' ) ), array( $sums[0]['site']['id'], $sums[0]['site']['url'] ) );
		$this->assertArrayNotHasKey( 'actor', $sums[0] );
		$this->assertSame( array(), self::files() );
	}

	public function test_an_attack_writes_no_table(): void {
		$this->subscribe( 'login_failed' );
		global $wpdb;
		do_action( 'wp_login_failed', 'jane', new WP_Error( 'invalid_username', '' ) );
		$before = $wpdb->num_queries;
		for ( $attempt = 1; $attempt <= 100; $attempt++ ) {
			do_action( 'wp_login_failed', 'jane', new WP_Error( 'invalid_username', '' ) );
		}
		$this->assertSame( $before, $wpdb->num_queries );
	}

	public function test_nobody_subscribes_then_nothing_is_counted(): void {
		$this->subscribe( 'another_event' );
		for ( $attempt = 1; $attempt <= 20; $attempt++ ) {
			do_action( 'wp_login_failed', 'jane', new WP_Error( 'invalid_username', '' ) );
		}
		$this->assertSame( array(), self::files() );
	}

	private function logins(): Failed_Logins {
		return new Failed_Logins( $this->folder, fn() => $this->now );
	}

	private function sum( int $site_id, array $sum ): void {
		$this->sums[] = array( $site_id, $sum );
	}

	private function attempt( Failed_Logins $logins, int $site_id, int $times ): void {
		for ( $attempt = 1; $attempt <= $times; $attempt++ ) {
			$logins->count( $site_id, 'https://network.example', $this->sum( ... ) );
		}
	}

	/**
	 * Has the counted minutes be over.
	 */
	private function make_older(): void {
		foreach ( self::files() as $file ) {
			if ( str_ends_with( $file, '/due' ) ) {
				touch( $file, time() - 60 );
			} else {
				file_put_contents( $file, preg_replace_callback( '/^(\S+) (\d{10}) /', static fn( array $found ) => sprintf( '%s %010d ', $found[1], $found[2] - 60 ), file_get_contents( $file ) ) );
			}
		}
	}

	/**
	 * The files in which this installation counts.
	 *
	 * @return list<string>
	 */
	private static function files(): array {
		return glob( sys_get_temp_dir() . '/network-webhooks-logins-' . posix_geteuid() . '-*/*' );
	}
}
