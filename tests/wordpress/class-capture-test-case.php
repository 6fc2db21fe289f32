<?php
/**
 * A test while somebody listens: dispatches through a dispatcher of its own, which looks anew.
 */

use Network_Webhooks\Admin\Listen\Capture_Actions;
use Network_Webhooks\Admin\Listen\Captured_Rows;
use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Event;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event_Capture;
use Network_Webhooks\Match_Explainer;
use Network_Webhooks\Settings;
use Network_Webhooks\Throttle;
use Network_Webhooks\Webhook;

abstract class Capture_Test_Case extends Network_Test_Case {

	protected ?Event_Capture $event_capture = null;

	protected function setUp(): void {
		parent::setUp();
		$this->stop();
		Captured_Events::clear();
	}

	protected function tearDown(): void {
		$this->stop();
		Captured_Events::clear();
		Throttle::forget( 'listen-problem' );
		Throttle::forget( 'log-listen' );
		remove_all_filters( 'network_webhooks_should_dispatch' );
		remove_all_filters( 'network_webhooks_payload' );
		// The listener of the plugin itself ends within a second.
		$this->wait_for( fn() => null === $this->plugin()->dispatcher()->place() );
		parent::tearDown();
	}

	/**
	 * Begins to listen, and gives a dispatcher that knows of it.
	 *
	 * @param list<int> $sites
	 */
	protected function listen( array $sites = array(), int $user = 0, ?Closure $clock = null ): Dispatcher {
		( new Capture_Actions( $this->plugin()->publisher() ) )->begin( $sites, $user );
		return $this->dispatcher( $clock );
	}

	protected function stop(): void {
		if ( null !== Custom_Events::stored_capture_session() ) {
			$this->plugin()->publisher()->change( static fn() => Custom_Events::set_capture_session( null ) );
		}
	}

	protected function dispatcher( ?Closure $clock = null ): Dispatcher {
		// What another process published is seen within a second.
		$this->wait_for( static fn() => array( Custom_Events::capture_session( true ) ) === array( Custom_Events::stored_capture_session() ) );
		return new Dispatcher(
			fn() => $this->plugin()->webhooks(),
			fn() => $this->plugin()->outbox(),
			event_captures: fn( Capture_Session $capture_session ) => $this->event_capture = new Event_Capture( new Match_Explainer( $this->plugin()->webhooks() ), $this->plugin()->catalogue(), $capture_session ),
			clock: $clock,
		);
	}

	/**
	 * What was heard, newest first.
	 *
	 * @return list<Captured_Event>
	 */
	protected function captured( string $event = '' ): array {
		$this->event_capture?->keep();
		return Captured_Events::page( 1000, $event );
	}

	/**
	 * The one event that was heard.
	 */
	protected function only_captured( string $event ): Captured_Event {
		$captured = $this->captured( $event );
		$this->assertCount( 1, $captured );
		return Captured_Events::find( $captured[0]->id );
	}

	/**
	 * Has the plugin's own listener keep what it heard.
	 */
	protected function keep_all(): void {
		foreach ( $GLOBALS['wp_filter']['shutdown']->callbacks[ PHP_INT_MAX ] ?? array() as $callback ) {
			if ( is_array( $callback['function'] ) && $callback['function'][0] instanceof Event_Capture ) {
				$callback['function']();
			}
		}
	}

	/**
	 * What became of an event, as a super admin reads it.
	 */
	protected function sentences( Captured_Event $captured, int $reader = 1 ): array {
		wp_set_current_user( $reader );
		$sentences = ( new Captured_Rows( $this->plugin()->webhooks(), $this->plugin()->catalogue() ) )->sentences( $captured );
		wp_set_current_user( 0 );
		return $sentences;
	}

	/**
	 * A stored webhook with other settings.
	 */
	protected function webhook( string $name, string $url, array $settings, string ...$events ): Webhook {
		$row           = (object) Webhook::create( $name, $url, ...$events )->to_row();
		$row->settings = wp_json_encode( $settings + json_decode( $row->settings, true ) );
		return $this->store( Webhook::from_row( $row ) );
	}

	protected function problem(): string {
		$problem = Settings::read( Settings::LISTEN_PROBLEM )[ Settings::LISTEN_PROBLEM ];
		return is_array( $problem ) ? $problem['message'] : '';
	}
}
