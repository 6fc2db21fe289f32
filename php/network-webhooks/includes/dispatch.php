<?php
/**
 * What dispatching an event needs, those first that others build on: loaded at once where the first
 * one happens, as to be looked for costs each class more.
 *
 * @package Network_Webhooks
 */

defined( 'ABSPATH' ) || exit;

foreach ( array( 'dispatch/class-hook-stack', 'dispatch/class-suspension', 'dispatch/class-dispatcher', 'dispatch/class-dispatch-call', 'events/class-event', 'storage/class-installation', 'server/class-throttle' ) as $network_webhooks_file ) {
	require_once __DIR__ . "/$network_webhooks_file.php";
}
unset( $network_webhooks_file );
