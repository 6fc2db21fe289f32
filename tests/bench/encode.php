<?php
/**
 * webhooks_encode() beside json_encode().
 *
 * {"rounds": N} answers for each payload its size and, for each round, both times of a call in
 * nanoseconds.
 */

require __DIR__ . '/answer.php';
require __DIR__ . '/payloads.php';

/** How long one side is busy at a time, in nanoseconds. */
const STRETCH = 1_500_000;

$payloads = payloads();
foreach ( $payloads as $name => $value ) {
	if ( webhooks_encode( $value ) !== json_encode( $value, FLAGS ) ) {
		fwrite( STDERR, "$name: webhooks_encode() and json_encode() differ\n" );
		exit( 1 );
	}
}

/** Time of a call. Written out for each side: nothing but the call is in the loop. */
function ours( mixed $value, int $count ): float {
	$before = hrtime( true );
	for ( $i = 0; $i < $count; $i++ ) {
		webhooks_encode( $value );
	}
	return ( hrtime( true ) - $before ) / $count;
}

function theirs( mixed $value, int $count ): float {
	$before = hrtime( true );
	for ( $i = 0; $i < $count; $i++ ) {
		json_encode( $value, FLAGS );
	}
	return ( hrtime( true ) - $before ) / $count;
}

answer(
	static function ( array $command ) use ( $payloads ): array {
		$result = array();
		foreach ( $payloads as $name => $value ) {
			$count           = max( 1, intdiv( STRETCH, (int) theirs( $value, 3 ) ) );
			$result[ $name ] = array(
				'bytes' => strlen( json_encode( $value, FLAGS ) ),
				'count' => $count,
			);
		}
		for ( $round = 0; $round < $command['rounds']; $round++ ) {
			foreach ( $payloads as $name => $value ) {
				$count   = $result[ $name ]['count'];
				$ours    = ours( $value, $count );
				$theirs  = theirs( $value, $count );
				$theirs += theirs( $value, $count );
				$ours   += ours( $value, $count );

				$result[ $name ]['rounds'][] = array( $ours / 2, $theirs / 2 );
			}
		}
		return $result;
	}
);
