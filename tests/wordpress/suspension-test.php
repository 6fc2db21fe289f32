<?php
/**
 * Events that code keeps from being sent, and those of an import.
 */

use Network_Webhooks\Settings;
use Network_Webhooks\Suppressions;
use Network_Webhooks\Webhook;

final class Suspension_Test extends Network_Test_Case {

	protected function tearDown(): void {
		remove_all_filters( 'network_webhooks_should_dispatch' );
		$this->forget_suppressions();
		parent::tearDown();
	}

	public function test_work_runs_without_events_and_its_result_comes_back(): void {
		$webhook = $this->subscribe( '*' );
		$result  = network_webhooks_suspend(
			function () {
				$this->assertNull( network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 1 ) ) );
				return 'done';
			}
		);
		$this->assertSame( 'done', $result );
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 2 ) );
		$this->assertSame( array( 2 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'lesson' ) );
	}

	public function test_only_the_named_events_are_suspended(): void {
		$webhook = $this->subscribe( '*' );
		network_webhooks_suspend( $this->dispatch( ... ), array( 'lesson_*', 'course.began' ) );
		network_webhooks_suspend( $this->dispatch( ... ), 'payment_received' );
		$this->assertSame(
			array( 'payment_received', 'lesson_started', 'lesson_finished', 'course.began' ),
			array_column( $this->events_of( $webhook ), 'type' )
		);
	}

	public function test_suspensions_nest_and_an_exception_ends_them(): void {
		$webhook = $this->subscribe( '*' );
		try {
			network_webhooks_suspend(
				function () {
					try {
						network_webhooks_suspend(
							function () {
								network_webhooks_dispatch( 'lesson_started', array() );
								network_webhooks_dispatch( 'course.began', array() );
								throw new LogicException( 'inner' );
							},
							'course.*'
						);
					} catch ( LogicException ) {
						network_webhooks_dispatch( 'course.began', array() );
						network_webhooks_dispatch( 'lesson_finished', array() );
					}
					throw new LengthException( 'outer' );
				},
				'lesson_*'
			);
			$this->fail( 'The exception did not come through.' );
		} catch ( LengthException $error ) {
			$this->assertSame( 'outer', $error->getMessage() );
		}
		network_webhooks_dispatch( 'lesson_finished', array() );
		$this->assertSame( array( 'course.began', 'lesson_finished' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_no_payload_is_made_of_a_suspended_event(): void {
		$this->subscribe( '*' );
		$made = false;
		network_webhooks_suspend(
			function () use ( &$made ) {
				network_webhooks_dispatch(
					'lesson_finished',
					function () use ( &$made ) {
						$made = true;
						return array();
					}
				);
			}
		);
		$this->assertFalse( $made );
	}

	/**
	 * A new account is told at the end of the request, when the suspension is long over.
	 */
	public function test_an_event_that_is_held_counts_from_when_it_happened(): void {
		$webhook = $this->subscribe( 'account_created' );
		$inside  = network_webhooks_suspend( fn() => $this->make_user() );
		$outside = $this->make_user();
		network_webhooks_suspend( fn() => $this->plugin()->request_end_events()->send() );
		$event = $this->only( $webhook );
		$this->assertNotSame( $inside->ID, $event['data']['user_id'] );
		$this->assertSame( $outside->ID, $event['data']['user_id'] );
		$this->assert_remembered( 'account_created', Suppressions::SUSPENDED, 'suspension-test.php' );
	}

	public function test_a_filter_decides_and_whose_it_is_is_remembered(): void {
		$webhook = $this->subscribe( '*' );
		$site    = $this->make_site();
		$plugin  = WP_PLUGIN_DIR . '/silencer/silencer.php';
		wp_mkdir_p( dirname( $plugin ) );
		file_put_contents( $plugin, '<?php return static fn( $should, $event, $site_id, $options ) => $should && ! ( "lesson_finished" === $event && ' . $site . ' === $site_id && "school" === $options["source"] );' );
		add_filter( 'network_webhooks_should_dispatch', require $plugin, 10, 4 );
		unlink( $plugin );
		rmdir( dirname( $plugin ) );
		foreach ( array( $site, 1 ) as $id ) {
			network_webhooks_dispatch( 'lesson_finished', array(), array( 'site' => $id, 'source' => 'school' ) );
		}
		$events = array_filter( $this->events_of( $webhook ), static fn( array $event ) => 'lesson_finished' === $event['type'] );
		$this->assertSame( array( 1 ), array_column( array_column( $events, 'site' ), 'id' ) );
		$this->assert_remembered( 'lesson_finished', Suppressions::FILTER, 'silencer' );
	}

	public function test_what_nobody_subscribes_to_is_not_asked_about_nor_remembered(): void {
		$this->subscribe( 'another_event' );
		$asked = array();
		add_filter(
			'network_webhooks_should_dispatch',
			function ( $should, $event ) use ( &$asked ) {
				$asked[] = $event;
				return $should;
			},
			10,
			2
		);
		network_webhooks_dispatch( 'lesson_finished', array() );
		network_webhooks_suspend( $this->dispatch( ... ) );
		$this->plugin()->dispatcher()->suppressions()->save();
		$this->assertSame( array(), $asked );
		$this->assertSame( array(), Suppressions::all() );
	}

	public function test_remembering_writes_once_a_minute(): void {
		$this->subscribe( '*' );
		global $wpdb;
		// One that no earlier run of this minute suppressed.
		$event = 'lesson_' . bin2hex( random_bytes( 5 ) );
		for ( $request = 1; $request <= 3; $request++ ) {
			network_webhooks_suspend( fn() => network_webhooks_dispatch( $event, array() ) );
			$before = $wpdb->num_queries;
			$this->plugin()->dispatcher()->suppressions()->save();
			$this->assertSame( 1 === $request, $wpdb->num_queries > $before, "request $request" );
		}
		$this->assertCount( 1, Suppressions::all() );
	}

	public function test_a_filter_that_throws_harms_no_request_and_sends_nothing(): void {
		$webhook = $this->subscribe( '*' );
		$log     = ini_set( 'error_log', '/dev/null' );
		$thrower = static function () {
			throw new LogicException( 'undecided' );
		};
		add_filter( 'network_webhooks_should_dispatch', $thrower );
		$this->assertNull( network_webhooks_dispatch( 'lesson_finished', array() ) );
		remove_filter( 'network_webhooks_should_dispatch', $thrower );
		ini_set( 'error_log', $log );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	/**
	 * @dataProvider constants
	 */
	public function test_the_constant_suspends_for_good( string $value, array $expected ): void {
		$webhook = $this->subscribe( '*' );
		$this->run_process( __DIR__ . '/processes/suspended.php', array( 'constant', $value ) );
		$this->assertSame( $expected, array_column( $this->events_of( $webhook ), 'type' ) );
		$this->assertContains( array( 'lesson_finished', Suppressions::CONSTANT ), array_map( static fn( array $one ) => array( $one['event'], $one['reason'] ), Suppressions::all() ) );
	}

	public static function constants(): array {
		return array(
			'everything' => array( 'true', array() ),
			'a list'     => array( '"course.*, lesson_finished"', array( 'payment_received', 'lesson_started' ) ),
		);
	}

	/**
	 * What is imported happened long ago; what else happens meanwhile happens now.
	 */
	public function test_an_imports_content_goes_only_to_webhooks_that_include_imports(): void {
		$without = $this->subscribe( '*' );
		$with    = Webhook::from_row( (object) ( array( 'id' => 'whk_' . bin2hex( random_bytes( 10 ) ), 'settings' => json_encode( array( 'include_imports' => true ) + $without->settings ) ) + $without->to_row() ) );
		$this->store( $with );
		$this->run_process( __DIR__ . '/processes/suspended.php', array( 'import', '' ) );
		$this->assertSame( array( 'payment_received' ), array_column( $this->events_of( $without ), 'type' ) );
		$this->assertSame( array( 'post_published', 'comment_created', 'payment_received', 'post_trashed', 'post_deleted' ), array_column( $this->events_of( $with ), 'type' ) );
	}

	public function test_without_the_extension_an_imports_content_waits_only_for_them_too(): void {
		$webhook = $this->subscribe( '*' );
		$this->run_process( __DIR__ . '/processes/suspended.php', array( 'import', '' ), false );
		$this->assertSame( array( 'payment_received' ), array_column( $this->outbox(), 'event' ) );
		$with = Webhook::from_row( (object) ( array( 'settings' => json_encode( array( 'include_imports' => true ) + $webhook->settings ) ) + $webhook->to_row() ) );
		$this->store( $with );
		$this->run_process( __DIR__ . '/processes/suspended.php', array( 'import', '' ), false );
		$this->assertSame( array( 'payment_received', 'post_published', 'comment_created', 'payment_received', 'post_trashed', 'post_deleted' ), array_column( $this->outbox(), 'event' ) );
		$GLOBALS['wpdb']->query( 'DELETE FROM ' . Network_Webhooks\Schema::outbox() );
	}

	private function dispatch(): void {
		foreach ( array( 'payment_received', 'lesson_started', 'lesson_finished', 'course.began' ) as $event ) {
			network_webhooks_dispatch( $event, array() );
		}
	}

	private function assert_remembered( string $event, string $reason, string $by ): void {
		$this->plugin()->dispatcher()->suppressions()->save();
		$known = array_filter( Suppressions::all(), static fn( array $one ) => array( $event, $reason ) === array( $one['event'], $one['reason'] ) );
		$this->assertCount( 1, $known );
		$this->assertStringContainsString( $by, implode( ' ', reset( $known )['by'] ) );
		$this->assertLessThan( 60, abs( time() - reset( $known )['at'] ) );
	}

	private function forget_suppressions(): void {
		$this->plugin()->dispatcher()->suppressions()->save();
		Settings::set( Settings::SUPPRESSED, array() );
		array_map( 'unlink', glob( sys_get_temp_dir() . '/network-webhooks-suppressed-*' ) );
	}
}
