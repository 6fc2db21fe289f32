<?php
/**
 * Listening: what is recorded and what not, what it costs, and that it ends.
 */

use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Event;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Event_Capture;
use Network_Webhooks\Payload_Copy;
use Network_Webhooks\Privacy;
use Network_Webhooks\Schema;
use Network_Webhooks\Test_Event;

final class Listen_Test extends Capture_Test_Case {

	private const PLUGIN = 'lesson/lesson.php';

	protected function tearDown(): void {
		$folder = WP_PLUGIN_DIR . '/' . dirname( self::PLUGIN );
		if ( is_dir( $folder ) ) {
			unlink( WP_PLUGIN_DIR . '/' . self::PLUGIN );
			rmdir( $folder );
		}
		parent::tearDown();
	}

	public function test_an_event_that_nobody_wants_is_recorded_whole(): void {
		$user = $this->make_user( 'subscriber' );
		wp_set_current_user( $user->ID );
		$at   = microtime( true );
		$data = array( 'title' => "A <b>title</b> &amp; \u{1F600}", 'price' => 19.0, 'none' => null, 'empty' => new stdClass(), 'list' => array( 1, array( 'x' => true ) ) );
		$this->assertNull( $this->listen()->dispatch( 'nobody.wants', static fn() => $data, array( 'source' => 'school' ) ) );
		$captured = $this->only_captured( 'nobody.wants' );
		$this->assertSame( json_encode( $data, JSON_PRESERVE_ZERO_FRACTION ), json_encode( $captured->data(), JSON_PRESERVE_ZERO_FRACTION ) );
		$this->assertSame( array( 1, 'school', $user->ID, 'cli', null ), array( $captured->site_id, $captured->text( 'source' ), $captured->details['actor']['user'], $captured->text( 'process' ), $captured->event_id ) );
		$this->assertEqualsWithDelta( $at * 1000, $captured->at, 10000 );
		$this->assertSame( array( 'There was no webhook.' ), $this->sentences( $captured ) );
		$this->assertSame( array(), $this->outbox() );
	}

	public function test_hook_and_line_are_those_of_the_code_that_raised_it(): void {
		$dispatcher = $this->listen();
		add_action( 'school_bell', $bell = static fn() => $dispatcher->dispatch( 'lesson_finished', array() ) );
		do_action( 'school_bell' );
		$captured = $this->only_captured( 'lesson_finished' );
		$this->assertSame( array( 'school_bell', basename( __FILE__ ), __LINE__ - 3 ), array( $captured->text( 'hook' ), $captured->text( 'file' ), (int) $captured->text( 'line' ) ) );
		remove_action( 'school_bell', $bell );

		// One that is held until the request ends is told from where it happened.
		$this->listen();
		$this->wait_for( fn() => $this->plugin()->dispatcher()->place() );
		$made = $this->make_user();
		$this->plugin()->request_end_events()->send();
		$this->keep_all();
		list( $created ) = Captured_Events::page( 10, 'account_created' );
		$this->assertSame( array( 'user_register', 'wp-includes/user.php' ), array( $created->text( 'hook' ), $created->text( 'file' ) ) );
		$this->assertStringContainsString( $made->user_login, Captured_Events::find( $created->id )->json );
	}

	public function test_visitors_cron_and_the_command_line_on_other_sites_are_heard(): void {
		$site = $this->make_site();
		$path = get_site( $site )->path;
		$this->install( $site );
		$this->listen();
		( new Browser() )->get( "$path?finish=7" );
		$this->run_process( __DIR__ . '/processes/capture-session.php', array( $path ) );
		switch_to_blog( $site );
		wp_schedule_single_event( time() - 1, 'lesson_cron' );
		restore_current_blog();
		file_put_contents( WP_PLUGIN_DIR . '/' . self::PLUGIN, '<?php add_action( "lesson_cron", static fn() => do_action( "network_webhooks_dispatch", "lesson_finished", array( "by" => "cron" ), array( "source" => "lesson" ) ) );' );
		$this->run_process( __DIR__ . '/processes/wp-cron.php', array( get_site( $site )->domain, $path ) );
		$captured = array_map( static fn( Captured_Event $one ) => array( $one->site_id, $one->text( 'source' ), $one->text( 'process' ), $one->text( 'hook' ) ), array_reverse( Captured_Events::page( 10, 'lesson_finished' ) ) );
		$this->assertSame(
			array(
				array( $site, 'lesson', 'fpm-fcgi', 'network_webhooks_dispatch' ),
				array( $site, 'process', 'cli', '' ),
				array( $site, 'lesson', 'cron', 'network_webhooks_dispatch' ),
			),
			$captured
		);
		$this->assertSame( array( 'wp_logout' ), array_map( static fn( Captured_Event $one ) => $one->text( 'hook' ), Captured_Events::page( 10, 'user_logged_out' ) ) );
	}

	public function test_a_request_costs_nothing_while_nobody_listens(): void {
		$loaded = fn(): array => json_decode( $this->run_process( __DIR__ . '/processes/capture-session.php', array( '/' ) ), true );
		$loaded();
		$never = $loaded();
		$this->assertSame( array(), $never['queries'] );
		$this->assertContains( 'includes/dispatch/class-dispatcher.php', $never['files'] );
		$parts = array( 'listen', 'captur', 'match-explainer', 'payload-copy', 'class-last-payload', 'class-component' );
		$ours  = static fn( array $files ) => array_values( array_filter( $files, static fn( string $file ) => str_replace( $parts, '', $file ) !== $file ) );
		$this->assertSame( array(), $ours( $never['files'] ) );
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->assertSame( array(), $ours( $loaded()['files'] ), 'Of an event that is sent.' );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->forget( $webhook->id ) );

		$this->listen();
		$capture_session = $loaded();
		$this->assertContains( 'includes/recording/class-event-capture.php', $capture_session['files'] );
		$this->assertNotSame( array(), $capture_session['queries'] );

		// Over, and nobody came back: it is still published.
		$this->change_capture_session( array( 'since' => time() - Capture_Session::DURATION, 'until' => time() ) );
		$over = $loaded();
		$this->assertSame( array(), $over['queries'] );
		$this->assertSame( $never['files'], $over['files'] );
	}

	public function test_it_ends_by_the_clock(): void {
		$now        = time();
		$clock      = static function () use ( &$now ) {
			return $now;
		};
		$begin      = $now;
		$this->listen();
		foreach ( array( 0 => 1, Capture_Session::DURATION - 5 => 1, Capture_Session::DURATION + 1 => 0, -Capture_Session::DURATION - 5 => 0 ) as $later => $expected ) {
			$now                 = $begin + $later;
			$this->event_capture = null;
			$this->dispatcher( $clock )->dispatch( "after.{$expected}", array() );
			$this->event_capture?->keep();
			$this->assertSame( (bool) $expected, null !== $this->event_capture, "$later s" );
		}
		$this->assertCount( 2, Captured_Events::page( 10 ) );
		$this->assertSame( 0, Captured_Events::count( 'after.0' ) );
	}

	public function test_a_process_that_lives_on_begins_and_ends_with_it(): void {
		$dispatcher = $this->plugin()->dispatcher();
		$this->assertNull( $dispatcher->place() );
		$this->listen();
		$this->wait_for( fn() => $dispatcher->place() );
		network_webhooks_dispatch( 'nobody.wants', array() );
		$this->stop();
		$this->wait_for( fn() => null === $dispatcher->place() );
		// What it had heard was kept when it noticed the end.
		$this->assertSame( 1, Captured_Events::count( 'nobody.wants' ) );
		network_webhooks_dispatch( 'nobody.wants', array() );
		$this->assertSame( 1, Captured_Events::count( 'nobody.wants' ) );
	}

	public function test_only_chosen_sites_or_one_user(): void {
		$site       = $this->make_site();
		$dispatcher = $this->listen( array( $site ) );
		$made       = 0;
		foreach ( array( array( 'site' => $site ), array( 'site' => 1 ), array( 'scope' => 'network' ) ) as $number => $options ) {
			$dispatcher->dispatch(
				"site.$number",
				function () use ( &$made ) {
					++$made;
					return array();
				},
				$options
			);
		}
		$this->assertSame( array( 'site.0' ), array_map( static fn( $one ) => $one->event, $this->captured() ) );
		$this->assertSame( 1, $made, 'A payload was made of what nobody wants to see.' );

		$user       = $this->make_user();
		$dispatcher = $this->listen( array(), $user->ID );
		$dispatcher->dispatch( 'by.user', array(), array( 'actor' => array( 'user' => $user->ID ) ) );
		$dispatcher->dispatch( 'about.user', array( 'user_id' => $user->ID ), array( 'actor' => array( 'user' => 1 ) ) );
		$dispatcher->dispatch( 'by.another', array( 'user_id' => 1 ), array( 'actor' => array( 'user' => 1 ) ) );
		$dispatcher->dispatch( 'by.nobody', array() );
		$this->assertSame( array( 'about.user', 'by.user' ), array_map( static fn( $one ) => $one->event, $this->captured() ) );
	}

	public function test_the_newest_are_kept_and_the_others_counted(): void {
		$dispatcher = $this->listen();
		$number     = 0;
		for ( $batch = 0; $batch < 11; $batch++ ) {
			for ( $one = 0; $one < Event_Capture::MOST + 2; $one++ ) {
				$dispatcher->dispatch( 'many', array( 'number' => ++$number ) );
			}
			$this->event_capture->keep();
		}
		$this->assertSame( Captured_Events::KEPT, Captured_Events::count() );
		$this->assertSame( 11 * 2 + 50, Captured_Events::left_out() );
		list( $newest ) = Captured_Events::page( 1 );
		$this->assertSame( $number - 2, Captured_Events::find( $newest->id )->data()->number );
	}

	public function test_what_opens_a_door_never_lies_in_the_database(): void {
		global $wpdb;
		$this->webhook( 'Mail', 'http://127.0.0.1:9/', array( 'condition' => 'data.verification_link == "x"' ), 'confirm_email_address' );
		$this->listen()->dispatch( 'confirm_email_address', array( 'verification_link' => 'https://network.example/?key=opensesame', 'number' => 7 ) );
		$captured = $this->only_captured( 'confirm_email_address' );
		$this->assertSame( array( true, 7, '•••' ), array( $captured->is_masked(), $captured->data()->number, $captured->data()->verification_link ) );
		$this->assertSame( '0', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::heard() . " WHERE data LIKE '%opensesame%' OR details LIKE '%opensesame%'" ) );
		$this->assertStringContainsString( 'data.verification_link = "•••"', $this->sentences( $captured )[0] );
		$this->expectExceptionMessage( 'can’t be sent as a test' );
		$this->plugin()->test_event()->sample( $this->plugin()->webhooks()->all()[0], Test_Event::CAPTURED . $captured->id );
	}

	public function test_what_goes_wrong_harms_nobody_and_is_told(): void {
		global $wpdb;
		$webhook    = $this->subscribe( 'lesson_finished' );
		$dispatcher = $this->listen();
		$bad        = new class() implements JsonSerializable {
			public function jsonSerialize(): mixed {
				throw new LogicException( 'A bug in a payload.' );
			}
		};
		$dispatcher->dispatch( 'bad.payload', array( 'bad' => $bad ) );
		$this->assertStringContainsString( 'A bug in a payload.', $this->problem() );
		Network_Webhooks\Throttle::forget( 'listen-problem' );

		$wpdb->query( 'RENAME TABLE ' . Schema::heard() . ' TO away' );
		try {
			$this->assertNotNull( $dispatcher->dispatch( 'lesson_finished', array() ) );
			$wpdb->get_results( 'SELECT 1 AS one' );
			$before = array( $wpdb->last_result, $wpdb->last_error, $wpdb->last_query, $wpdb->num_rows, $wpdb->insert_id );
			$this->event_capture->keep();
			$this->assertSame( $before, array( $wpdb->last_result, $wpdb->last_error, $wpdb->last_query, $wpdb->num_rows, $wpdb->insert_id ) );
		} finally {
			$wpdb->query( 'RENAME TABLE away TO ' . Schema::heard() );
		}
		$this->assertStringContainsString( Schema::heard(), $this->problem() );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_it_is_removed_after_a_day(): void {
		$this->listen()->dispatch( 'nobody.wants', array() );
		$this->assertCount( 1, $this->captured() );
		Captured_Events::remove_old( time() + Captured_Events::LIFETIME - 60 );
		$this->assertSame( 1, Captured_Events::count() );
		Captured_Events::remove_old( time() + Captured_Events::LIFETIME + 60 );
		$this->assertSame( 0, Captured_Events::count() );

		// By wp-cron, which no page has to be opened for; and the listening with it.
		global $wpdb;
		$this->dispatcher()->dispatch( 'nobody.wants', array() );
		$this->event_capture->keep();
		$wpdb->query( 'UPDATE ' . Schema::heard() . ' SET at = at - ' . ( Captured_Events::LIFETIME + 60 ) * 1000 );
		$since = time() - Captured_Events::LIFETIME - Capture_Session::DURATION - 60;
		$this->change_capture_session( array( 'since' => $since, 'until' => $since + Capture_Session::DURATION ) );
		do_action( 'network_webhooks_wake' );
		$this->assertSame( array( 0, null ), array( Captured_Events::count(), Capture_Session::stored() ) );
	}

	public function test_a_person_is_erased(): void {
		$user       = $this->make_user();
		$dispatcher = $this->listen();
		$dispatcher->dispatch( 'by.email', array( 'deep' => array( 'email' => strtoupper( $user->user_email ) ) ) );
		$dispatcher->dispatch( 'by.actor', array(), array( 'actor' => array( 'user' => $user->ID ) ) );
		$dispatcher->dispatch( 'by.id', array( 'user_id' => $user->ID, 'x' => 1 ) );
		$dispatcher->dispatch( 'another', array( 'user_id' => $user->ID . '1', 'email' => "x$user->user_email" ) );
		$this->assertCount( 4, $this->captured() );
		( new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() ) )->erase( $user->user_email );
		$this->assertSame( array( 'another' ), array_map( static fn( $one ) => $one->event, $this->captured() ) );
	}

	public function test_custom_events_and_the_listening_leave_each_other_alone(): void {
		$this->listen();
		$capture_session = Custom_Events::stored_capture_session();
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( Custom_Event::create( 'custom_one', 'school_bell', 'One' ) ) );
		try {
			$this->assertSame( $capture_session, Custom_Events::stored_capture_session() );
			$this->stop();
			$this->assertSame( array( 'custom_one' ), array_column( Custom_Events::all(), 'slug' ) );
			$this->assertSame( array( 'custom_one' ), array_column( Custom_Events::published(), 'slug' ) );
		} finally {
			$this->plugin()->publisher()->change( static fn() => Custom_Events::delete( 'custom_one' ) );
		}
	}

	public function test_a_copy_of_a_payload_is_bounded(): void {
		$huge = array_fill( 0, 100000, str_repeat( 'x', 1000 ) );
		$copy = new Payload_Copy( $huge, 10000 );
		$this->assertFalse( $copy->is_whole );
		$this->assertLessThan( 12000, strlen( $copy->json ) );
		$this->assertIsArray( json_decode( $copy->json ) );

		$ring       = new stdClass();
		$ring->self = $ring;
		$copy       = new Payload_Copy( $ring, 10000 );
		$this->assertFalse( $copy->is_whole );
		$this->assertIsObject( json_decode( $copy->json ) );

		$copy = new Payload_Copy( array( 'bad' => "a\xffb", 'nan' => NAN, 'handle' => STDIN, 'long' => 'ok' ), 1000 );
		$this->assertSame( 'ok', json_decode( $copy->json )->long );
		$this->assertSame( "a\u{FFFD}b", json_decode( $copy->json )->bad );

		// Whatever is changed later, and what is not public, is not in it.
		$object = new class() {
			public string $name      = 'before';
			protected string $hidden = 'hidden';
		};
		$copy         = new Payload_Copy( array( 'object' => $object, 'time' => new DateTime( '2026-11-20', new DateTimeZone( 'UTC' ) ) ), 1000 );
		$object->name = 'after';
		$this->assertSame( array( 'name' => 'before' ), (array) json_decode( $copy->json )->object );
		$this->assertStringStartsWith( '2026-11-20', json_decode( $copy->json )->time->date );
	}

	/**
	 * Stores the listening with other values.
	 */
	private function change_capture_session( array $values ): void {
		$changed = $values + Custom_Events::stored_capture_session();
		$this->plugin()->publisher()->change( static fn() => Custom_Events::set_capture_session( $changed ) );
	}

	/**
	 * Installs the plugin of another author, and activates it on one site.
	 */
	private function install( int $site ): void {
		wp_mkdir_p( WP_PLUGIN_DIR . '/' . dirname( self::PLUGIN ) );
		copy( __DIR__ . '/processes/lesson.php', WP_PLUGIN_DIR . '/' . self::PLUGIN );
		switch_to_blog( $site );
		update_option( 'active_plugins', array( self::PLUGIN ) );
		restore_current_blog();
	}
}
