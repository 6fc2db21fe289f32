<?php
/**
 * manage_network_webhooks: super admins, and nobody through a role.
 */

use Network_Webhooks\Capabilities;
use Network_Webhooks\Webhook;

final class Capabilities_Test extends Network_Test_Case {

	protected function tearDown(): void {
		get_role( 'administrator' )->remove_cap( Capabilities::MANAGE );
		parent::tearDown();
	}

	public function test_super_admins_may_and_nobody_else(): void {
		$admin = $this->make_user( 'administrator' );
		$this->assertTrue( user_can( 1, Capabilities::MANAGE ) );
		$this->assertFalse( user_can( $admin, Capabilities::MANAGE ) );
		$this->assertFalse( user_can( $this->make_user( 'subscriber' ), Capabilities::MANAGE ) );
		$this->assertFalse( user_can( 0, Capabilities::MANAGE ) );
		grant_super_admin( $admin->ID );
		$this->assertTrue( user_can( $admin->ID, Capabilities::MANAGE ) );
		revoke_super_admin( $admin->ID );
	}

	public function test_a_role_or_user_that_holds_it_as_a_primitive_is_refused(): void {
		$admin = $this->make_user( 'administrator' );
		get_role( 'administrator' )->add_cap( Capabilities::MANAGE );
		$admin->add_cap( Capabilities::MANAGE );
		$admin = new WP_User( $admin->ID );
		$this->assertTrue( $admin->allcaps[ Capabilities::MANAGE ] );
		$this->assertFalse( $admin->has_cap( Capabilities::MANAGE ) );
		$this->assert_kept_out( $admin );
	}

	public function test_a_subscriber_is_kept_out(): void {
		$this->assert_kept_out( $this->make_user( 'subscriber' ) );
	}

	public function test_a_super_admin_without_a_nonce_writes_nothing(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		foreach ( array( '', 'invented' ) as $nonce ) {
			$this->try_everything( $admin, $webhook, $nonce );
		}
	}

	public function test_another_super_admin_s_nonce_is_of_no_use(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$other   = $this->make_user( 'administrator' );
		grant_super_admin( $other->ID );
		try {
			$nonce = ( new Browser( $other->user_login, $other->user_login ) )->nonce();
			$this->assertNotSame( '', $nonce );
			$this->try_everything( new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) ), $webhook, $nonce );
		} finally {
			revoke_super_admin( $other->ID );
		}
	}

	public function test_a_link_changes_nothing(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$nonce   = $admin->nonce();
		$admin->get( "/wp-admin/network/edit.php?action=network_webhooks_delete&webhook=$webhook->id&_wpnonce=$nonce" );
		$this->assertSame( 403, $admin->status );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
	}

	private function assert_kept_out( WP_User $user ): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$browser = new Browser( $user->user_login, $user->user_login );
		foreach ( array( 'network-webhooks', 'network-webhooks-new', 'network-webhooks-events', "network-webhooks&action=edit&webhook=$webhook->id" ) as $page ) {
			$browser->get( "/wp-admin/network/admin.php?page=$page" );
			$this->assertSame( 403, $browser->status );
			$this->assertStringNotContainsString( $webhook->secret(), $browser->page );
			$browser->get( "/wp-admin/admin.php?page=$page" );
			$this->assertSame( 403, $browser->status );
		}
		// A nonce that is right for this user and action: only the capability is missing.
		$this->try_everything( $browser, $webhook, $this->nonce_of( $browser, $user ) );
	}

	/**
	 * The nonce that WordPress would give to a logged-in browser.
	 */
	private function nonce_of( Browser $browser, WP_User $user ): string {
		$cookie = $browser->cookie( LOGGED_IN_COOKIE );
		$this->assertNotSame( '', $cookie );
		$_COOKIE[ LOGGED_IN_COOKIE ] = $cookie;
		wp_set_current_user( $user->ID );
		$nonce = wp_create_nonce( 'network_webhooks_write' );
		wp_set_current_user( 0 );
		unset( $_COOKIE[ LOGGED_IN_COOKIE ] );
		return $nonce;
	}

	private function try_everything( Browser $browser, Webhook $webhook, string $nonce ): void {
		$deliveries = count( webhooks_deliveries( array( 'webhook_id' => $webhook->id ) )['deliveries'] );
		$fields     = array(
			'_wpnonce'    => $nonce,
			'webhook'     => $webhook->id,
			'name'        => 'Changed',
			'url'         => 'https://attacker.example/',
			'event'       => 'account_created',
			'remove_data' => '1',
		);
		foreach ( array( 'save', 'test_form', 'preview', 'reveal', 'pause', 'resume', 'delete', 'test', 'settings', 'restored', 'moved', 'copied' ) as $action ) {
			$browser->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", $fields );
			$this->assertSame( 403, $browser->status, $action );
		}
		$browser->post( '/wp-admin/network/edit.php?action=network_webhooks_save', array( 'webhook' => '' ) + $fields );
		$this->assertSame( 403, $browser->status );
		foreach ( array( 'test', 'preview' ) as $route ) {
			$browser->post( "/index.php?rest_route=/network-webhooks/v1/$route", $fields );
			$this->assertContains( $browser->status, array( 401, 403 ), $route );
		}
		$this->assertEquals( array( $webhook ), $this->plugin()->webhooks()->all() );
		$this->assertCount( $deliveries, webhooks_deliveries( array( 'webhook_id' => $webhook->id ) )['deliveries'] );
	}
}
