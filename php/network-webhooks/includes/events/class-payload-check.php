<?php
/**
 * Payloads against their schemas.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Holds a payload against a JSON Schema (2020-12), as far as payloads of events need it: type,
 * const, enum, properties, required, additionalProperties, items, prefixItems, allOf, anyOf,
 * oneOf, not, the limits of numbers, texts and lists, pattern, format, and $ref within the schema.
 * Other keywords are not looked at.
 */
final class Payload_Check {

	/** Schemas within schemas: one that refers to itself without end has more. */
	private const DEPTH = 64;

	/** Limits: keyword → of which type, and what is measured. */
	private const LIMITS = array(
		'minimum'          => 'number',
		'maximum'          => 'number',
		'exclusiveMinimum' => 'number',
		'exclusiveMaximum' => 'number',
		'minLength'        => 'text',
		'maxLength'        => 'text',
		'minItems'         => 'list',
		'maxItems'         => 'list',
	);

	/** Formats that are checked, and how one looks. */
	private const FORMATS = array(
		'date-time' => '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/iD',
		'date'      => '/^\d{4}-\d\d-\d\d$/D',
		'uri'       => '/^[a-z][a-z0-9+.-]*:\S*$/iD',
		'email'     => '/^[^@\s]+@[^@\s]+$/D',
		'uuid'      => '/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iD',
		'ipv4'      => '/^\d{1,3}(\.\d{1,3}){3}$/D',
	);

	/**
	 * Takes the whole schema, to which references refer.
	 */
	private function __construct( private readonly array $whole ) {}

	/**
	 * What is wrong with a value, each with its path.
	 *
	 * @param array<string, mixed> $schema
	 * @param mixed                $value  As json_decode() gives it, objects as objects.
	 * @return list<string>
	 */
	public static function faults( array $schema, mixed $value, string $path = 'data' ): array {
		return ( new self( $schema ) )->of( $schema, $value, $path, 0 );
	}

	/**
	 * What is wrong with the value at a path.
	 *
	 * @return list<string>
	 */
	private function of( mixed $schema, mixed $value, string $path, int $depth ): array {
		if ( is_bool( $schema ) ) {
			return $schema ? array() : array( "$path may not be there." );
		}
		if ( ! is_array( $schema ) || $depth > self::DEPTH ) {
			return array( "$path: its schema is none." );
		}
		if ( isset( $schema['$ref'] ) ) {
			$faults = $this->of( $this->referred( (string) $schema['$ref'] ), $value, $path, $depth + 1 );
			if ( $faults ) {
				return $faults;
			}
		}
		$types = (array) ( $schema['type'] ?? array() );
		if ( $types && ! array_filter( $types, static fn( $type ) => self::is( (string) $type, $value ) ) ) {
			return array( sprintf( '%s has to be %s, and is %s.', $path, implode( ' or ', $types ), self::shown( $value ) ) );
		}
		return array(
			...$this->values( $schema, $value, $path ),
			...$this->limits( $schema, $value, $path ),
			...$this->parts( $schema, $value, $path, $depth ),
			...$this->choices( $schema, $value, $path, $depth ),
		);
	}

	/**
	 * Const, enum, pattern and format.
	 *
	 * @return list<string>
	 */
	private function values( array $schema, mixed $value, string $path ): array {
		$faults = array();
		$shown  = self::shown( $value );
		if ( array_key_exists( 'const', $schema ) && ! self::is_same( $schema['const'], $value ) ) {
			$faults[] = "$path has to be " . self::shown( $schema['const'] ) . ", and is $shown.";
		}
		if ( isset( $schema['enum'] ) && ! array_filter( (array) $schema['enum'], static fn( $one ) => self::is_same( $one, $value ) ) ) {
			$faults[] = "$path has to be one of " . implode( ', ', array_map( array( self::class, 'shown' ), (array) $schema['enum'] ) ) . ", and is $shown.";
		}
		if ( is_string( $value ) && isset( $schema['pattern'] ) && 1 !== @preg_match( '/' . str_replace( '/', '\/', (string) $schema['pattern'] ) . '/u', $value ) ) {
			$faults[] = "$path has to match {$schema['pattern']}, and is $shown.";
		}
		$format = is_string( $value ) ? self::FORMATS[ $schema['format'] ?? '' ] ?? null : null;
		if ( $format && 1 !== preg_match( $format, $value ) ) {
			$faults[] = "$path has to have the format {$schema['format']}, and is $shown.";
		}
		return $faults;
	}

	/**
	 * Least and largest numbers and lengths.
	 *
	 * @return list<string>
	 */
	private function limits( array $schema, mixed $value, string $path ): array {
		$faults = array();
		foreach ( array_intersect_key( self::LIMITS, $schema ) as $keyword => $kind ) {
			$size = match ( true ) {
				'number' === $kind && ( is_int( $value ) || is_float( $value ) ) => $value,
				'text' === $kind && is_string( $value ) => mb_strlen( $value, 'UTF-8' ),
				'list' === $kind && is_array( $value ) => count( $value ),
				default => null,
			};
			$limit = $schema[ $keyword ];
			if ( null === $size || ! is_numeric( $limit ) ) {
				continue;
			}
			$fits = match ( true ) {
				str_starts_with( $keyword, 'min' ) => $size >= $limit,
				str_starts_with( $keyword, 'max' ) => $size <= $limit,
				'exclusiveMinimum' === $keyword => $size > $limit,
				default => $size < $limit,
			};
			if ( ! $fits ) {
				$faults[] = "$path: $keyword is $limit, and this is " . self::shown( $value ) . '.';
			}
		}
		return $faults;
	}

	/**
	 * The keys of an object, the items of a list.
	 *
	 * @return list<string>
	 */
	private function parts( array $schema, mixed $value, string $path, int $depth ): array {
		$faults = array();
		if ( is_object( $value ) ) {
			$keys = get_object_vars( $value );
			foreach ( (array) ( $schema['required'] ?? array() ) as $key ) {
				if ( ! array_key_exists( $key, $keys ) ) {
					$faults[] = "$path.$key is missing.";
				}
			}
			foreach ( $keys as $key => $part ) {
				$inner  = $schema['properties'][ $key ] ?? $schema['additionalProperties'] ?? true;
				$faults = array( ...$faults, ...$this->of( $inner, $part, "$path.$key", $depth + 1 ) );
			}
		}
		if ( is_array( $value ) ) {
			foreach ( $value as $index => $part ) {
				$inner  = $schema['prefixItems'][ $index ] ?? $schema['items'] ?? true;
				$faults = array( ...$faults, ...$this->of( $inner, $part, "{$path}[$index]", $depth + 1 ) );
			}
		}
		return $faults;
	}

	/**
	 * Schemas of which all, one or none have to fit.
	 *
	 * @return list<string>
	 */
	private function choices( array $schema, mixed $value, string $path, int $depth ): array {
		$faults = array();
		foreach ( (array) ( $schema['allOf'] ?? array() ) as $part ) {
			$faults = array( ...$faults, ...$this->of( $part, $value, $path, $depth + 1 ) );
		}
		foreach ( array_intersect( array( 'anyOf', 'oneOf' ), array_keys( $schema ) ) as $keyword ) {
			$tried = array_map( fn( $part ) => $this->of( $part, $value, $path, $depth + 1 ), (array) $schema[ $keyword ] );
			$fit   = count( array_filter( $tried, static fn( array $found ) => array() === $found ) );
			if ( 0 === $fit ) {
				// What is nearest says most.
				usort( $tried, static fn( array $a, array $b ) => count( $a ) <=> count( $b ) );
				$faults = array( ...$faults, "$path fits none of the schemas under $keyword. What the nearest one says:", ...( $tried[0] ?? array() ) );
			} elseif ( 'oneOf' === $keyword && $fit > 1 ) {
				$faults[] = "$path fits $fit of the schemas under oneOf, and may fit only one.";
			}
		}
		if ( array_key_exists( 'not', $schema ) && array() === $this->of( $schema['not'], $value, $path, $depth + 1 ) ) {
			$faults[] = "$path fits the schema under not.";
		}
		return $faults;
	}

	/**
	 * What a reference within the schema refers to; null: nothing.
	 */
	private function referred( string $reference ): mixed {
		$found = $this->whole;
		foreach ( array_slice( explode( '/', $reference ), 1 ) as $step ) {
			$step  = strtr( rawurldecode( $step ), array( '~1' => '/', '~0' => '~' ) );
			$found = is_array( $found ) ? $found[ $step ] ?? null : null;
		}
		return str_starts_with( $reference, '#' ) ? $found : null;
	}

	/**
	 * Whether a value has a type.
	 */
	private static function is( string $type, mixed $value ): bool {
		return match ( $type ) {
			'object' => is_object( $value ),
			'array' => is_array( $value ),
			'string' => is_string( $value ),
			'integer' => is_int( $value ) || ( is_float( $value ) && floor( $value ) === $value ),
			'number' => is_int( $value ) || is_float( $value ),
			'boolean' => is_bool( $value ),
			'null' => null === $value,
			default => false,
		};
	}

	/**
	 * Whether a value is the one that a schema names, whichever way its objects are written there.
	 */
	private static function is_same( mixed $named, mixed $value ): bool {
		return json_encode( $named ) === json_encode( $value );
	}

	/**
	 * A value in a sentence, cut where it is long.
	 */
	private static function shown( mixed $value ): string {
		$json = (string) json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION );
		return mb_strlen( $json, 'UTF-8' ) > 80 ? mb_substr( $json, 0, 79, 'UTF-8' ) . '…' : $json;
	}
}
