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
		return array( 'product' => $product );
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
