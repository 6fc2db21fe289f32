<?php
/**
 * Schemas of payloads.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Reads a JSON Schema off an example, so that the two can't contradict each other.
 */
final class Payload_Schema {

	public const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

	/**
	 * Schema of a payload that is composed here: every key of the example is required and has the
	 * type it has there. Further keys may come with later versions.
	 *
	 * @param array<string, mixed> $example
	 * @param list<string>         $nullable Paths that may be null; `*` stands for a list's items.
	 * @return array<string, mixed>
	 */
	public static function of( array $example, array $nullable = array() ): array {
		return self::value( $example, '', $nullable );
	}

	/**
	 * Schema of a payload that passes untouched: which keys it has is known, their types are
	 * another plugin's.
	 *
	 * @param array<string, mixed> $example
	 * @param list<string>         $optional Keys that may be missing.
	 * @return array<string, mixed>
	 */
	public static function untouched( array $example, array $optional = array() ): array {
		return array(
			'type'       => 'object',
			'properties' => array_fill_keys( array_keys( $example ), true ),
			'required'   => array_values( array_diff( array_keys( $example ), $optional ) ),
		);
	}

	/**
	 * Schema of a value at a path.
	 *
	 * @return array<string, mixed>
	 */
	private static function value( mixed $value, string $path, array $nullable ): array {
		$schema = match ( true ) {
			is_bool( $value ) => array( 'type' => 'boolean' ),
			is_int( $value ) => array( 'type' => 'integer' ),
			is_float( $value ) => array( 'type' => 'number' ),
			is_string( $value ) => self::text( $value ),
			is_array( $value ) && array_is_list( $value ) => self::items( $value, $path, $nullable ),
			default => self::keys( (array) $value, $path, $nullable ),
		};
		// Things may be counted in parts, and an amount may be no whole number of minor units: see Money.
		if ( 1 === preg_match( '/(^|[._])quantity$/D', $path ) ) {
			$schema['type'] = 'number';
		}
		if ( in_array( $path, $nullable, true ) || ( is_int( $value ) && str_ends_with( $path, '_minor' ) ) ) {
			$schema['type'] = array( $schema['type'], 'null' );
		}
		return $schema;
	}

	/**
	 * Schema of a text, with the format that it has.
	 *
	 * @return array<string, string>
	 */
	private static function text( string $value ): array {
		$format = match ( true ) {
			1 === preg_match( '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/D', $value ) => 'date-time',
			str_starts_with( $value, 'https://' ) => 'uri',
			default => null,
		};
		return array( 'type' => 'string' ) + ( $format ? array( 'format' => $format ) : array() );
	}

	/**
	 * Schema of a list.
	 *
	 * @return array<string, mixed>
	 */
	private static function items( array $value, string $path, array $nullable ): array {
		return array( 'type' => 'array' ) + ( $value ? array( 'items' => self::value( $value[0], ltrim( "$path.*", '.' ), $nullable ) ) : array() );
	}

	/**
	 * Schema of an object.
	 *
	 * @return array<string, mixed>
	 */
	private static function keys( array $value, string $path, array $nullable ): array {
		$properties = array();
		foreach ( $value as $key => $part ) {
			$properties[ $key ] = self::value( $part, ltrim( "$path.$key", '.' ), $nullable );
		}
		return array(
			'type'       => 'object',
			'properties' => $properties,
			'required'   => array_keys( $value ),
		);
	}
}
