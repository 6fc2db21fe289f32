<?php
/**
 * A request in which an action is fired:
 *
 *   custom-event.php ACTION ARGUMENTS [TIMES]   arguments as a list in JSON
 *   custom-event.php filter HOOK VALUE          fires a filter, and prints what it returns
 *   custom-event.php recursive ACTION           the event fires its own action
 *   custom-event.php catalogue SLUG             prints the catalogue's event
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

[ , $what, $argument ] = $argv;
switch ( $what ) {
	case 'filter':
		echo apply_filters( $argument, $argv[3] );
		break;
	case 'recursive':
		add_filter(
			'network_webhooks_payload',
			static function ( $data ) use ( $argument ) {
				do_action( $argument );
				return $data;
			}
		);
		do_action( $argument );
		break;
	case 'catalogue':
		echo json_encode( Network_Webhooks\Plugin::instance()->catalogue()->find( $argument ) );
		break;
	default:
		for ( $time = 1; $time <= (int) ( $argv[3] ?? 1 ); $time++ ) {
			do_action( $what, ...json_decode( $argument ) );
		}
}
