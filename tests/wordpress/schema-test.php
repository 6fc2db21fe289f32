<?php
/**
 * The tables: made when they are needed, once, also when many processes need them at once.
 */

use Network_Webhooks\Schema;
use Network_Webhooks\Settings;

final class Schema_Test extends Network_Test_Case {

	public function test_processes_that_migrate_at_once_make_the_tables_once(): void {
		global $wpdb;
		$wpdb->query( 'DROP TABLE ' . Schema::webhooks() );
		$tables = array( Schema::webhooks(), Schema::events(), Schema::heard(), Schema::history(), Schema::inbox(), Schema::outbox(), Schema::refused(), Schema::sightings() );
		$wpdb->query( 'DROP TABLE ' . implode( ', ', $tables ) );
		$kept = Settings::read( Settings::INSTALLATION, Settings::REVISION );
		delete_site_option( Settings::SCHEMA );
		$started = array();
		for ( $number = 0; $number < 8; $number++ ) {
			$started[] = $this->start_process( __DIR__ . '/processes/migrate.php' );
		}
		foreach ( $started as $process ) {
			$this->assertSame( (string) Schema::VERSION, $this->finish_process( $process ) );
		}
		$this->assertSame( $tables, $wpdb->get_col( "SHOW TABLES LIKE '{$wpdb->base_prefix}network\_webhooks%'" ) );
		$this->assertSame( $kept, Settings::read( Settings::INSTALLATION, Settings::REVISION ) );
		foreach ( array( Settings::SCHEMA, Settings::INSTALLATION, Settings::REVISION ) as $name ) {
			$this->assertSame( '1', $wpdb->get_var( $wpdb->prepare( "SELECT COUNT(*) FROM $wpdb->sitemeta WHERE meta_key = %s", $name ) ), $name );
		}
	}

	public function test_webhooks_of_version_1_stay_as_they_were_and_a_migration_cut_off_is_run_again(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$table   = Schema::webhooks();
		$wpdb->query( "ALTER TABLE $table DROP COLUMN version, DROP COLUMN deleted, DROP COLUMN deleted_by" );
		$wpdb->query( 'DROP TABLE ' . Schema::history() );
		foreach ( array( 'at once', 'cut off' ) as $how ) {
			Settings::set( Settings::SCHEMA, 1 );
			Schema::migrate();
			$this->assertEquals( $webhook, $this->plugin()->webhooks()->find( $webhook->id ), $how );
			$this->assertSame( array(), Network_Webhooks\History::of( $webhook->id, 10 ), $how );
		}
		$this->assertSame( (string) Schema::VERSION, $wpdb->get_var( $wpdb->prepare( "SELECT meta_value FROM $wpdb->sitemeta WHERE meta_key = %s", Settings::SCHEMA ) ) );
	}

	public function test_what_waits_under_tables_of_version_5_arrives_and_an_event_needs_no_migration_before(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'lesson_finished' );
		$wpdb->query( 'ALTER TABLE ' . Schema::outbox() . ' DROP COLUMN size, DROP COLUMN deaths, DROP KEY created' );
		$wpdb->query( 'DROP TABLE ' . Schema::refused() );
		$wpdb->insert(
			Schema::outbox(),
			array(
				'event'   => 'lesson_finished',
				// As version 5 wrote them.
				'data'    => '{"number":1,"none":{},"list":[]}',
				'options' => '{"site":{"id":1,"url":"http://network.example"},"network_id":1,"repair":true,"actor":{"user":7},"source":"school","timestamp":1800000000.5,"idempotency_key":"' . wp_generate_uuid4() . '"}',
				'reason'  => '',
				'created' => current_time( 'mysql', true ),
			)
		);
		Settings::set( Settings::SCHEMA, 5 );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'number' => 2 ), array( 'site' => array( 'id' => 1, 'url' => 'http://network.example' ) ), 'a test' );
		$this->assertGreaterThan( 200, (int) $this->outbox()[0]->size );
		$this->assertSame( 2, $this->plugin()->outbox()->drain() );
		$events = $this->events_of( $webhook );
		$this->assertSame( array( 1, 2 ), array_column( array_column( $events, 'data' ), 'number' ) );
		$this->assertSame( array( 'school', array( 'user' => 7 ), '2027-01-15T08:00:00.500Z' ), array( $events[0]['source'], $events[0]['actor'], $events[0]['timestamp'] ) );
	}

	public function test_a_new_network_gets_its_id_once_from_processes_that_start_at_once(): void {
		global $wpdb;
		$kept = Settings::read( Settings::INSTALLATION, Settings::REVISION );
		array_map( 'delete_site_option', array( Settings::SCHEMA, Settings::INSTALLATION, Settings::REVISION ) );
		try {
			$started = array();
			for ( $number = 0; $number < 6; $number++ ) {
				$started[] = $this->start_process( __DIR__ . '/processes/migrate.php' );
			}
			array_map( array( $this, 'finish_process' ), $started );
			foreach ( array( Settings::SCHEMA, Settings::INSTALLATION, Settings::REVISION ) as $name ) {
				$this->assertSame( '1', $wpdb->get_var( $wpdb->prepare( "SELECT COUNT(*) FROM $wpdb->sitemeta WHERE meta_key = %s", $name ) ), $name );
			}
		} finally {
			foreach ( $kept as $name => $value ) {
				wp_cache_delete( "1:$name", 'site-options' );
				wp_cache_delete( '1:notoptions', 'site-options' );
				Settings::set( $name, $value );
			}
		}
	}

	public function test_no_site_gets_tables_and_none_but_the_request_s_own_an_option(): void {
		$site = $this->make_site();
		$this->subscribe( 'lesson_finished' );
		switch_to_blog( $site );
		network_webhooks_dispatch( 'lesson_finished', array() );
		global $wpdb;
		$this->assertSame( '0', $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->options WHERE option_name LIKE '%network\_webhooks%' OR option_value LIKE '%network\_webhooks%'" ) );
		$this->assertSame( array(), $wpdb->get_col( "SHOW TABLES LIKE '{$wpdb->prefix}network%'" ) );
	}

	public function test_a_page_view_makes_no_query_for_the_plugin(): void {
		$this->subscribe( 'lesson_finished' );
		$queries = json_decode( $this->run_process( __DIR__ . '/processes/page.php' ), true );
		$this->assertNotEmpty( $queries );
		$this->assertSame( array(), array_filter( $queries, static fn( $query ) => str_contains( $query, 'network_webhooks' ) ) );
	}
}
