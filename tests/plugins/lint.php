<?php
/**
 * Refuses a trace that does not say which plugin ran, in which version, when and by whom it was recorded, or that
 * was changed since.
 */

require __DIR__ . '/class-trace.php';

$status = 0;
foreach ( glob( __DIR__ . '/traces/*.json' ) as $file ) {
	$trace = json_decode( file_get_contents( $file ), true );
	foreach ( Trace::faults( is_array( $trace ) ? $trace : array() ) as $fault ) {
		fwrite( STDERR, 'tests/plugins/traces/' . basename( $file ) . ": $fault\n" );
		$status = 1;
	}
}
exit( $status );
