<?php
/**
 * docs/testing.md names tests that are there, and leaves no check out.
 */

use PHPUnit\Framework\TestCase;

final class Testing_Docs_Test extends TestCase {

	private const ROOT = __DIR__ . '/../..';

	/**
	 * @dataProvider rows
	 */
	public function test_each_check_of_a_page_names_tests_that_are_there( string ...$checks ): void {
		foreach ( $checks as $check => $names ) {
			$this->assertNotSame( '', $names, "No test for check $check." );
			foreach ( explode( ' ', $names ) as $name ) {
				$files = ctype_digit( $name ) ? glob( self::ROOT . "/tests/e2e/flows/$name-*.js" ) : glob( self::ROOT . "/tests/wordpress/$name.php" );
				$this->assertCount( 1, $files, "$name is one test." );
			}
		}
	}

	public static function rows(): array {
		preg_match_all( '/^\| ([^`|]+) `page=[^|]+\|(.+)\|$/m', file_get_contents( self::ROOT . '/docs/testing.md' ), $found );
		return array_combine( $found[1], array_map( static fn( string $cells ) => array_map( 'trim', explode( '|', $cells ) ), $found[2] ) );
	}

	public function test_every_page_has_seven_checks(): void {
		$this->assertGreaterThan( 12, count( self::rows() ) );
		foreach ( self::rows() as $page => $checks ) {
			$this->assertCount( 7, $checks, $page );
		}
	}
}
