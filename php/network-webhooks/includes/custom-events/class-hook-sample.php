<?php
/**
 * What an action's arguments were once.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Describes arguments by their types and the names of their fields. No value is kept: a sample
 * stands in the database, and is for choosing.
 */
final class Hook_Sample {

	/** How deep fields are looked for, and how many are listed. */
	private const DEPTH = 3;
	private const LIMIT = 200;

	/** Methods by which plugins' objects give what they keep to themselves. */
	private const METHODS = array( 'get_data', 'to_array', 'toArray', 'jsonSerialize' );

	/** Most methods that are asked of an object without such a one, and what is asked by name where it has get(). */
	private const GETTERS = 40;
	private const NAMES   = array( 'id', 'status', 'title', 'name', 'type', 'total', 'currency', 'user_id', 'email' );

	/**
	 * Describes arguments.
	 *
	 * @param list<mixed> $given
	 * @return list<array{type: string, fields: array<string, string>}> `fields`: path → type.
	 */
	public static function of( array $given ): array {
		return array_map(
			static function ( $value ): array {
				$fields = array();
				self::collect( $fields, self::item( $value ), '', self::DEPTH );
				return array(
					'type'   => self::type( $value ),
					'fields' => $fields,
				);
			},
			array_slice( array_values( $given ), 0, Custom_Event::ARGUMENTS )
		);
	}

	/**
	 * A made-up value of a type, for the catalogue's example.
	 */
	public static function example( string $type ): mixed {
		return match ( $type ) {
			'int' => 1,
			'float' => 1.5,
			'bool' => true,
			'null' => null,
			default => str_starts_with( $type, 'list' ) ? array() : 'text',
		};
	}

	/**
	 * A value that is sent as it is; null where it has parts, or can't be sent at all.
	 */
	public static function simple( mixed $value ): int|float|bool|string|null {
		return match ( true ) {
			is_scalar( $value ) => $value,
			$value instanceof \DateTimeInterface => \DateTimeImmutable::createFromInterface( $value )->setTimezone( new \DateTimeZone( 'UTC' ) )->format( 'Y-m-d\TH:i:s\Z' ),
			$value instanceof \BackedEnum => $value->value,
			$value instanceof \UnitEnum => $value->name,
			default => null,
		};
	}

	/**
	 * The fields of an object or array: public ones, or where an object has none, what it gives by
	 * a method for that.
	 *
	 * @return array<string, mixed>
	 */
	public static function fields_of( mixed $value ): array {
		if ( is_array( $value ) ) {
			return $value;
		}
		if ( ! is_object( $value ) || $value instanceof \Closure ) {
			return array();
		}
		$fields = get_object_vars( $value );
		foreach ( $fields ? array() : self::METHODS as $name ) {
			$given = self::asked( $value, $name );
			$given = $given instanceof \stdClass ? get_object_vars( $given ) : $given;
			if ( is_array( $given ) && $given ) {
				return $given;
			}
		}
		return $fields ? $fields : self::answers( $value );
	}

	/**
	 * What an object answers that has neither fields nor a method that gives all: `get_id()`, or `get( 'id' )`.
	 *
	 * @return array<string, mixed>
	 */
	private static function answers( object $value ): array {
		$answers = array();
		foreach ( get_class_methods( $value ) as $method ) {
			if ( preg_match( '/^get_?([a-zA-Z]\w*)$/D', $method, $found ) && count( $answers ) < self::GETTERS && ! Secrets::is_name( $found[1] ) ) {
				$answer = self::asked( $value, $method );
				if ( null !== $answer && ! is_resource( $answer ) ) {
					$answers[ lcfirst( $found[1] ) ] = $answer;
				}
			}
		}
		if ( ! $answers && is_callable( array( $value, 'get' ) ) ) {
			foreach ( self::NAMES as $name ) {
				$answer = self::asked( $value, 'get', $name );
				if ( null !== $answer && '' !== $answer && false !== $answer ) {
					$answers[ $name ] = $answer;
				}
			}
		}
		return $answers;
	}

	/**
	 * What a method of an object gives; null: it has none, or one that takes something else, or that fails.
	 */
	private static function asked( object $value, string $name, string ...$arguments ): mixed {
		if ( ! is_callable( array( $value, $name ) ) || ! method_exists( $value, $name ) ) {
			return null;
		}
		$method = new \ReflectionMethod( $value, $name );
		if ( $method->isStatic() || $method->getNumberOfRequiredParameters() > count( $arguments ) || ( $arguments && 0 === $method->getNumberOfParameters() ) ) {
			return null;
		}
		try {
			return $value->$name( ...$arguments );
		} catch ( \Throwable ) {
			return null;
		}
	}

	/**
	 * What a list has; else the value itself.
	 */
	private static function item( mixed $value ): mixed {
		return is_array( $value ) && array_is_list( $value ) ? $value[0] ?? null : $value;
	}

	/**
	 * The type in words.
	 */
	private static function type( mixed $value ): string {
		if ( is_array( $value ) && array_is_list( $value ) && $value ) {
			return 'list of ' . self::type( $value[0] );
		}
		return is_array( $value ) && ! $value ? 'list' : get_debug_type( $value );
	}

	/**
	 * Lists the fields that can be sent, those of the value itself before those of its parts.
	 *
	 * @param array<string, string> $fields
	 */
	private static function collect( array &$fields, mixed $value, string $prefix, int $depth ): void {
		$parts = array();
		foreach ( self::fields_of( $value ) as $name => $part ) {
			$name = (string) $name;
			// A dot parts the names of a path.
			if ( count( $fields ) >= self::LIMIT || '' === $name || str_contains( $name, '.' ) || strlen( $prefix . $name ) > 200 ) {
				continue;
			}
			$item = self::item( $part );
			if ( null === $part || null !== self::simple( $part ) || ( is_array( $part ) && array_is_list( $part ) && ( null === $item || null !== self::simple( $item ) ) ) ) {
				$fields[ $prefix . $name ] = self::type( $part );
			} elseif ( ! Secrets::is_name( $name ) && ! array_is_list( (array) $part ) ) {
				$parts[ $name ] = $part;
			}
		}
		if ( $depth > 1 ) {
			foreach ( $parts as $name => $part ) {
				self::collect( $fields, $part, "$prefix$name.", $depth - 1 );
			}
		}
	}
}
