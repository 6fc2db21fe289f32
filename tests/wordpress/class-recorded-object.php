<?php
/**
 * In place of another plugin's object in a trace: it says of itself what it said when the trace was recorded, and
 * what was not recorded is made up by its name.
 */

final class Recorded_Object {

	/**
	 * Finder and id → the object that is found now.
	 *
	 * @var array<string, self>
	 */
	private static array $found = array();

	/**
	 * @param string               $class What it stands for.
	 * @param array<string, mixed> $state What it said, by method or property.
	 */
	private function __construct( private readonly string $class, private readonly array $state ) {}

	/**
	 * What a description in a trace stands for.
	 */
	public static function of( array $described ): mixed {
		$type  = (string) array_key_first( $described );
		$value = $described[ $type ];
		return match ( $type ) {
			'list', 'array' => array_map( array( self::class, 'of' ), $value ),
			'object' => new self( $value, array_map( array( self::class, 'of' ), $described['state'] ?? array() ) ),
			'secret' => 'canary',
			'null' => null,
			default => $value,
		};
	}

	/**
	 * What finders find from now on.
	 *
	 * @param array<string, array|null> $found Finder and id → description; null: it is gone.
	 */
	public static function remember( array $found ): void {
		self::$found = array_filter( array_replace( self::$found, array_map( static fn( ?array $object ) => null === $object ? null : self::of( $object ), $found ) ) );
	}

	/**
	 * The request is over.
	 */
	public static function end(): void {
		self::$found = array();
	}

	public static function found( string $finder, int $id ): ?self {
		return self::$found[ "$finder:$id" ] ?? null;
	}

	public function __isset( string $name ): bool {
		return null !== $this->answer( $name, "get_$name" );
	}

	public function __get( string $name ): mixed {
		return $this->answer( $name, "get_$name" );
	}

	public function __call( string $name, array $arguments ): mixed {
		return $this->answer( $name, substr( $name, 4 ) );
	}

	// A record of LifterLMS.
	public function get( string $name ): mixed {
		return $this->state[ "get:$name" ] ?? '';
	}

	public function get_initial_price(): float {
		return (float) ( $this->state['get_initial_price'] ?? 0 );
	}

	// What is asked for by method_exists().
	public function get_id(): int {
		return (int) $this->answer( 'get_id', 'id' );
	}

	public function get_user_id(): int {
		return (int) $this->answer( 'get_user_id', 'user_id' );
	}

	public function get_slug(): string {
		return (string) $this->answer( 'get_slug', 'slug' );
	}

	public function get_payload(): array {
		return array( 'user_id' => 7 );
	}

	public function get_gateway(): string {
		return (string) $this->answer( 'get_gateway', 'gateway' );
	}

	public function get_line_items(): array {
		return array();
	}

	public function get_items( string $kind = 'line_item' ): array {
		return 'line_item' === $kind ? array_fill( 1, (int) ( $this->state['items'] ?? 0 ), new self( 'WC_Order_Item_Product', array( 'get_quantity' => 1, 'get_total' => $this->answer( 'get_total', 'total' ) ) ) ) : array();
	}

	/**
	 * What it said, or something of the type that such a name has.
	 */
	private function answer( string $name, string $other ): mixed {
		foreach ( array( $name, $other ) as $key ) {
			if ( array_key_exists( $key, $this->state ) ) {
				$value = $this->state[ $key ];
				return $value instanceof self && str_contains( $key, 'date' ) ? new DateTime( '@' . time() ) : $value;
			}
		}
		return match ( true ) {
			str_contains( $name, 'date' ) => null,
			str_ends_with( $name, '_id' ), str_ends_with( $name, 'id' ) => 7,
			str_contains( $name, 'total' ), str_contains( $name, 'tax' ) && ! str_starts_with( $name, 'get_taxes' ), str_contains( $name, 'amount' ) => '0',
			in_array( $name, array( 'get_product', 'needs_payment', 'get_prices_include_tax' ), true ) => false,
			in_array( $name, array( 'get_refunds', 'get_meta_data', 'get_address', 'get_taxes' ), true ) => array(),
			'get_currency' === $name, 'currency' === $name => 'EUR',
			default => 'Text',
		};
	}
}
