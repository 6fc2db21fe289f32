<?php
/**
 * A shop of Easy Digital Downloads, by its own functions.
 */

final class Edd_Shop {

	/**
	 * @return array<string, mixed>
	 */
	public static function set_up(): array {
		// The activation of the shop's site makes them at the first look at its admin pages.
		edd_install();
		edd_install_component_database_tables();
		edd_update_option( 'currency', 'EUR' );
		edd_update_option( 'item_quantities', '1' );
		edd_update_option( 'gateways', array( 'manual' => 1 ) );
		$product = Deed::must(
			wp_insert_post(
				array(
					'post_type'   => 'download',
					'post_title'  => 'Course: Photography',
					'post_status' => 'publish',
				)
			)
		);
		update_post_meta( $product, 'edd_price', '49.00' );
		$page = Deed::must(
			wp_insert_post(
				array(
					'post_type'    => 'page',
					'post_title'   => 'Checkout',
					'post_name'    => 'checkout-by-shortcode',
					'post_status'  => 'publish',
					'post_content' => '[download_checkout]',
				)
			)
		);
		edd_update_option( 'purchase_page', $page );
		update_option( 'permalink_structure', '/%postname%/' );
		flush_rewrite_rules();
		return array( 'product' => $product );
	}

	/**
	 * A guest buys on the page of the checkout; the order's id.
	 */
	public static function check_out( array $known ): int {
		$browser = new Browser();
		$browser->get( "$known[path]?edd_action=add_to_cart&download_id=$known[product]" );
		$page = "$known[path]checkout-by-shortcode/";
		$browser->get( $page );
		$browser->post(
			$page,
			array(
				'edd_email' => 'joan@example.com',
				'edd_first' => 'Joan',
				'edd_last'  => 'Doe',
			) + $browser->form( '//form[@id="edd_purchase_form"]' )
		);
		$errors = $browser->values( '//*[contains(@class,"edd_error")]' );
		$orders = edd_get_orders( array( 'email' => 'joan@example.com', 'type' => 'sale', 'number' => 1 ) );
		return (int) Deed::must( $orders[0] ?? null, "The order at $browser->url ($browser->status): " . implode( ' ', $errors ) . ' It' )->id;
	}

	/**
	 * Gives a part back in the window of an order, whose page's script asks.
	 */
	public static function refund_in_window( array $known, int $order, string $amount ): void {
		$browser = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$script  = "$known[path]wp-admin/admin-ajax.php";
		$answer  = json_decode( $browser->post( $script, array( 'action' => 'edd_generate_refund_form', 'order_id' => $order ) ), true );

		$browser->page = (string) ( $answer['html'] ?? '' );
		$nonce         = Deed::must( $browser->values( '//input[@name="edd_process_refund"]/@value' )[0] ?? null, 'The window of the refund' );
		$item          = edd_get_order( $order )->get_items()[0];
		$data          = http_build_query( array( 'edd_process_refund' => $nonce, 'refund_order_item' => array( $item->id => array( 'quantity' => 1, 'subtotal' => $amount ) ) ) );
		$answer        = json_decode( $browser->post( $script, array( 'action' => 'edd_process_refund_form', 'order_id' => $order, 'data' => $data ) ), true );
		if ( empty( $answer['success'] ) ) {
			throw new RuntimeException( 'The refund was not made: ' . substr( $browser->page, 0, 500 ) );
		}
	}

	/**
	 * An order as a gateway makes one.
	 */
	public static function order( array $known, string $status, int $quantity = 1, float $price = 49.0 ): int {
		$total = round( $quantity * $price, 2 );
		return Deed::must(
			edd_build_order(
				array(
					'price'        => $total,
					'date'         => gmdate( 'Y-m-d H:i:s' ),
					'user_email'   => 'jane@example.com',
					'purchase_key' => bin2hex( random_bytes( 16 ) ),
					'currency'     => 'EUR',
					'gateway'      => 'manual',
					'status'       => $status,
					'user_info'    => array(
						'id'         => 0,
						'email'      => 'jane@example.com',
						'first_name' => 'Jane',
						'last_name'  => 'Doe',
						'discount'   => 'none',
						'address'    => array(),
					),
					'downloads'    => array(
						array(
							'id'       => $known['product'],
							'options'  => array(),
							'quantity' => $quantity,
						),
					),
					'cart_details' => array(
						array(
							'name'        => 'Course: Photography',
							'id'          => $known['product'],
							'item_number' => array(
								'id'       => $known['product'],
								'options'  => array(),
								'quantity' => $quantity,
							),
							'item_price'  => $price,
							'quantity'    => $quantity,
							'discount'    => 0,
							'subtotal'    => $total,
							'fees'        => array(),
							'tax'         => 0,
							'price'       => $total,
						),
					),
				)
			)
		);
	}
}
