<?php
/**
 * A process that records because it is told to, and not because PHPUnit runs. Prints what it kept.
 */

use Network_Webhooks\Testing\Recorder;

define( 'NETWORK_WEBHOOKS_RECORD', true );

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

foreach ( range( 1, 1005 ) as $number ) {
	network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => $number ) );
}
$webhooks = Recorder::current()->webhooks();
printf( '%d from %d to %d', count( $webhooks ), $webhooks[0]->data['lesson'], end( $webhooks )->data['lesson'] );
