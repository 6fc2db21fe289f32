<?php
/**
 * Sends to the test inbox, and beside it, with a worker that may reach no private address:
 *
 *   inbox-guard.php URL    prints state and failure of each delivery as JSON
 *
 * It runs itself once more, since what may be reached is a setting that a script can't change.
 */

$url = $argv[1];
if ( '' !== ini_get( 'webhooks.allow' ) ) {
	$spool = sys_get_temp_dir() . '/network-webhooks-inbox-' . bin2hex( random_bytes( 6 ) );
	mkdir( $spool, 0700 );
	passthru( implode( ' ', array_map( 'escapeshellarg', array( PHP_BINARY, '-d', 'webhooks.allow=', '-d', 'webhooks.autostart=0', '-d', "webhooks.spool=$spool", __FILE__, $url ) ) ), $code );
	exec( 'rm -r ' . escapeshellarg( $spool ) );
	exit( $code );
}

$urls     = array(
	'inbox' => $url,
	'more'  => "$url&more=1",
	'front' => strtok( $url, '?' ),
	'host'  => preg_replace( '~//[^:/]+~', str_contains( $url, '//127.0.0.1' ) ? '//localhost' : '//127.0.0.1', $url ),
);
$webhooks = array();
foreach ( $urls as $id => $to ) {
	$webhooks[] = array( 'id' => $id, 'url' => $to, 'events' => array( 'lesson_finished' ), 'retries' => array(), 'secrets' => array( array( 'secret' => 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' ) ) );
}
webhooks_configure( array( 'webhooks' => $webhooks, 'inbox' => $url ), 1 );
webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) );
exec( escapeshellarg( getenv( 'WORKER' ) ) . ' --once --spool ' . escapeshellarg( ini_get( 'webhooks.spool' ) ) . ' 2>&1', $said, $code );
if ( 0 !== $code ) {
	echo implode( "\n", $said );
	exit( 1 );
}
$states = array();
foreach ( array_keys( $urls ) as $id ) {
	$delivery      = webhooks_deliveries( array( 'webhook_id' => $id ) )['deliveries'][0];
	$states[ $id ] = array( $delivery['state'], $delivery['last_failure'] );
}
echo json_encode( $states );
