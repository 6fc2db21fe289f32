<?php
/**
 * What WordPress expects of a request, for a process of the command line.
 */

$_SERVER['HTTP_HOST']       = getenv( 'WP_HOST' );
$_SERVER['SERVER_NAME']     = getenv( 'WP_HOST' );
$_SERVER['REQUEST_URI']     = '/';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REMOTE_ADDR']     = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
