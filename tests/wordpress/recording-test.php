<?php
/**
 * What a plugin's developer sees in PHPUnit: nothing is sent, and a failed assertion says what was
 * dispatched instead.
 */

use Network_Webhooks\Testing\Dispatched_Webhook;
use Network_Webhooks\Testing\RecordsWebhooks;
use PHPUnit\Framework\AssertionFailedError;

final class Recording_Test extends Network_Test_Case {

	use RecordsWebhooks;

	public static function setUpBeforeClass(): void {
		add_action( 'network_webhooks_register_events', array( self::class, 'register' ) );
	}

	public static function tearDownAfterClass(): void {
		remove_action( 'network_webhooks_register_events', array( self::class, 'register' ) );
	}

	public static function register(): void {
		network_webhooks_register_event(
			array(
				'slug'    => 'lesson_finished',
				'source'  => 'school',
				'example' => array( 'lesson' => 7 ),
				'schema'  => array(
					'type'       => 'object',
					'required'   => array( 'lesson' ),
					'properties' => array( 'lesson' => array( 'type' => 'integer' ) ),
				),
			)
		);
	}

	public function test_nothing_is_sent_though_somebody_subscribes(): void {
		$webhook = $this->subscribe( '*' );
		$id      = network_webhooks_dispatch( 'lesson_finished', static fn() => array( 'lesson' => 7 ), array( 'source' => 'school' ) );
		$this->assertStringStartsWith( 'evt_', $id );
		do_action( 'network_webhooks_dispatch', 'lesson_finished', array( 'lesson' => 8 ), array( 'source' => 'school' ) );
		$this->assertWebhookDispatchedTimes( 'lesson_finished', 2 );
		$this->assertSame( array( 7, 8 ), array_map( static fn( Dispatched_Webhook $webhook ) => $webhook->data['lesson'], $this->dispatchedWebhooks() ) );
		$this->stopRecordingWebhooks();
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$this->assertSame( array(), $this->outbox() );
	}

	public function test_a_test_that_opts_in_dispatches(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 1 ) );
		$this->stopRecordingWebhooks();
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 2 ) );
		$this->assertSame( array( 2 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'lesson' ) );
		$this->expectException( LogicException::class );
		$this->expectExceptionMessage( 'stopRecordingWebhooks()' );
		$this->dispatchedWebhooks();
	}

	/**
	 * Stands after two tests that dispatched.
	 */
	public function test_a_test_sees_nothing_of_another(): void {
		$this->assertNoWebhooks();
		$this->assertSame( array(), $this->dispatchedWebhooks() );
	}

	public function test_events_that_wait_for_the_end_of_the_request_are_there(): void {
		$user = $this->make_user();
		$this->assertWebhookDispatched( 'account_created', array( 'user_id' => $user->ID ) );
		$this->forgetWebhooks();
		$this->assertNoWebhooks();
		wpmu_delete_user( $user->ID );
		$this->assertWebhookDispatched( 'account_*' );
		$this->assertWebhookNotDispatched( 'account_created' );
	}

	public function test_an_event_says_where_and_by_whom(): void {
		$site = $this->make_site();
		$this->forgetWebhooks();
		wp_set_current_user( 1 );
		switch_to_blog( $site );
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 7 ), array( 'source' => 'school' ) );
		restore_current_blog();
		network_webhooks_dispatch( 'door_opened', array(), array( 'scope' => 'network' ) );
		[ $lesson, $door ] = $this->dispatchedWebhooks();
		$this->assertSame( array( $site, 'school', array( 'user' => 1 ) ), array( $lesson->site_id, $lesson->source, $lesson->options['actor'] ) );
		$this->assertSame( array( null, '', '[]' ), array( $door->site_id, $door->source, $door->json ) );
	}

	public function test_the_same_key_is_one_event(): void {
		$dispatch = static fn( string $key ) => network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 7 ), array( 'idempotency_key' => $key ) );
		$this->assertSame( $dispatch( 'a' ), $dispatch( 'a' ) );
		$dispatch( 'b' );
		$this->assertWebhookDispatchedTimes( 'lesson_finished', 2 );
	}

	public function test_a_payload_is_read_back_from_json_as_receivers_get_it(): void {
		$object = new class() implements JsonSerializable {
			public function jsonSerialize(): mixed {
				return array(
					'lesson' => 7,
					'price'  => 10.0,
					'none'   => new stdClass(),
				);
			}
		};
		network_webhooks_dispatch( 'lesson_finished', $object );
		[ $webhook ] = $this->dispatchedWebhooks();
		$this->assertSame( '{"lesson":7,"price":10.0,"none":{}}', $webhook->json );
		$this->assertWebhookDispatched( 'lesson_finished', array( 'price' => 10.0 ) );
	}

	public function test_a_name_that_was_not_dispatched_is_compared_with_those_that_were(): void {
		$this->lesson( 7 );
		$this->assertSame(
			<<<'TEXT'
			No webhook “lesson_finshed” was dispatched. Is “lesson_finished” meant?
			Dispatched in this test (1):
			  1. lesson_finished (site 1, school) {"lesson":7}
			TEXT,
			$this->message( fn() => $this->assertWebhookDispatched( 'lesson_finshed' ) )
		);
		$this->assertStringContainsString( 'Is “account_deleted” meant?', $this->message( fn() => $this->assertWebhookDispatched( 'acount_deleted' ) ) );
		$this->assertStringStartsWith( "No webhook “something_else” was dispatched.\n", $this->message( fn() => $this->assertWebhookDispatched( 'something_else' ) ) );
	}

	public function test_another_payload_is_told_by_its_difference(): void {
		network_webhooks_dispatch(
			'order_paid',
			array(
				'order' => array(
					'id'    => 7,
					'total' => '10.00',
				),
				'items' => array( 1, 2 ),
			)
		);
		$this->assertWebhookDispatched( 'order_paid', array( 'order' => array( 'id' => 7 ) ) );
		$this->assertSame(
			<<<'TEXT'
			The order is paid.
			No webhook “order_paid” was dispatched with the expected payload:
			  order_paid (site 1)
			    - data.order.id: expected "7", and it is 7.
			    - data.order.currency: expected "EUR", and it is missing.
			    - data.items: expected 1 items, and it has 2.
			Dispatched in this test (1):
			  1. order_paid (site 1) {"order":{"id":7,"total":"10.00"},"items":[1,2]}
			TEXT,
			$this->message(
				fn() => $this->assertWebhookDispatched(
					'order_paid',
					array(
						'order' => array(
							'id'       => '7',
							'currency' => 'EUR',
						),
						'items' => array( 1 ),
					),
					'The order is paid.'
				)
			)
		);
	}

	public function test_a_function_says_which_event_is_meant(): void {
		$this->lesson( 7 );
		$this->lesson( 8 );
		$this->assertWebhookDispatched( 'lesson_finished', static fn( array $data ) => 8 === $data['lesson'] );
		$this->assertWebhookDispatched( 'lesson_finished', fn( array $data, Dispatched_Webhook $webhook ) => $this->assertSame( array( 8, 'school' ), array( $data['lesson'], $webhook->source ) ) );
		$this->assertWebhookNotDispatched( 'lesson_finished', static fn( array $data ) => 9 === $data['lesson'] );
		$this->assertWebhookNotDispatched( 'lesson_finished', array( 'lesson' => 9 ) );
		$message = $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished', fn( array $data ) => $this->assertSame( 9, $data['lesson'], 'Not the ninth.' ) ) );
		$this->assertStringContainsString( "    - Not the ninth.\n", $message );
		$this->assertStringContainsString( 'Failed asserting that 8 is identical to 9.', $message );
		$this->assertStringContainsString( 'The function says that it is not the one.', $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished', static fn() => false ) ) );
		$this->assertStringContainsString( '-    0 => 9', $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished', fn( array $data ) => $this->assertSame( array( 9 ), array_values( $data ) ) ) ) );
	}

	public function test_what_should_not_have_been_dispatched_is_shown(): void {
		$this->lesson( 7 );
		$this->lesson( 8 );
		$list = "Dispatched in this test (2):\n  1. lesson_finished (site 1, school) {\"lesson\":7}\n  2. lesson_finished (site 1, school) {\"lesson\":8}";
		$this->assertSame( "No webhook should have been dispatched, and 2 were.\n$list", $this->message( fn() => $this->assertNoWebhooks() ) );
		$this->assertSame( "No webhook “lesson_*” should have been dispatched, and 2 were.\n$list", $this->message( fn() => $this->assertWebhookNotDispatched( 'lesson_*' ) ) );
		$this->assertSame( "No webhook “lesson_finished” with such a payload should have been dispatched, and 1 was.\n$list", $this->message( fn() => $this->assertWebhookNotDispatched( 'lesson_finished', array( 'lesson' => 8 ) ) ) );
		$this->assertSame( "The webhook “lesson_finished” was dispatched 2 and not 3 times.\n$list", $this->message( fn() => $this->assertWebhookDispatchedTimes( 'lesson_finished', 3 ) ) );
	}

	public function test_a_long_list_is_cut(): void {
		foreach ( range( 1, 25 ) as $number ) {
			network_webhooks_dispatch( 'lesson_finished', array( 'text' => str_repeat( 'ü', 1000 ) ), array( 'source' => 'other' ) );
		}
		$message = $this->message( fn() => $this->assertNoWebhooks() );
		$this->assertStringContainsString( '… and 5 more.', $message );
		$this->assertLessThan( 20000, strlen( $message ) );
	}

	public function test_a_payload_has_to_fit_its_schema(): void {
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => '7' ), array( 'source' => 'school' ) );
		$expected = "It was dispatched, but not as the catalogue describes it:\n  lesson_finished (site 1, school)\n    - data.lesson has to be integer, and is \"7\".";
		$this->assertSame( $expected, $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished' ) ) );
		$this->assertSame( $expected, $this->message( fn() => $this->assertWebhookDispatchedTimes( 'lesson_finished', 1 ) ) );
		network_webhooks_dispatch( 'unregistered', array( 'lesson' => '7' ) );
		$this->assertWebhookDispatched( 'unregistered' );
	}

	public function test_what_can_not_be_json_is_named_by_its_path(): void {
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 7, 'notes' => array( 'good', "caf\xe9" ) ), array( 'source' => 'school' ) );
		$message = $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished' ) );
		$this->assertStringContainsString( 'Not all of it can be JSON', $message );
		$this->assertStringContainsString( 'notes[1]', $message );
		$this->assertSame( "caf\u{FFFD}", $this->dispatchedWebhooks()[0]->data['notes'][1] );
	}

	public function test_a_payload_that_is_too_large_is_said(): void {
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 7, 'text' => str_repeat( 'x', 1048576 ) ), array( 'source' => 'school' ) );
		$this->assertStringContainsString( 'webhooks.max_payload', $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished' ) ) );
	}

	public function test_an_event_that_was_lost_is_said(): void {
		$log = ini_set( 'error_log', '/dev/null' );
		network_webhooks_dispatch( 'lesson_finished', static fn() => json_decode( '{', flags: JSON_THROW_ON_ERROR ) );
		ini_set( 'error_log', $log );
		$expected = "“lesson_finished” was lost: Syntax error\nNothing was dispatched in this test.";
		$this->assertSame( "No webhook “lesson_finished” was dispatched.\n$expected", $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished' ) ) );
	}

	public function test_a_failure_does_not_count_as_nothing(): void {
		$log = ini_set( 'error_log', '/dev/null' );
		network_webhooks_dispatch( 'lesson_finished', static fn() => json_decode( '{', flags: JSON_THROW_ON_ERROR ) );
		ini_set( 'error_log', $log );
		$this->assertSame(
			"Nothing was dispatched, but only because it failed.\n“lesson_finished” was lost: Syntax error\nNothing was dispatched in this test.",
			$this->message( fn() => $this->assertNoWebhooks() )
		);
		$this->forgetWebhooks();
		$this->assertNoWebhooks();
	}

	public function test_an_event_that_was_suppressed_is_said(): void {
		network_webhooks_suspend( fn() => $this->lesson( 7 ), 'lesson_*' );
		add_filter( 'network_webhooks_should_dispatch', '__return_false' );
		$this->lesson( 8 );
		remove_filter( 'network_webhooks_should_dispatch', '__return_false' );
		$this->assertNoWebhooks();
		$message = $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished' ) );
		$this->assertStringContainsString( '“lesson_finished” was suppressed by network_webhooks_suspend()', $message );
		$this->assertStringContainsString( '“lesson_finished” was suppressed by a filter on network_webhooks_should_dispatch', $message );
		$this->forgetWebhooks();
		$this->assertStringNotContainsString( 'suppressed', $this->message( fn() => $this->assertWebhookDispatched( 'lesson_finished' ) ) );
	}

	public function test_a_wrong_call_fails_where_it_stands(): void {
		try {
			$line = __LINE__ + 1;
			network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 7 ), array( 'colour' => 'red' ) );
			$this->fail( 'Nothing was said.' );
		} catch ( PHPUnit\Framework\Error\Notice $notice ) {
			$this->assertStringContainsString( 'There is no option “colour”, which was given with “lesson_finished”.', $notice->getMessage() );
			$this->assertStringContainsString( __FILE__ . ", line $line.", $notice->getMessage() );
		}
	}

	public function test_recording_writes_nothing_and_asks_nothing(): void {
		global $wpdb;
		get_option( 'home' );
		$before  = $wpdb->num_queries;
		$journal = scandir( getenv( 'SPOOL' ) . '/journal' );
		foreach ( range( 1, 100 ) as $number ) {
			network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => $number ), array( 'source' => 'school' ) );
		}
		$this->assertWebhookDispatchedTimes( 'lesson_finished', 100 );
		do_action( 'network_webhooks_wake' );
		$this->assertSame( $before, $wpdb->num_queries );
		$this->assertSame( $journal, scandir( getenv( 'SPOOL' ) . '/journal' ) );
	}

	public function test_a_process_that_asks_for_it_records_the_newest_thousand(): void {
		$webhook = $this->subscribe( '*' );
		$this->assertSame( '1000 from 6 to 1005', $this->run_process( __DIR__ . '/processes/recorded.php' ) );
		$this->stopRecordingWebhooks();
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	private function lesson( int $number ): void {
		network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => $number ), array( 'source' => 'school' ) );
	}

	/**
	 * What a failed assertion says; that it fails is asserted.
	 */
	private function message( callable $assert ): string {
		try {
			$assert();
		} catch ( AssertionFailedError $failure ) {
			return $failure->getMessage();
		}
		$this->fail( 'The assertion holds.' );
	}
}
