<?php
/**
 * A large import on a real network: what a webhook that gets everything costs it, and whether a
 * payment gets through meanwhile.
 *
 *   tests/network/with.sh php tests/scenarios/import.php [POSTS [BASELINE]]
 *
 * Of BASELINE posts are the imports without a webhook, and with one that does not include imports;
 * by default POSTS too.
 */

define( 'NETWORK_WEBHOOKS_RECORD', false );
require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require __DIR__ . '/percentile.php';
require __DIR__ . '/class-import.php';

exit( ( new Import( (int) ( $argv[1] ?? 100_000 ), (int) ( $argv[2] ?? $argv[1] ?? 100_000 ) ) )->run() ? 0 : 1 );
