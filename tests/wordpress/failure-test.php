<?php
/**
 * Each way in which an attempt can fail has a sentence of its own.
 */

use Network_Webhooks\Failure;

final class Failure_Test extends PHPUnit\Framework\TestCase {

	public function test_each_code_has_its_own_sentence(): void {
		$codes     = self::codes();
		$sentences = array_map( static fn( string $code ) => self::sentence( null, $code ), $codes );
		$causes    = array_map( array( Failure::class, 'cause' ), $codes );
		$this->assertCount( count( $codes ), array_unique( $sentences ) );
		$this->assertCount( count( $codes ), array_unique( $causes ) );
		$this->assertSame( array(), array_intersect( $codes, $causes ), 'A code is shown as it is.' );
		$this->assertSame( self::sentence( null, 'io' ), self::sentence( null, 'a code of a later version' ) );
		$this->assertSame( 'of a later version', Failure::cause( 'of a later version' ) );
	}

	public function test_each_kind_of_status_has_its_own_sentence(): void {
		$statuses  = array( 301, 401, 404, 410, 413, 429, 500, 418 );
		$sentences = array_map( static fn( int $status ) => self::sentence( $status, 'status' ), $statuses );
		$this->assertCount( count( $statuses ), array_unique( $sentences ) );
		$this->assertSame( self::sentence( 401, 'status' ), self::sentence( 403, 'status' ) );
		$this->assertSame( self::sentence( 500, 'status' ), self::sentence( 503, 'status' ) );
		$this->assertSame( self::sentence( 301, 'redirect' ), self::sentence( 308, 'redirect' ) );
	}

	/**
	 * The codes of an attempt without an answer.
	 *
	 * @return list<string>
	 */
	private static function codes(): array {
		$source = file_get_contents( __DIR__ . '/../../src/domain/attempt.rs' );
		preg_match( '~/// A code: (.*?)pub code~s', $source, $list );
		preg_match_all( '/`(\w+)`/', $list[1] ?? '', $codes );
		// What has a status is said by its status.
		return array_values( array_diff( $codes[1], array( 'status', 'redirect', 'gone' ) ) );
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
