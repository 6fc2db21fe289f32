<?php
/**
 * What others may call says since which version.
 */

final class Since_Test extends Network_Test_Case {

	private const SINCE = '/@since \d+\.\d+\.\d+$/m';

	public function test_the_functions_for_other_plugins_say_it(): void {
		$functions = preg_grep( '/^network_webhooks_/', get_defined_functions()['user'] );
		$this->assertGreaterThanOrEqual( 3, count( $functions ) );
		foreach ( $functions as $function ) {
			$this->assertMatchesRegularExpression( self::SINCE, (string) ( new ReflectionFunction( $function ) )->getDocComment(), $function );
		}
	}

	public function test_the_kit_for_tests_says_it(): void {
		$trait   = new ReflectionClass( Network_Webhooks\Testing\RecordsWebhooks::class );
		$methods = array_filter( $trait->getMethods( ReflectionMethod::IS_PUBLIC ) );
		$this->assertGreaterThan( 5, count( $methods ) );
		foreach ( array( $trait, ...$methods, new ReflectionClass( Network_Webhooks\Testing\Dispatched_Webhook::class ) ) as $part ) {
			$this->assertMatchesRegularExpression( self::SINCE, (string) $part->getDocComment(), $part->getName() );
		}
	}

	public function test_each_hook_says_it_where_it_is_fired(): void {
		$fired = array();
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( WP_PLUGIN_DIR . '/network-webhooks', FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			preg_match_all( "/(\\/\\*\\*(?:(?!\\*\\/).)*\\*\\/)?[^;*\\/]*?(?<!`)(?:do_action|apply_filters)\\(\\s*'(network_webhooks_\\w+)'/s", 'php' === $file->getExtension() && ! str_ends_with( $file->getFilename(), '.l10n.php' ) ? file_get_contents( $file ) : '', $calls, PREG_SET_ORDER );
			foreach ( $calls as list( , $comment, $hook ) ) {
				$fired[ $hook ] = true;
				$this->assertMatchesRegularExpression( self::SINCE, $comment, $hook );
			}
		}
		$this->assertGreaterThanOrEqual( 8, count( $fired ) );
	}

	public function test_the_functions_of_the_extension_say_it(): void {
		preg_match_all( '/(\/\*\*(?:(?!\*\/).)*\*\/)?\s*function (webhooks_\w+)/s', file_get_contents( dirname( __DIR__, 2 ) . '/stubs/webhooks.stub.php' ), $functions, PREG_SET_ORDER );
		$this->assertSame( count( ( new ReflectionExtension( 'webhooks' ) )->getFunctions() ), count( $functions ) );
		foreach ( $functions as list( , $comment, $name ) ) {
			$this->assertMatchesRegularExpression( self::SINCE, $comment, $name );
		}
	}
}
