<?php
/**
 * Fires the hooks of a trace again, request by request, with stand-ins for the objects. Each event says of which deed it
 * is.
 *
 * php replay.php TRACE SITE
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';
require dirname( __DIR__, 2 ) . '/plugins/class-trace.php';
require dirname( __DIR__ ) . '/class-recorded-object.php';

/** What finds an order, a payment and so on of an id. */
function wc_get_order( $id ) {
	return Recorded_Object::found( __FUNCTION__, (int) $id );
}

/** As above. */
function edd_get_order( $id ) {
	return Recorded_Object::found( __FUNCTION__, (int) $id );
}

/** As above. */
function wu_get_payment( $id ) {
	return Recorded_Object::found( __FUNCTION__, (int) $id );
}

/** As above. */
function wu_get_membership( $id ) {
	return Recorded_Object::found( __FUNCTION__, (int) $id );
}

/** As above. */
function wu_get_customer( $id ) {
	return Recorded_Object::found( __FUNCTION__, (int) $id );
}

/** As above. */
function wu_get_domain( $id ) {
	return Recorded_Object::found( __FUNCTION__, (int) $id );
}

/** What it says of a model: that it is there. */
function wu_generate_event_payload( string $model, object $object ): array {
	return array( "{$model}_id" => $object->get_id() );
}

/** The version that ran. */
function wu_get_version(): string {
	return '2.14.2';
}

/** Each enrolment and completion is another: what LifterLMS repeats, it tells by no hook. */
function _llms_query_user_postmeta(): array {
	static $row = null;
	$row      ??= random_int( 1, 1000000000 );
	return array( (object) array( 'meta_id' => ++$row ) );
}

if ( str_contains( $argv[1], 'ultimate' ) ) {
	/** That Ultimate Multisite 2 runs. */
	final class WP_Ultimo {
		public const VERSION = '2.14.2';
	}
}

$plugin = Network_Webhooks\Plugin::instance();
// As if all plugins ran.
iterator_to_array( $plugin->sources() );
$trace  = Trace::read( $argv[1] );
// On a site of its own: its ids are those of every trace.
switch_to_blog( (int) $argv[2] );
$now = 0;
add_filter(
	'network_webhooks_payload',
	static function ( array|object $data ) use ( &$now ): array {
		return array( 'deed' => $now ) + (array) $data;
	}
);
foreach ( $trace['deeds'] as $now => $deed ) {
	foreach ( $deed['requests'] as $request ) {
		foreach ( $request['calls'] as $call ) {
			Recorded_Object::remember( $call['found'] ?? array() );
			$arguments = array_map( array( 'Recorded_Object', 'of' ), $call['arguments'] );
			do_action( $call['hook'], ...$arguments );
		}
		Recorded_Object::remember( $request['found'] ?? array() );
		$plugin->request_end_events()->send();
		Recorded_Object::end();
		// The next request is another process.
		foreach ( array( 'Source_Woocommerce', 'Source_Edd' ) as $source ) {
			( new ReflectionProperty( "Network_Webhooks\\Sources\\$source", 'fresh' ) )->setValue( $plugin->sources()->get( "Network_Webhooks\\Sources\\$source" ), array() );
		}
	}
}
