<?php
/**
 * Network Admin › Webhooks, over HTTP and without JavaScript.
 */

use Network_Webhooks\Admin\Menu_Page;
use Network_Webhooks\Webhook;

final class Pages_Test extends Admin_Pages_Test_Case {

	private const LIST = '/wp-admin/network/admin.php?page=network-webhooks';
	private const NEW  = '/wp-admin/network/admin.php?page=network-webhooks-new';

	public function test_a_webhook_is_added_changed_paused_resumed_and_deleted(): void {
		$admin = self::$admin;
		$admin->get( self::LIST );
		$this->assert_sees( 'No webhooks yet', $admin );
		$this->fill_in( array( 'name' => 'Payments', 'url' => 'https://endpoint.example/a%20b?c=d&e', 'events' => array( 'payment_received' ) ) );
		$this->assert_sees( 'The webhook is set up.', $admin );
		[ $webhook ] = $this->plugin()->webhooks()->all();
		$this->assertSame( 'Payments', $webhook->name );
		$this->assertSame( 'https://endpoint.example/a%20b?c=d&e', $webhook->url );
		$this->assertSame( array( 'payment_received' ), $webhook->events() );
		$this->assertMatchesRegularExpression( '~^whsec_[A-Za-z0-9+/]{43}=$~', $webhook->secret() );
		$this->assertSame( array( $webhook->secret() ), $admin->values( '//input[@id="network-webhooks-secret"]/@value' ) );
		$this->assert_subscribed( 'payment_received' );

		$this->fill_in( array( 'webhook' => $webhook->id, 'name' => 'Accounts', 'url' => 'https://endpoint.example/', 'events' => array( 'account_created' ) ) );
		$this->assert_sees( 'The webhook is saved.', $admin );
		[ $changed ] = $this->plugin()->webhooks()->all();
		$this->assertSame( array( $webhook->id, 'Accounts', $webhook->secret() ), array( $changed->id, $changed->name, $changed->secret() ) );
		$this->assert_subscribed( 'payment_received', false );

		$admin->act( 'pause', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'The webhook is paused.', $admin );
		$this->assertTrue( $this->plugin()->webhooks()->find( $webhook->id )->paused );
		$this->assertSame( array( 'Paused' ), $admin->values( '//tbody//td[contains(@class, "column-status")]' ) );
		$admin->act( 'resume', array( 'webhook' => $webhook->id ) );
		$this->assertFalse( $this->plugin()->webhooks()->find( $webhook->id )->paused );

		$admin->get( self::LIST . "&action=delete&webhook=$webhook->id" );
		$this->assert_sees( 'This webhook will be deleted:', $admin );
		$this->assert_sees( 'No delivery waits for it.', $admin );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
		$admin->act( 'delete', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'The webhook is deleted.', $admin );
		$this->assertNull( $this->plugin()->webhooks()->find( $webhook->id ) );
		$admin->act( 'pause', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'Somebody deleted it', $admin );
	}

	public function test_every_page_of_the_menu_has_help(): void {
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'payment_received' ) );
		$pages   = array_map( static fn( Menu_Page $page ) => 'admin.php?page=' . $page::SLUG, Menu_Page::all( $this->plugin() ) );
		$this->assertGreaterThanOrEqual( 11, count( $pages ) );
		foreach ( array( ...$pages, "admin.php?page=network-webhooks&action=edit&webhook=$webhook->id", "admin.php?page=network-webhooks&action=view&webhook=$webhook->id" ) as $page ) {
			self::$admin->get( "/wp-admin/network/$page" );
			$this->assertSame( 200, self::$admin->status, $page );
			$this->assertNotSame( array(), self::$admin->values( '//*[@id="contextual-help-wrap"]//a' ), "There is no help on $page." );
			$this->assertGreaterThan( 100, mb_strlen( implode( self::$admin->values( '//*[contains(@class, "help-tab-content")]' ) ) ), $page );
		}
	}

	public function test_an_event_that_is_not_in_the_catalogue_stays_chosen(): void {
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'from_a_plugin_that_is_away' ) );
		self::$admin->get( self::LIST . "&action=edit&webhook=$webhook->id" );
		$this->assertSame( array( 'from_a_plugin_that_is_away' ), self::$admin->values( '//input[@name="patterns"]/@value' ) );
	}

	public function test_a_test_event_is_confirmed_and_not_counted(): void {
		$webhook = $this->store( Webhook::create( 'A', self::$endpoint->url . '/200', 'payment_received' ) );
		$other   = $this->store( Webhook::create( 'B', self::$endpoint->url . '/201', 'payment_received' ) );
		$before  = count( self::$endpoint->received() );
		self::$admin->act( 'test', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'The test event arrived: the endpoint answered 200', self::$admin );
		$this->assert_sees( 'Thank <b>you</b>.', self::$admin );
		$this->assertStringNotContainsString( 'Thank <b>', self::$admin->page );
		$received = array_slice( self::$endpoint->received(), $before );
		$this->assertSame( array( '/200' ), array_column( $received, 'path' ) );
		$body = json_decode( $received[0]['body'], true );
		$this->assertSame( 'payment_received', $body['type'] );
		$this->assertSame( $this->plugin()->catalogue()->find( 'payment_received' )->examples[ $body['source'] ], $body['data'] );
		$this->assertSame( 'true', $received[0]['headers']['webhook-test'] );
		$this->assertTrue( webhooks_verify( $webhook->secret(), $received[0]['headers'], $received[0]['body'] ) );
		$this->assertFalse( webhooks_verify( $other->secret(), $received[0]['headers'], $received[0]['body'] ) );
		self::$admin->get( self::LIST );
		$this->assertSame( array_fill( 0, 2, '24 hours: 0 delivered All: 0 delivered' ), self::$admin->values( '//td[contains(@class, "column-calls")]' ) );
	}

	public function test_a_paused_webhook_gets_its_test_event_too(): void {
		$webhook = $this->store( Webhook::create( 'A', self::$endpoint->url . '/204', 'account_created' )->with_paused( true ) );
		self::$admin->act( 'test', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'The test event arrived: the endpoint answered 204', self::$admin );
	}

	/**
	 * @dataProvider failures
	 */
	public function test_a_failed_test_event_says_what_to_do( string $path, string $title, string $sentence ): void {
		$url     = str_starts_with( $path, 'http' ) ? $path : self::$endpoint->url . $path;
		$webhook = $this->store( Webhook::create( 'A', $url, 'payment_received' ) );
		self::$admin->act( 'test', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( $title, self::$admin );
		$this->assert_sees( $sentence, self::$admin );
	}

	public static function failures(): array {
		return array(
			array( '/500', 'it answered 500', 'own program failed' ),
			array( '/404', 'it answered 404', 'Check the path' ),
			array( '/301', 'it answered 301', 'says that it moved' ),
			array( '/401', 'it answered 401', 'does not let the request in' ),
			array( 'http://127.0.0.1:1/', 'did not arrive', 'Nothing answers at this address' ),
			array( 'http://10.1.2.3/', 'did not arrive', 'may not reach that address' ),
		);
	}

	public function test_nothing_stored_becomes_markup(): void {
		$evil    = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
		$webhook = $this->store( Webhook::create( $evil, 'https://endpoint.example/?"><script>alert(3)</script>', 'evil_event' ) );
		$plugin  = WPMU_PLUGIN_DIR . '/evil.php';
		wp_mkdir_p( WPMU_PLUGIN_DIR );
		file_put_contents( $plugin, '<?php add_action( "network_webhooks_register_events", function () { $evil = ' . var_export( $evil, true ) . '; network_webhooks_register_event( array( "slug" => "evil_event", "name" => $evil, "description" => $evil, "source" => $evil, "example" => array( $evil => $evil ) ) ); } );' );
		try {
			foreach ( array( self::LIST, self::NEW, self::LIST . "&action=edit&webhook=$webhook->id", self::LIST . "&action=delete&webhook=$webhook->id", self::LIST . '&message=' . rawurlencode( $evil ) . '&webhook=' . rawurlencode( $evil ) ) as $page ) {
				self::$admin->get( $page );
				$this->assertSame( 200, self::$admin->status );
				$this->assertStringNotContainsString( '<script>alert(', self::$admin->page, $page );
				$this->assertSame( array(), self::$admin->values( '//img[@onerror]' ), $page );
			}
			self::$admin->get( self::LIST );
			$this->assert_sees( $evil, self::$admin );
			$this->fill_in( array( 'name' => $evil, 'url' => $evil, 'events' => array( $evil ) ) );
			$this->assertStringNotContainsString( '<script>alert(', self::$admin->page );
			$this->assertSame( array( $evil ), self::$admin->values( '//input[@id="network-webhooks-url"]/@value' ) );
		} finally {
			unlink( $plugin );
		}
	}

	public function test_the_list_counts_the_calls(): void {
		$webhook = $this->store( Webhook::create( 'A', self::$endpoint->url . '/200', 'lesson_finished' ) );
		foreach ( array( 1, 2, 3 ) as $number ) {
			$id = network_webhooks_dispatch( 'lesson_finished', array( 'number' => $number ) );
			$this->assertNotNull( webhooks_wait( $id, self::DEADLINE ) );
		}
		self::$admin->get( self::LIST );
		$this->assertSame( array( '24 hours: 3 delivered All: 3 delivered' ), self::$admin->values( '//td[contains(@class, "column-calls")]' ) );
	}

	private function fill_in( array $fields ): void {
		self::$admin->get( self::NEW );
		$nonce = self::$admin->values( '//form[contains(@action, "network_webhooks_save")]//input[@name="_wpnonce"]/@value' );
		$this->assertCount( 1, $nonce );
		self::$admin->post( '/wp-admin/network/edit.php?action=network_webhooks_save', $fields + array( '_wpnonce' => $nonce[0], 'webhook' => '' ) );
	}
}
