<?php
/**
 * Test events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Sends the example of a webhook's event to that webhook alone, and waits for what its endpoint
 * says. One attempt, not counted as a call, to paused webhooks too.
 */
final class Test_Event {

	/** Seconds after which one stops waiting. */
	public const PATIENCE = 20;

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Catalogue $catalogue, private readonly Dispatcher $dispatcher ) {}

	/**
	 * Sends one.
	 *
	 * @return string The event's id.
	 * @throws \Exception Says why it could not be sent.
	 */
	public function send( Webhook $webhook ): string {
		if ( ! Environment::has_extension() ) {
			throw new \RuntimeException( Environment::extension_problem() );
		}
		$event   = $this->event( $webhook );
		$source  = $event ? array_key_first( $event->examples ) : '';
		$options = $this->dispatcher->complete(
			array(
				'source' => $source,
				'only'   => array( $webhook->id ),
			)
		);
		$id      = webhooks_dispatch(
			$event->slug ?? str_replace( '*', 'test', $webhook->events()[0] ?? 'test' ),
			$event->examples[ $source ] ?? array( 'test' => true ),
			array( 'test' => true ) + $options
		);
		if ( null === $id ) {
			throw new \RuntimeException( __( 'This server does not know the webhook yet. Try again in a minute.', 'network-webhooks' ) );
		}
		return $id;
	}

	/**
	 * What came of one.
	 *
	 * @param float $seconds How long to wait for it.
	 * @return array<string, mixed>|null The delivery with its attempts; null: nothing yet.
	 * @throws \Exception Where the log can't be read.
	 */
	public function result( string $event_id, float $seconds ): ?array {
		return webhooks_wait( $event_id, $seconds )[0] ?? null;
	}

	/**
	 * The first event of the catalogue that the webhook gets.
	 */
	private function event( Webhook $webhook ): ?Event {
		foreach ( $webhook->events() as $pattern ) {
			foreach ( $this->catalogue->all() as $event ) {
				if ( Event::matches( $pattern, $event->slug ) ) {
					return $event;
				}
			}
		}
		return null;
	}
}
