<?php
/**
 * A webhook's own page, and the settings' pages, over HTTP and without JavaScript.
 */

use Network_Webhooks\Admin\Calls_Chart;
use Network_Webhooks\Admin\Period;
use Network_Webhooks\Admin\Verify_Box;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Webhook_View_Test extends Admin_Pages_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks';

	public function test_the_page_shows_what_was_delivered_what_failed_and_how_fast(): void {
		$good = $this->store( Webhook::create( 'Good & <b>', self::$endpoint->url . '/200?key=hidden', 'seen' ) );
		$bad  = $this->store( Webhook::create( 'Bad', self::$endpoint->url . '/404', 'seen' ) );
		self::$admin->get( self::PAGE . "&action=view&webhook=$good->id" );
		$this->assert_sees( 'Nothing has been sent yet.', self::$admin );
		$this->assert_sees( 'No deliveries yet.', self::$admin );
		$this->assertSame( array( 'No calls in the last 24 hours.' ), self::$admin->values( '//figure//*[name()="svg"]/@aria-label' ) );

		webhooks_dispatch( 'seen', array( 'number' => 1 ) );
		$this->wait_for( static fn() => webhooks_stats()['webhooks'][ $good->id ]['delivered'] && webhooks_stats()['webhooks'][ $bad->id ]['failing_since'] );
		self::$admin->get( self::PAGE . "&action=view&webhook=$good->id" );
		$this->assertSame( array( 'Good & <b>' ), self::$admin->values( '//h1' ) );
		$this->assert_sees( 'was a success.', self::$admin );
		$this->assertSame( array( 'Last 24 hours: 1 delivered, 0 failed.' ), self::$admin->values( '//figure//*[name()="svg"]/@aria-label' ) );
		$figures = array_combine( self::$admin->values( '//dl[contains(@class, "figures")]//dt' ), self::$admin->values( '//dl[contains(@class, "figures")]//dd' ) );
		$this->assertSame( array( '1', '0', '100 %', '0' ), array( $figures['Delivered'], $figures['Failed'], $figures['Success rate'], $figures['Waiting'] ) );
		$this->assertMatchesRegularExpression( '/^[\d.,]+ m?s$/', $figures['Latency p50'] );
		$this->assertCount( 1, self::$admin->values( '//table[contains(@class, "network-webhooks-deliveries")]/tbody/tr' ) );
		$this->assertSame( array( 'seen', 'All sites' ), array_slice( self::$admin->values( '//table[contains(@class, "network-webhooks-parts")]//td' ), 1, 2 ) );
		$this->assert_sees( 'Verify a signature', self::$admin );
		$this->assertCount( 24, self::$admin->values( '//figure/following-sibling::details[1]//tbody/tr' ) );
		self::$admin->get( self::PAGE . "&action=view&webhook=$good->id&period=30d" );
		$this->assertCount( 30, self::$admin->values( '//figure/following-sibling::details[1]//tbody/tr' ) );

		self::$admin->get( self::PAGE . "&action=view&webhook=$bad->id" );
		$this->assert_sees( '1 attempt failed in the last', self::$admin );
		$this->assert_sees( 'Failing deliveries', self::$admin );
		$this->assertStringStartsWith( '1 for its turn or its next attempt', self::$admin->values( '//dl[contains(@class, "figures")]//dd' )[5] );
		$this->assertSame( array( 'Recover', 'Send Past Events' ), self::$admin->values( '//p[contains(@class, "network-webhooks-buttons")]/a' ) );
		self::$admin->get( self::PAGE );
		$this->assertStringContainsString( 'action=view', self::$admin->values( '//a[@class="row-title"]/@href' )[0] );
	}

	public function test_a_viewer_sees_the_page_without_keys_and_buttons(): void {
		$webhook = $this->store( Webhook::create( 'Shown', 'https://endpoint.example/in?key=hidden', 'seen' ) );
		$viewer  = $this->make_user( 'subscriber' );
		Capabilities::set_viewer( $viewer->ID, true );
		$browser = new Browser( $viewer->user_login, $viewer->user_login );
		$page    = $browser->get( self::PAGE . "&action=view&webhook=$webhook->id" );
		$this->assertSame( array( 'Shown' ), $browser->values( '//h1' ) );
		$this->assert_sees( 'endpoint.example', $browser );
		foreach ( array( 'key=hidden', 'whsec_', $webhook->secret(), 'action=edit', 'Send Test Event', 'Verify a signature' ) as $hidden ) {
			$this->assertStringNotContainsString( $hidden, $page );
		}
	}

	public function test_a_bar_has_the_hours_of_its_period(): void {
		$now   = 1795168800 + 1800;
		$hour  = static fn( int $ago, int $delivered, int $failed ) => array(
			'hour'      => gmdate( 'Y-m-d\TH:00:00\Z', $now - $ago * HOUR_IN_SECONDS ),
			'delivered' => $delivered,
			'failed'    => $failed,
		);
		$hours = array( $hour( 0, 3, 1 ), $hour( 5, 4, 0 ), $hour( 23, 5, 0 ), $hour( 24, 7, 0 ), $hour( 167, 11, 2 ), $hour( 168, 100, 0 ), $hour( 719, 13, 0 ), $hour( 720, 1000, 0 ) );
		$this->assertSame( array( 12, 1 ), array( ( new Calls_Chart( Period::Day, $hours, $now ) )->delivered(), ( new Calls_Chart( Period::Day, $hours, $now ) )->failed() ) );
		$this->assertSame( array( 30, 3 ), array( ( new Calls_Chart( Period::Week, $hours, $now ) )->delivered(), ( new Calls_Chart( Period::Week, $hours, $now ) )->failed() ) );
		$this->assertSame( 143, ( new Calls_Chart( Period::Month, $hours, $now ) )->delivered() );
		ob_start();
		( new Calls_Chart( Period::Week, $hours, $now ) )->print();
		$html = (string) ob_get_clean();
		$this->assertSame( 28, substr_count( $html, '<tr><th scope="row">' ) );
		$this->assertStringContainsString( '<td>7</td><td>1</td></tr></tbody>', $html );
	}

	public function test_a_rate_of_100_means_that_nothing_failed(): void {
		$now  = time();
		$rate = static fn( int $delivered, int $failed ) => ( new Calls_Chart( Period::Day, array( array( 'hour' => gmdate( 'Y-m-d\TH:00:00\Z', $now ), 'delivered' => $delivered, 'failed' => $failed ) ), $now ) )->success_rate();
		$this->assertNull( $rate( 0, 0 ) );
		$this->assertSame( 100.0, $rate( 9, 0 ) );
		$this->assertSame( 99.9, $rate( 999999, 1 ) );
		$this->assertSame( 0.0, $rate( 0, 1 ) );
	}

	/**
	 * The guide's programs are run by the tests: what the page shows is a piece of each.
	 */
	public function test_what_verifies_is_the_guides(): void {
		$guide = file_get_contents( dirname( __DIR__, 2 ) . '/docs/guide/receive-and-verify.md' );
		foreach ( array_keys( Verify_Box::LANGUAGES ) as $file ) {
			$this->assertGreaterThan( 200, strlen( Verify_Box::code( $file ) ), $file );
			$this->assertStringContainsString( Verify_Box::code( $file ), $guide, $file );
		}
	}

	public function test_the_menu_has_five_entries_and_every_other_page_is_reached_by_a_tab_or_a_button(): void {
		self::$admin->get( self::PAGE );
		$menu = '//li[@id="toplevel_page_network-webhooks"]//ul[contains(@class, "wp-submenu")]/li/a';
		$this->assertSame( array( 'All Webhooks', 'Deliveries', 'Events', 'Debug', 'Settings' ), self::$admin->values( $menu ) );
		foreach ( array( 'custom' => array( 'Events', 'Custom Events' ), 'inbox' => array( 'Debug', 'Test Inbox' ), 'listen' => array( 'Debug', 'Listen' ), 'status' => array( 'Settings', 'Status' ), 'mail' => array( 'Settings', 'Mail' ), 'data' => array( 'Settings', 'Data' ), 'access' => array( 'Settings', 'Access' ) ) as $page => [ $entry, $tab ] ) {
			self::$admin->get( self::PAGE . "-$page" );
			$this->assertSame( array( $entry ), self::$admin->values( "{$menu}[contains(@class, 'current')]" ), $page );
			$this->assertSame( array( $tab ), self::$admin->values( '//nav[contains(@class, "nav-tab-wrapper")]/a[@aria-current="page"]' ), $page );
		}
		self::$admin->get( self::PAGE . '-new' );
		$this->assertSame( array( 'All Webhooks' ), self::$admin->values( "{$menu}[contains(@class, 'current')]" ) );
	}

	public function test_access_is_given_and_taken_on_its_page(): void {
		$user = $this->make_user( 'subscriber' );
		self::$admin->get( self::PAGE . '-access' );
		$this->assert_sees( 'Nobody but the super admins', self::$admin );
		self::$admin->act( 'access_add', array( 'user' => 'nobody <b>' ) );
		$this->assert_sees( 'No user of this network has the username or email address “nobody”', self::$admin );
		self::$admin->act( 'access_add', array( 'user' => getenv( 'ADMIN_USER' ) ) );
		$this->assert_sees( 'is a super admin', self::$admin );
		self::$admin->act( 'access_add', array( 'user' => $user->user_email ) );
		$this->assert_sees( 'Settings saved.', self::$admin );
		$this->assertSame( array( $user->ID ), Settings::read( Settings::VIEWERS )[ Settings::VIEWERS ] );
		$this->assertSame( array( $user->user_login ), self::$admin->values( '//tbody//td[contains(@class, "column-primary")]/a' ) );
		self::$admin->act( 'access_remove', array( 'user' => (string) $user->ID ) );
		$this->assertSame( array(), Settings::read( Settings::VIEWERS )[ Settings::VIEWERS ] );
	}

	public function test_an_empty_list_leads_to_a_webhook_for_the_test_inbox_in_one_click(): void {
		self::$admin->get( self::PAGE );
		$this->assert_sees( 'Add Your First Webhook', self::$admin );
		$action = self::$admin->values( '//button[contains(., "Try It With the Test Inbox")]/@formaction' )[0];
		self::$admin->post( substr( $action, strlen( getenv( 'WP_URL' ) ) ), array( '_wpnonce' => self::$admin->values( '//form[@id="network-webhooks-row"]//input[@name="_wpnonce"]/@value' )[0] ) );
		$this->assertStringContainsString( 'page=network-webhooks-new', self::$admin->url );
		$this->assertSame( array( Inbox::find()->url() ), self::$admin->values( '//input[@name="url"]/@value' ) );
		Inbox::delete();
		self::$admin->get( self::PAGE . '-deliveries&webhook=whk_0' );
		$this->assertSame( array( 'No deliveries match.' ), self::$admin->values( '//tr[@class="no-items"]' ) );
	}

	public function test_all_events_and_what_they_send_stand_below_the_form(): void {
		self::$admin->get( self::PAGE . '-new' );
		$manual = '//details[contains(@class, "network-webhooks-manual")]';
		$this->assertSame( array(), self::$admin->values( "{$manual}/@open" ) );
		$events = self::$admin->values( "{$manual}//details/summary/code" );
		$this->assertSame( array_keys( $this->plugin()->catalogue()->all() ), array_values( array_intersect( array_keys( $this->plugin()->catalogue()->all() ), $events ) ) );
		$this->assertStringContainsString( '"payment_total"', implode( self::$admin->values( "{$manual}//details[summary/code='payment_received']/pre" ) ) );
	}
}
