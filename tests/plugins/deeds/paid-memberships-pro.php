<?php
/**
 * What members of Paid Memberships Pro do, and which events come of it.
 */

$is    = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
$order = static function ( array $known, array $values ): MemberOrder {
	$order                = new MemberOrder();
	$order->user_id       = $known['member'];
	$order->membership_id = $known['gold'];
	$order->subtotal      = 25;
	$order->tax           = 5.25;
	$order->total         = 30.25;
	$order->gateway       = 'stripe';
	$order->payment_type  = 'Stripe';
	$order->accountnumber = '4242424242424242';
	$order->session_id    = 'canary-session';
	foreach ( $values as $key => $value ) {
		$order->$key = $value;
	}
	return $order;
};

return array(
	'plugins' => array( 'paid-memberships-pro/paid-memberships-pro.php' => false ),
	'sources' => array( 'paid-memberships-pro' ),
	'setup'   => static function (): array {
		// What the first page of an admin does.
		require_once PMPRO_DIR . '/includes/upgradecheck.php';
		pmpro_db_delta();
		update_option( 'pmpro_currency', 'EUR' );
		$GLOBALS['pmpro_currency'] = 'EUR';
		$group = pmpro_create_level_group( 'Main', false );
		$known = array( 'member' => Deed::user() );
		foreach ( array( 'silver', 'gold' ) as $name ) {
			$level                 = new PMPro_Membership_Level();
			$level->name           = ucfirst( $name ) . ' & co';
			$level->initial_payment = 25;
			$level->save();
			pmpro_add_level_to_group( $level->id, $group );
			$known[ $name ] = (int) $level->id;
		}
		return $known;
	},
	'deeds'   => array(
		'somebody becomes a member'                 => array(
			'do'     => static function ( array $known ): void {
				Deed::must( pmpro_changeMembershipLevel( $known['silver'], $known['member'] ) );
			},
			'events' => array( array( 'membership_joined', array( 'member.id' => $is( 'member' ), 'membership.id' => $is( 'silver' ), 'membership.name' => 'Silver & co', 'ends_at' => null ) ) ),
		),
		'the member gets another level: one change, and neither left nor joined' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( pmpro_changeMembershipLevel( $known['gold'], $known['member'] ) );
			},
			'events' => array( array( 'membership_level_changed', array( 'membership.id' => $is( 'gold' ), 'old_membership.id' => $is( 'silver' ), 'old_membership.name' => 'Silver & co' ) ) ),
		),
		'an order begins at the gateway: it is none yet' => array(
			'do'     => static function ( array $known ) use ( $order ): array {
				$new = $order( $known, array( 'status' => 'token' ) );
				Deed::must( $new->saveOrder() );
				return array( 'order' => (int) $new->id );
			},
			'events' => array(),
		),
		'the customer comes back and has paid'      => array(
			'do'        => static function ( array $known ): void {
				$paid                         = new MemberOrder( $known['order'] );
				$paid->status                 = 'success';
				$paid->payment_transaction_id = 'ch_1';
				Deed::must( $paid->saveOrder() );
			},
			'any_order' => true,
			'events'    => array(
				array( 'order_created', array( 'order_id' => $is( 'order' ), 'amount' => '30.25', 'currency' => 'EUR' ) ),
				array( 'payment_received', array( 'order_id' => $is( 'order' ), 'amount' => '30.25', 'amount_minor' => 3025, 'status' => 'success', 'transaction_id' => 'ch_1', 'payment_method' => 'stripe', 'items.0.product_id' => $is( 'gold' ), 'items.0.type' => 'membership', 'items.0.name' => 'Gold & co', 'customer.id' => $is( 'member' ) ) ),
			),
		),
		'an admin stores the order once more'       => array(
			'do'     => static function ( array $known ): void {
				$paid        = new MemberOrder( $known['order'] );
				$paid->notes = 'canary-note';
				Deed::must( $paid->saveOrder() );
			},
			'events' => array(),
		),
		'a pending order is paid, and only the update says so' => array(
			'do'        => static function ( array $known ) use ( $order ): void {
				$new = $order( $known, array( 'status' => 'pending' ) );
				Deed::must( $new->saveOrder() );
				Deed::must( ( new MemberOrder( $new->id ) )->updateStatus( 'success' ) );
			},
			'any_order' => true,
			'events'    => array( array( 'order_created', array( 'status' => 'pending', 'paid_at' => null ) ), array( 'payment_received', array( 'status' => 'success' ) ) ),
		),
		'an order of nothing is no payment'         => array(
			'do'     => static function ( array $known ) use ( $order ): void {
				Deed::must( $order( $known, array( 'status' => 'success', 'total' => 0, 'subtotal' => 0, 'tax' => 0 ) )->saveOrder() );
			},
			'events' => array( array( 'order_created', array( 'amount' => '0.00' ) ) ),
		),
		'the order is refunded'                     => array(
			'do'     => static function ( array $known ): void {
				$refunded         = new MemberOrder( $known['order'] );
				$refunded->status = 'refunded';
				Deed::must( $refunded->saveOrder() );
			},
			'events' => array( array( 'refund_issued', array( 'order_id' => $is( 'order' ), 'refund' => '30.25', 'amount' => '30.25' ) ) ),
		),
		'the same level is given once more, which renews it' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( pmpro_changeMembershipLevel( array( 'user_id' => $known['member'], 'membership_id' => $known['gold'], 'code_id' => 0, 'initial_payment' => 25, 'billing_amount' => 0, 'cycle_number' => 0, 'cycle_period' => '', 'billing_limit' => 0, 'trial_amount' => 0, 'trial_limit' => 0, 'startdate' => current_time( 'mysql' ), 'enddate' => gmdate( 'Y-m-d H:i:s', time() + YEAR_IN_SECONDS ) ), $known['member'] ) );
			},
			'events' => array( array( 'membership_renewed', array( 'membership.id' => $is( 'gold' ) ) ) ),
		),
		'a subscription is renewed by its gateway, and refused the next time' => array(
			'do'        => static function ( array $known ): void {
				$subscription = PMPro_Subscription::create( array( 'user_id' => $known['member'], 'membership_level_id' => $known['gold'], 'gateway' => 'stripe', 'gateway_environment' => 'sandbox', 'subscription_transaction_id' => 'sub_1', 'status' => 'active', 'billing_amount' => 25, 'cycle_number' => 1, 'cycle_period' => 'Month' ) );
				Deed::must( $subscription );
				$data = array( 'subscription_transaction_id' => 'sub_1', 'gateway' => 'stripe', 'gateway_environment' => 'sandbox', 'total' => 25, 'subtotal' => 25, 'payment_transaction_id' => 'ch_2' );
				pmpro_handle_recurring_payment_succeeded_at_gateway( $data );
				pmpro_handle_recurring_payment_failure_at_gateway( array( 'payment_transaction_id' => 'ch_3' ) + $data );
			},
			'any_order' => true,
			'events'    => array(
				array( 'order_created', array( 'status' => 'success' ) ),
				array( 'order_created', array( 'status' => 'pending' ) ),
				array( 'payment_received', array( 'transaction_id' => 'ch_2' ) ),
				array( 'membership_renewed', array( 'membership.id' => $is( 'gold' ) ) ),
				array( 'payment_failed', array( 'transaction_id' => 'ch_3', 'paid_at' => null ) ),
			),
		),
		'the membership expires'                    => array(
			'do'        => static function ( array $known ): void {
				global $wpdb;
				$wpdb->update( $wpdb->pmpro_memberships_users, array( 'enddate' => gmdate( 'Y-m-d H:i:s', time() - 2 * DAY_IN_SECONDS ) ), array( 'user_id' => $known['member'], 'membership_id' => $known['gold'], 'status' => 'active' ) );
				PMPro_Recurring_Actions::instance()->expire_memberships( $known['member'], $known['gold'] );
			},
			'any_order' => true,
			'events'    => array(
				array( 'membership_expired', array( 'membership.id' => $is( 'gold' ) ) ),
				array( 'membership_left', array( 'membership.id' => $is( 'gold' ), 'reason' => 'expired' ) ),
			),
		),
		'somebody joins and leaves'                 => array(
			'do'     => static function ( array $known ): void {
				Deed::must( pmpro_changeMembershipLevel( $known['silver'], $known['member'] ) );
				Deed::must( pmpro_cancelMembershipLevel( $known['silver'], $known['member'], 'cancelled' ) );
			},
			'events' => array( array( 'membership_joined' ), array( 'membership_left', array( 'reason' => 'cancelled' ) ) ),
		),
	),
);
