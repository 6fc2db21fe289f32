<?php
/**
 * Holds data against a JSON Schema, as far as the catalogue's schemas go: type, format of times,
 * properties, required, items.
 */

final class Schema_Check {

	/**
	 * What is wrong, by path.
	 *
	 * @return list<string>
	 */
	public static function faults( array|bool $schema, mixed $value, string $path = 'data' ): array {
		if ( is_bool( $schema ) ) {
			return $schema ? array() : array( "$path may not be there" );
		}
		$types = (array) ( $schema['type'] ?? array() );
		if ( $types && ! array_filter( $types, static fn( string $type ) => self::is( $type, $value ) ) ) {
			return array( "$path is no " . implode( ' or ', $types ) . ': ' . json_encode( $value ) );
		}
		$faults = array();
		if ( is_string( $value ) && 'date-time' === ( $schema['format'] ?? '' ) && ! preg_match( '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/D', $value ) ) {
			$faults[] = "$path is no time: $value";
		}
		foreach ( is_array( $value ) ? $schema['required'] ?? array() : array() as $key ) {
			if ( ! array_key_exists( $key, $value ) ) {
				$faults[] = "$path.$key is missing";
			}
		}
		foreach ( is_array( $value ) ? $value : array() as $key => $part ) {
			$inner  = is_int( $key ) ? $schema['items'] ?? true : $schema['properties'][ $key ] ?? true;
			$faults = array( ...$faults, ...self::faults( $inner, $part, "$path.$key" ) );
		}
		return $faults;
	}

	private static function is( string $type, mixed $value ): bool {
		return match ( $type ) {
			'object' => is_array( $value ) && ( ! $value || ! array_is_list( $value ) ),
			'array' => is_array( $value ) && array_is_list( $value ),
			'string' => is_string( $value ),
			'integer' => is_int( $value ),
			'number' => is_int( $value ) || is_float( $value ),
			'boolean' => is_bool( $value ),
			'null' => null === $value,
		};
	}
}
