<?php
/**
 * Test events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Requests;

defined( 'ABSPATH' ) || exit;

/**
 * Sends the example of a webhook's event, or the last one that really happened, to that webhook
 * alone, and waits for what its endpoint says. One attempt, not counted as a call, to paused
 * webhooks and to drafts too.
 */
final class Test_Event {

	/** Seconds after which one stops waiting. */
	public const PATIENCE = 20;

	/** The test inbox has the event, and has not answered yet. */
	public const TAKEN = 'taken';

	/** The event is on its way to the test inbox, and no PHP process took it so far. */
	public const NOT_TAKEN = 'not_taken';

	/** Send the last event that really happened, where there was one. */
	public const REAL = 'real';

	/** Send the event of this id that Network Admin › Listen recorded: `heard:7`. */
	public const CAPTURED = 'heard:';

	public function __construct(
		private readonly Event_Registry $registry,
		private readonly Dispatcher $dispatcher,
		private readonly Last_Payload $last,
		private readonly Drafts $drafts,
		private readonly Webhooks $webhooks,
	) {}

	/**
	 * Sends one.
	 *
	 * @param string $data Empty: the example; or REAL, or HEARD and an id.
	 * @return string The event's id.
	 * @throws \Exception Says why it could not be sent.
	 */
	public function send( Webhook $webhook, string $data = '' ): string {
		if ( ! Environment::has_extension() ) {
			throw new \RuntimeException( Environment::extension_problem() );
		}
		if ( null !== $webhook->lost() ) {
			throw new \RuntimeException( Set_Aside::label( (string) $webhook->lost() ) . ': ' . Kept_Secrets::reason() );
		}
		$sample  = $this->sample( $webhook, $data );
		$options = array( 'only' => array( $webhook->id ) ) + $this->options( $sample['source'] );
		$id      = webhooks_dispatch( $sample['event'], $sample['data'], $options );
		if ( null === $id ) {
			throw new \RuntimeException( __( 'This server does not know the webhook yet. Try again in a minute.', 'network-webhooks' ) );
		}
		return $id;
	}

	/**
	 * The options of webhooks_dispatch() for a test event that happens here and now.
	 *
	 * @return array<string, mixed>
	 */
	public function options( string $source ): array {
		return array( 'test' => true ) + $this->dispatcher->complete( array( 'source' => $source ) );
	}

	/**
	 * What came of one. A draft has served its purpose then.
	 *
	 * @param float $seconds How long to wait for it.
	 * @return array<string, mixed>|null The delivery with its attempts; null: nothing yet.
	 * @throws \Exception Where the log can't be read.
	 */
	public function result( string $event_id, float $seconds ): ?array {
		$delivery = webhooks_wait( $event_id, $seconds )[0] ?? null;
		if ( $delivery ) {
			$this->drafts->remove( $delivery['webhook_id'] );
		}
		return $delivery;
	}

	/**
	 * What came of one, as result() says, for a page that waits. It does not wait for long for the
	 * test inbox: that needs a PHP process to answer, and this one may be the only one there is.
	 *
	 * @return array<string, mixed>|null
	 * @throws \Exception Where the log can't be read.
	 */
	public function wait( string $event_id, float $seconds ): ?array {
		$inbox = Inbox::find();
		$first = $inbox ? min( $seconds, Inbox::PATIENCE + $inbox->delay ) : 0.0;
		if ( $first > 0 ) {
			$delivery = $this->result( $event_id, $first );
			if ( $delivery || null !== $this->at_inbox( $event_id ) ) {
				return $delivery;
			}
		}
		return $this->result( $event_id, $seconds - $first );
	}

	/**
	 * Where a test event to the test inbox is that has no answer yet.
	 *
	 * @return string|null TAKEN or NOT_TAKEN; null: it goes elsewhere, or is not on its way.
	 * @throws \Exception Where the log can't be read.
	 */
	public function at_inbox( string $event_id ): ?string {
		$inbox    = Inbox::find();
		$delivery = $inbox ? webhooks_deliveries( array( 'event_id' => $event_id, 'limit' => 1 ) )['deliveries'][0] ?? null : null;
		if ( ! $delivery || 'delivering' !== $delivery['state'] ) {
			return null;
		}
		$urls = array_column( Drafts::to_config(), 'url', 'id' );
		if ( ! $inbox->is_at( (string) ( $urls[ $delivery['webhook_id'] ] ?? $this->webhooks->find( $delivery['webhook_id'] )?->url ) ) ) {
			return null;
		}
		return ( new Requests() )->has_event( $event_id ) ? self::TAKEN : self::NOT_TAKEN;
	}

	/**
	 * What is sent: the webhook's first event that the catalogue has, with its data.
	 *
	 * @return array{event: string, source: string, data: array<string, mixed>|object}
	 * @throws \RuntimeException Where the real one was asked for, and none happened yet.
	 */
	public function sample( Webhook $webhook, string $data = '' ): array {
		if ( str_starts_with( $data, self::CAPTURED ) ) {
			return self::captured( (int) substr( $data, strlen( self::CAPTURED ) ) );
		}
		$event = $this->event( $webhook );
		$slug  = $event->slug ?? str_replace( '*', 'test', $webhook->events()[0] ?? 'test' );
		if ( self::REAL === $data ) {
			if ( $event?->sensitive ) {
				throw new \RuntimeException( __( 'The recorded event may contain access links, such as a link that confirms an address, and is not sent as a test. Send the example.', 'network-webhooks' ) );
			}
			$found = $this->last->find( $slug );
			if ( ! $found ) {
				/* translators: %s: name of an event */
				throw new \RuntimeException( sprintf( __( 'No event “%s” is in the log whose whole data is known. Send the example.', 'network-webhooks' ), $event->name ?? $slug ) );
			}
			return array( 'event' => $slug ) + $found;
		}
		$source = $event ? (string) array_key_first( $event->examples ) : '';
		return array(
			'event'  => $slug,
			'source' => $source,
			'data'   => $event->examples[ $source ] ?? array( 'test' => true ),
		);
	}

	/**
	 * What was heard, as a test.
	 *
	 * @return array{event: string, source: string, data: array<string, mixed>|object}
	 * @throws \RuntimeException Where it is gone, or can't be sent.
	 */
	private static function captured( int $id ): array {
		$captured = Captured_Events::find( $id );
		$data     = $captured?->is_testable() ? $captured->data() : null;
		if ( null === $data ) {
			throw new \RuntimeException(
				$captured
					? __( 'The payload of this event can’t be sent as a test: it was masked, cut, or never made. Send the example.', 'network-webhooks' )
					: __( 'The recorded event no longer exists. Send the example.', 'network-webhooks' )
			);
		}
		return array(
			'event'  => $captured->event,
			'source' => $captured->text( 'source' ),
			'data'   => $data,
		);
	}

	/**
	 * The first event of the catalogue that the webhook gets.
	 */
	private function event( Webhook $webhook ): ?Event {
		foreach ( $webhook->events() as $pattern ) {
			foreach ( $this->registry->all() as $event ) {
				if ( Event::matches( $pattern, $event->slug ) ) {
					return $event;
				}
			}
		}
		return null;
	}
}
