<?php
/**
 * Of the demo and the tests: lets a request fire what a plugin or a visitor would.
 *
 * Lies in mu-plugins of a run's own network and answers to loopback alone.
 *
 * Plugin Name: Fire
 */

add_action(
	'wp_loaded',
	static function () {
		// Nothing but the run's own scripts comes here.
		$fire = $_GET['fire'] ?? '';
		if ( '' === $fire || '127.0.0.1' !== $_SERVER['REMOTE_ADDR'] ) {
			return;
		}
		switch ( $fire ) {
			// As Ultimate Multisite does, with a payload that it made, or that of a person who opened this address.
			case 'payment':
				$body    = file_get_contents( 'php://input' );
				$payload = '' === $body ? network_webhooks_demo_payment() : json_decode( $body, true );
				// As if it ran: without it nobody listens to its hooks.
				if ( class_exists( Network_Webhooks\Plugin::class ) ) {
					Network_Webhooks\Plugin::instance()->sources()->get( Network_Webhooks\Sources\Source_Ultimate_Multisite::class );
				}
				do_action( 'wu_event', 'payment_received', $payload );
				$done = is_array( $payload );
				$said = $done ? "{$payload['customer_name']} paid {$payload['payment_total']}: {$payload['payment_reference_code']}" : '';
				break;
			case 'account':
				$name = 'user' . bin2hex( random_bytes( 6 ) );
				$done = false !== wpmu_create_user( $name, wp_generate_password(), "$name@network.example" );
				break;
			default:
				$done = false;
		}
		status_header( $done ? 200 : 400 );
		header( 'Content-Type: text/plain' );
		echo $done ? ( $said ?? 'fired' ) : 'not fired', "\n";
		exit;
	}
);

/**
 * A payment with a number and a reference of its own.
 */
function network_webhooks_demo_payment(): array {
	$example = Network_Webhooks\Plugin::instance()->catalogue()->find( 'payment_received' )->examples['ultimate-multisite'];
	$changes = array(
		'payment_id'             => time(),
		'payment_reference_code' => strtoupper( bin2hex( random_bytes( 5 ) ) ),
		'payment_date_created'   => current_time( 'mysql', true ),
	);
	return $changes + (array) $example;
}
