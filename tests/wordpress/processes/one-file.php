<?php
/**
 * Prints what came of a file that is new in the plugin.
 *
 *   one-file.php route|source
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require dirname( __DIR__, 2 ) . '/asyncapi/class-hook-list.php';

if ( 'route' === $argv[1] ) {
	$ask = static fn() => rest_do_request( new WP_REST_Request( 'GET', '/network-webhooks/v1/hello' ) );
	$may = $ask()->get_status();
	wp_set_current_user( 1 );
	$answer = $ask();
	echo json_encode( array( $may, array( $answer->get_status(), $answer->get_data() ) ) );
	return;
}

$source = current( preg_grep( '/Hello$/', ( new Hook_List() )->sources() ) );
$source = Network_Webhooks\Plugin::instance()->sources()->get( $source );
echo json_encode(
	array(
		'hooks' => $source->hooks(),
		'list'  => ( new Hook_List() )->text(),
		'event' => $source->events()[0]->slug,
	)
);
