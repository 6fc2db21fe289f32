<?php
/**
 * A network of Ultimate Multisite, by its own functions.
 */

final class Wu_Network {

	/**
	 * Its tables, and a plan.
	 *
	 * @return array<string, mixed>
	 */
	public static function set_up(): array {
		$done = WP_Ultimo\Installers\Core_Installer::get_instance()->_install_database_tables();
		if ( is_wp_error( $done ) ) {
			throw new RuntimeException( $done->get_error_message() );
		}
		wu_save_setting( 'enable_api', true );
		wu_save_setting( 'api_key', 'key-of-deeds' );
		wu_save_setting( 'api_secret', 'secret-of-deeds' );
		wu_save_setting( 'currency_symbol', 'USD' );
		$plan = Deed::must(
			wu_create_product(
				array(
					'name'          => 'Premium plan',
					'slug'          => 'premium',
					'type'          => 'plan',
					'pricing_type'  => 'paid',
					'amount'        => 49,
					'currency'      => 'USD',
					'duration'      => 1,
					'duration_unit' => 'month',
					'recurring'     => true,
					'active'        => true,
				)
			)
		);
		return array( 'plan' => $plan->get_id() );
	}

	public static function customer(): int {
		return Deed::must( wu_create_customer( array( 'user_id' => Deed::user(), 'email_verification' => 'none', 'billing_address' => array() ) ) )->get_id();
	}

	public static function membership( array $known, string $status = 'active' ): int {
		return Deed::must(
			wu_create_membership(
				array(
					'customer_id'     => $known['customer'],
					'plan_id'         => $known['plan'],
					'amount'          => 49,
					'initial_amount'  => 49,
					'currency'        => 'USD',
					'recurring'       => true,
					'duration'        => 1,
					'duration_unit'   => 'month',
					'gateway'         => 'manual',
					'status'          => $status,
					'date_expiration' => gmdate( 'Y-m-d 23:59:59', time() + MONTH_IN_SECONDS ),
				)
			)
		)->get_id();
	}

	public static function payment( array $known, string $status = 'pending', float $total = 59.29, string $gateway = 'manual' ): int {
		$line = new WP_Ultimo\Checkout\Line_Item(
			array(
				'type'       => 'fee',
				'title'      => 'Premium plan',
				'quantity'   => 1,
				'unit_price' => $total,
				'taxable'    => false,
			)
		);
		return Deed::must(
			wu_create_payment(
				array(
					'customer_id'   => $known['customer'],
					'membership_id' => $known['membership'],
					'currency'      => 'USD',
					'subtotal'      => $total,
					'total'         => $total,
					'tax_total'     => 0,
					'gateway'       => $gateway,
					'status'        => $status,
					'line_items'    => array( $line->get_id() => $line ),
				)
			)
		)->get_id();
	}

	/**
	 * What a gateway does when money came.
	 */
	public static function receive( int $payment, string $reference = '' ): void {
		$payment = wu_get_payment( $payment );
		$payment->set_status( 'completed' );
		if ( '' !== $reference ) {
			$payment->set_gateway_payment_id( $reference );
		}
		Deed::must( $payment->save() );
		$membership = $payment->get_membership();
		do_action( 'wu_gateway_payment_processed', $payment, $membership, null );
	}

	/**
	 * Somebody registers by the REST API, which does all in one transaction.
	 */
	public static function register( array $known, string $login ): array {
		$api = WP_Ultimo\API::get_instance()->get_auth();
		return Deed::rest(
			'POST',
			'/wu/v2/register',
			array(
				'api_key'     => $api['api_key'],
				'api_secret'  => $api['api_secret'],
				'customer'    => array(
					'username' => $login,
					'email'    => "$login@network.example",
					'password' => 'canary-password',
				),
				'products'    => array( $known['plan'] ),
				'membership'  => array( 'status' => 'pending' ),
				'payment'     => array( 'status' => 'pending' ),
				'auto_renew'  => false,
			)
		);
	}
}
