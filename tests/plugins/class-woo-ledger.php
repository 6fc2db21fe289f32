<?php
/**
 * The ledger of a shop of WooCommerce.
 */

final class Woo_Ledger {

	public static function run( bool $tables ): array {
		return array(
			'plugins' => array( 'woocommerce/woocommerce.php' => false ),
			'sources' => array( 'woocommerce' ),
			'setup'   => static fn( array $known ): array => Woo_Shop::set_up( $tables ),
			'deeds'   => Ledger::deeds( self::make( ... ), self::move( ... ), static fn(): array => $tables ? self::tables() : self::posts() ),
		);
	}

	/**
	 * An order by code or by the REST API, with its status before or after its items.
	 */
	private static function make( array $known ): int {
		if ( 1 === Ledger::dice( 4 ) ) {
			return Deed::rest(
				'POST',
				'/wc/v3/orders',
				array(
					'payment_method' => 'bacs',
					'set_paid'       => 1 === Ledger::dice( 2 ),
					'billing'        => Woo_Shop::address(),
					'line_items'     => array( array( 'product_id' => $known['product'], 'quantity' => Ledger::dice( 3 ), 'total' => (string) Ledger::price() ) ),
				)
			)['id'];
		}
		$method = array( 'bacs', 'cod', 'stripe' )[ Ledger::dice( 3 ) - 1 ];
		$order  = Woo_Shop::order( array( $known['product'] => Ledger::dice( 3 ), $known['bread'] => Ledger::dice( 5 ) / 2 ), array( 'pending', 'processing', 'on-hold', 'completed' )[ Ledger::dice( 4 ) - 1 ], $method );
		if ( 1 === Ledger::dice( 2 ) ) {
			$fee = new WC_Order_Item_Fee();
			$fee->set_props( array( 'name' => 'Fee', 'total' => (string) Ledger::price() ) );
			$order->add_item( $fee );
		}
		1 === Ledger::dice( 3 ) && $order->apply_coupon( 'tenoff' );
		$order->calculate_totals();
		1 === Ledger::dice( 3 ) && $order->save();
		return $order->get_id();
	}

	/**
	 * Something that happens to an order.
	 */
	private static function move( array $known, int $id ): void {
		$order = wc_get_order( $id );
		$is_paid = (bool) $order->get_date_paid();
		switch ( Ledger::dice( 8 ) ) {
			case 1:
			case 2:
				$order->payment_complete( 'ch_' . Ledger::dice( 1000 ) );
				break;
			case 3:
				$order->update_status( 'completed' );
				break;
			case 4:
				$is_paid || $order->update_status( 'failed' );
				$is_paid || wc_get_order( $id )->payment_complete();
				break;
			case 5:
				$order->update_status( 'on-hold' );
				wc_get_order( $id )->update_status( 'processing' );
				break;
			case 6:
				$left = $order->get_remaining_refund_amount();
				if ( $is_paid && $left > 1 ) {
					Deed::must( wc_create_refund( array( 'order_id' => $id, 'amount' => (string) round( $left * Ledger::dice( 9 ) / 10, 2 ) ) ) );
				}
				break;
			case 7:
				$is_paid && $order->get_remaining_refund_amount() > 0 && $order->update_status( 'refunded' );
				break;
			default:
				$order->delete();
				wc_get_order( $id )->untrash();
		}
	}

	private static function tables(): array {
		global $wpdb;
		$orders = "{$wpdb->prefix}wc_orders";
		$data   = "{$wpdb->prefix}wc_order_operational_data";
		return array(
			'paid'     => $wpdb->get_var( "SELECT CAST(SUM(total_amount) AS DECIMAL(20,2)) FROM $orders o JOIN $data d ON d.order_id = o.id WHERE o.type = 'shop_order' AND d.date_paid_gmt IS NOT NULL" ),
			'payments' => (int) $wpdb->get_var( "SELECT COUNT(*) FROM $orders o JOIN $data d ON d.order_id = o.id WHERE o.type = 'shop_order' AND d.date_paid_gmt IS NOT NULL" ),
			'refunded' => $wpdb->get_var( "SELECT CAST(-SUM(total_amount) AS DECIMAL(20,2)) FROM $orders WHERE type = 'shop_order_refund'" ),
			'refunds'  => (int) $wpdb->get_var( "SELECT COUNT(*) FROM $orders WHERE type = 'shop_order_refund'" ),
		);
	}

	private static function posts(): array {
		global $wpdb;
		$of = static fn( string $what, string $sum, string $more ): ?string => $wpdb->get_var( "SELECT $what FROM $wpdb->posts p JOIN $wpdb->postmeta t ON t.post_id = p.ID AND t.meta_key = '$sum' $more" );
		$paid     = "JOIN $wpdb->postmeta d ON d.post_id = p.ID AND d.meta_key = '_date_paid' AND d.meta_value <> '' WHERE p.post_type = 'shop_order'";
		$refunded = "WHERE p.post_type = 'shop_order_refund'";
		return array(
			'paid'     => $of( 'CAST(SUM(t.meta_value) AS DECIMAL(20,2))', '_order_total', $paid ),
			'payments' => (int) $of( 'COUNT(*)', '_order_total', $paid ),
			'refunded' => $of( 'CAST(SUM(t.meta_value) AS DECIMAL(20,2))', '_refund_amount', $refunded ),
			'refunds'  => (int) $of( 'COUNT(*)', '_refund_amount', $refunded ),
		);
	}
}
