<?php
/**
 * What fails in silence is noticed: each failure of docs/running.md is brought about, and then stands
 * in webhooks_status() where the extension can know it, on the Status page, in Site Health and in a mail,
 * after the next pass of WP-Cron, which is five minutes away. In fourteen healthy days nothing of all this
 * is said.
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
	private string $folder = '';
	private ?Webhook $webhook = null;

	protected function setUp(): void {
		parent::setUp();
		$this->folder = sys_get_temp_dir() . '/network-webhooks-noticed-' . bin2hex( random_bytes( 4 ) );
		mkdir( $this->folder, 0755 );
		$this->forget();
		add_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20, 2 );
	}

	protected function tearDown(): void {
		while ( $this->undo ) {
			array_pop( $this->undo )();
		}
		remove_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20 );
		( new ReflectionProperty( Network_Webhooks\Cron::class, 'booted' ) )->setValue( null, null );
		array_map( 'unlink', array_filter( glob( "$this->folder/*" ), 'is_file' ) );
		array_map( 'rmdir', array( ...glob( "$this->folder/*" ), $this->folder ) );
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
			'a spool that others may read'           => array( 'open_the_spool', 'spool', true ),
			'a spool that can only be read'          => array( 'mount_the_spool_read_only', 'spool', true ),
			'a worker that is missing'               => array( 'lose_the_worker', 'worker', true ),
			'a worker that may not be executed'      => array( 'forbid_the_worker', 'worker', true ),
			'a worker that dies as it comes up'      => array( 'have_the_worker_die_as_it_comes_up', 'worker', true ),
			'a worker that can’t be started'         => array( 'give_the_store_a_newer_schema', 'worker', true ),
			'a log of a newer schema'                => array( 'read_a_newer_log', 'store', true ),
			'a worker that dies again and again'     => array( 'kill_the_worker_twice', 'worker_dies', true ),
			'a worker that hangs'                    => array( 'have_the_worker_hang', 'worker_hangs', true ),
			'events that nobody takes in'            => array( 'have_the_worker_hang', 'backlog', true ),
			'a worker of another version'            => array( 'have_another_version_run', 'version', true ),
			'a segment of a newer version'           => array( 'put_a_newer_segment', 'journal', true ),
			'webhooks that a newer version wrote'    => array( 'put_a_newer_config', 'config', true ),
			'published webhooks that are damaged'    => array( 'damage_the_config', 'config', true ),
			'a log that was damaged'                 => array( 'damage_the_store', 'store_set_aside', true ),
			'a database of the log that is away'     => array( 'take_the_database_away', 'store_away', true ),
			'a log that was not moved'               => array( 'leave_a_log_behind', 'store_left', true ),
			'a full disk'                            => array( 'fill_the_disk', 'disk', true ),
			'a disk without room for files'          => array( 'fill_the_disk_with_files', 'disk', true ),
			'a limit of a file’s size'               => array( 'limit_files', 'file_size', true ),
			'a limit of open files'                  => array( 'limit_open_files', 'descriptors', true ),
			'another webhooks.max_in_flight'         => array( 'set_another_max_in_flight', 'max_in_flight', true ),
			'another webhooks.keep_segments'         => array( 'set_another_keep_segments', 'keep_segments', true ),
			'another webhooks.allow'                 => array( 'set_another_allow', 'allow', true ),
			'an invalid webhook'                     => array( 'store_an_invalid_webhook', 'invalid_webhook', true ),
			'secrets that can’t be opened'           => array( 'change_the_key', 'invalid_webhook', true ),
			'a disabled webhook'                     => array( 'let_an_endpoint_be_gone', 'webhook_disabled', true ),
			'endpoints of which none is reached'     => array( 'let_no_endpoint_answer', 'endpoints', true ),
			'a DNS server that is gone'              => array( 'take_the_dns_server_away', 'names', true ),
			'a clock that was set'                   => array( 'set_the_clock_ahead', 'clock', true ),
			'a clock that was set back'              => array( 'set_the_clock_back', 'clock', true ),
			'a clock that differs from the database' => array( 'set_the_clock_of_the_database', 'clock', false ),
			'PHP without the extension'              => array( 'upgrade_php', 'extension', false ),
			'a restored database'                    => array( 'restore_an_old_database', 'publication', false ),
			'events that the journal does not take'  => array( 'mount_the_spool_read_only', 'outbox_waits', false ),
			'an outbox that fills'                   => array( 'fill_the_outbox', 'outbox_full', false ),
			'events that wait in the outbox'         => array( 'let_an_event_wait', 'outbox_old', false ),
			'an event whose handler fails'           => array( 'have_a_handler_fail', 'refused', false ),
			'a refused event'                        => array( 'refuse_an_event', 'refused', false ),
		);
	}

	/**
	 * @dataProvider failures
	 */
	public function test_it_failed_in_silence( string $break, string $condition, bool $is_known ): void {
		$this->webhook = $this->subscribe( 'lesson_finished' );
		$this->pass();
		$this->assertSame( array(), array_column( $this->mails, 'subject' ), 'Nothing was wrong before.' );
		$seen = $this->$break();
		if ( null === $seen ) {
			$this->pass();
			$seen = $this->report();
		}
		$this->assertSame( $is_known, isset( $seen['problems'][ $condition ] ), wp_json_encode( $seen['problems'] ) );
		$this->assertArrayHasKey( $condition, $seen['now'], wp_json_encode( $seen['now'] ) );
		$said  = $seen['now'][ $condition ];
		$title = Health_Checks::title( $condition );
		$this->assertNotSame( $condition, $title );
		$this->assertNotSame( '', $said );
		$this->assertNotSame( 'good', $seen['health']['status'] );
		// What keeps events from the journal is said there once.
		$this->assertStringContainsString( self::timeless( esc_html( $said ) ), self::timeless( $seen['health']['description'] ) );
		$told = implode( "\n", $seen['mails'] );
		// Of webhooks the mail has the name.
		$of_webhooks = array(
			'invalid_webhook'  => "“{$this->webhook->name}” is invalid",
			'webhook_disabled' => '“Gone” is disabled',
		);
		$this->assertStringContainsString( $of_webhooks[ $condition ] ?? $title, $told );
	}

	/**
	 * Told by mail only, it would be told to nobody.
	 */
	public function test_mails_that_could_not_be_sent_were_known_to_the_error_log_alone(): void {
		$this->refuse_an_event();
		$fails        = static function ( $sent, array $mail ): bool {
			do_action( 'wp_mail_failed', new WP_Error( 'wp_mail_failed', 'Could not instantiate mail function.' ) );
			return false;
		};
		$this->undo[] = static fn() => remove_filter( 'pre_wp_mail', $fails, 30 );
		add_filter( 'pre_wp_mail', $fails, 30, 2 );
		$this->mails = array();
		$this->pass();
		$this->assertStringContainsString( 'Could not instantiate mail function.', Health_Checks::now()['mail'] );
		$this->assertStringContainsString( 'Could not instantiate', $this->report()['health']['description'] );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( 'Mails about webhooks can’t be sent', $admin );

		array_pop( $this->undo )();
		$this->mails = array();
		$this->pass();
		$this->assertArrayNotHasKey( 'mail', Health_Checks::now() );
		$told = implode( "\n", array_column( $this->mails, 'message' ) );
		$this->assertStringContainsString( 'Events were refused', $told );
		$this->assertStringContainsString( 'Mails about webhooks can’t be sent', $told, 'That they had not come is told, too.' );
	}

	public function test_announcements_to_no_address_at_all_counted_as_mailed(): void {
		$this->refuse_an_event();
		Settings::set( Settings::MAIL_TO, array( 'nobody' ) );
		$this->pass();
		$this->assertSame( array(), $this->mails );
		$this->assertStringContainsString( 'no address is set', Health_Checks::now()['mail'] );
		Settings::set( Settings::MAIL_TO, array( 'ops@network.example' ) );
		$this->pass();
		$this->assertArrayNotHasKey( 'mail', Health_Checks::now() );
		$this->assertStringContainsString( 'Events were refused', implode( array_column( $this->mails, 'message' ) ) );
	}

	public function test_announcements_whose_sender_ended_half_way_counted_as_mailed(): void {
		$this->refuse_an_event();
		$ends         = static function (): never {
			throw new Error( 'PHP ends here.' );
		};
		$this->undo[] = static fn() => remove_filter( 'pre_wp_mail', $ends, 30 );
		add_filter( 'pre_wp_mail', $ends, 30 );
		$this->pass();
		$this->assertArrayNotHasKey( 'mail', Health_Checks::now(), 'It may still be at it.' );
		array_pop( $this->undo )();
		$this->mails = array();
		$known = Settings::get( Settings::NOT_MAILED );
		Settings::set( Settings::NOT_MAILED, array( 'tried' => $known['tried'] - 300 ) + $known );
		$this->assertStringContainsString( 'PHP ended', Health_Checks::now()['mail'] );
		$this->pass();
		$this->assertStringContainsString( 'Events were refused', implode( array_column( $this->mails, 'message' ) ) );
		$this->assertArrayNotHasKey( 'mail', Health_Checks::now() );
	}

	/**
	 * It was seen 79 minutes later, and then by a notice only: the mails go out with WP-Cron.
	 */
	public function test_a_wp_cron_that_had_stopped_was_known_to_nobody(): void {
		$this->let_visits_run_wp_cron();
		$this->pass();
		$this->let_time_pass( 5 * MINUTE_IN_SECONDS );
		$this->visit();
		$this->let_time_pass( 2 * MINUTE_IN_SECONDS );
		$this->visit();
		$this->assertArrayNotHasKey( 'cron', Health_Checks::now(), 'It may come with this visit.' );
		$this->let_time_pass( 5 * MINUTE_IN_SECONDS );
		$this->mails = array();
		$this->visit();
		$this->assertStringContainsString( 'has not run since', Health_Checks::now()['cron'] );
		$this->assertStringContainsString( 'WP-Cron does not run', implode( array_column( $this->mails, 'message' ) ) );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( 'WP-Cron does not run', $admin );
		$this->pass();
		$this->assertArrayNotHasKey( 'cron', Health_Checks::now() );
	}

	/**
	 * Minutes at which the system calls WP-Cron → how many minutes after the last call it is missed.
	 */
	public static function crontabs(): array {
		return array(
			'every 5 minutes'              => array( array( 5 ), 9 ),
			'every 15 minutes'             => array( array( 15 ), 19 ),
			'every 15, now and then later' => array( array( 15, 15, 30, 15, 25 ), 34 ),
			'every hour'                   => array( array( 60 ), 64 ),
		);
	}

	/**
	 * @dataProvider crontabs
	 */
	public function test_how_soon_wp_cron_is_missed_is_learned_from_the_crontab( array $minutes, int $missed ): void {
		$this->assertTrue( DISABLE_WP_CRON );
		$wait = function ( int $minutes ): void {
			for ( $minute = 0; $minute < $minutes; $minute++ ) {
				$this->let_time_pass( MINUTE_IN_SECONDS );
				$minute % 5 || $this->visit();
				$this->assertArrayNotHasKey( 'cron', Health_Checks::everywhere(), "in minute $minute" );
			}
		};
		$this->pass();
		for ( $call = 0; $call < 15; $call++ ) {
			$wait( $minutes[ $call % count( $minutes ) ] );
			$this->run_wp_cron();
		}
		// The test itself takes some seconds.
		$wait( $missed - 1 );
		$this->let_time_pass( 2 * MINUTE_IN_SECONDS );
		$this->mails = array();
		$this->visit();
		$this->assertArrayHasKey( 'cron', Health_Checks::everywhere() );
		$this->assertStringContainsString( 'WP-Cron does not run', implode( array_column( $this->mails, 'message' ) ) );
		// One failure that was mended is no pace.
		$this->run_wp_cron();
		$wait( $missed - 1 );
		$this->let_time_pass( 2 * MINUTE_IN_SECONDS );
		$this->assertArrayHasKey( 'cron', Health_Checks::everywhere() );
	}

	public function test_a_machine_that_was_off_over_night_is_no_wp_cron_that_stopped(): void {
		$this->pass();
		for ( $call = 0; $call < 5; $call++ ) {
			$this->let_time_pass( 15 * MINUTE_IN_SECONDS );
			$this->run_wp_cron();
		}
		$this->let_time_pass( 8 * HOUR_IN_SECONDS );
		( new ReflectionProperty( Network_Webhooks\Cron::class, 'booted' ) )->setValue( null, time() );
		$this->visit();
		$this->assertArrayNotHasKey( 'cron', Health_Checks::now(), 'The crontab has had no time yet.' );
		$this->let_time_pass( 15 * MINUTE_IN_SECONDS );
		$this->run_wp_cron();
		$this->visit();
		$this->assertArrayNotHasKey( 'cron', Health_Checks::now() );
	}

	/**
	 * The published revision is a time: it was compared with the clock, so one that had been far ahead
	 * once was complained of until that time was there.
	 */
	public function test_a_clock_that_is_right_again_was_complained_of(): void {
		$this->subscribe( 'lesson_finished' );
		$ahead = Network_Webhooks\Publisher::now() + YEAR_IN_SECONDS * 1000;
		Settings::set( Settings::REVISION, $ahead );
		$this->plugin()->publisher()->publish();
		$this->assertSame( $ahead, webhooks_revision() );
		$this->assertSame( array(), webhooks_status()['problems'] );
		$this->assertArrayNotHasKey( 'clock', Health_Checks::now() );
	}

	/**
	 * Minutes between two calls of WP-Cron; 0: visits have it run.
	 */
	public static function paces(): array {
		return array(
			'visits'           => array( 0 ),
			'every 5 minutes'  => array( 5 ),
			'every 15 minutes' => array( 15 ),
			'every hour'       => array( 60 ),
		);
	}

	/**
	 * @dataProvider paces
	 */
	public function test_fourteen_healthy_days_had_no_false_alarm( int $pace ): void {
		$endpoint     = new Endpoint();
		$this->undo[] = array( $endpoint, 'remove' );
		$this->start_afresh();
		$webhooks     = array();
		foreach ( array( 'localhost', '127.0.0.1' ) as $host ) {
			$webhooks[] = $this->store( Webhook::create( $host, str_replace( '127.0.0.1', $host, $endpoint->url ) . '/200', 'lesson_finished' ) );
		}
		if ( 0 === $pace ) {
			$this->let_visits_run_wp_cron();
		}
		for ( $day = 0; $day < 14; $day++ ) {
			// A night that nobody visits; the worker has nothing to do and leaves.
			$pace ? $this->have_wp_cron_called( 8 * 60, $pace ) : $this->let_time_pass( 8 * HOUR_IN_SECONDS );
			$this->stop_the_worker();
			$this->visit();
			$this->assert_quiet( "the morning of day $day" );
			for ( $hour = 0; $hour < 16; $hour++ ) {
				if ( $pace ) {
					$this->have_wp_cron_called( 60, $pace );
				} else {
					// A busy half, in which each visit finds it run, and one without any visit.
					for ( $pass = 0; $pass < 3; $pass++ ) {
						$this->pass();
						$this->assert_quiet( "day $day, hour $hour" );
						$this->let_time_pass( 5 * MINUTE_IN_SECONDS );
					}
					$this->let_time_pass( 45 * MINUTE_IN_SECONDS );
				}
				$this->visit();
				$this->assert_quiet( "day $day, end of hour $hour" );
			}
			$this->pass();
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

	/**
	 * A text without times, which differ from one look to the next.
	 */
	private static function timeless( string $text ): string {
		return (string) preg_replace( '/\d{4}-\d\d-\d\d[T ][\d:.]+Z?/', 'TIME', $text );
	}

	/**
	 * Time passes in which the system calls WP-Cron.
	 */
	private function have_wp_cron_called( int $minutes, int $pace ): void {
		for ( $passed = 0; $passed < $minutes; $passed += $pace ) {
			$this->let_time_pass( $pace * MINUTE_IN_SECONDS );
			// The pass itself is the same each time.
			$passed % 240 ? $this->run_wp_cron() : $this->pass();
		}
	}

	/**
	 * What is seen of this server.
	 */
	private function report(): array {
		return array(
			'problems' => array_column( webhooks_status()['problems'], 'message', 'code' ),
			'now'      => Health_Checks::now(),
			'health'   => ( new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() ) )->test(),
			'mails'    => array_column( $this->mails, 'message' ),
		);
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
	 * WP-Cron runs, of which only that is of interest.
	 */
	private function run_wp_cron(): void {
		Network_Webhooks\Cron::ran();
	}

	private function let_visits_run_wp_cron(): void {
		// In the web server's processes as well.
		$file         = WPMU_PLUGIN_DIR . '/visits.php';
		$this->undo[] = static fn() => unlink( $file ) && remove_filter( 'network_webhooks_system_cron', '__return_false' );
		file_put_contents( $file, "<?php add_filter( 'network_webhooks_system_cron', '__return_false' );" );
		add_filter( 'network_webhooks_system_cron', '__return_false' );
	}

	/**
	 * What a visit of Network Admin does beside the page.
	 */
	private function visit(): void {
		delete_network_option( get_main_network_id(), Settings::MAILED_AT );
		$maintenance = new ReflectionMethod( $this->plugin(), 'maintenance' );
		$maintenance->invoke( $this->plugin() )->run();
	}

	/**
	 * Time passes: what is known lies so much further back.
	 */
	private function let_time_pass( int $seconds ): void {
		$known = (array) Settings::get( Settings::CRON, array() );
		foreach ( array( 'ran', 'missed' ) as $time ) {
			$known[ $time ] = ( $known[ $time ] ?? 0 ) ? $known[ $time ] - $seconds : 0;
		}
		Settings::set( Settings::CRON, $known );
		$booted = new ReflectionProperty( Network_Webhooks\Cron::class, 'booted' );
		$booted->setValue( null, ( $booted->getValue() ?? time() - YEAR_IN_SECONDS ) - $seconds );
		Throttle::forget( 'upkeep' );
	}

	private function forget(): void {
		foreach ( array( Settings::ANNOUNCEMENTS, Settings::MAIL_TO, Settings::MAILED_AT, Settings::CONDITIONS, Settings::CRON, Settings::UNPUBLISHED, Settings::SET_ASIDE, Settings::NOT_MAILED, Settings::SERVERS ) as $name ) {
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
		// And application_id, should all of it have been in the -wal.
		$this->write_at( self::spool( 'store.sqlite' ), 60, pack( 'N', 99 ) );
		$this->write_at( self::spool( 'store.sqlite' ), 68, pack( 'N', 0x7762686b ) );
		$this->wait_for_problem( 'worker' );
	}

	/**
	 * A worker of a later version had it, and a process of this one comes.
	 */
	private function read_a_newer_log(): array {
		$this->give_the_store_a_newer_schema();
		return $this->own()->ask( 'pass' );
	}

	private function kill_the_worker_twice(): void {
		$this->undo[] = array( $this, 'start_afresh' );
		foreach ( range( 1, 2 ) as $time ) {
			$pid = $this->worker();
			// It has come up, and has counted the one before.
			$this->wait_for( static fn() => null === webhooks_status()['worker']['last_error'] );
			$this->assertTrue( posix_kill( $pid, SIGKILL ) );
			$this->wait_for( static fn() => ! webhooks_status()['worker']['running'] );
		}
		// The next one counts, once it has the log.
		$this->wait_for_problem( 'worker_dies' );
	}

	/**
	 * A worker that is stopped, and what is seen ten minutes later.
	 */
	private function have_the_worker_hang(): array {
		$this->stall();
		$said = json_decode( file_get_contents( self::spool( 'worker.lock' ) ), true );
		$this->assertSame( webhooks_status()['worker']['pid'], $said['pid'] );
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished' ) );
		// It came up before that, too.
		$this->set_file( 'worker.lock', wp_json_encode( array( 'since' => $said['since'] - 600_000 ) + $said ) );
		return $this->own( seconds: 600 )->ask( 'pass' );
	}

	/**
	 * The worker that is installed, with another version in it.
	 */
	private function have_another_version_run(): array {
		$version = phpversion( 'webhooks' );
		$other   = str_replace( $version, '9' . substr( $version, 1 ), file_get_contents( getenv( 'WORKER' ) ) );
		$own     = $this->own( ini: array( 'webhooks.worker' => $this->put_worker( $other ) ), spool: 'size=64m' );
		$own->ask( 'pass' );
		$this->wait_for( static fn() => $own->ask( 'report' )['worker']['version'] );
		return $own->ask( 'pass' );
	}

	/**
	 * A segment that holds an event, as a version to come may write it.
	 */
	private function put_a_newer_segment(): void {
		$before = glob( self::spool( 'journal/*.seg' ) );
		$this->stall();
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', '1' ) );
		$made = array_values( array_diff( glob( self::spool( 'journal/*.seg' ) ), $before ) );
		$this->assertCount( 1, $made );
		$bytes = file_get_contents( $made[0] );
		$this->assertGreaterThan( 100, strlen( $bytes ) );
		$head         = substr_replace( substr( $bytes, 0, 64 ), pack( 'V', 2 ), 8, 4 );
		$this->undo[] = static fn() => is_file( $made[0] ) && unlink( $made[0] );
		$this->write_at( $made[0], 0, $head . strrev( hash( 'xxh3', $head, true ) ) );
		array_splice( $this->undo, -2, 1 )[0]();
	}

	private function lose_the_worker(): array {
		return $this->have_start( '/nowhere/webhooks-worker' );
	}

	private function forbid_the_worker(): array {
		$file = $this->put_worker( file_get_contents( getenv( 'WORKER' ) ) );
		chmod( $file, 0644 );
		return $this->have_start( $file );
	}

	/**
	 * Killed when it opens its log, before it can say why, again and again.
	 */
	private function have_the_worker_die_as_it_comes_up(): array {
		$library = "$this->folder/dies_at_the_log.so";
		exec( sprintf( 'cc -shared -fPIC -o %s %s -ldl', escapeshellarg( $library ), escapeshellarg( dirname( __DIR__ ) . '/killers/dies_at_the_log.c' ) ), $said, $code );
		$this->assertSame( 0, $code );
		chmod( $library, 0755 );
		$file = $this->put_worker( sprintf( "#!/bin/sh\nLD_PRELOAD=%s exec %s \"$@\"\n", escapeshellarg( $library ), escapeshellarg( getenv( 'WORKER' ) ) ) );
		$own  = $this->own( ini: array( 'webhooks.worker' => $file ), spool: 'size=64m' );
		$own->ask( 'pass' );
		// The first time it might still come up.
		$this->wait_for( static fn() => isset( $own->ask( 'wake and report' )['problems']['worker'] ) );
		return $own->ask( 'pass' );
	}

	private function have_start( string $worker ): array {
		return $this->own( ini: array( 'webhooks.worker' => $worker ), spool: 'size=64m' )->ask( 'pass' );
	}

	private function mount_the_spool_read_only(): array {
		$this->stop_the_worker();
		$spool = escapeshellarg( self::spool() );
		$own   = $this->own( mount: "mount --bind $spool $spool; mount -o remount,ro,bind $spool" );
		$own->ask( 'dispatch', 'lesson_finished' );
		$this->assertCount( 1, $this->outbox(), 'It waits in the outbox.' );
		$GLOBALS['wpdb']->query( 'UPDATE ' . Schema::outbox() . ' SET created = UTC_TIMESTAMP() - INTERVAL 5 MINUTE' );
		return $own->ask( 'pass' );
	}

	private function fill_the_disk(): array {
		return $this->fill( 'fill', 'size=32m' );
	}

	private function fill_the_disk_with_files(): array {
		return $this->fill( 'fill with files', 'size=64m,nr_inodes=300' );
	}

	private function fill( string $with, string $size ): array {
		$own   = $this->own( spool: $size );
		$spool = $this->folder . '/spool';
		$seen  = $own->ask( 'pass' );
		$this->assertSame( array(), $seen['problems'] );
		$own->ask( $with, $spool );
		return $own->ask( 'pass' );
	}

	private function limit_files(): array {
		return $this->limit( '-f 20480' );
	}

	private function limit_open_files(): array {
		return $this->limit( '-n 100' );
	}

	/**
	 * Under a limit that PHP hands on to the worker.
	 */
	private function limit( string $limit ): array {
		$own = $this->own( spool: 'size=64m', shell: "ulimit $limit" );
		$own->ask( 'pass' );
		$this->wait_for( static fn() => $own->ask( 'report' )['worker']['pid'] );
		return $own->ask( 'pass' );
	}

	private function set_another_max_in_flight(): array {
		return $this->own( ini: array( 'webhooks.max_in_flight' => '7' ) )->ask( 'report and mail' );
	}

	private function set_another_keep_segments(): array {
		return $this->own( ini: array( 'webhooks.keep_segments' => '60' ) )->ask( 'report and mail' );
	}

	/**
	 * Nobody listens at that port.
	 */
	private function take_the_database_away(): array {
		return $this->own( ini: array( 'webhooks.store' => '"mysql://nobody@127.0.0.1:9/network"' ) )->ask( 'report and mail' );
	}

	/**
	 * Somebody set webhooks.store to a database while something waited in the file.
	 */
	private function leave_a_log_behind(): array {
		$this->store( Webhook::create( 'Waits', 'http://127.0.0.1:1/', 'lesson_waits' ) );
		network_webhooks_dispatch( 'lesson_waits' );
		$this->wait_for( static fn() => webhooks_count( array( 'state' => array( 'pending', 'held' ) ) ) > 0 );
		return $this->own( ini: array( 'webhooks.store' => '"mysql://nobody@127.0.0.1:9/network"' ) )->ask( 'report and mail' );
	}

	private function set_another_allow(): array {
		return $this->own( ini: array( 'webhooks.allow' => '127.0.0.0/8' ) )->ask( 'report and mail' );
	}

	/**
	 * Somebody changed the key in wp-config.php, and this server has no secrets to give back.
	 */
	private function change_the_key(): array {
		return $this->own( spool: 'size=64m', env: array( 'OWN_SALT' => 'another' ) )->ask( 'pass' );
	}

	private function take_the_dns_server_away(): array {
		foreach ( array( 'nowhere.test', 'elsewhere.test' ) as $host ) {
			$this->store( self::impatient( "http://$host/" ) );
		}
		$file = "$this->folder/resolv.conf";
		file_put_contents( $file, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n" );
		$own = $this->own( spool: 'size=64m', mount: sprintf( 'mount --bind %s /etc/resolv.conf', escapeshellarg( $file ) ) );
		$own->ask( 'pass' );
		$own->ask( 'dispatch', 'lesson_failed' );
		$this->wait_for( static fn() => isset( $own->ask( 'report' )['problems']['names'] ) );
		return $own->ask( 'pass' );
	}

	/**
	 * In a spool of its own, of whose clock nothing is known: a worker on a server that came up two hours
	 * earlier, then one on a server that has the same clock. So much less time has passed by then.
	 */
	private function set_the_clock_ahead(): array {
		mkdir( "$this->folder/ahead", 0700 );
		$this->undo[] = fn() => exec( 'rm -rf ' . escapeshellarg( "$this->folder/ahead" ) );
		foreach ( array( 7200, 0 ) as $seconds ) {
			$own = $this->own( array( 'webhooks.spool' => "$this->folder/ahead" ), seconds: $seconds, env: array( 'OWN_WORKER' => '1' ) );
			$own->ask( 'pass' );
			$this->wait_for( static fn() => $own->ask( 'take in', 'lesson_finished' ) );
			if ( 0 !== $seconds ) {
				$own->stop();
			}
		}
		$this->wait_for( static fn() => isset( $own->ask( 'report' )['problems']['clock'] ) );
		return $own->ask( 'pass' );
	}

	private function set_the_clock_back(): void {
		$this->run_under_a_clock( 0 );
		$this->run_under_a_clock( 7200 );
		$this->wait_for_problem( 'clock' );
	}

	/**
	 * A worker under a clock that says the same, though so much more time has passed since the machine
	 * came up: that is what a clock looks like that was set back.
	 */
	private function run_under_a_clock( int $seconds ): void {
		$this->undo[] = array( $this, 'start_afresh' );
		$this->stop_the_worker();
		$seconds ? $this->own( seconds: $seconds )->ask( 'wake' ) : webhooks_wake();
		$this->wait_for( static fn() => webhooks_status()['worker']['pid'] );
		$this->wait_for( static fn() => webhooks_status()['store']['schema'] );
		// Once it has taken something in, it has looked at the clock.
		$this->assertNotNull( webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE ) );
	}

	private function upgrade_php(): array {
		return $this->own( bare: true )->ask( 'pass' );
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

	private function store_an_invalid_webhook(): void {
		global $wpdb;
		$this->webhook   = Webhook::create( 'Bad', 'https://endpoint.example/', 'lesson_finished' );
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
			$this->store( self::impatient( $url ) );
		}
		network_webhooks_dispatch( 'lesson_failed' );
		$this->wait_for_problem( $condition );
	}

	/**
	 * A webhook whose second attempt comes a second after the first.
	 */
	private static function impatient( string $url ): Webhook {
		$row             = Webhook::create( $url, $url, 'lesson_failed' )->to_row();
		$row['settings'] = wp_json_encode( array( 'timeout' => 5, 'retries' => array( 1, 1, 3600 ) ) + json_decode( $row['settings'], true ) );
		return Webhook::from_row( (object) $row );
	}

	/**
	 * A server of its own: see Own_Server.
	 *
	 * @param string $spool How its spool is mounted, if it has one of its own.
	 */
	private function own( array $ini = array(), string $mount = '', int $seconds = 0, array $env = array(), bool $bare = false, string $spool = '', string $shell = '' ): Own_Server {
		if ( '' !== $spool ) {
			is_dir( "$this->folder/spool" ) || mkdir( "$this->folder/spool", 0700 );
			$ini   += array( 'webhooks.spool' => "$this->folder/spool" );
			$env   += array( 'OWN_WORKER' => '1' );
			$mount  = Own_Server::spool( "$this->folder/spool", $spool ) . "\n$mount";
		}
		$own          = new Own_Server( $ini, "$mount\n$shell", $seconds, $env, $bare );
		$this->undo[] = array( $own, 'stop' );
		return $own;
	}

	/**
	 * A program that can take the worker's place.
	 */
	private function put_worker( string $bytes ): string {
		file_put_contents( "$this->folder/webhooks-worker", $bytes );
		chmod( "$this->folder/webhooks-worker", 0755 );
		return "$this->folder/webhooks-worker";
	}

	private function set_file( string $name, string $bytes ): void {
		$file         = self::spool( $name );
		$was          = file_get_contents( $file );
		$this->undo[] = static fn() => file_put_contents( $file, $was );
		file_put_contents( $file, $bytes );
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

	/**
	 * Code of another plugin that makes the payload has an error.
	 */
	private function have_a_handler_fail(): void {
		$fails = static function (): never {
			throw new Error( 'Call to undefined function' );
		};
		$this->assertNull( network_webhooks_dispatch( 'lesson_finished', $fails ) );
		$this->assertStringContainsString( 'Call to undefined function', Network_Webhooks\Refused_Events::newest( 1 )[0]->reason );
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

	private function write_at( string $file, int $at, string $bytes ): void {
		$handle = fopen( $file, 'r+' );
		fseek( $handle, $at );
		fwrite( $handle, $bytes );
		fclose( $handle );
	}
}
