<?php
/**
 * A process in which WP Ultimo of the version given runs, and receives a payment. Prints whether
 * anybody listens to its hook.
 */

require __DIR__ . '/request.php';
define( 'TESTED_VERSION', $argv[1] );

/** The main class, as both versions have it. */
final class WP_Ultimo {
	public $version = TESTED_VERSION;
}

/** The settings of version 1. */
final class WU_Settings {
	public static function get_setting( string $name ) {
		return 'currency' === $name ? 'EUR' : false;
	}
}

require getenv( 'WP_ROOT' ) . '/wp-load.php';
// As if the shop ran whose hooks are fired here, too.
Network_Webhooks\Plugin::instance()->sources()->get( Network_Webhooks\Sources\Source_Woocommerce::class );

echo has_action( 'wp_ultimo_payment_completed' ) ? 'yes' : 'no';
do_action( 'wp_ultimo_payment_completed', 1, 'stripe', 49.9, 0 );

if ( 'all' === ( $argv[2] ?? '' ) ) {
	$plan = (object) array(
		'id'      => 13,
		'title'   => 'Premium plan',
		'price_3' => '49',
	);
	$id   = wp_insert_user(
		array(
			'user_login' => $argv[3],
			'user_pass'  => 'canary',
		)
	);
	do_action( 'wp_ultimo_registration', 1, $id, array( 'plan_freq' => 3, 'password' => 'canary' ), $plan );
	do_action( 'wp_ultimo_payment_failed', 1, 'stripe', 5 );
	do_action( 'wp_ultimo_payment_refunded', 1, 'stripe', 4.5 );
	do_action( 'wu_after_domain_mapping', 'photography.example', 1, 1 );
	$subscription = (object) array(
		'user_id' => 1,
		'price'   => 49,
		'freq'    => 3,
	);
	do_action( 'wu_subscription_change_plan', $subscription, $plan );
	do_action( 'wu_subscription_change_plan', $subscription, $plan, (object) array( 'id' => 12, 'title' => 'Starter plan' ) );
	do_action( 'wpmu_delete_user', $id );
}

if ( 'shop' === ( $argv[2] ?? '' ) ) {
	// As its WooCommerce gateway does it, when the order of a payment is completed.
	require dirname( __DIR__ ) . '/class-order.php';
	add_action( 'woocommerce_order_status_completed', static fn() => do_action( 'wp_ultimo_payment_completed', 1, 'woocommerce', 49.9 ) );
	( new Order( (int) $argv[3] ) )->change( 'completed' );
}
