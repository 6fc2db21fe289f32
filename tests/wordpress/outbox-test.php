<?php
/**
 * The outbox: events that the journal could not take come all the same, each once.
 */

use Network_Webhooks\Outbox;
use Network_Webhooks\Refused_Events;
use Network_Webhooks\Schema;
use Network_Webhooks\Waiting_Event;

final class Outbox_Test extends Network_Test_Case {

	public function test_reasons_in_a_wordpress_of_latin1_could_not_be_read(): void {
		global $wpdb;
		$outbox  = $this->plugin()->outbox();
		$charset = $wpdb->charset;
		$table   = Schema::outbox();
		$wpdb->query( "ALTER TABLE $table MODIFY reason varchar(1000) CHARACTER SET latin1 NOT NULL" );
		$wpdb->charset = 'latin1';
		$wpdb->set_charset( $wpdb->dbh, 'latin1', '' );
		try {
			$outbox->add( 'account_created', array( 'name' => 'één 日本 😀' ), array(), 'één 日本 😀' );
			$outbox->add( 'account_created', array( 'user_id' => 1 ), array(), str_repeat( '日', 2000 ) );
			$this->assertSame( array( str_repeat( '日', 250 ), 'één 日本 😀' ), $outbox->status()['reasons'] );
		} finally {
			$wpdb->query( "DELETE FROM $table" );
			$wpdb->charset = $charset;
			$wpdb->set_charset( $wpdb->dbh );
			$wpdb->query( "ALTER TABLE $table MODIFY reason varchar(1000) NOT NULL" );
		}
	}

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

	public function test_outbox_never_ends_for_what_is_malformed_and_it_delays_nothing_behind_it(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 8 ), false );
		$broken = array(
			"event = 'Not A Name'",
			"data = 'v1:[{\"x\":1},[7]]\nabc'",
			"data = 'no JSON'",
			"data = ''",
			"options = '{\"colour\":\"red\"}'",
		);
		foreach ( array_slice( $this->outbox(), 0, 5 ) as $place => $row ) {
			$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET $broken[$place] WHERE id = $row->id" );
		}
		$log = ini_set( 'error_log', '/dev/null' );
		$this->assertSame( 3, $this->plugin()->outbox()->drain() );
		ini_set( 'error_log', $log );
		$this->assertSame( array(), $this->outbox() );
		$this->assertSame( array( 6, 7, 8 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'number' ) );
		$reasons = implode( "\n", array_map( static fn( Waiting_Event $event ) => $event->reason, Refused_Events::newest( 10 ) ) );
		$this->assertSame( 5, Refused_Events::count() );
		$this->assertStringContainsString( 'can\'t be an event\'s name', $reasons );
		$this->assertStringContainsString( 'can\'t be read', $reasons );
		$this->assertStringContainsString( 'there is no such option', $reasons );
	}

	public function test_an_event_that_could_not_be_taken_out_stopped_all_behind_it(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 4 ), false );
		$rows = $this->outbox();
		// One is malformed, one too old; and where those go that nothing can send is away.
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET event = 'Not A Name' WHERE id = {$rows[1]->id}" );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET created = '2020-01-01 00:00:00' WHERE id = {$rows[2]->id}" );
		$table = Schema::refused();
		$quiet = $wpdb->suppress_errors();
		$log   = ini_set( 'error_log', '/dev/null' );
		$wpdb->query( "RENAME TABLE $table TO {$table}_away" );
		try {
			$this->plugin()->outbox()->drain();
			$this->plugin()->outbox()->drain();
		} finally {
			$wpdb->query( "RENAME TABLE {$table}_away TO $table" );
			ini_set( 'error_log', $log );
			$wpdb->suppress_errors( $quiet );
		}
		$this->assertSame( array( 1, 4 ), array_values( array_intersect( array( 1, 4 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'number' ) ) ) );
		$this->assertContains( $rows[1]->id, array_column( $this->outbox(), 'id' ), 'It is kept until it can go there.' );
		$this->plugin()->outbox()->drain();
		$this->assertSame( array(), $this->outbox() );
		$this->assertGreaterThan( 0, Refused_Events::count() );
	}

	public function test_outbox_never_ends_for_what_is_too_large_whichever_way_it_went(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$log     = ini_set( 'error_log', '/dev/null' );
		$this->assertNull( network_webhooks_dispatch( 'lesson_finished', array( 'ids' => range( 1, 300000 ) ) ) );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'ids' => range( 1, 300000 ) ), $this->plugin()->dispatcher()->complete( array() ), 'a test' );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'number' => 1 ), $this->plugin()->dispatcher()->complete( array() ), 'a test' );
		$this->assertSame( 1, $this->plugin()->outbox()->drain( self::DEADLINE ) );
		ini_set( 'error_log', $log );
		$this->assertSame( array(), $this->outbox() );
		$this->assertCount( 1, $this->events_of( $webhook ) );
		foreach ( Refused_Events::newest( 10 ) as $refused ) {
			$this->assertStringContainsString( 'webhooks.max_payload', $refused->reason );
			$this->assertSame( range( 1, 300000 ), Refused_Events::find( $refused->id )->data()->ids );
		}
		$this->assertSame( 2, Refused_Events::count() );
	}

	public function test_what_can_not_be_kept_leaves_a_trace(): void {
		$throws = new class() implements JsonSerializable {
			public function jsonSerialize(): mixed {
				throw new LogicException( 'Not as JSON.' );
			}
		};
		$doubles = (object) array();
		for ( $level = 0; $level < 40; $level++ ) {
			$doubles = (object) array( 'a' => $doubles, 'b' => $doubles );
		}
		foreach ( array( 'Not as JSON.' => array( $throws ), 'bytes that can wait in the database' => array( 'x' => $doubles ) ) as $reason => $data ) {
			try {
				$this->plugin()->outbox()->add( 'lesson_finished', $data, array( 'actor' => array( $throws ) ), 'a test' );
				$this->fail( $reason );
			} catch ( Exception $error ) {
				$this->assertStringContainsString( $reason, $error->getMessage() );
			}
			$this->assertStringContainsString( $reason, Refused_Events::newest( 1 )[0]->reason );
		}
		$this->assertSame( array(), $this->outbox() );
	}

	public function test_what_the_journal_refuses_for_now_keeps_its_order(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 5 ), false );
		foreach ( range( 1, 3 ) as $time ) {
			$this->assertSame( '0', $this->run_process( '-d', array( 'webhooks.spool=/nowhere', __DIR__ . '/processes/drain.php' ) ), "Time $time" );
		}
		$this->assertSame( array( '0', '0', '0', '0', '0' ), array_column( $this->outbox(), 'refusals' ) );
		$this->assertSame( array( null ), array_unique( array_column( $this->outbox(), 'claim' ) ) );
		$this->assertStringContainsString( '/nowhere', $this->outbox()[0]->reason );
		$this->assertSame( 0, Refused_Events::count() );
		$this->assertSame( 5, $this->plugin()->outbox()->drain() );
		$this->assertSame( range( 1, 5 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'number' ) );
	}

	public function test_an_event_at_which_php_ends_again_and_again_leaves_the_outbox(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 3 ), false );
		// A process died at all of them, and one at the second alone.
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET claim = 'dead', claimed = '2026-01-01 00:00:00'" );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET deaths = 1 WHERE id = {$this->outbox()[1]->id}" );
		$log = ini_set( 'error_log', '/dev/null' );
		$this->assertSame( 2, $this->plugin()->outbox()->drain() );
		ini_set( 'error_log', $log );
		$this->assertSame( array(), $this->outbox() );
		$this->assertSame( array( 1, 3 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'number' ) );
		$this->assertStringContainsString( 'PHP ended', Refused_Events::newest( 1 )[0]->reason );
	}

	public function test_what_waited_for_too_long_leaves_the_outbox_without_the_extension_too(): void {
		global $wpdb;
		$this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 2 ), false );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . " SET created = '2020-01-01 00:00:00' ORDER BY id LIMIT 1" );
		$this->assertSame( '0', $this->run_process( __DIR__ . '/processes/drain.php', array(), false ) );
		$this->assertCount( 1, $this->outbox() );
		$this->assertSame( 'it waited in the database for more than 30 days', Refused_Events::newest( 1 )[0]->reason );
		// There it ends as well.
		$wpdb->query( 'UPDATE ' . Schema::refused() . " SET refused = '2020-01-01 00:00:00'" );
		$this->plugin()->outbox()->drain();
		$this->assertSame( 0, Refused_Events::count() );
	}

	public function test_a_delay_begins_when_the_event_happens(): void {
		global $wpdb;
		$webhook = $this->store( Network_Webhooks\Webhook::create( 'Test', 'https://endpoint.example/', 'lesson_finished' )->with_paused( true ) );
		$options = $this->plugin()->dispatcher()->complete( array( 'delay' => 3600 ) );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'number' => 1 ), $options, 'a test' );
		$event = Waiting_Event::from_row( $this->outbox()[0] );
		$this->assertSame( array( 3600, 3590, 0, 0 ), array_map( static fn( int $seconds ) => $event->options( $event->created + $seconds )['delay'], array( 0, 10, 3600, 9999 ) ) );
		$this->assertSame( 3600, $event->options( $event->created - 50 )['delay'], 'The clock was set back.' );
		$this->assertNotNull( $webhook );
		$wpdb->query( 'DELETE FROM ' . Schema::outbox() );
	}

	public function test_a_full_outbox_is_announced_before_and_says_what_it_lost(): void {
		global $wpdb;
		$this->subscribe( 'lesson_finished' );
		$outbox = $this->plugin()->outbox();
		$health = new Network_Webhooks\Site_Health( $this->plugin()->publisher(), $outbox, $this->plugin()->webhooks() );
		$outbox->add( 'lesson_finished', array( 'number' => 1 ), $this->plugin()->dispatcher()->complete( array() ), 'a test' );
		$this->assertSame( array(), $outbox->warnings() );
		$fill = static fn( float $part ) => $wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::outbox() . ' SET size = %d', (int) ( Outbox::MOST_BYTES * $part ) ) );

		$fill( 0.8 );
		$this->assertSame( array( 'outbox_full' ), array_keys( $outbox->warnings() ) );
		$this->assertStringContainsString( '205 MB of at most 256 MB', $outbox->warnings()['outbox_full'] );
		$this->assertSame( 'critical', $health->test()['status'] );
		$this->assertStringContainsString( '205 MB', $health->test()['description'] );
		$this->assertStringContainsString( 'condition_began outbox_full', $this->run_process( __DIR__ . '/processes/review.php' ) );
		$this->assertStringNotContainsString( 'outbox_full', $this->run_process( __DIR__ . '/processes/review.php' ), 'It is said once.' );

		$fill( 1.0 );
		try {
			( new Outbox() )->add( 'lesson_finished', array( 'number' => 2 ), array(), 'a test' );
			$this->fail( 'It was taken.' );
		} catch ( OverflowException $error ) {
			$this->assertStringContainsString( 'the outbox is full', $error->getMessage() );
		}
		$this->assertCount( 1, $this->outbox() );
		$this->assertSame( array( 'lesson_finished', 'the outbox is full: no more events can wait in the database' ), array( Refused_Events::newest( 1 )[0]->event, Refused_Events::newest( 1 )[0]->reason ) );
		$this->assertSame( array( 'outbox_full', 'refused' ), array_keys( $outbox->warnings() ) );
		$this->assertStringContainsString( 'condition_began refused', $this->run_process( __DIR__ . '/processes/review.php' ) );

		$this->assertSame( 1, $outbox->drain() );
		Refused_Events::discard( null );
		$this->assertSame( array(), $outbox->warnings() );
		$this->assertStringContainsString( 'condition_ended outbox_full', $this->run_process( __DIR__ . '/processes/review.php' ) );
	}

	public function test_an_event_that_waits_for_long_is_announced(): void {
		global $wpdb;
		$this->plugin()->outbox()->add( 'lesson_finished', array(), array(), 'a test' );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . ' SET created = UTC_TIMESTAMP() - INTERVAL 22 DAY' );
		$this->assertSame( array( 'outbox_waits' ), array_keys( $this->plugin()->outbox()->warnings() ) );
		$wpdb->query( 'UPDATE ' . Schema::outbox() . ' SET created = UTC_TIMESTAMP() - INTERVAL 23 DAY' );
		$this->assertContains( 'outbox_old', array_keys( $this->plugin()->outbox()->warnings() ) );
	}

	public function test_refused_events_are_on_the_status_page_where_they_are_tried_again_and_discarded(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$options = $this->plugin()->dispatcher()->complete( array() );
		foreach ( range( 1, 3 ) as $number ) {
			$this->plugin()->outbox()->refuse( 'lesson_finished', array( 'number' => $number, 'title' => '<b>Lesson</b> &amp; more' ), $options, 'this event has 5 bytes, more than the 4 that webhooks.max_payload allows: send less data, or raise webhooks.max_payload' );
		}
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$page  = '/wp-admin/network/admin.php?page=network-webhooks-status';
		$admin->get( $page );
		$this->assert_sees( 'Events were refused', $admin );
		$this->assert_sees( '3 events could not be sent', $admin );
		$this->assert_sees( 'webhooks.max_payload allows', $admin );
		$this->assertStringContainsString( '&lt;b&gt;Lesson&lt;/b&gt; &amp;amp; more', $admin->page );
		$ids = array_column( Refused_Events::newest( 3 ), 'id' );
		$this->assertSame( array_map( 'strval', $ids ), $admin->values( '//button[@name="refused" and text()="Try Again"]/@value' ) );

		$admin->act( 'retry', array( 'refused' => (string) $ids[2] ) );
		$this->assert_sees( 'The event waits to be sent.', $admin );
		$this->assertSame( array( 1 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'number' ) );
		$admin->act( 'retry', array( 'refused' => (string) $ids[2] ) );
		$this->assert_sees( 'no longer exists', $admin );

		$viewer = $this->make_user( 'administrator' );
		$other  = new Browser( $viewer->user_login, $viewer->user_login );
		$admin->get( $page );
		$nonce = $admin->values( '//input[@name="_wpnonce"]/@value' )[0];
		foreach ( array( 'retry', 'discard' ) as $action ) {
			$other->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( 'refused' => 'all', '_wpnonce' => $nonce ) );
			$this->assertSame( 403, $other->status, $action );
			$admin->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( 'refused' => 'all', '_wpnonce' => 'x' ) );
			$this->assertSame( 403, $admin->status, $action );
			$admin->get( "/wp-admin/network/edit.php?action=network_webhooks_$action&refused=all&_wpnonce=$nonce" );
			$this->assertSame( 403, $admin->status, $action );
		}
		$this->assertSame( 2, Refused_Events::count() );

		$admin->act( 'discard', array( 'refused' => (string) $ids[0] ) );
		$this->assert_sees( 'The event is discarded.', $admin );
		$this->assertSame( array( $ids[1] ), array_column( Refused_Events::newest( 3 ), 'id' ) );
		$admin->act( 'discard', array( 'refused' => 'all' ) );
		$this->assertSame( 0, Refused_Events::count() );
		$admin->get( $page );
		$this->assertStringNotContainsString( 'Refused Events</h2>', $admin->page );
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
