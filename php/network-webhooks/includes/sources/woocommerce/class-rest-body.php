<?php
/**
 * Bodies that WooCommerce's own REST classes make.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Woocommerce;

defined( 'ABSPATH' ) || exit;

/**
 * As WC_Webhook::build_payload() makes them, with the REST API of version 3.
 */
final class Rest_Body {

	/** What WooCommerce asks its REST API by. */
	private const UTIL = 'Automattic\WooCommerce\Utilities\RestApiUtil';

	/**
	 * The body of an object; null: there is none, or it can't be made.
	 *
	 * @return array<string, mixed>|null
	 */
	public static function of( string $type, int $id ): ?array {
		if ( ! function_exists( 'wc_get_container' ) || ! class_exists( self::UTIL ) ) {
			return null;
		}
		$user = get_current_user_id();
		wp_set_current_user( self::reader() );
		try {
			$body = wc_get_container()->get( self::UTIL )->get_endpoint_data( "/wc/v3/{$type}s/$id" );
			/** This filter is documented in WooCommerce: includes/class-wc-webhook.php. */
			$body = apply_filters( 'woocommerce_webhook_payload', $body, $type, $id, 0 ); // phpcs:ignore WordPress.NamingConventions.PrefixAllGlobals -- its own, so that what a shop added stays.
		} finally {
			wp_set_current_user( $user );
		}
		return is_array( $body ) && isset( $body['id'] ) ? $body : null;
	}

	/**
	 * A user who may read everything: bodies do not depend on who is logged in.
	 */
	private static function reader(): int {
		foreach ( get_super_admins() as $login ) {
			$user = get_user_by( 'login', $login );
			if ( $user ) {
				return (int) $user->ID;
			}
		}
		return 0;
	}

	/**
	 * Some keys of a body, made up: all of them are in WooCommerce's own documentation.
	 *
	 * @return array<string, mixed>
	 */
	public static function example( string $type ): array {
		return array( 'id' => 1234 ) + match ( $type ) {
			'order' => array(
				'parent_id'      => 0,
				'status'         => 'processing',
				'currency'       => 'EUR',
				'date_created'   => '2026-11-20T10:58:41',
				'total'          => '59.29',
				'customer_id'    => 7,
				'order_key'      => 'wc_order_58d2d042d1d',
				'billing'        => array( 'email' => 'jane@example.com' ),
				'payment_method' => 'stripe',
				'number'         => '1234',
				'line_items'     => array(
					array(
						'id'         => 801,
						'name'       => 'Course: Photography',
						'product_id' => 56,
						'quantity'   => 1,
						'total'      => '49.00',
					),
				),
			),
			'product' => array(
				'name'  => 'Course: Photography',
				'type'  => 'simple',
				'price' => '49.00',
				'sku'   => 'PHOTO-1',
			),
			'coupon' => array(
				'code'          => 'welcome',
				'amount'        => '10.00',
				'discount_type' => 'percent',
			),
			default => array(
				'email'      => 'jane@example.com',
				'first_name' => 'Jane',
				'last_name'  => 'Doe',
				'role'       => 'customer',
				'username'   => 'jane',
			),
		};
	}
}
