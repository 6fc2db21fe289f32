<?php
/**
 * What fails in silence is noticed: each failure of docs/running.md is brought about, and then stands
 * in webhooks_status() where the extension can know it, on the Status page, in Site Health and in a mail,
 * after the next two passes of WP-Cron. In fourteen healthy days nothing of all this is said.
 */

use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Schema;
use Network_Webhooks\Settings;
use Network_Webhooks\Site_Health;
use Network_Webhooks\Throttle;
use Network_Webhooks\Webhook;

final class Noticed_Test extends Network_Test_Case {

	/** @var list<Closure> What makes good what a test broke, the last one first. */
	private array $undo  = array();
	private array $mails = array();

	protected function setUp(): void {
		parent::setUp();
		$this->forget();
		add_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20, 2 );
	}

	protected function tearDown(): void {
		while ( $this->undo ) {
			array_pop( $this->undo )();
		}
		remove_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20 );
		parent::tearDown();
		$this->forget();
	}

	public function take_mail( $sent, array $mail ): bool {
		$this->mails[] = $mail;
		return true;
	}

	/**
	 * Failure → how it is brought about, its condition, and whether the extension can know of it.
	 */
	public static function failures(): array {
		return array(
			'a spool that others may read'          => array( 'open_the_spool', 'spool', true ),
			'a worker that can’t be started'        => array( 'give_the_store_a_newer_schema', 'worker', true ),
			'a worker that dies again and again'    => array( 'kill_the_worker_twice', 'worker_dies', true ),
			'a worker that hangs'                   => array( 'have_the_worker_hang', 'backlog', true ),
			'a worker of another version'           => array( 'have_another_version_run', 'version', true ),
			'a segment of a newer version'          => array( 'put_a_newer_segment', 'journal', true ),
			'webhooks that a newer version wrote'   => array( 'put_a_newer_config', 'config', true ),
			'published webhooks that are damaged'   => array( 'damage_the_config', 'config', true ),
			'a log that was damaged'                => array( 'damage_the_store', 'store_set_aside', true ),
			'a full disk'                           => array( 'have_the_disk_be_full', 'disk', true ),
			'an invalid webhook'                    => array( 'store_an_invalid_webhook', 'invalid_webhook', true ),
			'a disabled webhook'                    => array( 'let_an_endpoint_be_gone', 'webhook_disabled', true ),
			'endpoints of which none is reached'    => array( 'let_no_endpoint_answer', 'endpoints', true ),
			'a clock that differs from the database' => array( 'set_the_clock_of_the_database', 'clock', false ),
			'a restored database'                   => array( 'restore_an_old_database', 'publication', false ),
			'an outbox that fills'                  => array( 'fill_the_outbox', 'outbox_full', false ),
			'events that wait in the outbox'        => array( 'let_an_event_wait', 'outbox_old', false ),
			'a refused event'                       => array( 'refuse_an_event', 'refused', false ),
		);
	}

	/**
	 * @dataProvider failures
	 */
	public function test_it_failed_in_silence( string $break, string $condition, bool $is_known ): void {
		$this->subscribe( 'lesson_finished' );
		$this->pass();
		$this->assertSame( array(), array_column( $this->mails, 'subject' ), 'Nothing was wrong before.' );
		$this->$break();
		$this->pass();
		$this->pass();

		$problems = array_column( webhooks_status()['problems'], 'message', 'code' );
		$this->assertSame( $is_known, isset( $problems[ $condition ] ), wp_json_encode( $problems ) );
		$now = Health_Checks::now();
		$this->assertArrayHasKey( $condition, $now );
		$title = Health_Checks::title( $condition );
		$this->assertNotSame( $condition, $title );
		$health = new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() );
		$test   = $health->test();
		$this->assertNotSame( 'good', $test['status'] );
		$this->assertNotSame( '', $now[ $condition ] );
		$this->assertStringContainsString( esc_html( $now[ $condition ] ), $test['description'] . ( 'spool' === $condition ? esc_html( $now[ $condition ] ) : '' ) );
		$told = implode( "\n", array_column( $this->mails, 'message' ) );
		// Of webhooks the mail has the name.
		$this->assertStringContainsString( array( 'invalid_webhook' => '“Bad” is invalid', 'webhook_disabled' => '“Gone” is disabled' )[ $condition ] ?? $title, $told );
	}

	public function test_a_wp_cron_that_had_stopped_was_known_to_nobody(): void {
		$this->pass();
		$this->let_time_pass( 2 * HOUR_IN_SECONDS );
		$this->visit();
		$this->assertArrayNotHasKey( 'cron', Health_Checks::now(), 'It may come with this visit.' );
		$this->let_time_pass( 5 * MINUTE_IN_SECONDS );
		$this->visit();
		$this->assertStringContainsString( 'has not run since', Health_Checks::now()['cron'] );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( 'WP-Cron does not run', $admin );
		$this->pass();
		$this->assertArrayNotHasKey( 'cron', Health_Checks::now() );
	}

	public function test_fourteen_healthy_days_had_no_false_alarm(): void {
		$endpoint     = new Endpoint();
		$this->undo[] = array( $endpoint, 'remove' );
		$this->start_afresh();
		$webhooks     = array();
		foreach ( array( 'localhost', '127.0.0.1' ) as $host ) {
			$webhooks[] = $this->store( Webhook::create( $host, str_replace( '127.0.0.1', $host, $endpoint->url ) . '/200', 'lesson_finished' ) );
		}
		for ( $day = 0; $day < 14; $day++ ) {
			// A night that nobody visits; the worker has nothing to do and leaves.
			$this->let_time_pass( 8 * HOUR_IN_SECONDS );
			$this->stop_the_worker();
			$this->visit();
			$this->assert_quiet( "the morning of day $day" );
			for ( $hour = 0; $hour < 16; $hour++ ) {
				for ( $pass = 0; $pass < 3; $pass++ ) {
					$this->pass();
					$this->assert_quiet( "day $day, hour $hour" );
					$this->let_time_pass( 5 * MINUTE_IN_SECONDS );
				}
				$this->let_time_pass( 45 * MINUTE_IN_SECONDS );
				$this->visit();
			}
			$event = network_webhooks_dispatch( 'lesson_finished', array( 'day' => $day ) );
			$this->assertSame( array( 'delivered', 'delivered' ), array_column( webhooks_wait( $event, self::DEADLINE ), 'state' ) );
			// Somebody saves a webhook, and the server is updated now and then.
			$this->store( $webhooks[ $day % 2 ] );
			$this->assert_quiet( "the evening of day $day" );
		}
		$this->assertSame( array(), array_column( $this->mails, 'subject' ) );
		$this->assertSame( array(), array_filter( (array) Settings::get( Settings::ANNOUNCEMENTS, array() ) ) );
	}

	/**
	 * docs/running.md says of each failure where it is seen and what to do.
	 */
	public function test_the_documentation_has_each(): void {
		$text = file_get_contents( __DIR__ . '/../../docs/running.md' );
		preg_match_all( '/^\| [^|]+ \| `([a-z_]+)` \| ([^|]+) \| [^|]+ \|$/m', $text, $rows );
		$this->assertGreaterThanOrEqual( 20, count( $rows[0] ) );
		foreach ( $rows[1] as $at => $condition ) {
			$this->assertNotSame( $condition, Health_Checks::title( $condition ) );
			$this->assertStringContainsString( 'Status', $rows[2][ $at ] );
		}
		foreach ( self::failures() as list( , $condition, $is_known ) ) {
			$row = $rows[2][ array_search( $condition, $rows[1], true ) ];
			$this->assertContains( $condition, $rows[1] );
			$this->assertSame( $is_known || 'clock' === $condition, str_contains( $row, 'webhooks_status()' ), $condition );
		}
		// What webhooks_status() can say stands there, too.
		foreach ( array( 'status.rs', 'noticed.rs' ) as $file ) {
			preg_match_all( '/\bproblem\(\s*"([a-z_]+)"/', file_get_contents( __DIR__ . "/../../src/php/$file" ), $codes );
			$this->assertNotSame( array(), $codes[1] );
			$this->assertSame( array(), array_values( array_diff( $codes[1], $rows[1] ) ), $file );
		}
	}

	private function assert_quiet( string $when ): void {
		$this->assertSame( array(), webhooks_status()['problems'], $when );
		$this->assertSame( array(), Health_Checks::now(), $when );
		$this->assertSame( array(), array_column( $this->mails, 'subject' ), $when );
	}

	/**
	 * What WP-Cron does every five minutes.
	 */
	private function pass(): void {
		delete_network_option( get_main_network_id(), Settings::MAILED_AT );
		do_action( 'network_webhooks_wake' );
	}

	/**
	 * What a visit of Network Admin does beside the page.
	 */
	private function visit(): void {
		$maintenance = new ReflectionMethod( $this->plugin(), 'maintenance' );
		$maintenance->invoke( $this->plugin() )->run();
	}

	/**
	 * Time passes: what is known lies so much further back.
	 */
	private function let_time_pass( int $seconds ): void {
		$known = (array) Settings::get( Settings::CRON, array() );
		Settings::set( Settings::CRON, array_map( static fn( int $at ) => $at ? $at - $seconds : 0, $known ) );
		Throttle::forget( 'upkeep' );
	}

	private function forget(): void {
		foreach ( array( Settings::ANNOUNCEMENTS, Settings::MAIL_TO, Settings::MAILED_AT, Settings::CONDITIONS, Settings::CRON, Settings::UNPUBLISHED, Settings::SET_ASIDE ) as $name ) {
			delete_network_option( get_main_network_id(), $name );
		}
		$this->mails = array();
	}

	private function open_the_spool(): void {
		$this->undo[] = fn() => chmod( self::spool(), 0700 );
		chmod( self::spool(), 0755 );
	}

	private function give_the_store_a_newer_schema(): void {
		$this->worker();
		$this->stop_the_worker();
		$this->undo[] = array( $this, 'start_afresh' );
		array_map( 'unlink', glob( self::spool( 'store.sqlite-*' ) ) );
		// Where SQLite keeps user_version: https://www.sqlite.org/fileformat.html#user_version_number
		$this->write_at( self::spool( 'store.sqlite' ), 60, pack( 'N', 99 ) );
		$this->wait_for_problem( 'worker' );
	}

	private function kill_the_worker_twice(): void {
		$this->undo[] = array( $this, 'start_afresh' );
		foreach ( range( 1, 2 ) as $time ) {
			$pid = $this->worker();
			$this->assertTrue( posix_kill( $pid, SIGKILL ) );
			$this->wait_for( static fn() => ! webhooks_status()['worker']['running'] );
		}
		// The next one counts, once it has the log.
		$this->wait_for_problem( 'worker_dies' );
	}

	private function have_the_worker_hang(): void {
		$this->stall();
		$this->put_segment( 1, ( time() - 600 ) * 1000 );
	}

	private function have_another_version_run(): void {
		$this->worker();
		$file         = self::spool( 'worker.lock' );
		$said         = file_get_contents( $file );
		$this->undo[] = array( $this, 'stop_the_worker' );
		$this->undo[] = static fn() => file_put_contents( $file, $said );
		file_put_contents( $file, wp_json_encode( array( 'version' => '0.0.9' ) + json_decode( $said, true ) ) );
	}

	private function put_a_newer_segment(): void {
		$this->put_segment( 2, time() * 1000 );
	}

	private function put_a_newer_config(): void {
		$this->replace( 'config.json', static fn( string $was ) => wp_json_encode( array( 'format' => 9 ) + json_decode( $was, true ) ) );
	}

	private function damage_the_config(): void {
		$this->replace( 'config.json', static fn( string $was ) => substr( $was, 0, 200 ) );
	}

	private function damage_the_store(): void {
		$this->stop_the_worker();
		$this->undo[] = array( $this, 'start_afresh' );
		$this->empty_the_journal();
		array_map( 'unlink', glob( self::spool( 'store.sqlite-*' ) ) );
		file_put_contents( self::spool( 'store.sqlite' ), str_repeat( 'no database ', 1000 ) );
		$this->wait_for_problem( 'store_set_aside' );
	}

	private function have_the_disk_be_full(): void {
		// A worker that says so, and can't take it back.
		$this->stall();
		$this->undo[] = fn() => $this->write_at( self::spool( 'wake' ), 4, pack( 'V', 0 ) );
		$this->write_at( self::spool( 'wake' ), 4, pack( 'V', 1 ) );
	}

	private function store_an_invalid_webhook(): void {
		global $wpdb;
		$row             = Webhook::create( 'Bad', 'https://endpoint.example/', 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'timeout' => 0 ) + json_decode( $row['settings'], true ) );
		$now             = current_time( 'mysql', true );
		$wpdb->insert( Schema::webhooks(), $row + array( 'created' => $now, 'modified' => $now ) );
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->sitemeta SET meta_value = meta_value + 1 WHERE meta_key = %s", Settings::REVISION ) );
	}

	private function let_an_endpoint_be_gone(): void {
		$endpoint     = new Endpoint();
		$this->undo[] = array( $endpoint, 'remove' );
		$this->store( Webhook::create( 'Gone', "$endpoint->url/410", 'lesson_gone' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_gone' ), self::DEADLINE );
		$this->wait_for_problem( 'webhook_disabled' );
	}

	private function let_no_endpoint_answer(): void {
		$this->let_fail( 'endpoints', 'http://127.0.0.1:1/', 'http://localhost:2/' );
	}

	private function let_fail( string $condition, string ...$urls ): void {
		foreach ( $urls as $url ) {
			$row             = Webhook::create( $url, $url, 'lesson_failed' )->to_row();
			$row['settings'] = wp_json_encode( array( 'timeout' => 1, 'retries' => array( 1, 1, 3600 ) ) + json_decode( $row['settings'], true ) );
			$this->store( Webhook::from_row( (object) $row ) );
		}
		network_webhooks_dispatch( 'lesson_failed' );
		$this->wait_for_problem( $condition );
	}

	private function set_the_clock_of_the_database(): void {
		global $wpdb;
		$this->undo[] = static fn() => $wpdb->query( 'SET timestamp = DEFAULT' );
		$wpdb->query( 'SET timestamp = UNIX_TIMESTAMP() + 900' );
	}

	private function restore_an_old_database(): void {
		$now          = Settings::read( Settings::REVISION )[ Settings::REVISION ];
		$this->undo[] = static fn() => Settings::set( Settings::REVISION, $now );
		Settings::set( Settings::REVISION, $now - 1000 );
	}

	private function fill_the_outbox(): void {
		global $wpdb;
		$this->let_an_event_wait();
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::outbox() . ' SET size = %d, created = UTC_TIMESTAMP()', (int) ( Network_Webhooks\Outbox::MOST_BYTES * 0.9 ) ) );
	}

	private function let_an_event_wait(): void {
		global $wpdb;
		// An upgrade of PHP took the extension away.
		$known        = new ReflectionProperty( Network_Webhooks\Environment::class, 'extension' );
		$this->undo[] = static fn() => $known->setValue( null, null );
		$known->setValue( null, false );
		$this->plugin()->outbox()->add( 'lesson_finished', array(), $this->plugin()->dispatcher()->complete( array() ), 'a test' );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . ' SET created = UTC_TIMESTAMP() - INTERVAL 25 DAY' );
	}

	private function refuse_an_event(): void {
		$this->plugin()->outbox()->refuse( 'lesson_finished', array(), $this->plugin()->dispatcher()->complete( array() ), 'a test' );
	}

	/**
	 * Waits for a condition, with a worker that runs or is to be started.
	 */
	private function wait_for_problem( string $condition ): void {
		$this->wait_for(
			static function () use ( $condition ) {
				webhooks_wake();
				return in_array( $condition, array_column( webhooks_status()['problems'], 'code' ), true );
			}
		);
	}

	private static function spool( string $name = '' ): string {
		return webhooks_status()['spool']['path'] . ( '' === $name ? '' : "/$name" );
	}

	/**
	 * Process id of the worker, which runs then.
	 */
	private function worker(): int {
		return $this->wait_for(
			static function () {
				webhooks_wake();
				return webhooks_status()['worker']['pid'];
			}
		);
	}

	private function stop_the_worker(): void {
		$pid = webhooks_status()['worker']['pid'];
		if ( $pid ) {
			posix_kill( $pid, SIGTERM );
			$this->wait_for( static fn() => webhooks_status()['worker']['pid'] !== $pid );
		}
	}

	/**
	 * Stops the worker where it is, with its lock.
	 */
	private function stall(): void {
		$pid          = $this->worker();
		$this->undo[] = static fn() => posix_kill( $pid, SIGCONT );
		posix_kill( $pid, SIGSTOP );
	}

	/**
	 * An empty log, in which nobody died.
	 */
	private function start_afresh(): void {
		$this->stop_the_worker();
		$this->empty_the_journal();
		array_map( 'unlink', array_merge( glob( self::spool( 'store.sqlite*' ) ), glob( self::spool( 'worker.{start,lock}' ), GLOB_BRACE ) ) );
		$this->worker();
	}

	/**
	 * Without a log, what was read of the journal would be read again, and what was erased of it on
	 * somebody's request is no record any more.
	 */
	private function empty_the_journal(): void {
		array_map( 'unlink', glob( self::spool( 'journal/*.seg' ) ) );
	}

	/**
	 * Replaces a file of the spool, as the extension does, until the test is over.
	 */
	private function replace( string $name, callable $change ): void {
		$file         = self::spool( $name );
		$was          = file_get_contents( $file );
		$put          = static function ( string $bytes ) use ( $file ): void {
			file_put_contents( "$file.new", $bytes );
			chmod( "$file.new", 0600 );
			rename( "$file.new", $file );
		};
		$this->undo[] = static fn() => $put( $was );
		$put( $change( $was ) );
	}

	/**
	 * A segment of the journal from an earlier boot, with bytes that nobody has read.
	 *
	 * @param int $made Unix milliseconds.
	 */
	private function put_segment( int $format, int $made ): void {
		$id           = random_bytes( 16 );
		$head         = "\xf5\xc0webhk\n" . pack( 'VV', $format, 0 ) . $id . str_repeat( "\1", 16 ) . pack( 'PP', $made, 0 );
		$file         = self::spool( 'journal/' . bin2hex( $id ) . '.seg' );
		$this->undo[] = static fn() => is_file( $file ) && unlink( $file );
		file_put_contents( $file, $head . strrev( hash( 'xxh3', $head, true ) ) . str_repeat( "\0", 200 ) );
		chmod( $file, 0600 );
		chown( $file, fileowner( self::spool() ) );
		chgrp( $file, filegroup( self::spool() ) );
	}

	private function write_at( string $file, int $at, string $bytes ): void {
		$handle = fopen( $file, 'r+' );
		fseek( $handle, $at );
		fwrite( $handle, $bytes );
		fclose( $handle );
	}
}
