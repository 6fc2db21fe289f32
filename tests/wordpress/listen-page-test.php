<?php
/**
 * Network Admin › Webhooks › Listen, over HTTP and without JavaScript.
 */

use Network_Webhooks\Admin\Listen\Capture_Status;
use Network_Webhooks\Admin\Listen\Missing_Box;
use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\History;
use Network_Webhooks\Server;
use Network_Webhooks\Settings;
use Network_Webhooks\Suppressions;
use Network_Webhooks\Test_Event;

final class Listen_Page_Test extends Capture_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-listen';
	private const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)> &amp;';

	private static ?Browser $admin = null;

	public static function setUpBeforeClass(): void {
		self::$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	protected function tearDown(): void {
		foreach ( array( Settings::SUPPRESSED, Settings::VIEWERS, Settings::SERVERS ) as $option ) {
			delete_network_option( get_main_network_id(), $option );
		}
		parent::tearDown();
	}

	public function test_it_is_begun_watched_and_ended(): void {
		$site = $this->make_site();
		$user = $this->make_user();
		self::$admin->get( self::PAGE );
		$this->assert_sees( 'Nothing was recorded.', self::$admin );
		$this->assertSame( array( 'Listen for 10 minutes' ), self::$admin->values( '//button[contains(@class, "button-primary")]' ) );
		$this->assertCount( 1, self::$admin->values( '//*[@id="tab-panel-network-webhooks-listen"]' ) );

		self::$admin->act( 'listen', array( 'sites' => get_site( $site )->domain . get_site( $site )->path, 'user' => $user->user_email ) );
		$this->assert_sees( "those of the site $site of the user $user->user_login", self::$admin );
		$capture_session = Capture_Session::stored();
		$this->assertSame( array( array( $site ), $user->ID ), array( $capture_session->sites, $capture_session->user ) );
		$this->assertEqualsWithDelta( time() + 600, $capture_session->until(), 30 );
		$this->assertSame( History::LISTENED, History::of( History::NETWORK, 1 )[0]->action );

		self::$admin->act( 'listen', array( 'sites' => '', 'user' => '' ) );
		$this->assert_sees( 'Every event of the network is recorded until', self::$admin );
		$this->dispatcher()->dispatch( 'lesson_finished', array( 'title' => 'Light' ), array( 'source' => 'school' ) );
		$this->event_capture->keep();
		self::$admin->get( self::PAGE );
		$this->assertSame( array( 'lesson_finished' ), self::$admin->values( '//tr[@data-heard]//code' ) );
		$this->assert_sees( 'There was no webhook.', self::$admin );

		self::$admin->act( 'listen_stop', array() );
		$this->assert_sees( 'Nothing is recorded any more. 1 event was recorded', self::$admin );
		$this->assertNull( Capture_Session::stored() );
	}

	public function test_what_can_not_be_listened_to_is_said_and_typed_texts_stay(): void {
		foreach ( array( 'There is no such site: nowhere.example, 99999.' => array( 'sites' => '1, 99999 nowhere.example', 'user' => 'admin' ), 'There is no user “nobody”.' => array( 'sites' => '', 'user' => 'nobody' ) ) as $said => $typed ) {
			self::$admin->act( 'listen', $typed );
			$this->assert_sees( $said, self::$admin );
			$this->assertSame( array_values( $typed ), array( self::$admin->values( '//input[@name="sites"]/@value' )[0], self::$admin->values( '//input[@name="user"]/@value' )[0] ) );
			$this->assertNull( Capture_Session::stored() );
		}
	}

	public function test_nothing_that_was_heard_becomes_markup(): void {
		$this->webhook( self::EVIL, 'http://127.0.0.1:9/', array( 'condition' => 'data.evil == "<script>alert(1)</script>"' ), 'evil.event' );
		$dispatcher = $this->listen();
		$evil       = array( 'evil' => self::EVIL, self::EVIL => array( self::EVIL ) );
		$dispatcher->dispatch( 'evil.event', $evil, array( 'source' => self::EVIL, 'actor' => array( 'user' => self::EVIL ) ) );
		add_filter(
			'network_webhooks_payload',
			static function () {
				throw new LogicException( self::EVIL );
			}
		);
		$dispatcher->dispatch( 'evil.event', array() );
		$this->assertCount( 2, $this->captured() );
		$addresses = array( '', '&event=' . rawurlencode( self::EVIL ), '&sites=' . rawurlencode( self::EVIL ) . '&user=' . rawurlencode( self::EVIL ) );
		foreach ( $this->captured() as $captured ) {
			$addresses[] = "&heard=$captured->id";
		}
		foreach ( $addresses as $address ) {
			self::$admin->get( self::PAGE . $address );
			$this->assertSame( 200, self::$admin->status );
			$this->assertStringNotContainsString( '<script>alert(', self::$admin->page, $address );
			$this->assertSame( array(), self::$admin->values( '//img[@onerror]' ), $address );
		}
		// The payload stands there as it is.
		self::$admin->get( self::PAGE . '&heard=' . $this->captured()[1]->id );
		$this->assertStringContainsString( wp_json_encode( self::EVIL, JSON_UNESCAPED_SLASHES ), implode( "\n", self::$admin->values( '//pre' ) ) );
		foreach ( array( 'rows', 'standing' ) as $part ) {
			$html = $this->polled( 1 )[ $part ];
			$this->assertStringNotContainsString( '<script', $html );
			$this->assertStringNotContainsString( '<img', $html );
		}
	}

	public function test_a_row_leads_to_a_webhook_and_to_a_test(): void {
		$webhook = $this->webhook( 'CRM', 'http://127.0.0.1:9/', array(), 'payment_received' );
		$this->listen()->dispatch( 'lesson_finished', array( 'title' => 'Light', 'none' => new stdClass() ), array( 'source' => 'school' ) );
		$captured = $this->only_captured( 'lesson_finished' );
		self::$admin->get( self::PAGE );
		list( $new ) = self::$admin->values( '//tr[@data-heard]//a[text()="Add a webhook for this"]/@href' );
		self::$admin->get( substr( $new, strlen( getenv( 'WP_URL' ) ) ) );
		$this->assertSame( array( array( 'lesson_finished' ), array( 'lesson_finished' ), array( "heard:$captured->id" ) ), array( self::$admin->values( '//input[@name="patterns"]/@value' ), self::$admin->values( '//input[@name="name"]/@value' ), self::$admin->values( '//select[@name="test_data"]/option[@selected]/@value' ) ) );

		self::$admin->get( "/wp-admin/network/admin.php?page=network-webhooks&action=edit&webhook=$webhook->id&heard=$captured->id" );
		$this->assertSame( array( "heard:$captured->id" ), self::$admin->values( '//select[@name="test_data"]/option[@selected]/@value' ) );
		$this->assertSame( array( 'payment_received' ), self::$admin->values( '//input[@name="events[]"][@checked]/@value' ) );
		$sample = $this->plugin()->test_event()->sample( $webhook, Test_Event::CAPTURED . $captured->id );
		$this->assertSame( array( 'lesson_finished', 'school', '{"title":"Light","none":{}}' ), array( $sample['event'], $sample['source'], wp_json_encode( $sample['data'] ) ) );

		Captured_Events::clear();
		self::$admin->get( self::PAGE . "&heard=$captured->id" );
		$this->assert_sees( 'This event no longer exists', self::$admin );
		self::$admin->get( substr( $new, strlen( getenv( 'WP_URL' ) ) ) );
		$this->assertSame( array( 'lesson_finished' ), self::$admin->values( '//input[@name="patterns"]/@value' ) );
		$this->expectExceptionMessage( 'no longer exists' );
		$this->plugin()->test_event()->sample( $webhook, Test_Event::CAPTURED . $captured->id );
	}

	public function test_pages_follow_each_other(): void {
		$dispatcher = $this->listen();
		for ( $number = 1; $number <= 120; $number++ ) {
			$dispatcher->dispatch( 'lesson_finished', array( 'number' => $number ) );
			if ( 0 === $number % 40 ) {
				$this->event_capture->keep();
			}
		}
		$seen = array();
		$next = self::PAGE . '&event=lesson_finished';
		for ( $page = 0; $page < 3; $page++ ) {
			self::$admin->get( $next );
			array_push( $seen, ...self::$admin->values( '//tr[@data-heard]/@data-heard' ) );
			$older = self::$admin->values( '//a[text()="Older events"]/@href' );
			$next  = $older ? substr( $older[0], strlen( getenv( 'WP_URL' ) ) ) : '';
		}
		$this->assertSame( '', $next );
		$this->assertSame( array_map( static fn( $one ) => (string) $one->id, $this->captured() ), $seen );
		$this->assertCount( 120, $seen );
	}

	public function test_who_may_only_look_sees_neither_payloads_nor_buttons(): void {
		$viewer = $this->make_user( 'subscriber' );
		Settings::set( Settings::VIEWERS, array( $viewer->ID ) );
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array( 'condition' => 'data.title == "private-condition"' ), 'lesson_finished' );
		$this->listen()->dispatch( 'lesson_finished', array( 'title' => 'A private title' ), array( 'actor' => array( 'user' => 1 ) ) );
		$captured = $this->only_captured( 'lesson_finished' );
		$browser  = new Browser( $viewer->user_login, $viewer->user_login );
		foreach ( array( '', "&heard=$captured->id", '&event=site_deleted' ) as $address ) {
			$browser->get( self::PAGE . $address );
			$this->assertSame( 200, $browser->status );
			foreach ( array( 'A private title', 'private-condition', 'action=network_webhooks_', 'network-webhooks-new', 'admin (#1)', 'does not load the extension' ) as $hidden ) {
				$this->assertStringNotContainsString( $hidden, $browser->page, $address );
			}
		}
		$browser->get( self::PAGE );
		$this->assert_sees( 'The webhook “CRM” did not get it: its condition is false.', $browser );
		$polled = $this->polled( $viewer->ID );
		$this->assertStringContainsString( 'its condition is false', $polled['rows'] );
		foreach ( array( 'A private title', 'private-condition', 'formaction', 'network-webhooks-new', 'admin (#1)' ) as $hidden ) {
			$this->assertStringNotContainsString( $hidden, implode( '', $polled ) );
		}
	}

	public function test_why_an_event_is_missing(): void {
		$this->assertStringContainsString( 'Nobody listens now: press the button', $this->missing( 'payment_received' ) );
		$this->listen( array( 1 ) );
		$said = $this->missing( 'payment_received' );
		$this->assertStringContainsString( 'Only events of the chosen sites', $said );
		$this->assertStringContainsString( 'woocommerce raises it:', $said );
		$this->assertStringContainsString( 'The plugin “woocommerce” is not installed.', $said );
		$this->assertStringContainsString( 'It was never seen on this network.', $said );
		$this->assertStringContainsString( 'raised by the worker', $this->missing( 'webhook_disabled' ) );
		$this->assertStringContainsString( 'is it spelled like that?', $this->missing( 'invented.event' ) );

		Settings::set( Settings::SUPPRESSED, array( 'x' => array( 'event' => 'payment_received', 'reason' => Suppressions::FILTER, 'by' => array( 'silencer' ), 'at' => time() ) ) );
		$this->assertStringContainsString( 'silencer suppressed it with the filter', $this->missing( 'payment_received' ) );

		Settings::set( Settings::SERVERS, array( 'web2 cli' => array( 'extension' => '', 'sapi' => 'cli', 'server' => 'web2' ) + Server::here() ) );
		$this->assertStringContainsString( 'On the server web2, PHP of the kind cli lacks the extension', $this->missing( 'payment_received' ) );

		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( Custom_Event::create( 'custom_one', 'nobody_fires_this_one', 'One' ) ) );
		try {
			$this->assertStringContainsString( 'no code that is installed was found to do that', $this->missing( 'custom_one' ) );
		} finally {
			$this->plugin()->publisher()->change( static fn() => Custom_Events::delete( 'custom_one' ) );
		}
	}

	public function test_a_plugin_that_is_active_on_some_sites_only(): void {
		$folder = WP_PLUGIN_DIR . '/woocommerce';
		$site   = $this->make_site();
		wp_mkdir_p( $folder );
		file_put_contents( "$folder/woocommerce.php", "<?php\n/* Plugin Name: WooCommerce */\n" );
		wp_cache_delete( 'plugins', 'plugins' );
		try {
			$this->listen( array( $site ) );
			$this->assertStringContainsString( 'The plugin “woocommerce” is not active on the 1 site that was looked at.', $this->missing( 'payment_received' ) );
			switch_to_blog( $site );
			update_option( 'active_plugins', array( 'woocommerce/woocommerce.php' ) );
			restore_current_blog();
			$this->assertStringContainsString( 'The plugin “woocommerce” is active on 1 of the 1 sites that were looked at.', $this->missing( 'payment_received' ) );
			$this->listen();
			$this->assertMatchesRegularExpression( '/The plugin “woocommerce” is active on 1 of the \d+ sites/', $this->missing( 'payment_received' ) );
		} finally {
			unlink( "$folder/woocommerce.php" );
			rmdir( $folder );
			wp_cache_delete( 'plugins', 'plugins' );
		}
	}

	public function test_servers_that_do_not_know_of_it_yet_are_named(): void {
		$this->listen();
		$capture_status = new Capture_Status( $this->plugin()->publisher() );
		Settings::set( Settings::SERVERS, array( 'web2 fpm-fcgi' => array( 'server' => 'web2', 'revision' => webhooks_revision() - 1, 'extension' => '0.1.0' ) + Server::here() ) );
		$this->assertStringContainsString( 'web2', implode( ' ', $capture_status->obstacles() ) );
		Settings::set( Settings::SERVERS, array( 'web2 fpm-fcgi' => array( 'server' => 'web2', 'extension' => '0.1.0' ) + Server::here() ) );
		$this->assertSame( array(), $capture_status->obstacles() );
		// Stored, but not published here.
		Custom_Events::set_capture_session( Capture_Session::begin( time() )->to_array() );
		$this->assertStringContainsString( 'This server does not know yet', implode( ' ', $capture_status->obstacles() ) );
	}

	/**
	 * What is said of an event that was not recorded, to a super admin.
	 */
	private function missing( string $event ): string {
		wp_set_current_user( 1 );
		$this->plugin()->catalogue()->renew();
		ob_start();
		( new Missing_Box( $this->plugin(), new Capture_Status( $this->plugin()->publisher() ) ) )->print( $event );
		wp_set_current_user( 0 );
		return html_entity_decode( wp_strip_all_tags( ob_get_clean() ), ENT_QUOTES );
	}

	/**
	 * What the page gets when it asks for news.
	 *
	 * @return array{rows: string, standing: string}
	 */
	private function polled( int $user_id ): array {
		wp_set_current_user( $user_id );
		$response = rest_do_request( new WP_REST_Request( 'GET', '/network-webhooks/v1/heard' ) );
		wp_set_current_user( 0 );
		$this->assertSame( 200, $response->get_status() );
		return $response->get_data();
	}
}
