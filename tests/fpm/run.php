<?php
/**
 * Runs the tests of a class, each with a testbed of its own.
 *
 *   php run.php CLASS-FILE [WORD…]    only those whose names contain one of the words
 */

error_reporting( E_ALL );
set_error_handler(
	static function ( int $level, string $message, string $file, int $line ) {
		if ( error_reporting() & $level ) {
			throw new ErrorException( $message, 0, $level, $file, $line );
		}
	}
);

require __DIR__ . '/class-testbed.php';
require $argv[1];
$class = ucwords( strtr( preg_replace( '/^class-|\.php$/', '', basename( $argv[1] ) ), '-', '_' ), '_' );

/** Fails a test; says what should have been. */
function expect( bool $condition, string $what ): void {
	if ( ! $condition ) {
		throw new RuntimeException( "expected: $what" );
	}
}

pcntl_async_signals( true );
foreach ( array( SIGINT, SIGTERM ) as $signal ) {
	pcntl_signal( $signal, static fn() => throw new RuntimeException( 'interrupted' ) );
}

$passed = 0;
$failed = 0;
$words  = array_slice( $argv, 2 );
foreach ( get_class_methods( $class ) as $name ) {
	if ( ! str_starts_with( $name, 'test_' ) ) {
		continue;
	}
	if ( $words && ! array_filter( $words, static fn( $word ) => str_contains( $name, $word ) ) ) {
		continue;
	}
	$started = microtime( true );
	$testbed   = new Testbed();
	try {
		$testbed->start();
		( new $class( $testbed ) )->$name();
		++$passed;
		printf( "ok   %s (%.1f s)\n", strtr( substr( $name, 5 ), '_', ' ' ), microtime( true ) - $started );
	} catch ( Throwable $error ) {
		++$failed;
		printf( "FAIL %s: %s (line %d)\n", strtr( substr( $name, 5 ), '_', ' ' ), $error->getMessage(), $error->getLine() );
		echo preg_replace( '/^/m', '     | ', $testbed->worker_log() . @file_get_contents( "{$testbed->dir}/fpm.log" ) ), "\n";
	} finally {
		$testbed->stop();
	}
	if ( isset( $error ) && 'interrupted' === $error->getMessage() ) {
		break;
	}
}
printf( "%s: %d passed, %d failed\n", strtr( $class, '_', ' ' ), $passed, $failed );
exit( $failed ? 1 : 0 );
