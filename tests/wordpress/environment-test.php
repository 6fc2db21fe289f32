<?php
/**
 * What is missing is said, and the network goes on.
 */

use Network_Webhooks\Publisher;
use Network_Webhooks\Settings;

final class Environment_Test extends Network_Test_Case {

	public static function setUpBeforeClass(): void {
		WP_Filesystem();
	}

	public function test_without_the_extension_network_admin_says_what_to_install(): void {
		$notices = $this->run_process( __DIR__ . '/processes/notices.php', array( 'network' ), false );
		$this->assertStringContainsString( 'does not load the extension', $notices );
		$this->assertStringContainsString( 'make install', $notices );
		$this->assertStringContainsString( 'the network goes on working', strtolower( $notices ) );
	}

	public function test_with_the_extension_there_is_no_notice(): void {
		$this->assertStringNotContainsString( 'webhooks', strtolower( $this->run_process( __DIR__ . '/processes/notices.php', array( 'network' ) ) ) );
	}

	public function test_a_single_site_is_told_that_the_plugin_is_for_networks(): void {
		$notices = $this->run_process( __DIR__ . '/processes/notices.php', array( 'single' ) );
		$this->assertStringContainsString( 'is for WordPress networks', $notices );
		$this->assertStringContainsString( 'functions: no', $notices );
	}

	public function test_a_request_has_to_look_for_no_class(): void {
		$this->assertSame( '', $this->run_process( __DIR__ . '/processes/loading.php' ), 'What every request needs stands in includes/autoload.php.' );
		$this->subscribe( 'lesson_finished' );
		$this->assertSame( '', $this->run_process( __DIR__ . '/processes/loading.php', array( 'lesson_finished' ) ), 'What dispatching needs stands in includes/dispatch.php.' );
	}

	public function test_what_an_old_php_loads_has_no_newer_syntax(): void {
		foreach ( array( 'network-webhooks.php', 'includes/server/class-environment.php' ) as $file ) {
			$code = file_get_contents( dirname( NETWORK_WEBHOOKS_FILE ) . "/$file" );
			$kinds = array_column( array_filter( token_get_all( $code ), 'is_array' ), 0 );
			$this->assertSame( array(), array_intersect( $kinds, array( T_MATCH, T_FN, T_ENUM, T_READONLY, T_COALESCE, T_COALESCE_EQUAL, T_NULLSAFE_OBJECT_OPERATOR, T_ATTRIBUTE, T_ELLIPSIS ) ), $file );
			$this->assertDoesNotMatchRegularExpression( '/function [^{;]*\)\s*:|\((string|int|bool|\?)[^)]*\$|(public|private|protected|static) (\?|string|int|bool|array)/', preg_replace( '~/\*.*?\*/~s', '', $code ), $file );
		}
	}

	public function test_it_works_from_mu_plugins(): void {
		$folder = WPMU_PLUGIN_DIR . '/network-webhooks';
		$loader = WPMU_PLUGIN_DIR . '/0-network-webhooks.php';
		wp_mkdir_p( $folder );
		$this->assertTrue( copy_dir( dirname( NETWORK_WEBHOOKS_FILE ), $folder ) );
		file_put_contents( $loader, '<?php require __DIR__ . "/network-webhooks/network-webhooks.php"; add_filter( "pre_site_option_active_sitewide_plugins", "__return_empty_array" );' );
		Settings::set( Settings::HELD, Publisher::DEACTIVATED );
		try {
			$webhook = $this->subscribe( 'lesson_finished' );
			$this->assertSame( "$folder/network-webhooks.php", $this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', 1 ) ) );
			$this->assertCount( 1, $this->events_of( $webhook ) );
			// Nothing activates a must-use plugin: that it runs ends the holding.
			$this->assertSame( '', Settings::read( Settings::HELD )[ Settings::HELD ] );
			$this->assertNull( webhooks_status()['config']['held'] );
		} finally {
			unlink( $loader );
			$GLOBALS['wp_filesystem']->delete( $folder, true );
			Settings::set( Settings::HELD, '' );
		}
	}
}
