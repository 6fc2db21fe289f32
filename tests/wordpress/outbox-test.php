<?php
/**
 * The outbox: events that the journal could not take come all the same, each once.
 */

use Network_Webhooks\Schema;

final class Outbox_Test extends Network_Test_Case {

	public function test_wp_cron_without_the_extension_keeps_its_events_for_the_next_process(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		wp_schedule_single_event( time() - 1, 'school_lesson', array( 7 ) );
		// What a plugin would do: the must-use plugin listens in every process.
		$plugin = WPMU_PLUGIN_DIR . '/school.php';
		wp_mkdir_p( WPMU_PLUGIN_DIR );
		file_put_contents(
			$plugin,
			'<?php add_action( "school_lesson", fn( $id ) => network_webhooks_dispatch( "lesson_finished", array( "lesson" => $id, "price" => 10.0, "none" => new stdClass(), "title" => "caf\xc3\xa9 \xf0\x9f\x8e\x93" ), array( "source" => "school" ) ) );'
		);
		try {
			$this->run_process( __DIR__ . '/processes/wp-cron.php', array(), false );
		} finally {
			unlink( $plugin );
		}
		$this->assertCount( 1, $this->outbox() );
		$this->assertSame( array(), $this->events_of( $webhook ) );

		$this->assertSame( 1, $this->plugin()->outbox()->drain() );
		$this->assertSame( 0, $this->plugin()->outbox()->drain() );
		$this->assertSame( array(), $this->outbox() );
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( 'school', $event['source'] );
		$this->assertSame( 1, $event['site']['id'] );
		$this->assertSame(
			array(
				'lesson' => 7,
				'price'  => 10.0,
				'none'   => array(),
				'title'  => 'café 🎓',
			),
			$event['data']
		);
	}

	public function test_without_the_extension_an_event_that_nobody_wants_is_not_kept(): void {
		$this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'another_event', 3 ), false );
		$this->assertSame( array(), $this->outbox() );
	}

	public function test_two_processes_that_empty_it_at_once_hand_each_event_over_once(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 150 ), false );
		$this->assertCount( 150, $this->outbox() );
		$started = array();
		for ( $number = 0; $number < 4; $number++ ) {
			$started[] = $this->start_process( __DIR__ . '/processes/drain.php' );
		}
		$taken = array_sum( array_map( array( $this, 'finish_process' ), $started ) );
		$this->assertSame( 150, $taken );
		$this->assertSame( array(), $this->outbox() );
		$this->assert_numbers( 150, $webhook );
	}

	public function test_an_event_whose_process_died_between_journal_and_outbox_is_the_same_event(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 1 ), false );
		[ $row ] = $this->outbox();
		$this->assertSame( 1, $this->plugin()->outbox()->drain() );
		// As if the deletion had not come about, and the claim had expired.
		$wpdb->insert( Schema::outbox(), array( 'claim' => str_repeat( 'a', 32 ), 'claimed' => '2026-01-01 00:00:00' ) + (array) $row );
		$this->assertSame( 1, $this->plugin()->outbox()->drain() );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_a_row_that_another_process_claims_is_left_to_it(): void {
		global $wpdb;
		$this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 1 ), false );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET claim = 'other', claimed = UTC_TIMESTAMP()" );
		$this->assertSame( 0, $this->plugin()->outbox()->drain() );
		$this->assertCount( 1, $this->outbox() );
	}

	public function test_an_event_that_is_refused_does_not_hold_up_the_others(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 3 ), false );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET event = 'Not A Name' ORDER BY id LIMIT 1" );
		$log = ini_set( 'error_log', '/dev/null' );
		$this->assertSame( 2, $this->plugin()->outbox()->drain() );
		ini_set( 'error_log', $log );
		$this->assertCount( 1, $this->outbox() );
		$this->assertSame( '1', $this->outbox()[0]->refusals );
		$this->assertNull( $this->outbox()[0]->claim );
		$this->assertCount( 2, $this->events_of( $webhook ) );
	}

	public function test_site_health_says_why_events_wait(): void {
		$this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 2 ), false );
		wp_set_current_user( 1 );
		$health = new Network_Webhooks\Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() );
		$this->assertArrayHasKey( 'network_webhooks', $health->add_tests( array( 'direct' => array() ) )['direct'] );
		$result = $health->test();
		$this->assertSame( 'recommended', $result['status'] );
		$this->assertStringContainsString( '2 events wait', $result['description'] );
		$this->assertStringContainsString( 'does not load the extension', $result['description'] );
		$this->plugin()->outbox()->drain();
		$this->assertSame( 'good', $health->test()['status'] );
	}

	public function test_a_request_that_dispatches_empties_it_at_its_end(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 2 ), false );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 1 ) );
		$this->assertSame( array(), $this->outbox() );
		$this->assertCount( 3, $this->events_of( $webhook ) );
	}

	private function assert_numbers( int $count, Network_Webhooks\Webhook $webhook ): void {
		$cursor  = null;
		$numbers = array();
		$this->events_of( $webhook );
		do {
			$page = webhooks_deliveries(
				array_filter(
					array(
						'webhook_id' => $webhook->id,
						'event'      => 'lesson_finished',
						'limit'      => 200,
						'cursor'     => $cursor,
					)
				)
			);
			foreach ( $page['deliveries'] as $delivery ) {
				$numbers[] = json_decode( webhooks_delivery( $delivery['id'] )['body'], true )['data']['number'];
			}
			$cursor = $page['cursor'];
		} while ( null !== $cursor );
		sort( $numbers );
		$this->assertSame( range( 1, $count ), $numbers );
	}
}
