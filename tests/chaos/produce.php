<?php
/**
 * One of several processes that dispatch while everything around them fails.
 *
 *   php produce.php SEED PRODUCER FROM TO KEYED PACE_US NAMES FILE
 *
 * Dispatches the events FROM to TO - 1 of this producer, whose names and payloads follow from the
 * numbers (payload.rs knows the same). FILE gets a line before and a line after each dispatch:
 *
 *   ? NUMBER             about to be dispatched
 *   = NUMBER ID          returned with this id
 *   0 NUMBER             returned without one: nobody subscribes
 *   ! NUMBER MESSAGE     refused: nothing of it may ever be received
 *
 * A keyed producer may be killed: whoever takes its place repeats the last event with the same
 * idempotency key, and goes on repeating one that was refused.
 */

[ , $seed, $producer, $from, $to, $keyed, $pace, $names, $file ] = $argv;
$names   = explode( ',', $names );
$account = fopen( $file, 'a' );

for ( $number = (int) $from; $number < (int) $to; $number++ ) {
	$digest  = hash( 'sha256', "$seed/$producer/$number" );
	$name    = $names[ hexdec( substr( $digest, 0, 4 ) ) % count( $names ) ];
	$data    = array(
		'producer' => (int) $producer,
		'number'   => $number,
		'text'     => 'Zoë & "Ünïcode" </b>',
		'note'     => str_repeat( $digest, hexdec( substr( $digest, 4, 2 ) ) % 64 ),
	);
	$options = $keyed ? array( 'idempotency_key' => "$producer/$number" ) : array();
	while ( true ) {
		fwrite( $account, "? $number\n" );
		try {
			$id = webhooks_dispatch( $name, $data, $options );
			fwrite( $account, null === $id ? "0 $number\n" : "= $number $id\n" );
			break;
		} catch ( Webhooks\Exception $error ) {
			fwrite( $account, "! $number " . strtr( $error->getMessage(), "\n", ' ' ) . "\n" );
			if ( ! $keyed ) {
				break;
			}
			usleep( 50000 );
		}
	}
	usleep( mt_rand( 0, 2 * $pace ) ); // phpcs:ignore Generic.PHP.ForbiddenFunctions -- a seed has to give the same run again.
}
