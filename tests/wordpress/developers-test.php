<?php
/**
 * docs/developers.md: every example runs, and does what stands below it.
 */

final class Developers_Test extends Network_Test_Case {

	private const FOLDER = __DIR__ . '/../../docs';

	/**
	 * @dataProvider examples
	 */
	public function test_an_example_does_what_stands_below_it( string $code, string $kind, string $result ): void {
		$found = $this->run_example( $code );
		if ( 'json' === $kind ) {
			$this->assertEquals( array( json_decode( $result, true, 512, JSON_THROW_ON_ERROR ) ), $found['data'] );
			$this->assertSame( array( array() ), $found['faults'] );
			$this->assertSame( array(), $found['said'] );
		} elseif ( 'text' === $kind ) {
			$this->assertCount( 1, $found['said'] );
			$this->assertStringContainsString( trim( $result ), $found['said'][0] );
		} else {
			$this->assertSame( array(), $found['said'] );
		}
		if ( str_contains( $code, 'academy_told' ) ) {
			$this->assertStringStartsWith( 'evt_', $found['told'] );
		}
		if ( str_contains( $code, 'network_webhooks_register_event(' ) ) {
			$this->assertSame( array( 'Course finished', 'education' ), $found['events']['course_finished'] );
		}
		if ( str_contains( $code, "'network_webhooks_events'" ) ) {
			$this->assertArrayNotHasKey( 'login_failed', $found['events'] );
			$this->assertSame( array( 'New student', 'education' ), $found['events']['account_created'] );
		}
	}

	/**
	 * The examples before the chapter on tests, each with the block below it.
	 */
	public static function examples(): array {
		$examples = array();
		$blocks   = self::blocks( self::chapters()[0] );
		foreach ( $blocks as $index => list( $kind, $code ) ) {
			if ( 'php' === $kind ) {
				list( $below, $result ) = $blocks[ $index + 1 ] ?? array( '', '' );
				$examples[]             = array( $code, $below, $result );
			}
		}
		return $examples;
	}

	public function test_there_are_examples_of_each_kind(): void {
		$kinds = array_count_values( array_column( self::examples(), 1 ) );
		$this->assertGreaterThanOrEqual( 5, $kinds['json'] );
		$this->assertSame( 1, $kinds['text'] );
		$this->assertGreaterThanOrEqual( 2, $kinds['php'] + ( $kinds[''] ?? 0 ) );
	}

	/**
	 * Those are run by tests/example.
	 */
	public function test_the_examples_of_tests_stand_in_the_example_plugin(): void {
		$blocks = array_filter( self::blocks( self::chapters()[1] ), static fn( array $block ) => 'php' === $block[0] );
		$this->assertCount( 3, $blocks );
		foreach ( $blocks as list( , $code ) ) {
			$test = preg_replace( '~/\*\*.*?\*/\n|\n\s*\n~s', "\n", file_get_contents( self::FOLDER . '/example-plugin/tests/Course_Finished_Test.php' ) );
			foreach ( array_filter( explode( "\n", $code ), static fn( string $line ) => '' !== trim( $line ) ) as $line ) {
				$this->assertStringContainsString( "$line\n", "$test\n" );
			}
		}
	}

	public function test_every_option_and_argument_is_documented(): void {
		$documented = static function ( string $heading ): array {
			preg_match_all( '/^\| ((?:`\w+`(?:, )?)+) \|/m', explode( "\n## ", explode( "\n## $heading\n", file_get_contents( self::FOLDER . '/developers.md' ) )[1] )[0], $rows );
			preg_match_all( '/\w+/', implode( ' ', $rows[1] ), $names );
			return $names[0];
		};
		$constant   = static fn( string $kind, string $name ) => ( new ReflectionClassConstant( "Network_Webhooks\\$kind", $name ) )->getValue();
		$this->assertEqualsCanonicalizing( $constant( 'Registration', 'ARGUMENTS' ), $documented( 'Putting it into the list' ) );
		$options = $documented( 'Options' );
		$this->assertCount( 10, $options );
		$fits = new ReflectionMethod( Network_Webhooks\Dispatch_Call::class, 'fits' );
		$fits->setAccessible( true );
		foreach ( $options as $option ) {
			$this->assertFalse( $fits->invoke( null, $option, new stdClass() ), $option );
		}
		preg_match_all( '/`(\w+)\(/', self::chapters()[1], $methods );
		$own = array_map( static fn( ReflectionMethod $method ) => $method->name, ( new ReflectionClass( Network_Webhooks\Testing\RecordsWebhooks::class ) )->getMethods( ReflectionMethod::IS_PUBLIC ) );
		$this->assertSame( array(), array_diff( $own, $methods[1], array( 'startRecordingWebhooks', 'endRecordingWebhooks' ) ) );
	}

	public function test_the_stub_says_what_the_functions_are(): void {
		$stub = file_get_contents( self::FOLDER . '/../stubs/network-webhooks.stub.php' );
		$api  = file_get_contents( dirname( NETWORK_WEBHOOKS_FILE ) . '/includes/api.php' );
		$read = static function ( string $code ): array {
			preg_match_all( '/^\s*(function network_webhooks_\w+\(.*\): \??\w+)/m', $code, $found );
			return $found[1];
		};
		$this->assertNotSame( array(), $read( $api ) );
		$this->assertSame( $read( $api ), $read( $stub ) );
		$values = static function ( string $type ) use ( $stub ): array {
			preg_match( "/@phpstan-type $type array\{(.*?)\}\n \*(?:\/| @)/s", $stub, $found );
			preg_match_all( '/(?:^|[ ,*])(\w+)\??: /', preg_replace( '/array\{.*?\}/', 'x', $found[1] ), $names );
			return $names[1];
		};
		$this->assertEqualsCanonicalizing( ( new ReflectionClassConstant( Network_Webhooks\Registration::class, 'ARGUMENTS' ) )->getValue(), $values( 'WebhookEvent' ) );
		$this->assertCount( 10, $values( 'WebhookOptions' ) );
	}

	private function run_example( string $code ): array {
		$file = tempnam( sys_get_temp_dir(), 'example' );
		file_put_contents( $file, "<?php\n$code" );
		try {
			return json_decode( $this->run_process( __DIR__ . '/processes/example.php', array( $file ) ), true, 512, JSON_THROW_ON_ERROR );
		} finally {
			unlink( $file );
		}
	}

	/**
	 * What stands before the chapter on tests, and that chapter.
	 */
	private static function chapters(): array {
		return array_slice( explode( "\n## Testing\n", file_get_contents( self::FOLDER . '/developers.md' ) ), 0, 2 );
	}

	/**
	 * Blocks of code, as language and text.
	 */
	private static function blocks( string $text ): array {
		preg_match_all( '/^```(\w+)\n(.*?)^```$/ms', $text, $found, PREG_SET_ORDER );
		return array_map( static fn( array $block ) => array( $block[1], $block[2] ), $found );
	}
}
