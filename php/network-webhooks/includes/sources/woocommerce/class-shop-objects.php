<?php
/**
 * What is told of products, coupons and customers of WooCommerce.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Woocommerce;

use Network_Webhooks\Money;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * In our words, with what the webhooks of WooCommerce itself tell of them.
 */
final class Shop_Objects {

	/** Paths that may be null. */
	public const NULLABLE = array( 'created_at', 'modified_at', 'expires_at', 'stock_quantity', 'image_url', 'sale_price', 'usage_limit', 'usage_limit_per_user' );

	/**
	 * An object of a kind; null: there is none.
	 *
	 * @return array<string, mixed>|null
	 */
	public static function of( string $kind, int $id ): ?array {
		if ( 'coupon' === $kind ) {
			$coupon = class_exists( 'WC_Coupon' ) ? new \WC_Coupon( $id ) : null;
			return $coupon && $coupon->get_id() ? self::coupon( $coupon ) : null;
		}
		$product = function_exists( 'wc_get_product' ) ? wc_get_product( $id ) : null;
		return is_object( $product ) ? self::product( $product ) : null;
	}

	/**
	 * A product, or one of its variations.
	 *
	 * @param \WC_Product $product
	 * @return array<string, mixed>
	 */
	private static function product( object $product ): array {
		$currency = get_woocommerce_currency();
		$image    = $product->get_image_id() ? wp_get_attachment_image_url( (int) $product->get_image_id(), 'full' ) : false;
		$sale     = (string) $product->get_sale_price( 'edit' );
		$stock    = $product->get_stock_quantity( 'edit' );
		$terms    = get_the_terms( $product->get_parent_id() ? $product->get_parent_id() : $product->get_id(), 'product_cat' );
		return array(
			'product_id' => (int) $product->get_id(),
			'parent_id'  => (int) $product->get_parent_id(),
			'site_id'    => get_current_blog_id(),
			'name'       => (string) $product->get_name(),
			'slug'       => (string) $product->get_slug(),
			'type'       => (string) $product->get_type(),
			'status'     => (string) $product->get_status(),
			'sku'        => (string) $product->get_sku(),
			'permalink'  => (string) $product->get_permalink(),
		) + Money::fields( 'price', $product->get_price( 'edit' ), $currency )
			+ Money::fields( 'regular_price', $product->get_regular_price( 'edit' ), $currency )
			+ ( '' === $sale ? array(
				'sale_price'       => null,
				'sale_price_minor' => null,
			) : Money::fields( 'sale_price', $sale, $currency ) )
			+ array(
				'currency'          => $currency,
				'description'       => (string) $product->get_description(),
				'short_description' => (string) $product->get_short_description(),
				'is_virtual'        => (bool) $product->is_virtual(),
				'is_downloadable'   => (bool) $product->is_downloadable(),
				'stock_status'      => (string) $product->get_stock_status(),
				'stock_quantity'    => null === $stock ? null : Money::quantity( $stock ),
				'categories'        => is_array( $terms ) ? array_map( static fn( \WP_Term $term ): string => $term->name, $terms ) : array(),
				'image_url'         => false === $image ? null : $image,
				'created_at'        => Order_Data::time( $product->get_date_created() ),
				'modified_at'       => Order_Data::time( $product->get_date_modified() ),
			);
	}

	/**
	 * A coupon.
	 *
	 * @param \WC_Coupon $coupon
	 * @return array<string, mixed>
	 */
	private static function coupon( object $coupon ): array {
		$limit = (int) $coupon->get_usage_limit();
		$each  = (int) $coupon->get_usage_limit_per_user();
		return array(
			'coupon_id'            => (int) $coupon->get_id(),
			'site_id'              => get_current_blog_id(),
			'code'                 => (string) $coupon->get_code(),
			'status'               => (string) get_post_status( $coupon->get_id() ),
			'discount_type'        => (string) $coupon->get_discount_type(),
			// Percent, or an amount of the shop's currency, by the type.
			'amount'               => (string) $coupon->get_amount(),
			'description'          => (string) $coupon->get_description(),
			'is_individual'        => (bool) $coupon->get_individual_use(),
			'has_free_shipping'    => (bool) $coupon->get_free_shipping(),
			'product_ids'          => array_map( 'intval', array_values( $coupon->get_product_ids() ) ),
			'usage_count'          => (int) $coupon->get_usage_count(),
			'usage_limit'          => $limit ? $limit : null,
			'usage_limit_per_user' => $each ? $each : null,
			'expires_at'           => Order_Data::time( $coupon->get_date_expires() ),
			'created_at'           => Order_Data::time( $coupon->get_date_created() ),
			'modified_at'          => Order_Data::time( $coupon->get_date_modified() ),
		);
	}

	/**
	 * A customer, who is a user; null: there is none.
	 *
	 * @return array<string, mixed>|null
	 */
	public static function customer( int $id ): ?array {
		$user     = Payload::user_of( $id );
		$customer = $user && class_exists( 'WC_Customer' ) ? new \WC_Customer( $id ) : null;
		return $user ? $user + array(
			'site_id'            => get_current_blog_id(),
			'is_paying_customer' => (bool) $customer?->get_is_paying_customer(),
			'billing'            => Order_Data::address( $customer?->get_billing( 'edit' ) ),
			'shipping'           => Order_Data::address( $customer?->get_shipping( 'edit' ) ),
		) : null;
	}

	/**
	 * A product, made up.
	 *
	 * @return array<string, mixed>
	 */
	public static function example_product(): array {
		return array(
			'product_id' => 56,
			'parent_id'  => 0,
			'site_id'    => 3,
			'name'       => 'Course: Photography',
			'slug'       => 'course-photography',
			'type'       => 'simple',
			'status'     => 'publish',
			'sku'        => 'PHOTO-1',
			'permalink'  => 'https://network.example/photography/product/course-photography/',
		) + Money::fields( 'price', '49', 'EUR' ) + Money::fields( 'regular_price', '49', 'EUR' ) + Money::fields( 'sale_price', '39', 'EUR' ) + array(
			'currency'          => 'EUR',
			'description'       => '<p>Light and shadow.</p>',
			'short_description' => '',
			'is_virtual'        => true,
			'is_downloadable'   => false,
			'stock_status'      => 'instock',
			'stock_quantity'    => 12,
			'categories'        => array( 'Courses' ),
			'image_url'         => 'https://network.example/photography/camera.jpg',
			'created_at'        => '2026-11-20T09:58:41Z',
			'modified_at'       => '2026-11-20T10:00:00Z',
		);
	}

	/**
	 * A coupon, made up.
	 *
	 * @return array<string, mixed>
	 */
	public static function example_coupon(): array {
		return array(
			'coupon_id'            => 61,
			'site_id'              => 3,
			'code'                 => 'welcome',
			'status'               => 'publish',
			'discount_type'        => 'percent',
			'amount'               => '10',
			'description'          => '',
			'is_individual'        => false,
			'has_free_shipping'    => false,
			'product_ids'          => array( 56 ),
			'usage_count'          => 4,
			'usage_limit'          => 100,
			'usage_limit_per_user' => 1,
			'expires_at'           => '2026-12-31T00:00:00Z',
			'created_at'           => '2026-11-20T09:58:41Z',
			'modified_at'          => '2026-11-20T10:00:00Z',
		);
	}

	/**
	 * A customer, made up.
	 *
	 * @return array<string, mixed>
	 */
	public static function example_customer(): array {
		return Payload::example_user() + array(
			'site_id'            => 3,
			'is_paying_customer' => true,
			'billing'            => Order_Data::example_address(),
			'shipping'           => Order_Data::example_address(),
		);
	}
}
