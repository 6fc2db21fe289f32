<?php
/**
 * Status page, report, Site Health, dashboard.
 */

use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Mail;
use Network_Webhooks\History;
use Network_Webhooks\Plugin;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Status_Test extends Network_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-status';

	private static ?Browser $admin = null;

	public static function setUpBeforeClass(): void {
		self::$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	public function test_the_page_says_how_every_part_is(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished' );
		$this->events_of( $webhook );
		self::$admin->get( self::PAGE );
		foreach ( array( 'All is well', 'running since', 'store.sqlite', 'Events waiting in the database', 'fpm-fcgi', getenv( 'SPOOL' ), PHP_VERSION ) as $text ) {
			$this->assert_sees( $text, self::$admin );
		}
		$rows = array_combine( self::$admin->values( '//table[contains(@class, "network-webhooks-parts")]//th' ), self::$admin->values( '//table[contains(@class, "network-webhooks-parts")]//td' ) );
		$this->assertSame( (string) webhooks_status()['worker']['pid'], $rows['Process'] );
		$this->assertMatchesRegularExpression( '/^\d+ (MB|KB)$/', $rows['Memory'] );
		$this->assertSame( '1', $rows['Set up'] );
	}

	public function test_the_report_has_everything_but_secrets(): void {
		$webhook = $this->store( Webhook::create( 'Zapier', 'https://hooks.network.example/catch/123/SECRETKEY/', 'payment_received' )->with_paused( true ) );
		self::$admin->get( self::PAGE );
		[ $url ] = self::$admin->values( '//a[contains(@href, "network_webhooks_report")]/@href' );
		$report  = self::$admin->get( substr( $url, strlen( getenv( 'WP_URL' ) ) ) );
		foreach ( array( "$webhook->id | https://hooks.network.example | payment_received | paused", 'PHP: ' . PHP_VERSION, '## Worker' ) as $text ) {
			$this->assertStringContainsString( $text, $report );
		}
		foreach ( array( 'SECRETKEY', $webhook->secret(), substr( $webhook->secret(), 6, 20 ) ) as $secret ) {
			$this->assertStringNotContainsString( $secret, $report );
		}
		$this->assertStringNotContainsString( '## Worker', self::$admin->get( '/wp-admin/network/edit.php?action=network_webhooks_report' ), 'It needs its nonce.' );
	}

	public function test_addresses_for_mail_are_saved_and_wrong_ones_said(): void {
		self::$admin->act( 'mail', array( 'addresses' => "jane@network.example\n ops@network.example,jane@network.example" ) );
		$this->assert_sees( 'Settings saved.', self::$admin );
		wp_cache_flush();
		$this->assertSame( array( 'jane@network.example', 'ops@network.example' ), self::addresses() );
		self::$admin->act( 'mail', array( 'addresses' => 'jane@network.example <b>jane</b>' ) );
		$this->assert_sees( 'Not a valid email address: <b>jane</b>. Nothing was saved.', self::$admin );
		$this->assertSame( array( 'jane@network.example <b>jane</b>' ), self::$admin->values( '//*[@id="network-webhooks-addresses"]' ), 'What was typed stays.' );
		$this->assertSame( array( array(), array( 'jane@network.example', 'ops@network.example' ) ), History::of( History::NETWORK, 1 )[0]->changes['mail_to'] );
		self::$admin->act( 'mail', array( 'addresses' => '' ) );
		wp_cache_flush();
		$this->assertSame( array( get_site_option( 'admin_email' ) ), self::addresses() );
		delete_network_option( get_main_network_id(), Settings::MAIL_TO );
	}

	private static function addresses(): array {
		return ( new Mail( new Announcement_Store(), Plugin::instance()->webhooks() ) )->addresses( '' );
	}

	public function test_only_those_who_manage_webhooks_may_write_or_read_the_report(): void {
		$user = $this->make_user( 'administrator' );
		wp_set_password( 'a password', $user->ID );
		$other = new Browser( $user->user_login, 'a password' );
		foreach ( array( 'mail', 'dismiss', 'report' ) as $action ) {
			$other->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => self::$admin->nonce(), 'addresses' => 'eve@network.example' ) );
			$this->assertSame( 403, $other->status, $action );
			self::$admin->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => 'wrong', 'addresses' => 'eve@network.example' ) );
			$this->assertSame( 403, self::$admin->status, "$action without its nonce" );
		}
		$other->get( self::PAGE );
		$this->assertSame( 403, $other->status );
		wp_cache_flush();
		$this->assertSame( array( get_site_option( 'admin_email' ) ), self::addresses() );
	}

	public function test_site_health_of_the_main_site_has_two_tests_and_the_figures(): void {
		delete_site_transient( 'network_webhooks_unhealthy' );
		self::$admin->get( '/wp-admin/site-health.php?tab=debug' );
		$this->assert_sees( 'Worker: State', self::$admin );
		self::$admin->get( '/wp-admin/site-health.php' );
		$this->assertSame( 1, preg_match( '/"nonce":\{"site_status":"(\w+)"/', self::$admin->page, $nonce ), 'No nonce.' );
		self::$admin->post( '/wp-admin/admin-ajax.php', array( 'action' => 'health-check-network-webhooks_deliveries', '_wpnonce' => $nonce[1] ) );
		$this->assertSame( 'good', json_decode( self::$admin->page, true )['data']['status'] ?? self::$admin->page );
		self::$admin->post( '/wp-admin/admin-ajax.php', array( 'action' => 'health-check-network-webhooks_deliveries', '_wpnonce' => 'wrong' ) );
		$this->assertSame( 403, self::$admin->status );
	}

	public function test_a_webhook_that_fails_shows_in_menu_and_dashboard(): void {
		$endpoint = new Endpoint();
		try {
			$this->store( Webhook::create( 'CRM', "$endpoint->url/410", 'lesson_finished' ) );
			$this->assertNotNull( webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE ) );
			delete_site_transient( 'network_webhooks_unhealthy' );
			self::$admin->get( '/wp-admin/network/' );
			$this->assert_sees( '1 webhook is failing or disabled.', self::$admin );
			$this->assertContains( '1 webhook is failing or disabled', self::$admin->values( '//*[@id="adminmenu"]//*[contains(@class, "count-1")]/*[@class="screen-reader-text"]' ) );
		} finally {
			$endpoint->remove();
			delete_site_transient( 'network_webhooks_unhealthy' );
		}
	}
}
