<?php
/**
 * What the worker announces reaches people: once, together, and in words.
 */

use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Collector;
use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Announcements\Mail;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Announcements_Test extends Network_Test_Case {

	private static ?Endpoint $endpoint = null;
	private array $mails               = array();
	private array $told                = array();

	public static function setUpBeforeClass(): void {
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	protected function setUp(): void {
		parent::setUp();
		$this->collect();
		foreach ( array( Settings::ANNOUNCEMENTS, Settings::MAIL_TO, Settings::MAILED_AT, Settings::CONDITIONS ) as $name ) {
			delete_network_option( get_main_network_id(), $name );
		}
		add_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20, 2 );
		add_action( 'network_webhooks_announcement', array( $this, 'take' ) );
	}

	protected function tearDown(): void {
		remove_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20 );
		remove_action( 'network_webhooks_announcement', array( $this, 'take' ) );
		remove_all_actions( 'network_webhooks_disabled' );
		delete_network_option( get_main_network_id(), Settings::ANNOUNCEMENTS );
		parent::tearDown();
	}

	public function take_mail( $sent, array $mail ): bool {
		$this->mails[] = $mail;
		return true;
	}

	public function take( Announcement $announcement ): void {
		$this->told[] = $announcement;
	}

	public function test_a_webhook_that_is_gone_is_told_once_by_action_notice_and_mail(): void {
		$disabled = array();
		add_action( 'network_webhooks_disabled', static function ( ...$arguments ) use ( &$disabled ) { $disabled[] = $arguments; }, 10, 3 );
		$webhook = $this->break_one( 'Our <b>CRM</b>', 410 );
		$this->collect_until( Announcement::DISABLED );
		$this->collect();
		$this->assertSame( array( array( $webhook->id, 'gone' ) ), array_map( static fn( array $one ) => array_slice( $one, 0, 2 ), $disabled ) );

		( new Mail( new Announcement_Store(), $this->plugin()->webhooks() ) )->send();
		( new Mail( new Announcement_Store(), $this->plugin()->webhooks() ) )->send();
		$this->assertCount( 1, $this->mails );
		$this->assertSame( get_site_option( 'admin_email' ), $this->mails[0]['to'] );
		$this->assertStringContainsString( '“Our <b>CRM</b>” is disabled', $this->mails[0]['subject'] );
		$this->assertStringContainsString( 'answered 410', $this->mails[0]['message'] );
		$this->assertStringContainsString( "webhook=$webhook->id", $this->mails[0]['message'] );

		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( '“Our <b>CRM</b>” is disabled', $admin );
		$this->assertSame( array(), $admin->values( '//*[contains(@class, "network-webhooks-announcement")]//b' ) );
		[ $id ] = $admin->values( '//input[@name="announcement"]/@value' );
		$admin->act( 'dismiss', array( 'announcement' => $id ) );
		$this->assertSame( array(), $admin->values( '//*[contains(@class, "network-webhooks-announcement")]' ) );
		$this->assertSame( array(), ( new Announcement_Store() )->read() );
	}

	public function test_many_failures_of_a_webhook_are_one_message(): void {
		$row           = Webhook::create( 'Books', self::$endpoint->url . '/503', 'payment_failed' )->to_row();
		$row['settings'] = wp_json_encode( array( 'retries' => array() ) + json_decode( $row['settings'], true ) );
		$this->store( Webhook::from_row( (object) $row ) );
		for ( $number = 0; $number < 3; $number++ ) {
			$this->assertNotNull( webhooks_wait( (string) network_webhooks_dispatch( 'payment_failed' ), self::DEADLINE ) );
		}
		$this->collect_until( Announcement::FAILED, 3 );
		$kept = ( new Announcement_Store() )->read();
		$this->assertCount( 1, $kept );
		$this->assertSame( 'Events did not reach “Books”', $kept[0]->title() );
		$this->assertSame( '3 deliveries failed for good: they ran out of attempts (the first was payment_failed). They are kept, and can be sent again.', $kept[0]->text() );
	}

	public function test_mails_go_to_those_who_are_named_at_most_every_fifteen_minutes(): void {
		Settings::set( Settings::MAIL_TO, array( 'ops@network.example' ) );
		$books = $this->with_mail( 'books@network.example', 'ops@network.example' )->id;
		$kept  = new Announcement_Store();
		$kept->add( self::failed( $books ), self::failed( $books ), self::failed( 'whk_crm' ) );
		$mail = new Mail( $kept, $this->plugin()->webhooks() );
		$mail->send();
		$this->assertSame( array( 'books@network.example', 'ops@network.example' ), array_column( $this->mails, 'to' ) );
		$this->assertStringContainsString( '2 deliveries failed for good', $this->mails[0]['message'] );
		$this->assertStringNotContainsString( '1 delivery', $this->mails[0]['message'] );
		$this->assertStringContainsString( '1 delivery failed for good', $this->mails[1]['message'] );

		$kept->add( self::failed( $books ) );
		$mail->send();
		$this->assertCount( 2, $this->mails, 'The next one has to wait.' );
		Settings::set( Settings::MAILED_AT, time() - Mail::INTERVAL );
		$mail->send();
		$this->assertCount( 4, $this->mails );
		$this->assertStringContainsString( '1 delivery failed for good', $this->mails[3]['message'] );
	}

	public function test_addresses_of_a_webhook_go_before_those_of_the_network(): void {
		$mail  = new Mail( new Announcement_Store(), $this->plugin()->webhooks() );
		$books = $this->with_mail( 'books@network.example' )->id;
		$other = $this->store( Webhook::create( 'CRM', 'https://endpoint.example/', 'payment_received' ) )->id;
		$this->assertSame( array( 'books@network.example' ), $mail->addresses( $books ) );
		$this->assertSame( array( get_site_option( 'admin_email' ) ), $mail->addresses( $other ) );
		Settings::set( Settings::MAIL_TO, array( 'ops@network.example' ) );
		$this->assertSame( array( 'ops@network.example' ), $mail->addresses( $other ) );
		$this->assertSame( array( 'ops@network.example' ), $mail->addresses( '' ), 'A server has none of its own.' );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $books ) );
		$this->assertSame( array( 'books@network.example' ), $mail->addresses( $books ), 'What it is told of happened before.' );
	}

	public function test_a_mail_that_could_not_be_sent_is_sent_later(): void {
		remove_filter( 'pre_wp_mail', array( $this, 'take_mail' ), 20 );
		add_filter( 'pre_wp_mail', '__return_false', 30 );
		$kept = new Announcement_Store();
		$kept->add( self::failed( 'whk_crm' ) );
		( new Mail( $kept, $this->plugin()->webhooks() ) )->send();
		remove_filter( 'pre_wp_mail', '__return_false', 30 );
		$this->assertFalse( $kept->read()[0]->mailed );
	}

	public function test_other_plugins_change_the_texts(): void {
		$text = static fn( string $text, Announcement $one ) => "$one->code: call Jane.";
		$mail = static fn( array $mail ) => array( 'subject' => 'Jane' ) + $mail;
		add_filter( 'network_webhooks_announcement_text', $text, 10, 2 );
		add_filter( 'network_webhooks_mail', $mail );
		( new Announcement_Store() )->add( self::failed( 'whk_crm' ) );
		( new Mail( new Announcement_Store(), $this->plugin()->webhooks() ) )->send();
		remove_filter( 'network_webhooks_announcement_text', $text );
		remove_filter( 'network_webhooks_mail', $mail );
		$this->assertSame( 'Jane', $this->mails[0]['subject'] );
		$this->assertStringContainsString( 'delivery_failed: call Jane.', $this->mails[0]['message'] );
	}

	public function test_two_processes_collect_an_announcement_once(): void {
		$this->break_one( 'CRM', 410 );
		$processes = array();
		$code      = __DIR__ . '/processes/collect.php';
		for ( $number = 0; $number < 4; $number++ ) {
			$processes[] = $this->start_process( $code );
		}
		$told = array_sum( array_map( fn( array $process ) => (int) $this->finish_process( $process ), $processes ) );
		$this->assertSame( 1, $told );
	}

	public function test_what_is_wrong_with_a_server_is_told_when_it_begins_and_when_it_ends(): void {
		$out = $this->run_process( __DIR__ . '/processes/review.php', array(), false );
		$this->assertStringContainsString( 'condition_began extension', $out );
		$this->assertStringContainsString( 'does not load the extension', $out );
		$this->assertSame( '', $this->run_process( __DIR__ . '/processes/review.php', array(), false ), 'It is told once.' );
		wp_cache_flush();
		( new Health_Checks( new Collector( new Announcement_Store() ) ) )->review();
		$this->assertSame( array( 'condition_ended' ), array_column( $this->told, 'code' ) );
		$this->assertStringContainsString( 'Over: PHP runs without the extension', $this->told[0]->title() );
	}

	private function with_mail( string ...$addresses ): Webhook {
		$webhook = Webhook::create( 'Books', 'https://endpoint.example/', 'payment_received' );
		return $this->store( $webhook->with_form( $webhook->name, $webhook->url, true, $webhook->settings + array( 'mail_to' => $addresses ) ) );
	}

	private static function failed( string $webhook ): Announcement {
		return new Announcement(
			Announcement::FAILED,
			array(
				'webhook_id'   => $webhook,
				'webhook_name' => 'Books',
				'event'        => 'payment_received',
				'attempts'     => 10,
			),
			time()
		);
	}

	/**
	 * A webhook whose endpoint answers so.
	 */
	private function break_one( string $name, int $status ): Webhook {
		$webhook = $this->store( Webhook::create( $name, self::$endpoint->url . "/$status", 'lesson_finished' ) );
		$this->assertNotNull( webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE ) );
		return $webhook;
	}

	private function collect(): void {
		( new Collector( new Announcement_Store() ) )->collect();
	}

	private function collect_until( string $code, int $times = 1 ): void {
		$deadline = microtime( true ) + self::DEADLINE;
		do {
			usleep( 20000 );
			$this->collect();
			$found = count( array_keys( array_column( $this->told, 'code' ), $code, true ) );
		} while ( $found < $times && microtime( true ) < $deadline );
		$this->assertSame( $times, $found, implode( ', ', array_column( $this->told, 'code' ) ) );
	}
}
