<?php
/**
 * Each way in which an attempt can fail has a sentence of its own.
 */

use Network_Webhooks\Failure;

final class Failure_Test extends PHPUnit\Framework\TestCase {

	/** The codes of an attempt without an answer, as src/store/attempt.rs lists them. */
	private const CODES = array( 'name_not_found', 'refused', 'reset', 'timeout', 'certificate', 'tls', 'protocol', 'address_refused', 'template', 'too_large', 'io' );

	public function test_each_code_has_its_own_sentence(): void {
		$sentences = array_map( static fn( string $code ) => self::sentence( null, $code ), self::CODES );
		$this->assertCount( count( self::CODES ), array_unique( $sentences ) );
		$this->assertSame( self::sentence( null, 'io' ), self::sentence( null, 'a code of a later version' ) );
	}

	public function test_each_kind_of_status_has_its_own_sentence(): void {
		$statuses  = array( 301, 401, 404, 410, 413, 429, 500, 418 );
		$sentences = array_map( static fn( int $status ) => self::sentence( $status, 'status' ), $statuses );
		$this->assertCount( count( $statuses ), array_unique( $sentences ) );
		$this->assertSame( self::sentence( 401, 'status' ), self::sentence( 403, 'status' ) );
		$this->assertSame( self::sentence( 500, 'status' ), self::sentence( 503, 'status' ) );
		$this->assertSame( self::sentence( 301, 'redirect' ), self::sentence( 308, 'redirect' ) );
	}

	private static function sentence( ?int $status, string $code ): string {
		return Failure::sentence(
			array(
				'status'  => $status,
				'failure' => array(
					'phase'   => 'connect',
					'code'    => $code,
					'message' => '',
				),
			)
		);
	}
}
