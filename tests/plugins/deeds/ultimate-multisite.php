<?php
/**
 * What people do on a network of Ultimate Multisite, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-wu-network.php';

$of = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];

return array(
	'plugins' => array( 'ultimate-multisite/ultimate-multisite.php' => true ),
	'sources' => array( 'ultimate-multisite' ),
	'site'    => false,
	// Its wizard was gone through.
	'prepare' => static fn() => update_network_option( null, 'wu_setup_finished', true ),
	'setup'   => static fn( array $known ): array => Wu_Network::set_up(),
	'deeds'   => array(
		'an administrator makes a customer' => array(
			'do'     => static fn( array $known ): array => array( 'customer' => Wu_Network::customer() ),
			'events' => array( array( 'account_created', array() ), array( 'customer_created', array( 'customer_id' => $of( 'customer' ), 'customer_name' => 'Jane Doe' ) ) ),
			'any_order' => true,
		),
		'… and a membership' => array(
			'do'     => static fn( array $known ): array => array( 'membership' => Wu_Network::membership( $known, 'pending' ) ),
			'events' => array( array( 'membership_created', array( 'membership_id' => $of( 'membership' ), 'membership_status' => 'pending', 'customer_id' => $of( 'customer' ) ) ) ),
		),
		'… and a payment that waits' => array(
			'do'     => static fn( array $known ): array => array( 'payment' => Wu_Network::payment( $known ) ),
			'events' => array( array( 'payment_created', array( 'payment_id' => $of( 'payment' ), 'payment_total_raw' => 59.29, 'payment_status' => 'pending' ) ) ),
		),
		'an administrator says that it was paid' => array(
			'do'     => static function ( array $known ): void {
				$payment = wu_get_payment( $known['payment'] );
				$payment->set_status( 'completed' );
				Deed::must( $payment->save() );
			},
			'events' => array(
				array( 'payment_received', array( 'payment_id' => $of( 'payment' ), 'payment_total_raw' => 59.29, 'payment_status' => 'completed' ) ),
				array( 'payment_status_changed', array( 'payment_id' => $of( 'payment' ), 'old_status' => 'pending', 'status' => 'completed', 'customer_id' => $of( 'customer' ) ) ),
				array( 'payment_updated', array() ),
			),
			'any_order' => true,
		),
		'a gateway gets a payment' => array(
			'do'     => static function ( array $known ): array {
				$payment = Wu_Network::payment( $known, 'pending', 49.0 );
				Wu_Network::receive( $payment );
				return array( 'gateway' => $payment );
			},
			'events' => array(
				array( 'payment_created', array( 'payment_id' => $of( 'gateway' ) ) ),
				array( 'payment_received', array( 'payment_status' => 'completed' ) ),
				array( 'payment_status_changed', array( 'status' => 'completed' ) ),
			),
			'any_order' => true,
		),
		'a part of it is refunded, and then the rest' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wu_get_payment( $known['payment'] )->refund( 9.29 ) );
			},
			'events' => array(
				array( 'payment_status_changed', array() ),
				array( 'payment_updated', array() ),
				array( 'refund_issued', array( 'refund' => '9.29', 'refund_minor' => 929, 'payment_id' => $of( 'payment' ), 'is_whole' => false ) ),
			),
			'any_order' => true,
		),
		'a second part is refunded' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wu_get_payment( $known['payment'] )->refund( 10 ) );
			},
			'events' => array( array( 'payment_updated', array() ), array( 'refund_issued', array( 'refund' => '10.00', 'is_whole' => false ) ) ),
			'any_order' => true,
		),
		'a whole payment is refunded' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wu_get_payment( $known['gateway'] )->refund() );
			},
			'events' => array(
				array( 'payment_status_changed', array( 'status' => 'refunded' ) ),
				array( 'payment_updated', array() ),
				array( 'refund_issued', array( 'refund' => '49.00', 'is_whole' => true, 'payment_id' => $of( 'gateway' ) ) ),
			),
			'any_order' => true,
		),
		'a membership is renewed' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wu_get_membership( $known['membership'] )->renew( true, 'active' ) );
			},
			'events' => array(
				array( 'membership_renewed', array( 'membership_id' => $of( 'membership' ), 'customer_id' => $of( 'customer' ) ) ),
				array( 'membership_status_changed', array( 'old_status' => 'pending', 'status' => 'active' ) ),
				array( 'membership_updated', array() ),
			),
			'any_order' => true,
		),
		'a membership is cancelled' => array(
			'do'     => static function ( array $known ): void {
				wu_get_membership( $known['membership'] )->cancel();
			},
			'events' => array(
				array( 'membership_cancelled', array( 'membership_id' => $of( 'membership' ), 'membership_status' => 'cancelled' ) ),
				array( 'membership_status_changed', array( 'status' => 'cancelled' ) ),
				array( 'membership_updated', array() ),
			),
			'any_order' => true,
		),
		'a domain is added to a customer’s site, and works' => array(
			'do'     => static function ( array $known ): array {
				$site   = Deed::must( wp_insert_site( array( 'domain' => get_network()->domain, 'path' => '/photography/', 'title' => 'Photography', 'user_id' => 1 ) ) );
				$domain = Deed::must( wu_create_domain( array( 'blog_id' => $site, 'domain' => 'photography.example', 'active' => true, 'stage' => 'checking-dns' ) ) );
				$domain->set_stage( 'done' );
				Deed::must( $domain->save() );
				return array( 'their_site' => $site, 'domain' => $domain->get_id() );
			},
			'events' => array( array( 'domain_verified', array( 'domain_id' => $of( 'domain' ), 'domain_domain' => 'photography.example', 'domain_stage' => 'done', 'site_id' => $of( 'their_site' ) ), 'their_site' ) ),
		),
		'a domain is deleted' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wu_get_domain( $known['domain'] )->delete() );
			},
			'events' => array( array( 'domain_deleted', array( 'domain_id' => $of( 'domain' ), 'domain_domain' => 'photography.example' ), 'their_site' ) ),
		),
		'somebody registers by the REST API' => array(
			'do'     => static function ( array $known ): array {
				$made = Wu_Network::register( $known, 'june' );
				return array( 'june' => $made['customer']['id'] );
			},
			// It makes the payment as completed, and then says that it waits.
			'events' => array( array( 'account_created', array( 'user_login' => 'june' ) ), array( 'customer_created', array() ), array( 'membership_created', array() ), array( 'payment_created', array( 'payment_status' => 'pending' ) ), array( 'payment_status_changed', array( 'status' => 'pending' ) ) ),
			'any_order' => true,
		),
		'a registration by the REST API fails, and is taken back' => array(
			'do'     => static function ( array $known ): void {
				try {
					Wu_Network::register( array( 'plan' => 4711 ) + $known, 'joan' );
				} catch ( RuntimeException ) {
					if ( get_user_by( 'login', 'joan' ) && $GLOBALS['wpdb']->get_var( "SELECT ID FROM {$GLOBALS['wpdb']->users} WHERE user_login = 'joan'" ) ) {
						throw new LogicException( 'It was not taken back.' );
					}
					return;
				}
				throw new LogicException( 'It did not fail.' );
			},
			'events' => array(),
		),
		'a payment, a membership and a customer are deleted' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( wu_get_payment( $known['payment'] )->delete() );
				Deed::must( wu_get_membership( $known['membership'] )->delete() );
				Deed::must( wu_get_customer( $known['customer'] )->delete() );
			},
			'events' => array(
				array( 'customer_deleted', array( 'customer_id' => $of( 'customer' ), 'customer_name' => 'Jane Doe' ) ),
				array( 'membership_deleted', array( 'membership_id' => $of( 'membership' ), 'membership_status' => 'cancelled' ) ),
				array( 'payment_deleted', array( 'payment_id' => $of( 'payment' ) ) ),
			),
			'any_order' => true,
		),
	),
);
