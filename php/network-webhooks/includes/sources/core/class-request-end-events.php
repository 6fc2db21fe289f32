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

	/** Nanoseconds after which what is taken at the end of a request does not wait for that end: an import may last for hours. */
	private const PATIENCE = 10_000_000_000;

	/**
	 * What is fired over and over while a process works: there is no clock that could wake one up.
	 */
	private const SIGNS_OF_LIFE = array( 'added_post_meta', 'updated_post_meta', 'added_user_meta', 'updated_user_meta', 'added_option', 'updated_option', 'clean_post_cache', 'clean_user_cache', 'set_object_terms', 'wp_insert_comment', 'http_api_debug', 'switch_blog', 'action_scheduler_after_execute', 'woocommerce_after_order_object_save', 'woocommerce_after_product_object_save' );

	/**
	 * Held events by key, oldest first.
	 *
	 * `data` is a closure where the payload is taken when the event is sent; `since` is when it
	 * happened, as hrtime(), and `blog` where; `is_timed`: it waits for some seconds only; `is_there`: whether what it is about is in the database, where that can
	 * be taken back; `cause`: what suspended it when it happened; `place`: where it happened, if
	 * somebody listens.
	 *
	 * @var array<string, array{event: string, data: array|\Closure, options: array, cause: array|null, place: array|null, since: int, blog: int, is_timed: bool, is_there: \Closure|null}>
	 */
	private array $held = array();

	/**
	 * Since when the oldest of them waits whose payload is taken at the end, as hrtime(); 0: none does.
	 */
	private int $oldest = 0;

	/**
	 * Whether some are being sent for their age: making a payload may be a sign of life too.
	 */
	private bool $is_sending = false;

	public function __construct( private readonly Dispatcher $dispatcher ) {}

	/**
	 * Holds an event of the current site. Its texts are made plain when it is sent.
	 *
	 * @param string                $key      Such as `removed:7:3`; a second one of the key takes the
	 *                                        first's place and keeps its time.
	 * @param (\Closure(): bool)|null $is_there Whether what it is about is in the database when it is sent,
	 *                                        where a transaction may take that back; null: it is.
	 */
	public function hold( string $key, string $event, array $data, ?\Closure $is_there = null ): void {
		$this->keep( $key, $event, $data, Accounts::NAME, array(), $is_there );
	}

	/**
	 * Holds an event of something that is being saved for the first time: its payload is taken when
	 * the request ends, after a fatal error too, and in a process that goes on after some seconds.
	 *
	 * @param string                $key      As in hold(). A second one of the key changes nothing.
	 * @param \Closure(): ?array     $data     Makes the payload, on the site where the event happened; null
	 *                                        from it: there is no event.
	 * @param array<string, mixed>  $options  See network_webhooks_dispatch().
	 * @param (\Closure(): bool)|null $is_there As in hold(), asked on the site where the event happened.
	 */
	public function take_later( string $key, string $event, string $source, \Closure $data, array $options = array(), ?\Closure $is_there = null ): void {
		if ( isset( $this->held[ $key ] ) ) {
			return;
		}
		$this->keep( $key, $event, $data, $source, $options, $is_there );
		$this->held[ $key ]['is_timed'] = true;
		if ( 0 === $this->oldest ) {
			$this->oldest = $this->held[ $key ]['since'];
			foreach ( self::SIGNS_OF_LIFE as $hook ) {
				add_action( $hook, array( $this, 'send_old' ), PHP_INT_MAX, 0 );
			}
		}
		$this->send_old();
	}

	/**
	 * Sends what waits for too long, in a process that goes on.
	 */
	public function send_old(): void {
		if ( 0 === $this->oldest || $this->is_sending || hrtime( true ) - $this->oldest < self::PATIENCE ) {
			return;
		}
		$this->is_sending = true;
		try {
			$this->send_taken_before( hrtime( true ) - self::PATIENCE );
		} finally {
			$this->is_sending = false;
		}
	}

	/**
	 * Whether events of the key wait, such as `order:3:1234:*`.
	 */
	public function holds( string $pattern ): bool {
		return array() !== $this->keys( $pattern );
	}

	/**
	 * Sends, in their order, what is taken at the end and waits since before then.
	 */
	private function send_taken_before( int $then ): void {
		$left = 0;
		foreach ( $this->held as $key => $held ) {
			if ( $held['is_timed'] && $held['since'] <= $then ) {
				$this->send_one( (string) $key );
			} elseif ( $held['is_timed'] ) {
				$left = 0 === $left ? $held['since'] : min( $left, $held['since'] );
			}
		}
		$this->oldest = $left;
		foreach ( 0 === $left ? self::SIGNS_OF_LIFE : array() as $hook ) {
			remove_action( $hook, array( $this, 'send_old' ), PHP_INT_MAX );
		}
	}

	/**
	 * Holds an event of the current site.
	 */
	private function keep( string $key, string $event, array|\Closure $data, string $source, array $options, ?\Closure $is_there ): void {
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
			'since'   => $this->held[ $key ]['since'] ?? hrtime( true ),
			'blog'    => get_current_blog_id(),
			'is_timed' => $this->held[ $key ]['is_timed'] ?? false,
			'is_there' => $is_there ?? $this->held[ $key ]['is_there'] ?? null,
			'options' => $this->held[ $key ]['options'] ?? $options + array(
				'source'    => $source,
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
	 * The payload of an event that hold() holds.
	 */
	public function data( string $key ): ?array {
		$data = $this->held[ $key ]['data'] ?? null;
		return is_array( $data ) ? $data : null;
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
	 * Completes a held event with what became known, and holds it on.
	 */
	public function amend( string $key, string $source, array $data ): void {
		if ( is_array( $this->held[ $key ]['data'] ?? null ) ) {
			$this->held[ $key ]['data']              = array_replace( $this->held[ $key ]['data'], $data );
			$this->held[ $key ]['options']['source'] = $source;
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
	 * Sends one, unless what it is about was taken back.
	 */
	private function send_one( string $key ): void {
		$held = $this->held[ $key ];
		unset( $this->held[ $key ] );
		$is_elsewhere = $held['data'] instanceof \Closure && get_current_blog_id() !== $held['blog'];
		if ( $is_elsewhere && ! get_site( $held['blog'] ) ) {
			// Its site was deleted since, and the object with it.
			return;
		}
		$is_sending       = $this->is_sending;
		$this->is_sending = true;
		if ( $is_elsewhere ) {
			switch_to_blog( $held['blog'] );
		}
		try {
			if ( self::is_there( $held['is_there'] ) ) {
				$this->dispatcher->at( $held['place'], fn() => $this->dispatch( $held ) );
			}
		} finally {
			if ( $is_elsewhere ) {
				restore_current_blog();
			}
			$this->is_sending = $is_sending;
		}
	}

	/**
	 * Whether something is in the database. Where that can't be known, it is.
	 */
	private static function is_there( ?\Closure $look ): bool {
		try {
			return null === $look || $look();
		} catch ( \Throwable ) {
			return true;
		}
	}

	/**
	 * Dispatches what was held.
	 */
	private function dispatch( array $held ): void {
		if ( $held['cause'] ) {
			$this->dispatcher->suppress( $held['event'], $held['options'], $held['cause'] );
			return;
		}
		$data = $held['data'] instanceof \Closure ? $held['data'] : Plain_Text::payload( $held['data'] );
		$this->dispatcher->suspension()->outside( fn() => $this->dispatcher->dispatch( $held['event'], $data, $held['options'] ) );
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
