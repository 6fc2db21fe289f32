<?php
/**
 * The endpoint: writes down what comes, and answers with the status that the path names.
 */

if ( '/ready' === $_SERVER['REQUEST_URI'] ) {
	echo 'ready';
	return;
}
$headers = array();
foreach ( $_SERVER as $name => $value ) {
	if ( str_starts_with( $name, 'HTTP_' ) ) {
		$headers[ strtolower( strtr( substr( $name, 5 ), '_', '-' ) ) ] = $value;
	}
}
$request = array(
	'method'  => $_SERVER['REQUEST_METHOD'],
	'path'    => $_SERVER['REQUEST_URI'],
	'headers' => $headers,
	'body'    => file_get_contents( 'php://input' ),
);
file_put_contents( getenv( 'RECEIVED' ), json_encode( $request ) . "\n", FILE_APPEND | LOCK_EX );
$status = (int) trim( strtok( $_SERVER['REQUEST_URI'], '?' ), '/' );
http_response_code( $status >= 100 ? $status : 200 );

if ( isset( $_GET['delay'] ) ) {
	usleep( 1000 * (int) $_GET['delay'] );
}
echo 'Thank <b>you</b>.';
