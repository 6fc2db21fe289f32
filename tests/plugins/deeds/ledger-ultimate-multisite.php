<?php
/**
 * The ledger of a network of Ultimate Multisite. Its table has what is left of a payment, refunds taken off.
 */

foreach ( array( 'wu-network', 'ledger' ) as $class ) {
	require_once dirname( __DIR__ ) . "/class-$class.php";
}

return array(
	'plugins' => array( 'ultimate-multisite/ultimate-multisite.php' => true ),
	'sources' => array( 'ultimate-multisite' ),
	'site'    => false,
	'prepare' => static fn() => update_network_option( null, 'wu_setup_finished', true ),
	'setup'   => static function ( array $known ): array {
		$known += Wu_Network::set_up();
		$known += array( 'customer' => Wu_Network::customer() );
		return $known + array( 'membership' => Wu_Network::membership( $known ) );
	},
	'deeds'   => Ledger::deeds(
		static fn( array $known ): int => Wu_Network::payment( $known, array( 'pending', 'completed' )[ Ledger::dice( 2 ) - 1 ], Ledger::price() ),
		static function ( array $known, int $id ): void {
			$payment  = wu_get_payment( $id );
			$is_paid  = in_array( $payment->get_status(), array( 'completed', 'partial-refund', 'partially-refunded' ), true );
			$is_ended = 'refunded' === $payment->get_status();
			switch ( Ledger::dice( 5 ) ) {
				case 1:
					$is_paid || $is_ended || Wu_Network::receive( $id );
					break;
				case 2:
					if ( ! $is_paid && ! $is_ended ) {
						$payment->set_status( 'completed' );
						Deed::must( $payment->save() );
					}
					break;
				case 3:
					if ( ! $is_paid && ! $is_ended ) {
						$payment->set_status( 'failed' );
						Deed::must( $payment->save() );
						Wu_Network::receive( $id );
					}
					break;
				case 4:
					$is_paid && Deed::must( $payment->refund() );
					break;
				default:
					$is_paid && $payment->get_total() > 1 && Deed::must( $payment->refund( round( $payment->get_total() * Ledger::dice( 9 ) / 10, 2 ) ) );
			}
		},
		static function (): array {
			global $wpdb;
			$payments = "{$wpdb->base_prefix}wu_payments";
			return array(
				'net'      => $wpdb->get_var( "SELECT CAST(SUM(total) AS DECIMAL(20,2)) FROM $payments WHERE status NOT IN ('pending', 'failed', 'cancelled')" ),
				'payments' => (int) $wpdb->get_var( "SELECT COUNT(*) FROM $payments WHERE status NOT IN ('pending', 'failed', 'cancelled')" ),
			);
		}
	),
);
