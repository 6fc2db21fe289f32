<?php
/**
 * Test events as the form stands, before it is saved.
 */

use Network_Webhooks\Drafts;
use Network_Webhooks\Last_Payload;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Form_Tests_Test extends Network_Test_Case {

	private static ?Browser $admin     = null;
	private static ?Endpoint $endpoint = null;
	private Webhook_Form $form;

	public static function setUpBeforeClass(): void {
		self::$admin    = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	protected function setUp(): void {
		parent::setUp();
		Settings::set( Settings::DRAFTS, array() );
		$this->form = new Webhook_Form( self::$admin );
	}

	public function test_a_form_is_tested_before_it_is_saved_and_nothing_remains(): void {
		$before = count( self::$endpoint->received() );
		$this->form->open_new()->post( $this->typed( '/200' ) + array( 'headers' => 'X-Key: my-own-secret', 'sites' => 'only', 'site_list' => '1' ), 'test_form' );
		$this->assert_sees( 'The test event arrived: the endpoint answered 200', self::$admin );
		$this->assert_sees( 'Thank <b>you</b>.', self::$admin );
		$this->assert_sees( '"type":"payment_received"', self::$admin );
		$this->assert_sees( 'webhook-test: true', self::$admin );
		$this->assertStringNotContainsString( 'my-own-secret', self::$admin->page );
		$received = array_slice( self::$endpoint->received(), $before );
		$this->assertCount( 1, $received );
		$this->assertSame( 'my-own-secret', $received[0]['headers']['x-key'] );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
		$this->assertSame( array(), Drafts::to_config() );
		// Back at the form, which is as it was.
		$this->assertNotSame( array(), self::$admin->values( '//a[text()="Back to the form"]' ) );
		$this->form->open_new();
		$this->assertSame( 'Not saved', $this->form->text( 'name' ) );
		$this->form->post();
		$this->assert_sees( 'The webhook is set up.', self::$admin );
	}

	public function test_a_stored_webhook_is_tested_as_the_form_stands(): void {
		$webhook = $this->store( Webhook::create( 'A', self::$endpoint->url . '/500', 'payment_received' ) );
		$before  = count( self::$endpoint->received() );
		$this->form->edit( $webhook->id )->post( array( 'url' => self::$endpoint->url . '/201' ), 'test_form' );
		$this->assert_sees( 'the endpoint answered 201', self::$admin );
		$received = array_slice( self::$endpoint->received(), $before );
		$this->assertTrue( webhooks_verify( $webhook->secret(), $received[0]['headers'], $received[0]['body'] ), 'Signed with its own secret.' );
		$this->assertEquals( self::$endpoint->url . '/500', $this->plugin()->webhooks()->find( $webhook->id )->url );
		$this->assertSame( self::$endpoint->url . '/201', $this->form->edit( $webhook->id )->text( 'url' ) );
	}

	public function test_a_draft_gets_nothing_but_its_test(): void {
		$draft = $this->plugin()->drafts()->add( Webhook::create( 'A', self::$endpoint->url . '/200', '*' ) );
		$this->store( Webhook::create( 'B', self::$endpoint->url . '/204', 'lesson_finished' ) );
		$id = network_webhooks_dispatch( 'lesson_finished', array( 'a' => 1 ) );
		$this->assertCount( 1, webhooks_wait( $id, self::DEADLINE ) );
		$this->assertSame( array(), webhooks_deliveries( array( 'webhook_id' => $draft->id ) )['deliveries'] );
		$this->plugin()->drafts()->remove( $draft->id );
		$this->assertSame( array(), Drafts::to_config() );
	}

	public function test_a_draft_that_nobody_waits_for_is_removed(): void {
		$draft  = $this->plugin()->drafts()->add( Webhook::create( 'A', self::$endpoint->url . '/200', 'payment_received' ) );
		$stored = Settings::read( Settings::DRAFTS )[ Settings::DRAFTS ];
		$this->assertStringNotContainsString( $draft->secret(), wp_json_encode( $stored ) );
		do_action( 'network_webhooks_wake' );
		$this->assertCount( 1, Drafts::to_config(), 'Somebody may still wait.' );
		$stored[ $draft->id ]['until'] = time();
		Settings::set( Settings::DRAFTS, $stored );
		do_action( 'network_webhooks_wake' );
		$this->assertSame( array(), Drafts::to_config() );
		$this->assertStringNotContainsString( $draft->id, (string) file_get_contents( getenv( 'SPOOL' ) . '/config.json' ) );
	}

	public function test_what_is_wrong_with_the_form_is_said_before_anything_is_sent(): void {
		$before = count( self::$endpoint->received() );
		foreach ( array( array( 'timeout', '61' ), array( 'name', '' ) ) as list( $input, $value ) ) {
			$this->form->open_new()->post( array( $input => $value ) + $this->typed( '/200' ), 'test_form' );
			$this->assertNotSame( '', $this->form->error( $input ) );
			$this->assertSame( self::$endpoint->url . '/200', $this->form->text( 'url' ) );
		}
		$this->assertCount( $before, self::$endpoint->received() );
		$this->assertSame( array(), Drafts::to_config() );
	}

	/**
	 * @dataProvider failures
	 */
	public function test_a_failure_says_what_it_means_and_what_to_do( string $path, string $title, string $sentence ): void {
		$this->form->open_new()->post( $this->typed( $path ), 'test_form' );
		$this->assert_sees( $title, self::$admin );
		$this->assert_sees( $sentence, self::$admin );
		$this->assertSame( array(), Drafts::to_config() );
	}

	public static function failures(): array {
		return array(
			'name not found'  => array( 'http://nowhere.test/', 'did not arrive', 'The name in the URL was not found.' ),
			'refused'         => array( 'http://127.0.0.1:1/', 'did not arrive', 'Nothing answers at this address' ),
			'private address' => array( 'http://10.1.2.3/', 'did not arrive', 'may not reach that address' ),
			'301'             => array( '/301', 'it answered 301', 'says that it moved' ),
			'401'             => array( '/401', 'it answered 401', 'does not let the request in' ),
			'404'             => array( '/404', 'it answered 404', 'Check the path' ),
			'410'             => array( '/410', 'it answered 410', 'gone for good' ),
			'429'             => array( '/429', 'it answered 429', 'more requests than it takes' ),
			'500'             => array( '/500', 'it answered 500', 'own program failed' ),
			'no TLS'         => array( 'TLS', 'did not arrive', 'closed the connection before it answered' ),
		);
	}

	public function test_an_endpoint_that_does_not_answer_in_time(): void {
		$this->form->open_new()->post( $this->typed( '/200?delay=1500' ) + array( 'timeout' => '1' ), 'test_form' );
		$this->assert_sees( 'did not answer in time', self::$admin );
	}

	public function test_a_template_that_the_event_does_not_fit(): void {
		// The example has no such name, which only shows when it is made.
		$typed = $this->typed( '/200' ) + array( 'format' => 'template', 'template' => '{"a": {{ data.surely_not_there }}}' );
		$this->form->open_new()->post( $typed, 'test_form' );
		$said = $this->form->error( 'template' ) . self::$admin->page;
		$this->assertStringContainsString( 'surely_not_there', $said );
		$this->assertSame( 0, preg_match( '/the endpoint answered/', self::$admin->page ) );
	}

	public function test_after_a_while_it_says_that_the_attempt_goes_on_and_where_to_look(): void {
		$html = Network_Webhooks\Admin\Test_Report::nothing_yet( 'evt_1' );
		$this->assertStringContainsString( 'did not answer within 20 seconds', $html );
		$this->assertStringContainsString( 'action=test&#038;event=evt_1', $html );
	}

	public function test_the_last_event_that_really_happened_is_sent_again(): void {
		$this->form->open_new()->post( $this->typed( '/200', 'lesson_finished' ) + array( 'test_data' => 'real' ), 'test_form' );
		$this->assert_sees( 'is in the log whose whole data is known', self::$admin );
		$this->store( Webhook::create( 'Some of it', self::$endpoint->url . '/204', 'lesson_finished' )->with_form( 'Some of it', self::$endpoint->url . '/204', false, array( 'fields' => array( 'a' ), 'events' => array( 'lesson_finished' ), 'signature' => 'none' ) ) );
		$this->dispatched( array( 'a' => 1, 'b' => 2 ) );
		$this->assertNull( ( new Last_Payload( $this->plugin()->webhooks() ) )->find( 'lesson_finished' ), 'A part is not the whole.' );
		$this->store( Webhook::create( 'All of it', self::$endpoint->url . '/204', 'lesson_finished' ) );
		$this->dispatched( array( 'lesson' => 'The <last> one', 'empty' => new stdClass() ) );
		$before = count( self::$endpoint->received() );
		$this->form->open_new()->post( $this->typed( '/200', 'lesson_finished' ) + array( 'test_data' => 'real' ), 'test_form' );
		$this->assert_sees( 'the endpoint answered 200', self::$admin );
		$body = array_slice( self::$endpoint->received(), $before )[0]['body'];
		$this->assertStringContainsString( '"data":{"lesson":"The <last> one","empty":{}}', $body );
		$this->assertSame( 'true', array_slice( self::$endpoint->received(), $before )[0]['headers']['webhook-test'] );
	}

	private function dispatched( array $data ): void {
		$id = network_webhooks_dispatch( 'lesson_finished', $data );
		$this->assertNotNull( $id );
		$this->assertNotNull( webhooks_wait( $id, self::DEADLINE ) );
	}

	private function typed( string $path, string $event = 'payment_received' ): array {
		$url = match ( true ) {
			'TLS' === $path => str_replace( 'http:', 'https:', self::$endpoint->url ),
			str_starts_with( $path, 'http' ) => $path,
			default => self::$endpoint->url . $path,
		};
		return array(
			'name'     => 'Not saved',
			'url'      => $url,
			'patterns' => $event,
		);
	}
}
