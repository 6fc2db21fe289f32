<?php
/**
 * What a request has loaded never decides what is listed: events of plugins that are active on one
 * site only, events that nobody registered, and on how many sites an event was seen.
 */

use Network_Webhooks\Event_Registry;
use Network_Webhooks\Schema;
use Network_Webhooks\Seen_Events;

final class Seen_Events_Test extends Network_Test_Case {

	private const PLUGIN = 'lesson/lesson.php';

	private ?Endpoint $endpoint = null;

	protected function tearDown(): void {
		$this->endpoint?->remove();
		$folder = WP_PLUGIN_DIR . '/' . dirname( self::PLUGIN );
		if ( is_dir( $folder ) ) {
			unlink( WP_PLUGIN_DIR . '/' . self::PLUGIN );
			rmdir( $folder );
		}
		parent::tearDown();
	}

	public function test_an_event_of_a_plugin_on_one_site_only_is_chosen_in_network_admin_fired_there_and_received(): void {
		$this->endpoint = new Endpoint();
		$site           = $this->make_site();
		$path           = get_site( $site )->path;
		$this->install( $site );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-new' );
		$this->assertNotContains( 'lesson_finished', $admin->values( '//input[@name="events[]"]/@value' ) );

		$admin->get( "{$path}wp-admin/" );
		$this->assertSame( 200, $admin->status );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-new' );
		$this->assertSame( array( 'Lesson Finished' ), $admin->values( '//details[summary/span="Education"]//label[input/@value="lesson_finished"]/span' ) );
		$this->assertStringStartsWith( 'Not seen yet', $this->mark( $admin ) );
		$admin->act(
			'save',
			array(
				'name'   => 'Lessons',
				'url'    => $this->endpoint->url . '/200',
				'events' => array( 'lesson_finished' ),
			)
		);
		$this->assert_sees( 'The webhook is set up.', $admin );

		$lesson = random_int( 1000000, 2000000000 );
		( new Browser() )->get( "$path?finish=$lesson" );
		$this->wait_for( fn() => $this->endpoint->received() );
		$body = json_decode( $this->endpoint->received()[0]['body'], true );
		$this->assertSame( array( 'lesson_finished', 'lesson', $site, array( 'lesson' => array( 'id' => $lesson ) ) ), array( $body['type'], $body['source'], $body['site']['id'], $body['data'] ) );
		$this->assertStringStartsWith( 'Seen on 1 site', $this->mark( $admin ) );
		// Its paths were published when it was remembered.
		$this->assertSame( array( 'lesson_finished' ), array_column( webhooks_deliveries( array( 'search' => (string) $lesson ) )['deliveries'], 'event' ) );
	}

	public function test_an_event_that_nobody_registered_is_remembered_by_its_name_and_written_once(): void {
		$first = $this->request( '/', 'door.opened' );
		$this->assertNotSame( array(), preg_grep( '/INSERT/', $first ) );
		$this->assertSame( array(), $this->request( '/', 'door.opened' ) );
		$registry = $this->registry();
		$this->assertSame( array( 'Door Opened', 'other' ), array( $registry->find( 'door.opened' )->name, $registry->find( 'door.opened' )->category ) );
		$this->assertSame( array( 1, 'Seen on 1 site' ), array( $registry->seen( 'door.opened' ), $registry->seen_text( 'door.opened' ) ) );
		$this->assertSame( array( 0, 'Not seen yet' ), array( $registry->seen( 'payment_received' ), $registry->seen_text( 'payment_received' ) ) );
	}

	public function test_a_request_without_events_asks_nothing(): void {
		$this->assertSame( array(), $this->request( '/' ) );
	}

	public function test_sites_are_counted_once_each_and_until_they_are_deleted(): void {
		$sites = array( $this->make_site(), $this->make_site() );
		foreach ( array( ...$sites, $sites[0] ) as $site ) {
			$this->request( get_site( $site )->path, 'door.opened' );
		}
		$this->request( '/', 'door.opened' );
		$this->assertSame( 3, $this->registry()->seen( 'door.opened' ) );
		wp_delete_site( $sites[0] );
		$this->assertSame( 2, $this->registry()->seen( 'door.opened' ) );
	}

	public function test_a_built_in_event_without_a_subscriber_is_seen_too(): void {
		$seen_events = new Seen_Events();
		$registry    = $this->registry( $seen_events );
		$this->assertSame( 0, $registry->seen( 'user_logged_in' ) );
		$plugin_memory = ( fn() => $this->seen_events )->call( $this->plugin()->dispatcher() );
		do_action( 'wp_login', 'admin', get_userdata( 1 ) );
		$this->assertArrayHasKey( 'user_logged_in', ( fn() => $this->noted )->call( $plugin_memory ) );
		$seen_events->note( 'user_logged_in' );
		$this->assertFalse( $registry->remember() );
		$this->assertSame( 1, $registry->seen( 'user_logged_in' ) );
	}

	public function test_the_site_of_a_request_counts_also_where_it_ends_on_another(): void {
		$site        = $this->make_site();
		$seen_events = new Seen_Events();
		$seen_events->note( 'door.opened' );
		switch_to_blog( $site );
		$this->registry( $seen_events )->remember();
		$this->assertFalse( get_option( 'network_webhooks_seen' ) );
		restore_current_blog();
		$this->assertStringContainsString( 'door.opened', get_option( 'network_webhooks_seen' ) );
	}

	public function test_a_plugin_that_makes_up_names_fills_neither_the_options_nor_the_tables(): void {
		global $wpdb;
		for ( $round = 0; $round < 6; $round++ ) {
			$seen_events = new Seen_Events();
			for ( $number = 0; $number < 400; $number++ ) {
				$seen_events->note( "order.$round.$number" );
			}
			$this->registry( $seen_events )->remember();
		}
		$this->assertSame( 501, substr_count( get_option( 'network_webhooks_seen' ), ' ' ) + 1 );
		$this->assertSame( '500', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::events() ) );
	}

	public function test_what_is_registered_anew_takes_the_place_of_what_was_remembered(): void {
		foreach ( array( array( 'lesson.id' ), array( 'lesson.id' ), array( 'lesson.id', 'student' ) ) as $step => $lookup ) {
			$seen_events = new Seen_Events();
			$event       = Network_Webhooks\Event::registered( 'lesson_finished', array( 'name' => "Name $step", 'lookup' => $lookup ) );
			$this->assertSame( 1 !== $step, $seen_events->remember( array(), array( 'lesson_finished' => $event ) ), "step $step" );
			$this->assertEquals( array( 'lesson_finished' => $event ), $seen_events->events() );
		}
		$this->assertSame( array( 'lesson.id', 'student' ), $this->registry()->lookup()['lesson_finished'] );
	}

	public function test_what_ultimate_multisite_and_its_add_ons_registered_is_listed_and_remembered(): void {
		self::$event_types = array(
			'school_opened'    => array(
				'name'    => 'School Opened',
				'desc'    => 'A school was opened.',
				'payload' => static fn() => array( 'school_id' => 7 ),
			),
			'school_closed'    => array( 'payload' => static fn() => intdiv( 1, 0 ) ),
			'payment_received' => array( 'name' => 'Recorded already' ),
			'Not A Slug'       => array( 'name' => 'None' ),
		);
		$plugin      = $this->plugin();
		$kept        = $plugin->catalogue();
		$seen_events = new Seen_Events();
		$swap        = fn( Event_Registry $registry ) => $this->registry = $registry;
		$seen_events->note( 'school_opened' );
		$swap->call( $plugin, $this->registry( $seen_events ) );
		try {
			$plugin->catalogue()->remember();
		} finally {
			$swap->call( $plugin, $kept );
			self::$event_types = array();
		}
		$later = $this->registry();
		$event = $later->find( 'school_opened' );
		$this->assertSame( array( 'School Opened', 'A school was opened.', array( 'ultimate-multisite' => array( 'school_id' => 7 ) ) ), array( $event->name, $event->description, $event->examples ) );
		$this->assertSame( 'School Closed', $later->find( 'school_closed' )->name );
		$this->assertSame( 'Payment Received', $later->find( 'payment_received' )->name );
		$this->assertSame( 1, $later->seen( 'school_opened' ) );
	}

	/**
	 * Names with letters that one charset or the other does not have.
	 */
	public static function names(): array {
		return array_map( static fn( string $name ) => array( $name, $name ), array( 'ASCII' => 'Course finished', 'quotes' => 'Course “finished”', 'Latin' => 'Cursus voltooid: één', 'Japanese' => 'コース修了', 'beyond the first plane' => 'Done 🎓' ) ) + array( 'a byte that is none' => array( "Course \xe9", 'Course ?' ) );
	}

	/**
	 * @dataProvider names
	 */
	public function test_an_event_with_a_letter_outside_ascii_was_not_remembered_and_raised_a_revision_each_time( string $name, string $kept ): void {
		global $wpdb;
		$event = Network_Webhooks\Event::registered( 'course_finished', array( 'name' => $name, 'description' => $name, 'lookup' => array( 'course.id' ), 'example' => array( 'title' => $name ) ) );
		foreach ( array( 'utf8mb4', 'utf8mb3', 'latin1' ) as $charset ) {
			$wpdb->query( 'DELETE FROM ' . Schema::events() );
			$wpdb->query( 'ALTER TABLE ' . Schema::events() . " MODIFY definition longtext CHARACTER SET $charset NOT NULL" );
			( fn() => $this->table_charset = array() )->call( $wpdb );
			( fn() => $this->col_meta = array() )->call( $wpdb );
			$remember = static fn() => ( new Seen_Events() )->remember( array(), array( 'course_finished' => $event ) );
			$this->assertTrue( $remember(), $charset );
			$this->assertSame( $kept, ( new Seen_Events() )->events()['course_finished']->name, $charset );
			$this->assertFalse( $remember(), $charset );
		}
		$wpdb->query( 'ALTER TABLE ' . Schema::events() . ' MODIFY definition longtext CHARACTER SET utf8mb4 NOT NULL' );
	}

	public function test_what_the_database_refused_counted_as_remembered(): void {
		global $wpdb;
		$seen_events = new Seen_Events();
		$seen_events->note( 'door.opened' );
		$event = Network_Webhooks\Event::registered( 'course_finished', array( 'name' => 'Course', 'lookup' => array( 'course.id' ) ) );
		$quiet = $wpdb->suppress_errors();
		$wpdb->query( 'ALTER TABLE ' . Schema::events() . ' MODIFY event varchar(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL' );
		$wpdb->query( "SET SESSION sql_mode = CONCAT( @@sql_mode, ',STRICT_ALL_TABLES' )" );
		try {
			$seen_events->remember( array(), array( 'course_finished' => $event ) );
			$this->fail( 'It said nothing.' );
		} catch ( RuntimeException $error ) {
			$this->assertStringContainsString( 'the database did not take the event', $error->getMessage() );
		} finally {
			$wpdb->set_sql_mode();
			$wpdb->query( 'ALTER TABLE ' . Schema::events() . ' MODIFY event varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL' );
			$wpdb->suppress_errors( $quiet );
		}
		$this->assertStringNotContainsString( 'door.opened', (string) get_option( 'network_webhooks_seen' ), 'Nobody would try again.' );
		$this->assertTrue( $seen_events->remember( array(), array( 'course_finished' => $event ) ) );
		$this->assertStringContainsString( 'door.opened', get_option( 'network_webhooks_seen' ) );
	}

	/** What Ultimate Multisite would answer. */
	public static array $event_types = array();

	/**
	 * What the Events page says of the event of the plugin.
	 */
	private function mark( Browser $admin ): string {
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-events' );
		return implode( $admin->values( '//*[@id="network-webhooks-event-lesson_finished"]//*[contains(@class, "network-webhooks-seen")]' ) );
	}

	private function install( int $site ): void {
		$folder = WP_PLUGIN_DIR . '/' . dirname( self::PLUGIN );
		mkdir( $folder, 0755 );
		copy( __DIR__ . '/processes/lesson.php', WP_PLUGIN_DIR . '/' . self::PLUGIN );
		update_blog_option( $site, 'active_plugins', array( self::PLUGIN ) );
	}

	/**
	 * The plugin's queries at a request of a site, as another process.
	 */
	private function request( string $path, string $event = '' ): array {
		$queries = json_decode( $this->run_process( __DIR__ . '/processes/note.php', array( $path, $event ) ), true, 5, JSON_THROW_ON_ERROR );
		wp_cache_flush();
		return $queries;
	}

	/**
	 * A new request's catalogue.
	 */
	private function registry( ?Seen_Events $seen_events = null ): Event_Registry {
		return new Event_Registry( ( fn() => $this->sources() )->call( $this->plugin() ), $seen_events ?? new Seen_Events() );
	}
}

/** The registered events of Ultimate Multisite. */
function wu_get_event_types(): array {
	return Seen_Events_Test::$event_types;
}
