<?php
/**
 * Does what needed PHP's extension mbstring, in a PHP that has it not.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

if ( extension_loaded( 'mbstring' ) ) {
	exit( 'This PHP has mbstring.' );
}
$person = new Network_Webhooks\Person( 'jane@network.example', 7 );
$wrong  = Network_Webhooks\Webhook_Check::url( "https://end\u{200b}point.example/" );
$_GET   = array( 's' => 'TEST' );
$plugin = Network_Webhooks\Plugin::instance();
$list   = Network_Webhooks\Admin\List_Query::of_request()->filter( $plugin->webhooks()->all(), $plugin->catalogue(), true );
$shown  = Network_Webhooks\Admin\Inbox\Request_Body::text( "caf\xc3", false );
$all    = $person->is_in_text( "\xff jane@network.example" ) && 'caf' === $shown && str_contains( (string) $wrong, 'U+200B' );
echo $all && $list ? 'done' : 'something is wrong';
