<?php
/**
 * The reference of events in docs/ is what the catalogue says, and so is what the worker raises.
 */

use Network_Webhooks\Webhook;

require_once dirname( __DIR__ ) . '/asyncapi/class-asyncapi.php';
require_once dirname( __DIR__ ) . '/asyncapi/class-event-reference.php';

final class Event_Reference_Test extends Network_Test_Case {

	private ?Endpoint $endpoint = null;

	protected function tearDown(): void {
		$this->endpoint?->remove();
		parent::tearDown();
	}

	public function test_the_page_and_the_document_are_up_to_date(): void {
		$catalogue = $this->plugin()->catalogue();
		$this->assert_made( 'events.md', ( new Event_Reference( $catalogue ) )->page() );
		$this->assert_made( 'asyncapi.json', ( new Asyncapi( $catalogue ) )->document() );
	}

	public function test_every_event_of_every_source_is_in_both(): void {
		$page     = file_get_contents( dirname( __DIR__, 2 ) . '/docs/events.md' );
		$messages = json_decode( file_get_contents( dirname( __DIR__, 2 ) . '/docs/asyncapi.json' ), true )['components']['messages'];
		foreach ( $this->plugin()->catalogue()->built_in() as $slug => $event ) {
			$this->assertStringContainsString( ": `$slug`\n", $page );
			$this->assertSame( $event->sources(), array_column( $messages[ $slug ]['examples'], 'name' ) );
		}
	}

	public function test_the_body_s_envelope_is_as_described(): void {
		$envelope = json_decode( file_get_contents( dirname( __DIR__, 2 ) . '/docs/asyncapi.json' ), true )['components']['schemas']['envelope'];
		$webhook  = $this->subscribe( 'user_logged_in', 'super_admin_granted' );
		wp_set_current_user( 1 );
		do_action( 'wp_login', 'admin', get_userdata( 1 ) );
		do_action( 'granted_super_admin', 1 );
		foreach ( $this->events_of( $webhook ) as $event ) {
			$this->assertSame( array(), Schema_Check::faults( $envelope, $event ) );
			$this->assertSame( array(), array_diff_key( $event, $envelope['properties'] ) );
		}
	}

	public function test_the_worker_s_own_events_are_as_described(): void {
		$this->endpoint = new Endpoint();
		$watcher        = $this->subscribe( 'webhook_*' );
		foreach ( array( '500', '410' ) as $status ) {
			$row           = (object) Webhook::create( "Answers $status", $this->endpoint->url . "/$status", "test.answer_$status" )->to_row();
			$row->settings = json_encode( array( 'retries' => array() ) + json_decode( $row->settings, true ) );
			$this->store( Webhook::from_row( $row ) );
			webhooks_wait( (string) network_webhooks_dispatch( "test.answer_$status" ), self::DEADLINE );
		}
		$events = array();
		foreach ( $this->events_of( $watcher ) as $event ) {
			$this->assert_described( $event );
			$events[ $event['type'] ][] = $event['data']['webhook_name'];
		}
		$this->assertSame( array( 'Answers 500' ), array_slice( $events['webhook_delivery_failed'], 0, 1 ) );
		$this->assertSame( array( 'Answers 410' ), $events['webhook_disabled'] );
	}

	private function assert_made( string $name, string $text ): void {
		$file = dirname( __DIR__, 2 ) . "/docs/$name";
		$this->assertTrue( is_file( $file ) && file_get_contents( $file ) === $text, "docs/$name is out of date. Run: make docs" );
	}
}
