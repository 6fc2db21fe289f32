<?php
/**
 * Events that wait for what the same request does next.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Dispatcher;
use Network_Webhooks\Event;
use Network_Webhooks\Plain_Text;

defined( 'ABSPATH' ) || exit;

/**
 * WordPress tells a consequence before its cause, and one change in several hooks. What may turn
 * out to be part of something larger is held, with the payload, time and person it has now, until
 * that is known, at the latest until the end of the request.
 */
final class Request_End_Events {

	/** A process that holds more sends the oldest: memory must not grow with a bulk action. */
	private const LIMIT = 5000;

	/**
	 * Held events by key, oldest first.
	 *
	 * `cause`: what suspended it when it happened; `place`: where it happened, if somebody listens.
	 *
	 * @var array<string, array{event: string, data: array, options: array, cause: array|null, place: array|null}>
	 */
	private array $held = array();

	public function __construct( private readonly Dispatcher $dispatcher ) {}

	/**
	 * Holds an event of the current site. Its texts are made plain when it is sent.
	 *
	 * @param string $key Such as `removed:7:3`; a second one of the key takes the first's place
	 *                    and keeps its time.
	 */
	public function hold( string $key, string $event, array $data ): void {
		// What is left is sent when the request ends.
		add_action( 'shutdown', array( $this, 'send' ), 0, 0 );
		$user_id            = get_current_user_id();
		$cause              = $this->dispatcher->suspension()->cause( $event );
		$this->held[ $key ] = array(
			// Of two changes that become one event, one that is to be told is enough.
			'cause'   => isset( $this->held[ $key ] ) && ! $this->held[ $key ]['cause'] ? null : $cause,
			'event'   => $event,
			'data'    => $data,
			'place'   => $this->held[ $key ]['place'] ?? $this->dispatcher->place(),
			'options' => $this->held[ $key ]['options'] ?? array(
				'source'    => Accounts::NAME,
				'site'      => array(
					'id'  => get_current_blog_id(),
					'url' => (string) get_option( 'home' ),
				),
				'actor'     => $user_id ? array( 'user' => $user_id ) : null,
				'timestamp' => microtime( true ),
			),
		);
		if ( count( $this->held ) > self::LIMIT ) {
			$this->send_one( array_key_first( $this->held ) );
		}
	}

	/**
	 * The payload of a held event.
	 */
	public function data( string $key ): ?array {
		return $this->held[ $key ]['data'] ?? null;
	}

	/**
	 * Completes a held event with what became known, and sends it. Does nothing where none of the
	 * key is held.
	 */
	public function complete( string $key, string $source, callable $data ): void {
		if ( isset( $this->held[ $key ] ) ) {
			$this->held[ $key ]['data']              = array_replace( $this->held[ $key ]['data'], $data() );
			$this->held[ $key ]['options']['source'] = $source;
			$this->send_one( $key );
		}
	}

	/**
	 * Forgets the held events whose key matches, such as `removed:7:*`.
	 *
	 * @return list<array> Their payloads.
	 */
	public function drop( string $pattern ): array {
		$keys       = $this->keys( $pattern );
		$dropped    = array_intersect_key( $this->held, array_flip( $keys ) );
		$this->held = array_diff_key( $this->held, $dropped );
		return array_values( array_column( $dropped, 'data' ) );
	}

	/**
	 * Sends the held events whose key matches; by default all.
	 */
	public function send( string $pattern = '*' ): void {
		array_map( array( $this, 'send_one' ), $this->keys( $pattern ) );
	}

	/**
	 * Sends one.
	 */
	private function send_one( string $key ): void {
		$held = $this->held[ $key ];
		unset( $this->held[ $key ] );
		$this->dispatcher->at(
			$held['place'],
			fn() => $held['cause']
				? $this->dispatcher->suppress( $held['event'], $held['options'], $held['cause'] )
				: $this->dispatcher->suspension()->outside( fn() => $this->dispatcher->dispatch( $held['event'], Plain_Text::payload( $held['data'] ), $held['options'] ) )
		);
	}

	/**
	 * Keys that match.
	 *
	 * @return list<string>
	 */
	private function keys( string $pattern ): array {
		return array_values( array_filter( array_keys( $this->held ), static fn( string $key ) => Event::matches( $pattern, $key ) ) );
	}
}
