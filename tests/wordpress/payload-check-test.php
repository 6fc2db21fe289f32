<?php
/**
 * Payloads against schemas: every keyword, and every example of the catalogue.
 */

use Network_Webhooks\Payload_Check;

final class Payload_Check_Test extends Network_Test_Case {

	/**
	 * @dataProvider values
	 */
	public function test_a_keyword_lets_through_what_fits_and_names_what_does_not( string $schema, string $fits, string $not, string $expected ): void {
		$schema = json_decode( $schema, true, 512, JSON_THROW_ON_ERROR );
		$this->assertSame( array(), Payload_Check::faults( $schema, json_decode( $fits, false, 512, JSON_THROW_ON_ERROR ) ) );
		$this->assertSame( array( $expected ), Payload_Check::faults( $schema, json_decode( $not, false, 512, JSON_THROW_ON_ERROR ) ) );
	}

	public static function values(): array {
		$at = static fn( string $schema ) => '{"properties": {"a": ' . $schema . '}}';
		return array(
			'string'               => array( $at( '{"type": "string"}' ), '{"a": "x"}', '{"a": 7}', 'data.a has to be string, and is 7.' ),
			'integer'              => array( $at( '{"type": "integer"}' ), '{"a": 7}', '{"a": 7.5}', 'data.a has to be integer, and is 7.5.' ),
			'a whole number'       => array( $at( '{"type": "integer"}' ), '{"a": 7.0}', '{"a": "7"}', 'data.a has to be integer, and is "7".' ),
			'number'               => array( $at( '{"type": "number"}' ), '{"a": 7.5}', '{"a": true}', 'data.a has to be number, and is true.' ),
			'boolean'              => array( $at( '{"type": "boolean"}' ), '{"a": false}', '{"a": 0}', 'data.a has to be boolean, and is 0.' ),
			'null'                 => array( $at( '{"type": "null"}' ), '{"a": null}', '{"a": ""}', 'data.a has to be null, and is "".' ),
			'object'               => array( $at( '{"type": "object"}' ), '{"a": {}}', '{"a": []}', 'data.a has to be object, and is [].' ),
			'array'                => array( $at( '{"type": "array"}' ), '{"a": []}', '{"a": {}}', 'data.a has to be array, and is {}.' ),
			'one of two types'     => array( $at( '{"type": ["string", "null"]}' ), '{"a": null}', '{"a": 7}', 'data.a has to be string or null, and is 7.' ),
			'const'                => array( $at( '{"const": {"b": 1}}' ), '{"a": {"b": 1}}', '{"a": {"b": 2}}', 'data.a has to be {"b":1}, and is {"b":2}.' ),
			'const null'           => array( $at( '{"const": null}' ), '{"a": null}', '{"a": 0}', 'data.a has to be null, and is 0.' ),
			'enum'                 => array( $at( '{"enum": ["x", 1]}' ), '{"a": 1}', '{"a": "1"}', 'data.a has to be one of "x", 1, and is "1".' ),
			'required'             => array( '{"required": ["a"]}', '{"a": null}', '{"b": 1}', 'data.a is missing.' ),
			'further keys'         => array( '{"properties": {"a": true}, "additionalProperties": false}', '{"a": 1}', '{"a": 1, "b": 2}', 'data.b may not be there.' ),
			'further keys of type' => array( '{"additionalProperties": {"type": "string"}}', '{"b": "x"}', '{"b": 2}', 'data.b has to be string, and is 2.' ),
			'items'                => array( $at( '{"items": {"type": "integer"}}' ), '{"a": [1, 2]}', '{"a": [1, "2"]}', 'data.a[1] has to be integer, and is "2".' ),
			'prefixItems'          => array( $at( '{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}' ), '{"a": ["x", 2]}', '{"a": ["x", "y"]}', 'data.a[1] has to be integer, and is "y".' ),
			'minItems'             => array( $at( '{"minItems": 1}' ), '{"a": [1]}', '{"a": []}', 'data.a: minItems is 1, and this is [].' ),
			'maxItems'             => array( $at( '{"maxItems": 1}' ), '{"a": [1]}', '{"a": [1, 2]}', 'data.a: maxItems is 1, and this is [1,2].' ),
			'minimum'              => array( $at( '{"minimum": 1}' ), '{"a": 1}', '{"a": 0}', 'data.a: minimum is 1, and this is 0.' ),
			'maximum'              => array( $at( '{"maximum": 1}' ), '{"a": 1}', '{"a": 1.5}', 'data.a: maximum is 1, and this is 1.5.' ),
			'exclusiveMinimum'     => array( $at( '{"exclusiveMinimum": 0}' ), '{"a": 1}', '{"a": 0}', 'data.a: exclusiveMinimum is 0, and this is 0.' ),
			'exclusiveMaximum'     => array( $at( '{"exclusiveMaximum": 1}' ), '{"a": 0}', '{"a": 1}', 'data.a: exclusiveMaximum is 1, and this is 1.' ),
			'minLength'            => array( $at( '{"minLength": 2}' ), '{"a": "üü"}', '{"a": "ü"}', 'data.a: minLength is 2, and this is "ü".' ),
			'maxLength'            => array( $at( '{"maxLength": 2}' ), '{"a": "üü"}', '{"a": "xyz"}', 'data.a: maxLength is 2, and this is "xyz".' ),
			'pattern'              => array( $at( '{"pattern": "^a/\\\\d+$"}' ), '{"a": "a/7"}', '{"a": "a/"}', 'data.a has to match ^a/\d+$, and is "a/".' ),
			'date-time'            => array( $at( '{"format": "date-time"}' ), '{"a": "2026-11-20T10:00:00.5+01:00"}', '{"a": "2026-11-20 10:00:00"}', 'data.a has to have the format date-time, and is "2026-11-20 10:00:00".' ),
			'date'                 => array( $at( '{"format": "date"}' ), '{"a": "2026-11-20"}', '{"a": "20.11.2026"}', 'data.a has to have the format date, and is "20.11.2026".' ),
			'email'                => array( $at( '{"format": "email"}' ), '{"a": "jane@example.com"}', '{"a": "jane"}', 'data.a has to have the format email, and is "jane".' ),
			'uri'                  => array( $at( '{"format": "uri"}' ), '{"a": "https://example.com/ü"}', '{"a": "example.com"}', 'data.a has to have the format uri, and is "example.com".' ),
			'uuid'                 => array( $at( '{"format": "uuid"}' ), '{"a": "0190a5f3-7b1c-7def-8a01-23456789abcd"}', '{"a": "0190a5f3"}', 'data.a has to have the format uuid, and is "0190a5f3".' ),
			'ipv4'                 => array( $at( '{"format": "ipv4"}' ), '{"a": "192.0.2.7"}', '{"a": "localhost"}', 'data.a has to have the format ipv4, and is "localhost".' ),
			'allOf'                => array( '{"allOf": [{"required": ["a"]}, {"required": ["b"]}]}', '{"a": 1, "b": 1}', '{"a": 1}', 'data.b is missing.' ),
			'not'                  => array( '{"not": {"required": ["a"]}}', '{"b": 1}', '{"a": 1}', 'data fits the schema under not.' ),
			'oneOf fits twice'     => array( '{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}', '{"a": 1}', '{"a": 1, "b": 1}', 'data fits 2 of the schemas under oneOf, and may fit only one.' ),
			'a reference'          => array( '{"$defs": {"id/x": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/id~1x"}}}', '{"a": 7}', '{"a": "7"}', 'data.a has to be integer, and is "7".' ),
			'a broken reference'   => array( '{"properties": {"a": {"$ref": "#/$defs/none"}}}', '{"b": 7}', '{"a": 7}', 'data.a: its schema is none.' ),
		);
	}

	public function test_what_is_nearest_says_what_is_missing(): void {
		$schema = json_decode( '{"oneOf": [{"required": ["a", "b", "c"]}, {"required": ["a", "d"]}]}', true );
		$this->assertSame( array( 'data fits none of the schemas under oneOf. What the nearest one says:', 'data.d is missing.' ), Payload_Check::faults( $schema, (object) array( 'a' => 1 ) ) );
		$this->assertSame( array(), Payload_Check::faults( array( 'anyOf' => $schema['oneOf'] ), (object) array( 'a' => 1, 'b' => 1, 'c' => 1, 'd' => 1 ) ) );
	}

	public function test_a_schema_that_refers_to_itself_at_once_ends(): void {
		$this->assertSame( array( 'data: its schema is none.' ), Payload_Check::faults( array( '$ref' => '#' ), 7 ) );
		$tree = json_decode( '{"properties": {"a": {"$ref": "#"}, "b": {"type": "integer"}}}', true );
		$this->assertSame( array( 'data.a.a.b has to be integer, and is "x".' ), Payload_Check::faults( $tree, json_decode( '{"a": {"a": {"b": "x"}, "b": 1}}' ) ) );
	}

	public function test_every_example_of_the_catalogue_fits_and_fails_without_a_required_key(): void {
		$checked = 0;
		foreach ( $this->plugin()->catalogue()->built_in() as $slug => $event ) {
			foreach ( $event->schemas() as $source => $schema ) {
				$example = json_decode( json_encode( $event->examples[ $source ], JSON_THROW_ON_ERROR ) );
				$this->assertSame( array(), Payload_Check::faults( $schema, $example ), "$slug of $source" );
				foreach ( $schema['required'] as $key ) {
					$without = clone $example;
					unset( $without->$key );
					$this->assertSame( array( "data.$key is missing." ), Payload_Check::faults( $schema, $without ), "$slug of $source" );
					++$checked;
				}
			}
		}
		$this->assertGreaterThan( 200, $checked );
	}
}
