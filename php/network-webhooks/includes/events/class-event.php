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
 *
 * @since 0.1.0
 */
final class Event {

	/** Begins the names of what is made for the format `woocommerce`: only a pattern of this beginning subscribes to it. */
	public const WOOCOMMERCE = 'woocommerce.';

	/**
	 * @param string                      $slug        As subscribed to and dispatched.
	 * @param string                      $category    A key of Event_Registry::categories().
	 * @param string                      $name        For people.
	 * @param string                      $description When it happens, in a sentence.
	 * @param array<string, array|object> $examples    Source → the `data` of such an event; at
	 *                                                 least one.
	 * @param array<string, array|\Closure> $described Source → JSON Schema 2020-12 of `data`, or what
	 *                                                 makes it when somebody asks.
	 * @param array<string, string>       $when        Source → which hook raises it, and when not.
	 * @param list<string>                $lookup      Paths in `data` by which people search.
	 * @param bool                        $sensitive   Whether `data` opens a door, such as a link
	 *                                                 that confirms an address.
	 * @param int                         $version     Of the payload: a new one where a key goes or
	 *                                                 gets another type. Who sends it says so, too.
	 */
	public function __construct(
		public readonly string $slug,
		public readonly string $category,
		public readonly string $name,
		public readonly string $description,
		public readonly array $examples,
		private readonly array $described = array(),
		public readonly array $when = array(),
		public readonly array $lookup = array(),
		public readonly bool $sensitive = false,
		public readonly int $version = 1,
	) {}

	/**
	 * An event of one source, with the schema that its example shows.
	 *
	 * @param string       $source   Who raises it.
	 * @param string       $when     Which hook raises it, and when not.
	 * @param array        $example  All keys, each with a value of its type.
	 * @param list<string> $nullable Paths that may be null, `items.*.type`.
	 * @param list<string> $lookup   Paths in `data` by which people search.
	 */
	public static function of( string $source, string $slug, string $category, string $name, string $description, string $when, array $example, array $nullable = array(), array $lookup = array() ): self {
		return new self(
			$slug,
			$category,
			$name,
			$description,
			array( $source => $example ),
			array( $source => static fn() => Payload_Schema::of( $example, $nullable ) ),
			array( $source => $when ),
			$lookup
		);
	}

	/**
	 * An event of another plugin, as it describes it: with what is usable of that. To be made when
	 * somebody looks: texts may be closures, which then speak the reader's language.
	 *
	 * @param string               $slug Its name, which is_name().
	 * @param array<string, mixed> $args See network_webhooks_register_event().
	 */
	public static function registered( string $slug, array $args ): self {
		$category = self::text( $args['category'] ?? null );
		$source   = self::text( $args['source'] ?? null );
		$example  = $args['example'] ?? null;
		$schema   = $args['schema'] ?? null;
		$lookup   = array_filter( (array) ( $args['lookup'] ?? array() ), static fn( mixed $path ) => is_string( $path ) && '' !== $path );
		$name     = self::text( $args['name'] ?? null );
		return new self(
			$slug,
			array_key_exists( $category, Event_Registry::categories() ) ? $category : 'other',
			'' === $name ? ucwords( strtr( $slug, '_.-', '   ' ) ) : $name,
			self::text( $args['description'] ?? null ),
			array( $source => is_array( $example ) || is_object( $example ) ? $example : array() ),
			is_array( $schema ) ? array( $source => $schema ) : array(),
			array(),
			array_values( array_unique( $lookup ) ),
			! empty( $args['sensitive'] )
		);
	}

	/**
	 * What registered() makes this event of again, without closures.
	 *
	 * @return array<string, mixed>
	 */
	public function definition(): array {
		$source = (string) array_key_first( $this->examples );
		return array_filter(
			array(
				'name'        => $this->name,
				'description' => $this->description,
				'category'    => $this->category,
				'source'      => $source,
				'example'     => $this->examples[ $source ] ?? array(),
				'schema'      => $this->schemas()[ $source ] ?? array(),
				'lookup'      => $this->lookup,
				'sensitive'   => $this->sensitive,
			)
		);
	}

	/**
	 * A text, or what a closure makes. One that fails says nothing.
	 */
	private static function text( mixed $text ): string {
		try {
			$text = $text instanceof \Closure ? $text() : $text;
		} catch ( \Throwable ) {
			return '';
		}
		return is_scalar( $text ) ? (string) $text : '';
	}

	/**
	 * This event with what another source of the same event says of its own.
	 */
	public function with_source( self $other ): self {
		return new self(
			$this->slug,
			$this->category,
			$this->name,
			$this->description,
			$this->examples + $other->examples,
			$this->described + $other->described,
			$this->when + $other->when,
			array_values( array_unique( array_merge( $this->lookup, $other->lookup ) ) ),
			$this->sensitive || $other->sensitive,
			max( $this->version, $other->version )
		);
	}

	/**
	 * This event under other words, for filters.
	 *
	 * @param string|null $category A key of Event_Registry::categories(); others leave it where it is.
	 */
	public function with_texts( ?string $name = null, ?string $description = null, ?string $category = null ): self {
		return new self(
			$this->slug,
			array_key_exists( (string) $category, Event_Registry::categories() ) ? $category : $this->category,
			$name ?? $this->name,
			$description ?? $this->description,
			$this->examples,
			$this->described,
			$this->when,
			$this->lookup,
			$this->sensitive,
			$this->version
		);
	}

	/**
	 * Who raises it.
	 *
	 * @return list<string>
	 */
	public function sources(): array {
		return array_keys( $this->examples );
	}

	/**
	 * What is known of `data` by source. Most pages only name events, so it is made when somebody asks.
	 *
	 * @return array<string, array> Source → JSON Schema 2020-12.
	 */
	public function schemas(): array {
		return array_map( static fn( array|\Closure $schema ) => $schema instanceof \Closure ? $schema() : $schema, $this->described );
	}

	/**
	 * JSON Schema of `data`: `oneOf` where several sources raise the event in their own words,
	 * each titled with the `source` by which one tells them apart.
	 *
	 * @return array<string, mixed>|null null: nobody said.
	 */
	public function schema(): ?array {
		$parts = array();
		foreach ( $this->schemas() as $source => $schema ) {
			$parts[] = array( 'title' => $source ) + $schema;
		}
		$schema = array( '$schema' => Payload_Schema::DIALECT );
		return match ( count( $parts ) ) {
			0 => null,
			1 => $schema + $parts[0],
			default => $schema + array( 'oneOf' => $parts ),
		};
	}

	/**
	 * Whether this can be an event's name: the rule of webhooks_dispatch().
	 */
	public static function is_name( string $name ): bool {
		$length = strlen( $name );
		return $length > 0 && $length <= 100 && strspn( $name, 'abcdefghijklmnopqrstuvwxyz0123456789_.-' ) === $length;
	}

	/**
	 * Whether an event of this name is what a pattern (`payment_*`) subscribes to. `*` leaves out what was made for
	 * the format `woocommerce`, as the worker does.
	 */
	public static function matches( string $pattern, string $name ): bool {
		if ( str_starts_with( $name, self::WOOCOMMERCE ) && ! str_starts_with( $pattern, self::WOOCOMMERCE ) ) {
			return false;
		}
		return $pattern === $name
			|| str_contains( $pattern, '*' ) && 1 === preg_match( '/^' . str_replace( '\*', '.*', preg_quote( $pattern, '/' ) ) . '$/D', $name );
	}
}
