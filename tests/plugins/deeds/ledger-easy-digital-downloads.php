<?php
/**
 * The ledger of a shop of Easy Digital Downloads.
 */

foreach ( array( 'edd-shop', 'ledger' ) as $class ) {
	require_once dirname( __DIR__ ) . "/class-$class.php";
}

return array(
	'plugins' => array( 'easy-digital-downloads/easy-digital-downloads.php' => false ),
	'sources' => array( 'easy-digital-downloads' ),
	'setup'   => static fn( array $known ): array => Edd_Shop::set_up(),
	'deeds'   => Ledger::deeds(
		static fn( array $known ): int => Edd_Shop::order( $known, array( 'pending', 'complete' )[ Ledger::dice( 2 ) - 1 ], Ledger::dice( 3 ), Ledger::price() ),
		static function ( array $known, int $id ): void {
			$order = edd_get_order( $id );
			switch ( Ledger::dice( 5 ) ) {
				case 1:
				case 2:
					'refunded' !== $order->status && 'partially_refunded' !== $order->status && edd_update_order_status( $id, 'complete' );
					break;
				case 3:
					if ( 'pending' === $order->status ) {
						edd_update_order_status( $id, 'failed' );
						edd_update_order_status( $id, 'complete' );
					}
					break;
				case 4:
					'complete' === $order->status && Deed::must( edd_refund_order( $id ) );
					break;
				default:
					if ( 'complete' === $order->status && $order->total > 1 ) {
						$item = $order->get_items()[0];
						Deed::must( edd_refund_order( $id, array( array( 'order_item_id' => $item->id, 'quantity' => 1, 'subtotal' => round( $order->total * Ledger::dice( 9 ) / 10, 2 ) ) ), array() ) );
					}
			}
		},
		static function (): array {
			global $wpdb;
			$orders = "{$wpdb->prefix}edd_orders";
			return array(
				'paid'     => $wpdb->get_var( "SELECT CAST(SUM(total) AS DECIMAL(20,2)) FROM $orders WHERE type = 'sale' AND date_completed IS NOT NULL" ),
				'payments' => (int) $wpdb->get_var( "SELECT COUNT(*) FROM $orders WHERE type = 'sale' AND date_completed IS NOT NULL" ),
				'refunded' => $wpdb->get_var( "SELECT CAST(-SUM(total) AS DECIMAL(20,2)) FROM $orders WHERE type = 'refund'" ),
				'refunds'  => (int) $wpdb->get_var( "SELECT COUNT(*) FROM $orders WHERE type = 'refund'" ),
			);
		}
	),
);
