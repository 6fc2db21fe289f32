<?php
/**
 * Uninstalling removes everything, if that was ticked, and nothing otherwise.
 */

use Network_Webhooks\Schema;
use Network_Webhooks\Settings;

final class Uninstall_Test extends Network_Test_Case {

	protected function setUp(): void {
		parent::setUp();
		Settings::set( Settings::REMOVE_DATA, '' );
	}

	public function test_nothing_is_removed_unless_that_was_ticked(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->run_process( __DIR__ . '/processes/uninstall.php' );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
		$this->assert_subscribed( 'lesson_finished' );
	}

	public function test_everything_is_removed_if_that_was_ticked(): void {
		global $wpdb;
		$this->subscribe( 'lesson_finished' );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->act( 'settings', array( 'remove_data' => '1' ) );
		$this->assert_sees( 'Settings saved.', $admin );
		wp_cache_flush();
		$this->assertNotFalse( wp_next_scheduled( 'network_webhooks_wake' ) );
		$kept = Settings::read( Settings::INSTALLATION );
		try {
			$this->run_process( __DIR__ . '/processes/uninstall.php' );
			$this->assertSame( array(), $wpdb->get_col( "SHOW TABLES LIKE '{$wpdb->base_prefix}network\_webhooks%'" ) );
			$this->assertSame( array(), $wpdb->get_col( "SELECT meta_key FROM $wpdb->sitemeta WHERE meta_key LIKE 'network\_webhooks%'" ) );
			wp_cache_flush();
			$this->assertFalse( wp_next_scheduled( 'network_webhooks_wake' ) );
			$this->assertSame( 0, webhooks_status()['config']['webhooks'] );
		} finally {
			wp_cache_flush();
			Settings::set( Settings::INSTALLATION, $kept[ Settings::INSTALLATION ] );
			Schema::migrate();
			$this->plugin()->publisher()->publish();
		}
	}
}
