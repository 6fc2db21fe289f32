<?php
/**
 * What a service documents of a request: method, path, headers, and a JSON Schema of the body, as far as those of
 * tests/wordpress/services go. Anything in them that is not judged is an error.
 */

final class Service_Schema {

	private const WORDS = array( 'type', 'required', 'properties', 'additionalProperties', 'items', 'enum', 'minLength', 'maxLength', 'minItems', 'maxItems' );

	/**
	 * What is wrong with a request.
	 *
	 * @return list<string>
	 */
	public static function faults( string $service, array $request ): array {
		$documented = json_decode( file_get_contents( __DIR__ . "/services/$service.json" ), false, 64, JSON_THROW_ON_ERROR );
		$faults     = array();
		if ( $documented->method !== $request['method'] ) {
			$faults[] = "method: {$request['method']}";
		}
		if ( ! preg_match( '~' . $documented->path . '~D', $request['path'] ) ) {
			$faults[] = "path: {$request['path']}";
		}
		foreach ( $documented->headers as $name => $pattern ) {
			if ( ! preg_match( '~' . $pattern . '~D', $request['headers'][ $name ] ?? '' ) ) {
				$faults[] = "header $name";
			}
		}
		$body = json_decode( $request['body'], false, 64, JSON_THROW_ON_ERROR );
		return array( ...$faults, ...self::of( $documented->body, $body, 'body' ) );
	}

	/**
	 * @return list<string>
	 */
	private static function of( object $schema, mixed $value, string $path ): array {
		$unknown = array_diff( array_keys( get_object_vars( $schema ) ), self::WORDS );
		if ( $unknown ) {
			throw new LogicException( "$path: " . implode( ', ', $unknown ) );
		}
		$type   = match ( true ) {
			is_object( $value ) => 'object',
			is_array( $value ) => 'array',
			is_int( $value ) => 'integer',
			is_string( $value ) => 'string',
			is_bool( $value ) => 'boolean',
			null === $value => 'null',
			default => 'number',
		};
		$faults = array();
		if ( isset( $schema->type ) && ! in_array( $type, (array) $schema->type, true ) ) {
			return array( "$path is of the type $type" );
		}
		if ( isset( $schema->enum ) && ! in_array( $value, $schema->enum, true ) ) {
			$faults[] = "$path is " . json_encode( $value );
		}
		$length = match ( $type ) {
			// As UTF-16 counts.
			'string' => strlen( mb_convert_encoding( $value, 'UTF-16LE', 'UTF-8' ) ) / 2,
			'array' => count( $value ),
			default => null,
		};
		$least = 'string' === $type ? $schema->minLength ?? 0 : $schema->minItems ?? 0;
		$most  = 'string' === $type ? $schema->maxLength ?? PHP_INT_MAX : $schema->maxItems ?? PHP_INT_MAX;
		if ( null !== $length && ( $length < $least || $length > $most ) ) {
			$faults[] = "$path is $length long";
		}
		foreach ( 'array' === $type && isset( $schema->items ) ? $value : array() as $number => $item ) {
			$faults = array( ...$faults, ...self::of( $schema->items, $item, "$path.$number" ) );
		}
		if ( 'object' === $type ) {
			foreach ( $schema->required ?? array() as $name ) {
				if ( ! property_exists( $value, $name ) ) {
					$faults[] = "$path.$name is missing";
				}
			}
			foreach ( get_object_vars( $value ) as $name => $member ) {
				$own = $schema->properties->$name ?? $schema->additionalProperties ?? true;
				if ( false === $own ) {
					$faults[] = "$path.$name may not be there";
				} elseif ( is_object( $own ) ) {
					$faults = array( ...$faults, ...self::of( $own, $member, "$path.$name" ) );
				}
			}
		}
		return $faults;
	}
}
