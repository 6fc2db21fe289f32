<?php
/**
 * From the database to the extension: one revision names one state of the webhooks.
 */

use Network_Webhooks\Installation;
use Network_Webhooks\Publisher;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Publisher_Test extends Network_Test_Case {

	protected function tearDown(): void {
		Settings::set( Settings::HELD, '' );
		Installation::settle();
		parent::tearDown();
	}

	public function test_a_change_is_published_at_once_under_a_higher_revision(): void {
		$before = webhooks_revision();
		$this->subscribe( 'lesson_finished' );
		$this->assertGreaterThan( $before, webhooks_revision() );
		$this->assertSame( $this->stored(), webhooks_revision() );
		$this->assert_subscribed( 'lesson_finished' );
		$this->assert_subscribed( 'another_event', false );
		$config = webhooks_status()['config'];
		$this->assertSame( 1, $config['webhooks'] );
		$this->assertSame( Installation::stored()['id'], $config['installation'] );
		$this->assertSame( Installation::fingerprint(), $config['fingerprint'] );
		$this->assertNull( $config['held'] );
	}

	public function test_the_revision_grows_even_where_the_clock_was_set_back(): void {
		$this->subscribe( 'lesson_finished' );
		$ahead = $this->stored() + 60000;
		$this->set_stored( $ahead );
		$this->subscribe( 'another_event' );
		$this->assertSame( $ahead + 1, webhooks_revision() );
	}

	public function test_what_the_extension_refuses_is_neither_stored_nor_published(): void {
		$good     = $this->subscribe( 'lesson_finished' );
		$revision = webhooks_revision();
		$stored   = $this->stored();
		try {
			$this->store( Webhook::create( 'Bad', 'https://', 'lesson_finished' ) );
			$this->fail( 'A URL without a host was accepted.' );
		} catch ( Webhooks\Exception $error ) {
			$this->assertStringContainsString( 'url', $error->getMessage() );
		}
		$this->assertSame( array( $good->id ), array_column( $this->plugin()->webhooks()->all(), 'id' ) );
		$this->assertSame( array( $revision, $stored ), array( webhooks_revision(), $this->stored() ) );
	}

	public function test_what_another_server_saved_is_read_past_the_object_cache(): void {
		$this->subscribe( 'lesson_finished' );
		$webhook = Webhook::create( 'Other', 'https://endpoint.example/', 'another_event' );
		Settings::get( Settings::REVISION );
		// Another server's process: it has no extension here, so it stores without publishing.
		$this->run_process( __DIR__ . '/processes/save.php', array( wp_json_encode( $webhook->to_row() ) ), false );
		$this->assert_subscribed( 'another_event', false );
		$this->plugin()->publisher()->publish();
		$this->assert_subscribed( 'another_event' );
		$this->assertSame( $this->stored(), webhooks_revision() );
	}

	public function test_a_request_that_dispatches_notices_what_another_server_saved(): void {
		$this->subscribe( 'lesson_finished' );
		$webhook = Webhook::create( 'Other', 'https://endpoint.example/', 'another_event' );
		$this->run_process( __DIR__ . '/processes/save.php', array( wp_json_encode( $webhook->to_row() ) ), false );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 1 ) );
		$this->assert_subscribed( 'another_event' );
	}

	public function test_a_restored_database_is_announced_and_published_by_a_click(): void {
		$this->subscribe( 'lesson_finished' );
		$revision = webhooks_revision();
		global $wpdb;
		$wpdb->query( 'DELETE FROM ' . Network_Webhooks\Schema::webhooks() );
		$this->set_stored( $revision - 1000 );
		$this->plugin()->publisher()->publish();
		$this->assertTrue( webhooks_has_subscribers( 'lesson_finished' ), 'Older webhooks were published by themselves.' );
		$this->assertTrue( $this->plugin()->publisher()->is_restored() );

		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assert_sees( 'was a backup restored?', $admin );
		$admin->act( 'restored', array() );
		$this->assert_sees( 'are in use now', $admin );
		$this->assert_subscribed( 'lesson_finished', false );
		$this->assertFalse( $this->plugin()->publisher()->is_restored() );
	}

	public function test_deactivation_holds_everything_and_reactivation_resumes(): void {
		$webhook = $this->store( Webhook::create( 'Test', 'https://endpoint.example/', 'lesson_finished' ) );
		$name    = plugin_basename( NETWORK_WEBHOOKS_FILE );
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$this->press( $admin, 'deactivate', $name );
		try {
			$this->assertSame( 'plugin_deactivated', webhooks_status()['config']['held'] );
			$admin->get( '/wp-admin/network/plugins.php' );
			$admin->get( '/' );
			$this->assertSame( 'plugin_deactivated', webhooks_status()['config']['held'] );
		} finally {
			$this->press( $admin, 'activate', $name );
		}
		$this->assertNull( webhooks_status()['config']['held'] );
		$this->assert_subscribed( 'lesson_finished' );
		$this->assertSame( $webhook->secret(), $this->plugin()->webhooks()->find( $webhook->id )->secret() );
	}

	public function test_a_request_that_began_before_the_deactivation_does_not_resume(): void {
		$this->subscribe( 'lesson_finished' );
		$name   = plugin_basename( NETWORK_WEBHOOKS_FILE );
		$active = get_site_option( 'active_sitewide_plugins' );
		global $wpdb;
		$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => serialize( array_diff_key( $active, array( $name => 1 ) ) ) ), array( 'meta_key' => 'active_sitewide_plugins' ) );
		Settings::set( Settings::HELD, Network_Webhooks\Publisher::DEACTIVATED );
		try {
			$this->plugin()->publisher()->publish();
			$this->assertSame( Network_Webhooks\Publisher::DEACTIVATED, Settings::read( Settings::HELD )[ Settings::HELD ] );
		} finally {
			$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => serialize( $active ) ), array( 'meta_key' => 'active_sitewide_plugins' ) );
		}
		$this->plugin()->publisher()->publish();
		$this->assertSame( '', Settings::read( Settings::HELD )[ Settings::HELD ] );
	}

	public function test_an_event_of_a_copied_network_waits_until_one_says_what_it_is(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished', array( 'where' => 'here' ) ) );
		$stored = Installation::stored();
		// As if this database had come from another place: the spool and the database know that one.
		webhooks_configure(
			array(
				'webhooks'     => array( $webhook->to_config() ),
				'installation' => array(
					'id'          => $stored['id'],
					'fingerprint' => 'elsewhere',
				),
				'moved'        => true,
			),
			webhooks_revision() + 1
		);
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + $stored );
		$this->set_stored( webhooks_revision() );

		$log = ini_set( 'error_log', '/dev/null' );
		$this->assertNull( network_webhooks_dispatch( 'lesson_finished', array( 'where' => 'there' ) ) );
		ini_set( 'error_log', $log );
		$this->assertCount( 1, $this->outbox() );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( 'This network was moved or copied', $admin );

		$admin->act( 'moved', array() );
		$this->assert_sees( 'goes on sending from here', $admin );
		$this->assertSame( array(), $this->outbox() );
		$this->assertSame( array( 'here', 'there' ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'where' ) );
	}

	public function test_no_worker_is_started_on_a_copy_before_one_says_what_it_is(): void {
		$stored     = Installation::stored();
		$is_running = static fn() => webhooks_status()['worker']['running'];
		$wait       = function ( bool $running ) use ( $is_running ) {
			$deadline = microtime( true ) + self::DEADLINE;
			while ( $is_running() !== $running && microtime( true ) < $deadline ) {
				usleep( 20000 );
			}
			$this->assertSame( $running, $is_running() );
		};
		webhooks_wake();
		$wait( true );
		$this->assertTrue( posix_kill( webhooks_status()['worker']['pid'], 15 ) );
		$wait( false );
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + $stored );
		do_action( 'network_webhooks_wake' );
		$this->assertFalse( $is_running() );
		$this->plugin()->publisher()->accept_move();
		do_action( 'network_webhooks_wake' );
		$wait( true );
	}

	public function test_a_copy_that_has_published_before_one_says_what_it_is_keeps_its_spool(): void {
		$this->store( Webhook::create( 'Test', 'https://endpoint.example/', 'lesson_finished' ) );
		$stored = Installation::stored();
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + $stored );
		$this->plugin()->publisher()->publish();
		$this->assertSame( array( $stored['id'], Publisher::ELSEWHERE ), array( webhooks_status()['config']['installation'], webhooks_status()['config']['held'] ) );
		try {
			$this->plugin()->publisher()->accept_copy();
			$this->assertSame( '', $this->plugin()->publisher()->obstacle() );
			$this->assertSame( array( Installation::stored()['id'], null ), array( webhooks_status()['config']['installation'], webhooks_status()['config']['held'] ) );
			$this->assertNotSame( $stored['id'], Installation::stored()['id'] );
		} finally {
			$this->plugin()->publisher()->release();
			Settings::set( Settings::INSTALLATION, $stored );
		}
	}

	public function test_a_copy_gets_an_id_and_secrets_of_its_own_and_is_paused(): void {
		$webhook = $this->store( Webhook::create( 'Test', 'https://endpoint.example/', 'lesson_finished' ) );
		$stored  = Installation::stored();
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + $stored );
		$this->assertTrue( Installation::is_elsewhere() );
		try {
			$this->plugin()->publisher()->accept_copy();
			$copy = $this->plugin()->webhooks()->find( $webhook->id );
			$this->assertTrue( $copy->paused );
			$this->assertNotSame( $webhook->secret(), $copy->secret() );
			$this->assertNotSame( $stored['id'], Installation::stored()['id'] );
			// It shares the spool of its origin, which goes on as it was.
			$this->assertStringContainsString( 'belongs to another', $this->plugin()->publisher()->obstacle() );
			$this->assertSame( $stored['id'], webhooks_status()['config']['installation'] );
		} finally {
			Settings::set( Settings::INSTALLATION, $stored );
		}
	}

	public function test_many_saves_at_once_end_with_all_of_them_published(): void {
		$started = array();
		for ( $number = 0; $number < 6; $number++ ) {
			$webhook   = Webhook::create( "Number $number", 'https://endpoint.example/', "event_$number" );
			$started[] = $this->start_process( __DIR__ . '/processes/save.php', array( wp_json_encode( $webhook->to_row() ) ) );
		}
		array_map( array( $this, 'finish_process' ), $started );
		$this->assertSame( $this->stored(), webhooks_revision() );
		for ( $number = 0; $number < 6; $number++ ) {
			$this->assert_subscribed( "event_$number" );
		}
	}

	public function test_the_size_of_the_log_is_published_and_nonsense_is_the_default(): void {
		$said      = array();
		$listen    = static function ( string $place ) use ( &$said ): void {
			$said[] = $place;
		};
		$published = fn( mixed $returned ) => $this->published_bytes( $returned );
		add_action( 'doing_it_wrong_run', $listen );
		add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		try {
			$this->assertNull( $published( null ) );
			$this->assertSame( 2 * GB_IN_BYTES, $published( 2 * GB_IN_BYTES ) );
			$this->assertSame( array(), $said );
			foreach ( array( '2 GB', 5, -1, array(), 1.5, new LogicException( 'mine' ) ) as $number => $nonsense ) {
				$this->assertNull( $published( $nonsense ), "nonsense $number" );
			}
			$this->assertSame( array_fill( 0, 5, 'network_webhooks_log_bytes' ), $said );
		} finally {
			remove_action( 'doing_it_wrong_run', $listen );
			remove_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		}
	}

	/**
	 * The size of the log as the worker reads it, where a filter returns this, or throws it.
	 */
	private function published_bytes( mixed $returned ): ?int {
		$filter = static function () use ( $returned ): mixed {
			if ( $returned instanceof Throwable ) {
				throw $returned;
			}
			return $returned;
		};
		add_filter( 'network_webhooks_log_bytes', $filter );
		try {
			$this->subscribe( 'lesson_finished' );
		} finally {
			remove_filter( 'network_webhooks_log_bytes', $filter );
		}
		return json_decode( file_get_contents( ini_get( 'webhooks.spool' ) . '/config.json' ), true, 512, JSON_THROW_ON_ERROR )['retention']['bytes'];
	}

	private function stored(): int {
		return (int) Settings::read( Settings::REVISION )[ Settings::REVISION ];
	}

	private function set_stored( int $revision ): void {
		global $wpdb;
		$wpdb->update( $wpdb->sitemeta, array( 'meta_value' => $revision ), array( 'meta_key' => Settings::REVISION ) );
	}

	private function press( Browser $browser, string $action, string $plugin ): void {
		$browser->get( '/wp-admin/network/plugins.php' );
		$links = $browser->values( "//a[contains(@href, 'action=$action') and contains(@href, '" . rawurlencode( $plugin ) . "')]/@href" );
		$this->assertCount( 1, $links, "There is no link to $action the plugin." );
		$browser->get( '/wp-admin/network/' . $links[0] );
		$this->assertSame( 200, $browser->status );
		// The page after it, as a person would see it.
		$browser->get( '/wp-admin/network/plugins.php' );
	}

	public function test_what_is_saved_is_tried_out_with_the_examples_of_its_events_and_what_catches_up_is_not(): void {
		$row           = (object) Network_Webhooks\Webhook::create( 'Template', 'https://endpoint.example/', 'user_logged_*' )->to_row();
		$row->settings = json_encode( array( 'format' => 'template', 'template' => '{"login": {{ data.user_login.first.letter | tojson }}}' ) + json_decode( $row->settings, true ) );
		$webhook       = Network_Webhooks\Webhook::from_row( $row );
		$save          = fn() => $this->plugin()->webhooks()->save( $webhook );
		try {
			$this->plugin()->publisher()->change( $save, ...$webhook->events() );
			$this->fail( 'The template was taken.' );
		} catch ( Webhooks\Exception $error ) {
			$this->assertStringContainsString( 'user_logged_in', $error->getMessage() );
		}
		$this->assertNull( $this->plugin()->webhooks()->find( $webhook->id ) );
		$this->plugin()->publisher()->change( $save );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
	}
}
