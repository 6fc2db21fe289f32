<?php
/**
 * A user is made, and the request ends with a fatal error.
 *
 * php fatal.php LOGIN
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
ini_set( 'error_log', '/dev/null' );
// The page that WordPress makes of it is not looked at.
ob_start( static fn() => '' );

Network_Webhooks\Plugin::instance()->request_end_events()->take_later( 'lesson:1', 'lesson_read', 'school', static fn(): array => array( 'login' => $GLOBALS['argv'][1] ) );
a_function_that_is_not_there();
