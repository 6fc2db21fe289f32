<?php
/**
 * Empties the outbox, and prints how many events the journal took.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

echo Network_Webhooks\Plugin::instance()->outbox()->drain( 30 );
