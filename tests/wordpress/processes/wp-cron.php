<?php
/**
 * WordPress's own wp-cron.php, as a crontab runs it.
 */

require __DIR__ . '/request.php';
$_SERVER['REQUEST_METHOD'] = 'POST';
ini_set( 'error_log', '/dev/null' );
require getenv( 'WP_ROOT' ) . '/wp-cron.php';
