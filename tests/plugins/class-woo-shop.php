<?php
/**
 * A shop of WooCommerce, by its own functions and pages.
 */

final class Woo_Shop {

	/**
	 * What every shop of a deed has: payments that need no service, products, tax, shipping, a coupon.
	 *
	 * @param bool $tables Orders in tables of their own; otherwise they are posts.
	 * @return array<string, mixed>
	 */
	public static function set_up( bool $tables ): array {
		update_option( 'woocommerce_coming_soon', 'no' );
		// Its wizard was left.
		delete_transient( '_wc_activation_redirect' );
		update_option( 'woocommerce_onboarding_profile', array( 'skipped' => true ) );
		update_option( 'woocommerce_currency', 'EUR' );
		update_option( 'woocommerce_default_country', 'NL' );
		update_option( 'woocommerce_prices_include_tax', 'no' );
		update_option( 'woocommerce_custom_orders_table_enabled', $tables ? 'yes' : 'no' );
		update_option( 'woocommerce_custom_orders_table_data_sync_enabled', 'no' );
		update_option( 'permalink_structure', '/%postname%/' );
		foreach ( array( 'cod', 'bacs', 'cheque' ) as $gateway ) {
			update_option( "woocommerce_{$gateway}_settings", array( 'enabled' => 'yes' ) );
		}
		$known = array(
			'product' => self::product( 'Course: Photography', '49.00' ),
			'bread'   => self::product( 'Bread & butter', '3.35', true ),
		);
		$coupon = new WC_Coupon();
		$coupon->set_code( 'tenoff' );
		$coupon->set_discount_type( 'percent' );
		$coupon->set_amount( 10 );
		$coupon->save();
		// The checkout that a page has with the shortcode.
		$known['checkout'] = Deed::must(
			wp_insert_post(
				array(
					'post_type'    => 'page',
					'post_title'   => 'Classic checkout',
					'post_name'    => 'classic-checkout',
					'post_status'  => 'publish',
					'post_content' => '[woocommerce_checkout]',
				)
			)
		);
		update_option( 'woocommerce_checkout_page_id', $known['checkout'] );
		flush_rewrite_rules();
		return $known;
	}

	public static function product( string $name, string $price, bool $is_shipped = false ): int {
		$product = new WC_Product_Simple();
		$product->set_name( $name );
		$product->set_regular_price( $price );
		$product->set_virtual( ! $is_shipped );
		return $product->save();
	}

	/**
	 * An order as code makes one: saved first, filled later.
	 *
	 * @param array<int, float> $items  Product → quantity.
	 * @param string            $status Set before anything else, as imports do.
	 */
	public static function order( array $items, string $status = 'pending', string $method = '', ?int $customer = null ): WC_Order {
		$order = Deed::must(
			wc_create_order(
				array(
					'status'      => $status,
					'customer_id' => $customer ?? 0,
				)
			)
		);
		foreach ( $items as $product => $quantity ) {
			$order->add_product( wc_get_product( $product ), $quantity );
		}
		$order->set_address( self::address(), 'billing' );
		if ( '' !== $method ) {
			$order->set_payment_method( WC()->payment_gateways()->payment_gateways()[ $method ] ?? $method );
		}
		$order->calculate_totals();
		return $order;
	}

	/**
	 * @return array<string, string>
	 */
	public static function address(): array {
		return array(
			'first_name' => 'Jane',
			'last_name'  => 'Doe',
			'address_1'  => '1 Canal Street',
			'city'       => 'Amsterdam',
			'postcode'   => '1015 AB',
			'country'    => 'NL',
			'email'      => 'jane@example.com',
			'phone'      => '+31 20 555 0100',
		);
	}

	/**
	 * A guest orders on the page with the shortcode; the order's id.
	 */
	public static function check_out( array $known, string $method ): int {
		$browser = new Browser();
		$browser->get( "/shop/?add-to-cart=$known[product]" );
		$browser->get( '/shop/classic-checkout/' );
		$nonce = $browser->values( '//input[@name="woocommerce-process-checkout-nonce"]/@value' )[0] ?? '';
		if ( '' === $nonce ) {
			throw new RuntimeException( "The page of the checkout has no form ($browser->status)." );
		}
		$fields = array(
			'payment_method'                     => $method,
			'woocommerce-process-checkout-nonce' => $nonce,
		);
		foreach ( self::address() as $name => $value ) {
			$fields[ "billing_$name" ] = $value;
		}
		$answer = json_decode( $browser->post( '/shop/?wc-ajax=checkout', $fields ), true );
		if ( 'success' !== ( $answer['result'] ?? '' ) ) {
			throw new RuntimeException( 'The checkout refused: ' . wp_strip_all_tags( $answer['messages'] ?? $browser->page ) );
		}
		return (int) $answer['order_id'];
	}

	/**
	 * A guest orders with the block's checkout, that is by the Store API; the order's id.
	 */
	public static function check_out_by_store_api( array $known, string $method ): int {
		$ask   = static function ( string $verb, string $route, array $fields, array $headers ): array {
			$response = wp_remote_request(
				getenv( 'WP_URL' ) . "/shop/wp-json/wc/store/v1$route",
				array(
					'method'  => $verb,
					'timeout' => 60,
					'headers' => $headers + array( 'Content-Type' => 'application/json' ),
					'body'    => $fields ? wp_json_encode( $fields ) : null,
				)
			);
			if ( is_wp_error( $response ) || wp_remote_retrieve_response_code( $response ) >= 300 ) {
				throw new RuntimeException( "$route: " . ( is_wp_error( $response ) ? $response->get_error_message() : wp_remote_retrieve_body( $response ) ) );
			}
			return array( json_decode( wp_remote_retrieve_body( $response ), true ), wp_remote_retrieve_headers( $response ) );
		};
		list( , $headers ) = $ask( 'GET', '/cart', array(), array() );
		$headers           = array(
			'Nonce'      => $headers['nonce'],
			'Cart-Token' => $headers['cart-token'],
		);
		$ask( 'POST', '/cart/add-item', array( 'id' => $known['product'], 'quantity' => 2 ), $headers );
		list( $order ) = $ask(
			'POST',
			'/checkout',
			array(
				'billing_address' => self::address() + array( 'state' => '', 'company' => '', 'address_2' => '' ),
				'payment_method'  => $method,
			),
			$headers
		);
		return (int) $order['order_id'];
	}
}
