<?php
/**
 * Behind a persistent object cache the plugin knows what stands in the database, whoever wrote it.
 */

use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Server;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Object_Cache_Test extends Network_Test_Case {

	/** What pages read. */
	private const READ = array( Settings::ANNOUNCEMENTS, Settings::ANNOUNCED, Settings::CONDITIONS, Settings::CRON, Settings::CUSTOM_EVENTS, Settings::MAIL_TO, Settings::NOT_MAILED, Settings::REMOVE_DATA, Settings::SEALED_BY, Settings::SERVERS, Settings::SET_ASIDE, Settings::UNPUBLISHED, Settings::VIEWERS );

	private const OPTION = __DIR__ . '/processes/option.php';
	private const NOTE   = __DIR__ . '/processes/note.php';

	/** Files that this test put beside WordPress. */
	private array $files = array();

	protected function tearDown(): void {
		array_map( 'unlink', $this->files );
		$this->files = array();
		foreach ( glob( dirname( ABSPATH ) . '/tmp/object-cache*/*/*' ) as $file ) {
			unlink( $file );
		}
		array_map( array( Settings::class, 'uncache' ), Settings::ALL );
		parent::tearDown();
	}

	public function test_options_were_read_out_of_a_cache_that_knew_nothing_of_another_server(): void {
		global $wpdb;
		$this->put_cache();
		$before = json_decode( $this->run_process( self::OPTION, array( 'get', ...self::READ ) ), true );
		$kept   = Settings::read( ...self::READ );
		$new    = array_combine( self::READ, array_map( static fn( string $name ) => array( "$name elsewhere" ), self::READ ) );
		try {
			foreach ( $new as $name => $value ) {
				$this->write( $name, $value );
			}
			$this->assertSame( array_values( $new ), json_decode( $this->run_process( self::OPTION, array( 'get', ...self::READ ) ), true ) );
		} finally {
			foreach ( $kept as $name => $value ) {
				$this->write( $name, $value );
			}
		}
		$this->assertSame( $before, json_decode( $this->run_process( self::OPTION, array( 'get', ...self::READ ) ), true ) );
	}

	public function test_what_the_command_line_announced_was_not_shown_where_the_web_server_has_a_cache_of_its_own(): void {
		$this->put_cache( true );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assertSame( array(), $admin->values( '//*[contains(@class, "network-webhooks-announcement")]' ) );
		( new Announcement_Store() )->add( new Announcement( Announcement::FAILED, array( 'webhook_id' => 'whk_crm', 'webhook_name' => 'CRM', 'event' => 'payment_failed', 'reason' => 'attempts' ), time() ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( '“CRM”', $admin );
		[ $id ] = $admin->values( '//input[@name="announcement"]/@value' );
		$admin->act( 'dismiss', array( 'announcement' => $id ) );
		$this->assertSame( array(), ( new Announcement_Store() )->read() );
	}

	public function test_whoever_may_not_see_webhooks_any_more_could_go_on_until_the_cache_was_emptied(): void {
		$user = $this->make_user( 'subscriber' );
		Capabilities::set_viewer( $user->ID, true );
		$this->put_cache( true );
		$viewer = new Browser( $user->user_login, $user->user_login );
		$viewer->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assertSame( 200, $viewer->status );
		Capabilities::set_viewer( $user->ID, false );
		$viewer->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assertSame( 403, $viewer->status );
	}

	public function test_announcements_were_lost_where_php_ended_between_the_cache_and_the_database(): void {
		$this->put_cache();
		$endpoint = new Endpoint();
		try {
			$webhook = $this->store( Webhook::create( 'CRM', "$endpoint->url/410", 'payment_failed' ) );
			webhooks_wait( (string) network_webhooks_dispatch( 'payment_failed' ), self::DEADLINE );
			$this->wait_for( static fn() => webhooks_stats( array( 'webhook_ids' => array( $webhook->id ) ) )['webhooks'][ $webhook->id ]['disabled'] );
			// As far as collecting comes before it is committed.
			$told = array( Server::store() => webhooks_status()['store']['announcements'] );
			$this->run_process( self::OPTION, array( 'undone', Settings::ANNOUNCED, wp_json_encode( $told ) ) );
			$this->assertNotSame( $told, Settings::read( Settings::ANNOUNCED )[ Settings::ANNOUNCED ] );
			$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
			$admin->get( '/wp-admin/network/' );
			$this->assert_sees( '“CRM” is disabled', $admin );
		} finally {
			$endpoint->remove();
		}
	}

	public function test_events_were_remembered_again_and_again_where_the_cache_of_options_lost_a_race(): void {
		$this->put_cache();
		$this->run_process( self::NOTE, array( '/', 'lesson_finished' ) );
		$this->assertSame( array(), json_decode( $this->run_process( self::NOTE, array( '/', 'lesson_finished' ) ), true ) );
		wp_cache_flush();
		$mark = explode( ' ', get_option( 'network_webhooks_seen' ) );
		$this->assertContains( 'lesson_finished', $mark );
		$this->run_process( self::OPTION, array( 'behind', implode( ' ', array_diff( $mark, array( 'lesson_finished' ) ) ) ) );
		$this->assertNotSame( array(), json_decode( $this->run_process( self::NOTE, array( '/', 'lesson_finished' ) ), true ), 'The cache is behind.' );
		$this->assertSame( array(), json_decode( $this->run_process( self::NOTE, array( '/', 'lesson_finished' ) ), true ) );
	}

	public function test_a_save_on_one_server_was_not_published_on_another_with_a_cache_of_its_own(): void {
		$this->put_cache( true );
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$webhook = $this->subscribe( 'lesson_finished' );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->save( $webhook->with_target( 'Renamed', 'https://endpoint.example/', 'course_finished' ) ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assert_sees( 'Renamed', $admin );
		$admin->act( 'pause', array( 'webhook' => $webhook->id ) );
		wp_cache_flush();
		$this->assertSame( array( 'course_finished' ), $this->plugin()->webhooks()->find( $webhook->id )->events(), 'The web server saved what the command line had saved.' );
		$this->assertSame( webhooks_revision(), (int) Settings::read( Settings::REVISION )[ Settings::REVISION ] );
	}

	/**
	 * From here on other processes have a persistent object cache.
	 *
	 * @param bool $split Whether the web server has another one than the command line.
	 */
	private function put_cache( bool $split = false ): void {
		$file = WP_CONTENT_DIR . '/object-cache.php';
		if ( ! file_exists( $file ) ) {
			copy( dirname( __DIR__ ) . '/network/object-cache.php', $file );
			chmod( $file, 0644 );
			$this->files[] = $file;
		}
		if ( $split ) {
			touch( WP_CONTENT_DIR . '/object-cache.split' );
			$this->files[] = WP_CONTENT_DIR . '/object-cache.split';
		}
	}

	/**
	 * Writes an option as another server does, of whose caches this one knows nothing.
	 */
	private function write( string $name, mixed $value ): void {
		global $wpdb;
		$row = array( 'site_id' => get_main_network_id(), 'meta_key' => $name );
		$wpdb->delete( $wpdb->sitemeta, $row );
		if ( null !== $value ) {
			$wpdb->insert( $wpdb->sitemeta, $row + array( 'meta_value' => maybe_serialize( $value ) ) );
		}
	}
}
