<?php
/**
 * What custom events read of plugins' objects: an order of LifterLMS, a submission of Contact Form 7 and their like
 * showed no field at all.
 */

use Network_Webhooks\Hook_Sample;

final class Readable_Objects_Test extends Network_Test_Case {

	/**
	 * @dataProvider objects
	 */
	public function test_an_object_s_fields_could_not_be_read( object $of, array $expected ): void {
		$this->assertSame( $expected, Hook_Sample::fields_of( $of ) );
	}

	public static function objects(): array {
		return array(
			'JsonSerializable'            => array(
				new class() implements JsonSerializable {
					public function jsonSerialize(): array {
						return array( 'id' => 7, 'total' => '49.00' );
					}
				},
				array( 'id' => 7, 'total' => '49.00' ),
			),
			'toArray()'                   => array(
				new class() {
					public function toArray(): array {
						return array( 'id' => 7 );
					}
				},
				array( 'id' => 7 ),
			),
			'get_id(), and no secret'     => array(
				new class() {
					private int $id = 7;
					public function get_id(): int {
						return $this->id;
					}
					public function get_posted_data( string $name = '' ): array {
						return array( 'your-name' => 'Jane' );
					}
					public function get_password(): string {
						throw new LogicException( 'A secret was asked for.' );
					}
					public function get_broken(): string {
						throw new LogicException( 'It is broken.' );
					}
					public function get_of( int $needed ): string {
						return 'never';
					}
				},
				array( 'id' => 7, 'posted_data' => array( 'your-name' => 'Jane' ) ),
			),
			"get( 'id' )"                 => array(
				new class() {
					public function get( string $key ): mixed {
						return array( 'id' => 7, 'status' => 'active' )[ $key ] ?? '';
					}
				},
				array( 'id' => 7, 'status' => 'active' ),
			),
			'one whose toArray() fails'   => array(
				new class() {
					public function toArray(): array {
						throw new LogicException( 'Not now.' );
					}
					public function get_title(): string {
						return 'Light';
					}
				},
				array( 'title' => 'Light' ),
			),
		);
	}
}
