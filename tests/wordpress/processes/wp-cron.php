<?php
/**
 * WordPress's own wp-cron.php, as a crontab runs it: of the main site, or of the site with a domain and a path.
 */

require __DIR__ . '/request.php';
$_SERVER['REQUEST_METHOD'] = 'POST';
if ( isset( $argv[2] ) ) {
	$_SERVER['HTTP_HOST']   = $argv[1];
	$_SERVER['SERVER_NAME'] = $argv[1];
	$_SERVER['REQUEST_URI'] = "$argv[2]wp-cron.php";
}
ini_set( 'error_log', '/dev/null' );
require getenv( 'WP_ROOT' ) . '/wp-cron.php';
