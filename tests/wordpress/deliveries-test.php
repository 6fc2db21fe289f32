<?php
/**
 * Network Admin › Webhooks › Deliveries.
 */

use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Deliveries_Test extends Network_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-deliveries';

	private static ?Browser $admin     = null;
	private static ?Endpoint $endpoint = null;

	public static function setUpBeforeClass(): void {
		self::$admin    = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	public function test_the_delivery_of_one_order_is_found_and_shown(): void {
		$webhook = $this->store( Webhook::create( 'Books', self::$endpoint->url . '/200', 'payment_received' ) );
		$order   = 'order-' . bin2hex( random_bytes( 4 ) );
		$this->assertNotNull( webhooks_wait( (string) network_webhooks_dispatch( 'payment_received', array( 'payment_id' => $order, 'reference' => $order, 'note' => '<script>alert(1)</script> &amp;', 'bad' => "a\xffb" ) ), self::DEADLINE ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'payment_received', array( 'payment_id' => 'another' ) ), self::DEADLINE );

		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		$this->assertCount( 2, self::$admin->values( '//tr[@data-delivery]' ) );
		self::$admin->get( self::PAGE . "&s=$order" );
		[ $id ] = self::$admin->values( '//tr[@data-delivery]/@data-delivery' );
		$this->assertCount( 1, self::$admin->values( '//tr[@data-delivery]' ) );
		$this->assert_sees( 'Delivered', self::$admin );

		self::$admin->get( self::PAGE . "&delivery=$id" );
		$this->assert_sees( 'answered 200 after', self::$admin );
		$this->assert_sees( 'data.bad', self::$admin );
		$shown = implode( "\n", self::$admin->values( '//pre' ) );
		foreach ( array( '"note": "<script>alert(1)</script> &amp;"', 'webhook-signature: v1,', 'curl -i', 'Thank <b>you</b>.' ) as $text ) {
			$this->assertStringContainsString( $text, $shown );
		}
		$this->assertSame( array(), self::$admin->values( '//pre//script | //pre//b' ) );
	}

	public function test_the_curl_command_is_the_request(): void {
		$webhook = $this->store( Webhook::create( 'Books', self::$endpoint->url . '/200?a=b&c=%20', 'lesson_finished' ) );
		$before  = count( self::$endpoint->received() );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => "It's \"done\" \$HOME `id`" ) ), self::DEADLINE );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		[ $command ] = array_values( array_filter( self::$admin->values( '//pre' ), static fn( string $text ) => str_starts_with( $text, 'curl' ) ) );
		exec( "$command 2>/dev/null", $printed, $code );
		$this->assertSame( 0, $code, $command );
		[ $sent, $again ] = array_slice( self::$endpoint->received(), $before );
		foreach ( array( 'body', 'path', 'method' ) as $part ) {
			$this->assertSame( $sent[ $part ], $again[ $part ], $part );
		}
		$this->assertSame( $sent['headers']['webhook-signature'], $again['headers']['webhook-signature'] );
		$this->assertSame( $webhook->id, $done['webhook_id'] );
	}

	public function test_failures_are_grouped_and_sent_again_with_the_count_asked_before(): void {
		$row             = Webhook::create( 'CRM', self::$endpoint->url . '/401', 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'retries' => array() ) + json_decode( $row['settings'], true ) );
		$webhook         = $this->store( Webhook::from_row( (object) $row ) );
		for ( $number = 0; $number < 3; $number++ ) {
			webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'number' => $number ) ), self::DEADLINE );
		}
		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		$this->assert_sees( '401 from 127.0.0.1', self::$admin );
		$this->assert_sees( '3 deliveries since', self::$admin );
		$this->assert_sees( 'does not let the request in', self::$admin );

		self::$admin->get( self::PAGE . "&action=bulk&webhook=$webhook->id&state=failed" );
		$this->assert_sees( 'Resend 3 deliveries', self::$admin );
		$mended = $this->plugin()->webhooks()->find( $webhook->id );
		$this->store( $mended->with_target( 'CRM', self::$endpoint->url . '/200', 'lesson_finished' ) );
		self::$admin->act( 'bulk', array( 'change' => 'resend', 'webhook' => $webhook->id, 'state' => 'failed' ) );
		$this->assert_sees( 'being sent again', self::$admin );
		$this->wait_for( static fn() => 3 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'delivered' ) ) );
		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		$this->assert_sees( 'Queued 3 of 3 deliveries', self::$admin );
		$this->assertSame( array(), self::$admin->values( '//section[contains(@class, "network-webhooks-failures")]' ) );
	}

	public function test_a_disabled_webhook_is_enabled_and_gets_what_it_missed(): void {
		$webhook = $this->store( Webhook::create( 'CRM', self::$endpoint->url . '/410', 'lesson_finished' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		network_webhooks_dispatch( 'lesson_finished' );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		$this->store( $this->plugin()->webhooks()->find( $webhook->id )->with_target( 'CRM', self::$endpoint->url . '/200', 'lesson_finished' ) );
		self::$admin->get( self::PAGE . "&action=mend&webhook=$webhook->id" );
		$this->assert_sees( 'Enable, and send the 2 deliveries that it missed', self::$admin );
		[ $disabling ] = self::$admin->values( '//input[@name="disabling"]/@value' );
		self::$admin->act( 'mend', array( 'webhook' => $webhook->id, 'disabling' => $disabling, 'since' => '', 'change' => 'enable' ) );
		$this->assert_sees( 'gets its events again', self::$admin );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'delivered' ) ) );
	}

	public function test_what_waits_is_cancelled(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished' );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		self::$admin->get( self::PAGE . "&action=mend&webhook=$webhook->id&since=2020-01-01" );
		$this->assert_sees( 'Cancel the 1 delivery that waits', self::$admin );
		self::$admin->act( 'mend', array( 'webhook' => $webhook->id, 'since' => '2020-01-01', 'change' => 'cancel' ) );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'cancelled' ) ) );
	}

	public function test_a_filter_that_can_not_be_understood_is_said(): void {
		foreach ( array( 'since=yesterdayish' => '“yesterdayish” is no time', 'site=nowhere.example' => 'No site is like “nowhere.example”', 'state=lost' => '"lost" is no state', "s=%27%20OR%201%3D1%20--" => 'No delivery is like that.' ) as $query => $text ) {
			self::$admin->get( self::PAGE . "&$query" );
			$this->assert_sees( $text, self::$admin );
		}
	}

	public function test_who_may_only_look_sees_neither_bodies_nor_buttons(): void {
		$this->store( Webhook::create( 'Books', self::$endpoint->url . '/200', 'lesson_finished' ) );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => 'A private title' ) ), self::DEADLINE );
		$user     = $this->make_user( 'subscriber' );
		wp_set_password( 'a password', $user->ID );
		$other = new Browser( $user->user_login, 'a password' );
		$other->get( self::PAGE );
		$this->assertSame( 403, $other->status );
		Settings::set( Settings::VIEWERS, array( $user->ID ) );
		try {
			$other->get( self::PAGE );
			$this->assertSame( 200, $other->status );
			$this->assertSame( array(), $other->values( '//button[@name="delivery"]' ) );
			$other->get( self::PAGE . "&delivery={$done['id']}" );
			$this->assert_sees( 'answered 200', $other );
			$this->assertStringNotContainsString( 'A private title', $other->page );
			$this->assertStringNotContainsString( 'webhook-signature', $other->page );
			foreach ( array( 'resend', 'bulk', 'mend' ) as $action ) {
				$other->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => self::$admin->nonce() ) );
				$this->assertSame( 403, $other->status, $action );
				self::$admin->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => 'wrong' ) );
				$this->assertSame( 403, self::$admin->status, $action );
			}
		} finally {
			delete_network_option( get_main_network_id(), Settings::VIEWERS );
		}
	}
}
