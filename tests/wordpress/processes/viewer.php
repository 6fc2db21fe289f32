<?php
/**
 * Lets a user see webhooks, again and again with another change of it between.
 *
 *   viewer.php USER
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

use Network_Webhooks\Capabilities;

foreach ( range( 1, 15 ) as $time ) {
	Capabilities::set_viewer( (int) $argv[1], true );
	Capabilities::set_viewer( (int) $argv[1], false );
}
Capabilities::set_viewer( (int) $argv[1], true );
