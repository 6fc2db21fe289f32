<?php
/**
 * One WordPress with two networks: the webhooks are those of both, and their pages are on the main one.
 */

use Network_Webhooks\Active_Plugins;
use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Installation;
use Network_Webhooks\Publisher;
use Network_Webhooks\Schema;
use Network_Webhooks\Settings;
use Network_Webhooks\Site_Directory;

final class Second_Network_Test extends Network_Test_Case {

	private const PLUGIN = 'network-webhooks/network-webhooks.php';
	private const HOOK   = 'network_webhooks_wake';

	private int $network;
	private int $site;
	private string $host;

	protected function setUp(): void {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/schema.php';
		Schema::migrate();
		parent::setUp();
		$this->host = 'second-network.localhost:' . wp_parse_url( getenv( 'WP_URL' ), PHP_URL_PORT );
		$wpdb->insert( $wpdb->site, array( 'domain' => $this->host, 'path' => '/' ) );
		$this->network = $wpdb->insert_id;
		wp_set_current_user( 1 );
		populate_network_meta( $this->network, array( 'admin_email' => 'admin@network.example', 'site_name' => 'Second', 'siteurl' => "http://$this->host/" ) );
		$this->site = wp_insert_site( array( 'domain' => $this->host, 'path' => '/', 'network_id' => $this->network, 'user_id' => 1, 'title' => 'Second' ) );
		update_network_option( $this->network, 'main_site', $this->site );
		wp_set_current_user( 0 );
		$this->activate( $this->network );
	}

	protected function tearDown(): void {
		global $wpdb;
		wp_cache_flush();
		// Where a test uninstalled it.
		Schema::migrate();
		wp_delete_site( $this->site );
		$wpdb->delete( $wpdb->site, array( 'id' => $this->network ) );
		$wpdb->delete( $wpdb->sitemeta, array( 'site_id' => $this->network ) );
		$this->activate( get_main_network_id() );
		wp_cache_flush();
		$this->plugin()->publisher()->publish();
		$this->schedule( 1 );
		delete_network_option( get_main_network_id(), Settings::MAILED_AT );
		parent::tearDown();
	}

	public function test_it_is_the_same_installation_on_both_networks(): void {
		$this->subscribe( 'lesson_finished' );
		$this->assertSame( Installation::fingerprint() . ' sends', $this->on_second( 'elsewhere.php', array( DB_HOST ) ) );
		$this->assertFalse( Installation::is_elsewhere() );
	}

	public function test_events_of_both_networks_arrive_and_say_of_which_they_are(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->on_second( 'dispatch.php', array( 'lesson_finished', '1' ) );
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', '1' ) );
		$events = $this->events_of( $webhook );
		$this->assertSame( array( $this->network, 1 ), array_column( $events, 'network_id' ) );
		$this->assertSame( array( $this->site, 1 ), array_column( array_column( $events, 'site' ), 'id' ) );
	}

	public function test_pages_are_on_the_main_network_alone_and_the_other_ones_list_of_plugins_leads_there(): void {
		$admin = $this->admin_of_second();
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assertSame( 403, $admin->status );
		$admin->get( '/wp-admin/network/plugins.php' );
		$this->assertSame( array( getenv( 'WP_URL' ) . '/wp-admin/network/admin.php?page=network-webhooks' ), $admin->values( '//tr[@data-plugin="' . self::PLUGIN . '"]//span[@class="webhooks"]/a/@href' ) );
		$this->assertStringNotContainsString( 'but not on the main network', $admin->page );
	}

	public function test_nobody_was_told_where_the_pages_are_while_only_another_network_had_it_active(): void {
		$this->activate( get_main_network_id(), false );
		$admin = $this->admin_of_second();
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( 'but not on the main network of this WordPress', $admin );
	}

	public function test_deactivating_it_on_one_network_held_the_events_of_the_other(): void {
		$this->subscribe( 'lesson_finished' );
		$this->schedule( 1 );
		$this->schedule( $this->site );
		$admin = $this->admin_of_second();
		$this->deactivate( $admin );
		$this->assertSame( '', (string) Settings::read( Settings::HELD )[ Settings::HELD ] );
		$this->assertNull( webhooks_status()['config']['held'] );
		$this->assertSame( array( true, false ), array( $this->is_scheduled( 1 ), $this->is_scheduled( $this->site ) ), 'The main network goes on.' );

		$main = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$this->deactivate( $main );
		$this->assertSame( Publisher::DEACTIVATED, webhooks_status()['config']['held'], 'Now it is active nowhere.' );
		$this->assertFalse( $this->is_scheduled( 1 ) );
		// A request that began before must not take that back.
		wp_cache_set( get_main_network_id() . ':active_sitewide_plugins', array( self::PLUGIN => 1 ), 'site-options' );
		$this->plugin()->publisher()->publish();
		$this->assertSame( Publisher::DEACTIVATED, webhooks_status()['config']['held'] );
	}

	public function test_deactivated_on_the_main_network_first_it_goes_on_on_the_other(): void {
		$this->subscribe( 'lesson_finished' );
		$this->schedule( $this->site );
		$this->deactivate( new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) ) );
		$this->assertNull( webhooks_status()['config']['held'] );
		$this->assertSame( array( false, true ), array( $this->is_scheduled( 1 ), $this->is_scheduled( $this->site ) ) );
		$this->deactivate( $this->admin_of_second() );
		$this->assertSame( Publisher::DEACTIVATED, webhooks_status()['config']['held'] );
	}

	public function test_a_mail_of_another_networks_cron_led_to_pages_that_are_not_there(): void {
		$kept = new Announcement_Store();
		$kept->add( new Announcement( Announcement::FAILED, array( 'webhook_id' => 'whk_crm', 'webhook_name' => 'CRM', 'event' => 'payment_failed', 'attempts' => 10 ), time() ) );
		delete_network_option( get_main_network_id(), Settings::MAILED_AT );
		$mail = $this->on_second( 'mail.php' );
		$this->assertStringStartsWith( '[' . get_network( get_main_network_id() )->site_name . ']', $mail );
		$this->assertStringContainsString( getenv( 'WP_URL' ) . '/wp-admin/network/admin.php?page=network-webhooks', $mail );
		$this->assertStringNotContainsString( $this->host, $mail );
	}

	public function test_the_name_of_a_site_of_the_other_network_is_found_as_soon_as_it_is_changed(): void {
		$this->assertNotSame( array(), ( new Site_Directory() )->search( 'Second' )['sites'] );
		$admin = $this->admin_of_second();
		$admin->get( '/wp-admin/options-general.php' );
		$admin->post( '/wp-admin/options.php', array( 'blogname' => 'Bakery' ) + $admin->form( '//form[@action="options.php"]' ) );
		wp_cache_flush();
		$this->assertSame( array( $this->site ), array_column( ( new Site_Directory() )->search( 'Bakery' )['sites'], 'id' ) );
	}

	public function test_a_plugin_of_a_whole_network_is_active_on_its_sites_and_not_on_those_of_another(): void {
		$this->assertStringContainsString( 'active on the whole network', Active_Plugins::describe( 'network-webhooks' ) );
		$this->activate( get_main_network_id(), false );
		$this->assertSame( array( 'network-webhooks' ), Active_Plugins::active( 'network-webhooks' ) );
		$this->assertStringContainsString( 'active on 1 of the 1 sites', Active_Plugins::describe( 'network-webhooks', array( $this->site ) ) );
		$this->assertStringContainsString( 'not active on the 1 site', Active_Plugins::describe( 'network-webhooks', array( 1 ) ) );
	}

	public function test_uninstalling_it_on_the_other_network_removes_everything_of_both(): void {
		global $wpdb;
		$this->subscribe( 'lesson_finished' );
		$this->schedule( 1 );
		$this->schedule( $this->site );
		Settings::set( Settings::REMOVE_DATA, '1' );
		$this->on_second( 'uninstall.php' );
		wp_cache_flush();
		$this->assertSame( array(), $wpdb->get_col( "SHOW TABLES LIKE '{$wpdb->base_prefix}network\_webhooks%'" ) );
		$this->assertSame( array(), $wpdb->get_col( "SELECT meta_key FROM $wpdb->sitemeta WHERE meta_key LIKE 'network\_webhooks%'" ) );
		$this->assertSame( array( false, false ), array( $this->is_scheduled( 1 ), $this->is_scheduled( $this->site ) ) );
		$this->assertSame( 0, webhooks_status()['config']['webhooks'] );
		$this->assertNull( webhooks_status()['config']['installation'], 'The spool is free.' );
	}

	/**
	 * Runs a file of processes/ as a request of the second network.
	 */
	private function on_second( string $file, array $arguments = array() ): string {
		$host = getenv( 'WP_HOST' );
		putenv( "WP_HOST=$this->host" );
		try {
			return $this->run_process( __DIR__ . "/processes/$file", $arguments );
		} finally {
			putenv( "WP_HOST=$host" );
			wp_cache_flush();
		}
	}

	private function admin_of_second(): Browser {
		return new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ), "http://$this->host" );
	}

	/**
	 * Deactivates the plugin, as people do, on the network that the browser is on.
	 */
	private function deactivate( Browser $admin ): void {
		$admin->get( '/wp-admin/network/plugins.php' );
		[ $link ] = $admin->values( '//tr[@data-plugin="' . self::PLUGIN . '"]//span[@class="deactivate"]/a/@href' );
		$admin->get( "/wp-admin/network/$link" );
		$this->assert_sees( 'Plugin deactivated.', $admin );
		wp_cache_flush();
	}

	private function activate( int $network, bool $active = true ): void {
		global $wpdb;
		$row = array( 'site_id' => $network, 'meta_key' => 'active_sitewide_plugins' );
		$wpdb->delete( $wpdb->sitemeta, $row );
		$wpdb->insert( $wpdb->sitemeta, $row + array( 'meta_value' => serialize( $active ? array( self::PLUGIN => 1 ) : array() ) ) );
		wp_cache_flush();
	}

	private function schedule( int $site ): void {
		switch_to_blog( $site );
		wp_next_scheduled( self::HOOK ) || wp_schedule_event( time() + HOUR_IN_SECONDS, 'network_webhooks_five_minutes', self::HOOK );
		restore_current_blog();
	}

	private function is_scheduled( int $site ): bool {
		switch_to_blog( $site );
		$due = false !== wp_next_scheduled( self::HOOK );
		restore_current_blog();
		return $due;
	}
}
