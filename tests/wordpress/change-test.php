<?php
/**
 * A change is made whole or not at all, whatever the tables' engine, and what one step of the
 * upkeep can't do keeps none of the others from being done.
 */

use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Installation;
use Network_Webhooks\Maintenance;
use Network_Webhooks\Refusal;
use Network_Webhooks\Schema;
use Network_Webhooks\Settings;
use Network_Webhooks\Site_Health;
use Network_Webhooks\Unpublished;
use Network_Webhooks\Webhook;

final class Change_Test extends Network_Test_Case {

	private ?string $config = null;
	private array $installation;

	protected function setUp(): void {
		Schema::migrate();
		parent::setUp();
		$this->installation = Installation::stored();
	}

	protected function tearDown(): void {
		global $wpdb;
		$this->mend_spool();
		$wpdb->query( "ALTER TABLE $wpdb->sitemeta ENGINE=InnoDB" );
		Settings::set( Settings::INSTALLATION, $this->installation );
		parent::tearDown();
		foreach ( array( Settings::SET_ASIDE, Settings::UNPUBLISHED, Settings::MAILED_AT, Settings::CONDITIONS ) as $name ) {
			delete_network_option( get_main_network_id(), $name );
		}
	}

	/**
	 * Engines of the plugin's tables and of WordPress's options.
	 */
	public static function engines(): array {
		return array(
			'all with transactions'                => array( 'InnoDB', 'InnoDB' ),
			'the plugin\'s without (MyISAM)'       => array( 'MyISAM', 'InnoDB' ),
			'the plugin\'s without (Aria)'         => array( 'Aria', 'InnoDB' ),
			'WordPress\'s options without'         => array( 'InnoDB', 'MyISAM' ),
			'none with (an old server\'s default)' => array( 'MyISAM', 'Aria' ),
		);
	}

	/**
	 * @dataProvider engines
	 */
	public function test_a_refused_webhook_stayed_stored_where_the_table_was_myisam( string $ours, string $options ): void {
		$good = $this->subscribe( 'lesson_finished' );
		$this->convert( $ours, $options );
		$before   = $this->everything();
		$revision = webhooks_revision();
		try {
			$this->store( Webhook::create( 'Bad', 'https://', 'lesson_finished' ) );
			$this->fail( 'A URL without a host was accepted.' );
		} catch ( Refusal $error ) {
			$this->assertSame( 'url', $error->field );
		}
		$this->assertSame( $before, $this->everything() );
		$this->assertSame( $revision, webhooks_revision() );
		$this->store( Webhook::create( 'Another', 'https://endpoint.example/', 'another_event' ) );
		$this->assert_subscribed( 'another_event' );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $good->id ) );
	}

	/**
	 * @dataProvider engines
	 */
	public function test_a_refused_copy_sent_with_the_secrets_of_the_production( string $ours, string $options ): void {
		$webhook = $this->store( Webhook::create( 'Test', 'https://endpoint.example/', 'lesson_finished' ) );
		$deleted = $this->store( Webhook::create( 'Deleted', 'https://endpoint.example/', 'lesson_finished' ) );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $deleted->id ) );
		$this->convert( $ours, $options );
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + Installation::stored() );
		$this->break_spool();
		foreach ( array( 'accept_copy', 'accept_move', 'accept_server' ) as $answer ) {
			$before = $this->everything();
			$cached = Settings::get( Settings::INSTALLATION );
			try {
				$this->plugin()->publisher()->$answer();
				$this->fail( "$answer: the extension did not refuse." );
			} catch ( Webhooks\Exception $error ) {
				$this->assertStringContainsString( 'format 99', $error->getMessage() );
			}
			$this->assertSame( $before, $this->everything(), $answer );
			$this->assertSame( $cached, Settings::get( Settings::INSTALLATION ), "$answer: the object cache knows nothing of the rollback." );
			$this->assertTrue( Installation::is_elsewhere(), $answer );
		}
		$this->mend_spool();
		// What one answered may stand in the same place as its origin: then that one's webhooks stay.
		$this->plugin()->publisher()->accept_copy();
		$this->assertTrue( $this->plugin()->webhooks()->find( $webhook->id )->paused );
		$this->assertNotSame( $deleted->secret(), $this->plugin()->webhooks()->find_deleted( $deleted->id )->secret() );
	}

	public function test_a_copy_with_an_invalid_webhook_could_not_say_that_it_is_one(): void {
		global $wpdb;
		$webhook = $this->store( Webhook::create( 'Test', 'https://endpoint.example/', 'lesson_finished' ) );
		$bad     = Webhook::create( 'Bad', 'https://', 'lesson_finished' );
		$now     = current_time( 'mysql', true );
		$wpdb->insert( Schema::webhooks(), $bad->to_row() + array( 'created' => $now, 'modified' => $now ) );
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => 'elsewhere' ) + $this->installation );
		$this->plugin()->publisher()->accept_copy();
		foreach ( array( $webhook, $bad ) as $one ) {
			$copy = $this->plugin()->webhooks()->find( $one->id );
			$this->assertTrue( $copy->paused );
			$this->assertNotSame( $one->secret(), $copy->secret() );
		}
		$this->assertNotSame( $this->installation['id'], Installation::stored()['id'] );
	}

	public function test_tables_were_made_with_the_servers_default_engine(): void {
		global $wpdb;
		$wpdb->query( 'SET SESSION default_storage_engine = MyISAM' );
		try {
			foreach ( Schema::all() as $table ) {
				$wpdb->query( "RENAME TABLE $table TO kept_$table" );
			}
			Settings::set( Settings::SCHEMA, 0 );
			Schema::migrate();
			$this->assertSame( array( 'InnoDB' ), array_values( array_unique( $this->engines_of( Schema::all() ) ) ) );
		} finally {
			$wpdb->query( 'SET SESSION default_storage_engine = InnoDB' );
			foreach ( Schema::all() as $table ) {
				$wpdb->query( "DROP TABLE IF EXISTS $table" );
				$wpdb->query( "RENAME TABLE kept_$table TO $table" );
			}
		}
	}

	public function test_tables_of_another_engine_are_converted_by_the_migration(): void {
		$this->convert( 'MyISAM', 'InnoDB' );
		Settings::set( Settings::SCHEMA, 5 );
		Schema::migrate();
		$this->assertSame( array( 'InnoDB' ), array_values( array_unique( $this->engines_of( Schema::all() ) ) ) );
	}

	public function test_site_health_says_which_tables_can_not_roll_back(): void {
		global $wpdb;
		$health = new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() );
		$this->assertSame( 'good', $health->test()['status'] );
		$this->convert( 'InnoDB', 'MyISAM' );
		$this->assertSame( 'recommended', $health->test()['status'] );
		$this->assertStringContainsString( $wpdb->sitemeta, $health->test()['description'] );
	}

	public function test_a_failing_publication_stopped_outbox_announcements_and_mail(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'from' => 'the outbox' ), array(), 'a test' );
		$mails = array();
		$take  = static function ( $sent, array $mail ) use ( &$mails ) {
			$mails[] = $mail;
			return true;
		};
		$log = ini_set( 'error_log', '/dev/null' );
		add_filter( 'pre_wp_mail', $take, 20, 2 );
		$this->break_spool();
		$this->raise();
		try {
			do_action( 'network_webhooks_wake' );
		} finally {
			remove_filter( 'pre_wp_mail', $take, 20 );
			ini_set( 'error_log', $log );
		}
		$this->assertSame( array(), $this->outbox() );
		$this->assertStringContainsString( 'format 99', Unpublished::here() );
		$began = array_filter( ( new Announcement_Store() )->read(), static fn( $one ) => 'publication' === ( $one->params['condition'] ?? '' ) );
		$this->assertCount( 1, $began );
		$this->assertStringContainsString( 'The webhooks could not be published', $mails[0]['subject'] . $mails[0]['message'] );
		$health = ( new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() ) )->test();
		$this->assertSame( 'critical', $health['status'] );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-status' );
		$this->assert_sees( 'could not publish the webhooks', $admin );

		$this->mend_spool();
		do_action( 'network_webhooks_wake' );
		$this->assertSame( '', Unpublished::here() );
		$this->assertSame( array( 'the outbox' ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'from' ) );
	}

	public function test_each_step_of_the_upkeep_is_for_itself(): void {
		global $wpdb;
		$this->subscribe( 'lesson_finished' );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'from' => 'the outbox' ), array(), 'a test' );
		// The tables of two steps are away: theirs fail, the others are done.
		$tables = array( Schema::inbox(), Schema::heard() );
		$quiet  = $wpdb->suppress_errors();
		foreach ( $tables as $table ) {
			$wpdb->query( "RENAME TABLE $table TO kept_$table" );
		}
		$throw = static function (): void {
			throw new Error( 'a plugin' );
		};
		add_action( 'network_webhooks_announcement', $throw );
		Settings::set( Settings::SERVERS, 'no list' );
		$log = ini_set( 'error_log', '/dev/null' );
		try {
			do_action( 'network_webhooks_wake' );
		} finally {
			ini_set( 'error_log', $log );
			remove_action( 'network_webhooks_announcement', $throw );
			delete_network_option( get_main_network_id(), Settings::SERVERS );
			foreach ( $tables as $table ) {
				$wpdb->query( "RENAME TABLE kept_$table TO $table" );
			}
			$wpdb->suppress_errors( $quiet );
		}
		$this->assertSame( array(), $this->outbox() );
		$this->assertTrue( webhooks_status()['worker']['running'] );
	}

	public function test_only_one_network_was_unscheduled(): void {
		global $wpdb;
		$wpdb->insert( $wpdb->site, array( 'domain' => 'second.example', 'path' => '/' ) );
		$network = $wpdb->insert_id;
		wp_cache_flush();
		// WordPress looks for it in the new network, where no installer has put it.
		add_filter( 'pre_site_option_ms_files_rewriting', $off = static fn() => 0 );
		$site = wp_insert_site( array( 'domain' => 'second.example', 'path' => '/', 'network_id' => $network, 'user_id' => 1, 'title' => 'Second' ) );
		update_network_option( $network, 'main_site', $site );
		$sites = array( get_main_site_id(), $site );
		$due   = static function () use ( $sites ): array {
			$due = array();
			foreach ( $sites as $id ) {
				switch_to_blog( $id );
				$due[] = false !== wp_next_scheduled( 'network_webhooks_wake' );
				restore_current_blog();
			}
			return $due;
		};
		try {
			foreach ( $sites as $id ) {
				switch_to_blog( $id );
				wp_next_scheduled( 'network_webhooks_wake' ) || wp_schedule_event( time(), 'network_webhooks_five_minutes', 'network_webhooks_wake' );
				restore_current_blog();
			}
			$this->assertSame( array( true, true ), $due() );
			Maintenance::unschedule();
			$this->assertSame( array( false, false ), $due() );
		} finally {
			wp_delete_site( $site );
			remove_filter( 'pre_site_option_ms_files_rewriting', $off );
			$wpdb->delete( $wpdb->site, array( 'id' => $network ) );
			$wpdb->delete( $wpdb->sitemeta, array( 'site_id' => $network ) );
			wp_cache_flush();
		}
	}

	/**
	 * All that a change writes, as the database has it. The revision may be higher where it could
	 * not be put back, which is of no consequence.
	 */
	private function everything(): array {
		global $wpdb;
		return array(
			$wpdb->get_results( 'SELECT * FROM ' . Schema::webhooks() . ' ORDER BY id', ARRAY_A ),
			$wpdb->get_results( 'SELECT * FROM ' . Schema::history() . ' ORDER BY id', ARRAY_A ),
			$wpdb->get_results( $wpdb->prepare( "SELECT meta_key, meta_value FROM $wpdb->sitemeta WHERE meta_key LIKE 'network\_webhooks%%' AND meta_key <> %s ORDER BY meta_key", Settings::REVISION ), ARRAY_A ),
		);
	}

	private function convert( string $ours, string $options ): void {
		global $wpdb;
		foreach ( Schema::all() as $table ) {
			$this->assertNotFalse( $wpdb->query( "ALTER TABLE $table ENGINE=$ours" ) );
		}
		$this->assertNotFalse( $wpdb->query( "ALTER TABLE $wpdb->sitemeta ENGINE=$options" ) );
	}

	private function engines_of( array $tables ): array {
		global $wpdb;
		return array_map( static fn( string $table ) => $wpdb->get_row( "SHOW TABLE STATUS LIKE '$table'" )->Engine, $tables );
	}

	private function raise(): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->sitemeta SET meta_value = meta_value + 1 WHERE meta_key = %s", Settings::REVISION ) );
	}

	/**
	 * Has the extension refuse every publication.
	 */
	private function break_spool(): void {
		$this->config = file_get_contents( getenv( 'SPOOL' ) . '/config.json' );
		file_put_contents( getenv( 'SPOOL' ) . '/config.json', preg_replace( '/"format":1/', '"format":99', $this->config, 1 ) );
	}

	private function mend_spool(): void {
		if ( null !== $this->config ) {
			file_put_contents( getenv( 'SPOOL' ) . '/config.json', $this->config );
			$this->config = null;
		}
	}
}
