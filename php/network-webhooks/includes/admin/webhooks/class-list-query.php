<?php
/**
 * What the list is asked to show.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Counters;
use Network_Webhooks\Endpoint_Url;
use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Status;
use Network_Webhooks\Text;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Search, filters and order, from the request's address. All of it is done here and not by the
 * database: half of what one sorts by stands in the worker's store, and a network has hundreds of
 * webhooks, not millions.
 */
final class List_Query {

	/** Before a category, where the filter asks for all of its events. */
	public const CATEGORY = '@';

	/** By what can be sorted. */
	public const ORDERS = array( 'name', 'url', 'status', 'calls', 'last' );

	private function __construct(
		public readonly string $search,
		public readonly string $status,
		public readonly string $event,
		public readonly string $site,
		public readonly string $order_by,
		public readonly bool $descending,
	) {}

	/**
	 * Of this request. Nothing is written, so no nonce is asked for.
	 */
	public static function of_request(): self {
		$status   = self::text( 'status' );
		$order_by = self::text( 'orderby' );
		return new self(
			self::text( 's' ),
			in_array( $status, Status::ALL, true ) ? $status : '',
			self::text( 'event' ),
			self::text( 'site' ),
			in_array( $order_by, self::ORDERS, true ) ? $order_by : 'name',
			'desc' === strtolower( self::text( 'order' ) )
		);
	}

	/**
	 * Whether anything is left out, whatever the status.
	 */
	public function is_filtered(): bool {
		return '' !== $this->search . $this->event . $this->site;
	}

	/**
	 * Which counters of webhooks_stats() the order goes by.
	 *
	 * @return list<string>
	 */
	public function counters(): array {
		return match ( $this->order_by ) {
			'calls' => array( 'delivered', 'failed' ),
			'last' => array( 'last_attempt' ),
			default => array(),
		};
	}

	/**
	 * The query of an address that asks for the same.
	 *
	 * @return array<string, string>
	 */
	public function to_query(): array {
		return array_filter(
			array(
				's'       => $this->search,
				'status'  => $this->status,
				'event'   => $this->event,
				'site'    => $this->site,
				'orderby' => 'name' === $this->order_by ? '' : $this->order_by,
				'order'   => $this->descending ? 'desc' : '',
			),
			'strlen'
		);
	}

	/**
	 * The webhooks that are asked for, whatever their status.
	 *
	 * @param list<Webhook> $webhooks
	 * @param bool          $whole_url Whether the search looks behind the host.
	 * @return list<Webhook>
	 */
	public function filter( array $webhooks, Event_Registry $registry, bool $whole_url ): array {
		if ( '' !== $this->search ) {
			$webhooks = $this->found( $webhooks, $registry, $whole_url );
		}
		if ( '' !== $this->event ) {
			$events   = array_flip( $this->events( $registry ) );
			$webhooks = array_filter( $webhooks, static fn( Webhook $webhook ) => self::gets_any( $webhook, $events ) );
		}
		if ( '' !== $this->site ) {
			$ids      = Site_Addresses::find( $this->site );
			$webhooks = array_filter( $webhooks, static fn( Webhook $webhook ) => $webhook->is_for_any( $ids ) );
		}
		return array_values( $webhooks );
	}

	/**
	 * The webhooks in order.
	 *
	 * @param list<Webhook> $webhooks
	 * @return list<Webhook>
	 */
	public function sort( array $webhooks, Counters $counters ): array {
		$name = static fn( Webhook $webhook ) => Text::lower( $webhook->name );
		$key  = match ( $this->order_by ) {
			'name' => $name,
			'url' => static fn( Webhook $webhook ) => ( new Endpoint_Url( $webhook->url ) )->host,
			'status' => static fn( Webhook $webhook ) => array_search( Status::of( $webhook, $counters )->code, Status::ALL, true ),
			'calls' => static fn( Webhook $webhook ) => $counters->of( $webhook->id )['delivered'] + $counters->of( $webhook->id )['failed'],
			'last' => static fn( Webhook $webhook ) => (string) $counters->of( $webhook->id )['last_attempt'],
		};
		$keys  = array_map( $key, $webhooks );
		$names = array_map( $name, $webhooks );
		// Equals by name, whichever way the rest goes.
		array_multisort(
			$keys,
			$this->descending ? SORT_DESC : SORT_ASC,
			'name' === $this->order_by ? SORT_NATURAL : SORT_REGULAR,
			$names,
			SORT_ASC,
			SORT_NATURAL,
			$webhooks
		);
		return $webhooks;
	}

	/**
	 * The webhooks that the search finds: by name, URL, id, or an event.
	 *
	 * @param list<Webhook> $webhooks
	 * @return array<int, Webhook>
	 */
	private function found( array $webhooks, Event_Registry $registry, bool $whole_url ): array {
		$part = Text::lower( $this->search );
		// Of the same few events for many webhooks.
		$found    = array();
		$by_event = static function ( string $event ) use ( &$found, $registry, $part ): bool {
			return $found[ $event ] ??= str_contains( Text::lower( "$event\n{$registry->name( $event )}" ), $part );
		};
		$is_found = static function ( Webhook $webhook ) use ( $by_event, $whole_url, $part ): bool {
			$url = $whole_url ? $webhook->url : ( new Endpoint_Url( $webhook->url ) )->host;
			// At once: what is typed into a field has no end of a line.
			if ( str_contains( Text::lower( "$webhook->name\n$webhook->id\n$url" ), $part ) ) {
				return true;
			}
			foreach ( $webhook->events() as $event ) {
				if ( $by_event( $event ) ) {
					return true;
				}
			}
			return false;
		};
		return array_filter( $webhooks, $is_found );
	}

	/**
	 * The events that the filter means.
	 *
	 * @return list<string>
	 */
	private function events( Event_Registry $registry ): array {
		if ( ! str_starts_with( $this->event, self::CATEGORY ) ) {
			return array( $this->event );
		}
		$category = substr( $this->event, strlen( self::CATEGORY ) );
		$events   = array_filter( $registry->all(), static fn( Event $event ) => $event->category === $category );
		return array_values( array_column( $events, 'slug' ) );
	}

	/**
	 * Whether a webhook gets one of some events, from whichever site.
	 *
	 * @param array<string, int> $events By name.
	 */
	private static function gets_any( Webhook $webhook, array $events ): bool {
		foreach ( $webhook->events() as $pattern ) {
			if ( isset( $events[ $pattern ] ) ) {
				return true;
			}
			if ( ! str_contains( $pattern, '*' ) ) {
				continue;
			}
			foreach ( array_keys( $events ) as $event ) {
				if ( Event::matches( $pattern, (string) $event ) ) {
					return true;
				}
			}
		}
		return false;
	}

	/**
	 * A text of the address.
	 */
	private static function text( string $name ): string {
		// Not sanitize_text_field(), which would eat the %20 of a URL.
		return is_string( $_GET[ $name ] ?? null ) ? trim( wp_check_invalid_utf8( wp_unslash( $_GET[ $name ] ), true ) ) : ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- as it was typed; escaped where it is printed.
	}
}
