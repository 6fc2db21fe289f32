<?php
/**
 * Network Admin › Webhooks › Events.
 */

final class Events_Page_Test extends Network_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-events';

	private static ?Browser $admin = null;

	public static function setUpBeforeClass(): void {
		self::$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	public function test_every_event_stands_there_with_all_that_is_known_of_it(): void {
		self::$admin->get( self::PAGE );
		$shown = array_map( static fn( string $text ) => json_decode( $text, true ), self::$admin->values( '//pre' ) );
		foreach ( $this->plugin()->catalogue()->all() as $event ) {
			$this->assert_sees( $event->description, self::$admin );
			$this->assert_sees( $event->slug, self::$admin );
			foreach ( $event->when as $when ) {
				$this->assert_sees( $when, self::$admin );
			}
			foreach ( $event->examples as $example ) {
				$this->assertContains( json_decode( wp_json_encode( $example ), true ), $shown, $event->slug );
			}
			$this->assertContains( json_decode( wp_json_encode( $event->schema() ), true ), $shown, $event->slug );
		}
		$this->assertSame( array( 'Sales', 'CRM', 'Education', 'Sites', 'Users', 'Content', 'System' ), array_slice( self::$admin->values( '//section/h2' ), 0, 7 ) );
	}

	public function test_it_can_be_searched_without_a_script(): void {
		self::$admin->get( self::PAGE . '&s=payment_rec' );
		$this->assertContains( 'network-webhooks-event-payment_received', self::$admin->values( '//article/@id' ) );
		$this->assertNotContains( 'network-webhooks-event-account_created', self::$admin->values( '//article/@id' ) );
		self::$admin->get( self::PAGE . '&s=' . rawurlencode( "nothing' has <this>" ) );
		$this->assert_sees( 'No event has that', self::$admin );
		$this->assertSame( array( "nothing' has" ), self::$admin->values( '//input[@name="s"]/@value' ) );
	}

	public function test_a_webhook_for_an_event_is_a_click_away(): void {
		self::$admin->get( self::PAGE );
		$link = self::$admin->values( '//article[@id="network-webhooks-event-account_created"]//a[contains(@class, "button")]/@href' )[0];
		$form = ( new Webhook_Form( self::$admin ) )->open( substr( wp_parse_url( $link, PHP_URL_QUERY ), strlen( 'page=network-webhooks' ) ) );
		$this->assertSame( array( '', 'account_created' ), $form->fields['events'] );
	}

	public function test_what_really_happened_is_shown_and_what_opens_a_door_is_masked(): void {
		$names = array( 'account_created' );
		foreach ( $this->plugin()->catalogue()->all() as $event ) {
			if ( $event->sensitive ) {
				$names[] = $event->slug;
			}
		}
		$this->assertGreaterThan( 1, count( $names ), 'There is no sensitive event to test.' );
		$webhook = $this->subscribe( ...$names );
		foreach ( $names as $name ) {
			network_webhooks_dispatch( $name, array( 'door' => array( 'link' => "https://open.example/sesame-$name" ), 'number' => 42 ) );
		}
		$this->assertCount( count( $names ), $this->events_of( $webhook ) );
		foreach ( $names as $name ) {
			self::$admin->get( self::PAGE . "&event=$name" );
			$this->assert_sees( 'As it really happened at', self::$admin );
			$this->assert_sees( '"number": 42', self::$admin );
			$masked = 'account_created' !== $name;
			$this->assertSame( $masked ? 0 : 1, substr_count( self::$admin->page, "sesame-$name" ), $name );
		}
	}
}
