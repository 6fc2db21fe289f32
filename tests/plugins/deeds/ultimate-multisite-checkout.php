<?php
/**
 * What customers do on the pages of Ultimate Multisite, and what it does by itself later.
 */

require_once dirname( __DIR__ ) . '/class-wu-network.php';
require_once dirname( __DIR__ ) . '/class-wu-checkout.php';

$of = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];
// What it announces itself passes untouched: an id that it read from its database is a text there.
$text = static fn( string $key ): Closure => static fn( array $known ): string => (string) $known[ $key ];

return array(
	'plugins' => array( 'ultimate-multisite/ultimate-multisite.php' => true ),
	'sources' => array( 'ultimate-multisite' ),
	'site'    => false,
	'prepare' => static fn() => update_network_option( null, 'wu_setup_finished', true ),
	'setup'   => static function ( array $known ): array {
		$made = Wu_Network::set_up();
		Wu_Checkout::set_up();
		return $made;
	},
	'deeds'   => array(
		'somebody signs up on the page of the checkout' => array(
			'do'        => static function ( array $known ): array {
				$made = Wu_Checkout::sign_up( $known, 'wanda' );
				return array( 'membership' => (int) $made['membership_id'], 'payment' => (int) $made['payment_id'], 'customer' => wu_get_membership( $made['membership_id'] )->get_customer_id() );
			},
			'events'    => array(
				array( 'account_created', array( 'user_login' => 'wanda', 'plan_id' => $of( 'plan' ), 'plan_name' => 'Premium plan' ) ),
				array( 'customer_created', array( 'customer_id' => $of( 'customer' ), 'customer_user_email' => 'wanda@network.example' ) ),
				array( 'membership_created', array( 'membership_id' => $of( 'membership' ), 'membership_status' => 'pending' ) ),
				array( 'payment_created', array( 'payment_id' => $of( 'payment' ), 'payment_total_raw' => 49.0, 'payment_status' => 'pending' ) ),
				array( 'checkout_step_completed', array( 'customer_id' => $of( 'customer' ), 'membership_id' => $of( 'membership' ), 'plan_id' => $of( 'plan' ), 'is_free' => false ) ),
				array( 'checkout_completed', array( 'payment_id' => $of( 'payment' ), 'plan_slug' => 'premium', 'payment_status' => 'pending', 'gateway' => 'manual' ) ),
			),
			'any_order' => true,
		),
		'another wants the same name, and is refused' => array(
			'do'     => static fn( array $known ) => Wu_Checkout::refused( $known, 'wanda' ),
			'events' => array(),
		),
		'the form of a checkout is sent that made nothing' => array(
			'do'     => static fn( array $known ) => Wu_Checkout::without_payment( $known, 'wilma' ),
			'events' => array( array( 'checkout_failed', array( 'checkout_form' => 'main-form', 'error_codes' => array( 'no-payment' ) ) ) ),
		),
		'the customer is asked to confirm the address' => array(
			'do'     => static fn( array $known ) => wu_get_customer( $known['customer'] )->send_verification_email(),
			'events' => array( array( 'confirm_email_address', array( 'customer_id' => $text( 'customer' ) ) ) ),
		),
		'an administrator sends the invoice again' => array(
			'do'     => static fn( array $known ) => Wu_Checkout::window( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ), "/wp-admin/network/admin.php?page=wp-ultimo-edit-payment&id=$known[payment]", 'resend_invoice', array( 'id' => $known['payment'], 'invoice_message' => 'Thank you & welcome' ) ),
			'events' => array( array( 'invoice_sent', array( 'payment_id' => $text( 'payment' ), 'customer_id' => $text( 'customer' ), 'invoice_message' => 'Thank you & welcome' ) ) ),
		),
		'the transfer arrives' => array(
			'do'        => static fn( array $known ) => Wu_Network::receive( $known['payment'] ),
			'events'    => array(
				array( 'payment_received', array( 'payment_id' => $text( 'payment' ), 'payment_total_raw' => '49.0000' ) ),
				array( 'payment_status_changed', array( 'old_status' => 'pending', 'status' => 'completed' ) ),
				array( 'payment_updated', array() ),
			),
			'any_order' => true,
		),
		'an administrator gives a part back in the window of the payment' => array(
			'do'        => static fn( array $known ) => Wu_Checkout::window( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ), "/wp-admin/network/admin.php?page=wp-ultimo-edit-payment&id=$known[payment]", 'refund_payment', array( 'id' => $known['payment'], 'amount' => '9.29', 'confirm' => 1 ) ),
			'events'    => array(
				array( 'refund_issued', array( 'refund' => '9.29', 'refund_minor' => 929, 'is_whole' => false, 'payment_id' => $of( 'payment' ) ) ),
				array( 'payment_status_changed', array( 'old_status' => 'completed', 'status' => 'partially-refunded' ) ),
				array( 'payment_updated', array() ),
			),
			'any_order' => true,
		),
		'the site of the customer is published' => array(
			'do'     => static function ( array $known ): array {
				Deed::must( wu_get_membership( $known['membership'] )->publish_pending_site() );
				return array( 'their_site' => wu_get_membership( $known['membership'] )->get_sites()[0]->get_id() );
			},
			'events' => array( array( 'site_published', array( 'site_id' => $of( 'their_site' ), 'membership_id' => $text( 'membership' ) ), 'their_site' ) ),
		),
		'the customer adds a domain on a page of the site' => array(
			'do'     => static fn( array $known ) => Wu_Checkout::window( 'wanda', 'canary-password', '/wandasite/wp-admin/admin.php?page=account', 'user_add_new_domain', array( 'current_site' => $known['their_site'], 'domain' => 'wanda.example' ) ),
			// It notes the time of the login.
			'events' => array( array( 'customer_updated', array() ), array( 'domain_created', array( 'domain_domain' => 'wanda.example', 'site_id' => $text( 'their_site' ), 'customer_id' => $text( 'customer' ) ), 'their_site' ) ),
			'any_order' => true,
		),
		'an administrator changes a customer' => array(
			'do'     => static function ( array $known ): void {
				$customer = wu_get_customer( $known['customer'] );
				$customer->set_vip( true );
				Deed::must( $customer->save() );
			},
			'events' => array( array( 'customer_updated', array( 'customer_id' => $of( 'customer' ) ) ) ),
		),
		'the membership is due, and waits for its payment' => array(
			'do'        => static fn( array $known ) => do_action( 'wu_async_create_renewal_payment', $known['membership'], false ),
			'events'    => array(
				array( 'renewal_payment_created', array( 'membership_id' => $text( 'membership' ), 'payment_status' => 'pending', 'membership_status' => 'on-hold' ) ),
				array( 'payment_created', array( 'payment_status' => 'pending' ) ),
				array( 'membership_status_changed', array( 'status' => 'on-hold' ) ),
				array( 'membership_updated', array() ),
			),
			'any_order' => true,
		),
		'PayPal says that a payment was refused' => array(
			'do'     => static function ( array $known ): void {
				$membership = wu_get_membership( $known['membership'] );
				$membership->set_gateway( 'paypal' );
				$membership->set_gateway_subscription_id( 'I-WANDA' );
				Deed::must( $membership->save() );
				Wu_Checkout::paypal( 'I-WANDA' );
			},
			'events' => array( array( 'payment_failed', array( 'membership_id' => $text( 'membership' ), 'payment_gateway' => 'paypal' ) ), array( 'membership_updated', array() ) ),
			'any_order' => true,
		),
		'the membership runs out' => array(
			'do'        => static fn( array $known ) => do_action( 'wu_async_mark_membership_as_expired', $known['membership'] ),
			'events'    => array(
				array( 'membership_expired', array( 'membership_id' => $text( 'membership' ), 'membership_status' => 'expired' ) ),
				array( 'membership_status_changed', array( 'status' => 'expired' ) ),
				array( 'membership_updated', array() ),
			),
			'any_order' => true,
		),
		'a demo site is about to be deleted' => array(
			'do'     => static function ( array $known ): void {
				wu_save_setting( 'demo_expiring_notification', true );
				update_site_meta( $known['their_site'], 'wu_type', 'demo' );
				update_site_meta( $known['their_site'], 'wu_demo_expires_at', gmdate( 'Y-m-d H:i:s', time() + HOUR_IN_SECONDS ) );
				do_action( 'wu_hourly' );
			},
			'events' => array( array( 'demo_site_expiring', array( 'site.id' => $of( 'their_site' ), 'site.title' => 'Photography & light', 'membership.id' => $text( 'membership' ) ), 'their_site' ) ),
		),
	),
);
