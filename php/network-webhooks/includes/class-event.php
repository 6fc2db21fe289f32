<?php
/**
 * A kind of event.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * An event as the catalogue lists it.
 */
final class Event {

	/**
	 * Takes the parts.
	 *
	 * @param string                     $slug        As subscribed to and dispatched.
	 * @param string                     $category    A key of Catalogue::categories().
	 * @param string                     $name        For people.
	 * @param string                     $description When it happens, in a sentence.
	 * @param array<string, array|object> $examples    Source → the `data` of such an event; at
	 *                                                 least one.
	 */
	public function __construct(
		public readonly string $slug,
		public readonly string $category,
		public readonly string $name,
		public readonly string $description,
		public readonly array $examples,
	) {}

	/**
	 * This event with the examples of another source of the same event.
	 */
	public function with_examples( self $other ): self {
		return new self( $this->slug, $this->category, $this->name, $this->description, $this->examples + $other->examples );
	}

	/**
	 * Whether this can be an event's name: the rule of webhooks_dispatch().
	 */
	public static function is_name( string $name ): bool {
		return 1 === preg_match( '/^[a-z0-9_.-]{1,100}$/D', $name );
	}

	/**
	 * Whether an event of this name is what a pattern (`payment_*`) subscribes to.
	 */
	public static function matches( string $pattern, string $name ): bool {
		return $pattern === $name
			|| 1 === preg_match( '/^' . str_replace( '\*', '.*', preg_quote( $pattern, '/' ) ) . '$/D', $name );
	}
}
