<?php
/**
 * Another server of the network, with another DB_HOST: prints its fingerprint, and whether it sends.
 */

define( 'DB_HOST', $argv[1] );
// wp-config.php defines it as well.
set_error_handler( static fn( int $level, string $message ) => str_contains( $message, 'DB_HOST' ) );
require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$publisher = Network_Webhooks\Plugin::instance()->publisher();
$publisher->publish();
$obstacle = $publisher->obstacle();
echo Network_Webhooks\Installation::fingerprint(), ' ', '' === $obstacle && ! Network_Webhooks\Installation::is_elsewhere() ? 'sends' : "does not send: $obstacle";
