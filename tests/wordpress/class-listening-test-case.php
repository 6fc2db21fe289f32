<?php
/**
 * A test while somebody listens: dispatches through a dispatcher of its own, which looks anew.
 */

use Network_Webhooks\Admin\Listen\Changes;
use Network_Webhooks\Admin\Listen\Rows;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Dispatcher;
use Network_Webhooks\Heard;
use Network_Webhooks\Heard_Event;
use Network_Webhooks\Listener;
use Network_Webhooks\Listening;
use Network_Webhooks\Settings;
use Network_Webhooks\Throttle;
use Network_Webhooks\Verdicts;
use Network_Webhooks\Webhook;

abstract class Listening_Test_Case extends Network_Test_Case {

	protected ?Listener $listener = null;

	protected function setUp(): void {
		parent::setUp();
		$this->stop();
		Heard::clear();
	}

	protected function tearDown(): void {
		$this->stop();
		Heard::clear();
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
		( new Changes( $this->plugin()->publisher() ) )->begin( $sites, $user );
		return $this->dispatcher( $clock );
	}

	protected function stop(): void {
		if ( null !== Custom_Events::stored_listening() ) {
			$this->plugin()->publisher()->change( static fn() => Custom_Events::set_listening( null ) );
		}
	}

	protected function dispatcher( ?Closure $clock = null ): Dispatcher {
		// What another process published is seen within a second.
		$this->wait_for( static fn() => array( Custom_Events::listening( true ) ) === array( Custom_Events::stored_listening() ) );
		return new Dispatcher(
			fn() => $this->plugin()->webhooks(),
			fn() => $this->plugin()->outbox(),
			listeners: fn( Listening $listening ) => $this->listener = new Listener( new Verdicts( $this->plugin()->webhooks() ), $this->plugin()->catalogue(), $listening ),
			clock: $clock,
		);
	}

	/**
	 * What was heard, newest first.
	 *
	 * @return list<Heard_Event>
	 */
	protected function heard( string $event = '' ): array {
		$this->listener?->keep();
		return Heard::page( 1000, $event );
	}

	/**
	 * The one event that was heard.
	 */
	protected function only_heard( string $event ): Heard_Event {
		$heard = $this->heard( $event );
		$this->assertCount( 1, $heard );
		return Heard::find( $heard[0]->id );
	}

	/**
	 * Has the plugin's own listener keep what it heard.
	 */
	protected function keep_all(): void {
		foreach ( $GLOBALS['wp_filter']['shutdown']->callbacks[ PHP_INT_MAX ] ?? array() as $callback ) {
			if ( is_array( $callback['function'] ) && $callback['function'][0] instanceof Listener ) {
				$callback['function']();
			}
		}
	}

	/**
	 * What became of an event, as a super admin reads it.
	 */
	protected function sentences( Heard_Event $heard, int $reader = 1 ): array {
		wp_set_current_user( $reader );
		$sentences = ( new Rows( $this->plugin()->webhooks(), $this->plugin()->catalogue() ) )->sentences( $heard );
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
