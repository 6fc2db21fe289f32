<?php
/**
 * What Ultimate Multisite announces, as recorded.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Ultimate;

defined( 'ABSPATH' ) || exit;

/**
 * Slugs and keys of Ultimate Multisite 2.14.2, so that its events can be chosen where it is not
 * loaded. Where it is, its own list adds what is newer.
 */
final class Known_Events {

	/**
	 * What carries which blocks of keys, in this order, beside keys of its own.
	 *
	 * @return array<string, array{0: string, 1: string, 2: string, 3: list<string>, 4?: array<string, mixed>}>
	 *         Slug → category, name, description, blocks, and the keys before them.
	 */
	public static function events(): array {
		$all = array( 'membership', 'customer' );
		return array(
			'payment_received'          => array( 'sales', __( 'Payment Received', 'network-webhooks' ), __( 'A payment was received: for a membership of the network, or for an order in the shop of a site.', 'network-webhooks' ), array( 'payment', ...$all ) ),
			'payment_failed'            => array( 'sales', __( 'Payment Failed', 'network-webhooks' ), __( 'A payment was refused.', 'network-webhooks' ), array( ...$all, 'gateway' ) ),
			'renewal_payment_created'   => array( 'sales', __( 'Renewal Payment Created', 'network-webhooks' ), __( 'A membership is due for renewal and waits for its payment.', 'network-webhooks' ), array( 'payment', ...$all ), array( 'default_payment_url' => 'https://network.example/pay' ) ),
			'invoice_sent'              => array(
				'sales',
				__( 'Invoice Sent', 'network-webhooks' ),
				__( 'An invoice was sent to a customer.', 'network-webhooks' ),
				array( 'payment', 'customer' ),
				array(
					'payment_url'     => 'https://network.example/pay',
					'invoice_message' => '',
				),
			),
			'membership_expired'        => array( 'sales', __( 'Membership Expired', 'network-webhooks' ), __( 'A membership ran out.', 'network-webhooks' ), $all ),
			'payment_created'           => array( 'sales', __( 'Payment Created', 'network-webhooks' ), __( 'A payment was recorded, paid or not.', 'network-webhooks' ), array( 'payment', ...$all, 'billing' ) ),
			'payment_updated'           => array( 'sales', __( 'Payment Updated', 'network-webhooks' ), __( 'A payment was changed.', 'network-webhooks' ), array( 'payment', ...$all, 'billing' ) ),
			'membership_created'        => array( 'crm', __( 'Membership Created', 'network-webhooks' ), __( 'A customer has a new membership.', 'network-webhooks' ), array( ...$all, 'billing' ) ),
			'membership_updated'        => array( 'crm', __( 'Membership Updated', 'network-webhooks' ), __( 'A membership was changed.', 'network-webhooks' ), array( ...$all, 'billing' ) ),
			'customer_created'          => array( 'crm', __( 'Customer Created', 'network-webhooks' ), __( 'Somebody became a customer.', 'network-webhooks' ), array( 'customer', 'membership', 'billing' ) ),
			'customer_updated'          => array( 'crm', __( 'Customer Updated', 'network-webhooks' ), __( 'A customer was changed.', 'network-webhooks' ), array( 'customer', 'membership', 'billing' ) ),
			'confirm_email_address'     => array( 'crm', __( 'Confirm Email Address', 'network-webhooks' ), __( 'A customer is asked to confirm an email address. The event carries the link that confirms it.', 'network-webhooks' ), array( 'customer' ), array( 'verification_link' => 'https://network.example/?email-verification-key=…' ) ),
			'site_published'            => array( 'sites', __( 'Site Published', 'network-webhooks' ), __( 'A customer’s site was published.', 'network-webhooks' ), array( 'site', 'customer', 'membership' ) ),
			'domain_created'            => array( 'sites', __( 'Domain Created', 'network-webhooks' ), __( 'A domain was added to a site.', 'network-webhooks' ), array( 'domain', 'site', ...$all ) ),
			'demo_site_expiring'        => array( 'sites', __( 'Demo Site Expiring', 'network-webhooks' ), __( 'A demo site is about to be deleted.', 'network-webhooks' ), array(), self::DEMO ),
			'checkout_started'          => array(
				'sales',
				__( 'Checkout Started', 'network-webhooks' ),
				__( 'Somebody opened a checkout form.', 'network-webhooks' ),
				array(),
				array(
					'form_slug'  => 'main-form',
					'user_id'    => 7,
					'ip_address' => '192.0.2.1',
					'referrer'   => '',
				),
			),
			'checkout_step_completed'   => array( 'sales', __( 'Checkout Step Completed', 'network-webhooks' ), __( 'A step of a checkout was completed.', 'network-webhooks' ), array( 'checkout', 'cart' ) ),
			'checkout_completed'        => array(
				'sales',
				__( 'Checkout Completed', 'network-webhooks' ),
				__( 'A checkout was completed.', 'network-webhooks' ),
				array( 'checkout', 'cart' ),
				array(
					'customer_id'    => 41,
					'membership_id'  => 96,
					'payment_id'     => 812,
					'payment_total'  => 59.29,
					'payment_status' => 'completed',
					'plan_id'        => 12,
					'plan_slug'      => 'premium',
					'cart_type'      => 'new',
					'gateway'        => 'stripe',
				),
			),
			'checkout_failed'           => array(
				'sales',
				__( 'Checkout Failed', 'network-webhooks' ),
				__( 'A checkout ended with an error.', 'network-webhooks' ),
				array(),
				array(
					'checkout_form'  => 'main-form',
					'error_codes'    => array( 'declined' ),
					'error_messages' => array( 'declined' => 'The card was declined.' ),
					'user_id'        => 7,
				),
			),
			'subsite_post_created'      => array(
				'content',
				__( 'Post Created on a Site', 'network-webhooks' ),
				__( 'A post was written on a customer’s site.', 'network-webhooks' ),
				array( 'subsite' ),
				self::subsite( self::post( 'post' ) ),
			),
			'subsite_cpt_created'       => array(
				'content',
				__( 'Content Created on a Site', 'network-webhooks' ),
				__( 'Content of a custom type was made on a customer’s site.', 'network-webhooks' ),
				array( 'subsite' ),
				self::subsite( self::post( 'product' ) ),
			),
			'subsite_user_registered'   => array(
				'users',
				__( 'User Registered on a Site', 'network-webhooks' ),
				__( 'A user registered on a customer’s site.', 'network-webhooks' ),
				array( 'subsite' ),
				self::subsite(
					array(
						'new_user_id'    => 9,
						'new_user_login' => 'john',
						'new_user_email' => 'john@example.com',
						'new_user_role'  => 'subscriber',
					)
				),
			),
			'subsite_woocommerce_order' => array(
				'sales',
				__( 'WooCommerce Order on a Site', 'network-webhooks' ),
				__( 'An order was placed in the shop of a customer’s site.', 'network-webhooks' ),
				array( 'subsite' ),
				self::subsite(
					array(
						'order_id'     => 1234,
						'order_total'  => '59.29',
						'order_status' => 'pending',
						'order_items'  => 1,
					)
				),
			),
		);
	}

	/**
	 * What comes before `object_type` in an event of a customer's site: site, membership, and keys of
	 * its own.
	 *
	 * @param array<string, mixed> $own
	 * @return array<string, mixed>
	 */
	private static function subsite( array $own ): array {
		return self::BLOCKS['site'] + self::BLOCKS['membership'] + $own;
	}

	/**
	 * A post of a customer's site.
	 *
	 * @return array<string, int|string>
	 */
	private static function post( string $type ): array {
		return array(
			'post_id'        => 42,
			'post_title'     => 'Light and Shadow',
			'post_type'      => $type,
			'post_status'    => 'publish',
			'post_author_id' => 7,
		);
	}

	/** Keys that are there only where they are filled in. */
	public const OPTIONAL = array( 'company_name', 'billing_email', 'billing_address_line_1', 'billing_address_line_2', 'billing_country', 'billing_state', 'billing_city', 'billing_zip_code' );

	/** Keys whose texts it takes from where WordPress and itself store them escaped for HTML. */
	public const ESCAPED = array(
		'customer_name',
		'customer_user_email',
		'customer_billing_address',
		'company_name',
		'billing_email',
		'billing_address_line_1',
		'billing_address_line_2',
		'billing_state',
		'billing_city',
		'billing_zip_code',
		'membership_initial_amount',
		'membership_amount',
		'membership_description',
		'payment_subtotal',
		'payment_tax_total',
		'payment_total',
		'payment_product_names',
		'product_name',
		'product_amount',
		'product_setup_fee',
		'site_title',
		'site_description',
		'post_title',
		'new_user_email',
	);

	/** What it tells of a demo site: its models as they are, not blocks of keys. Here are those that name them. */
	private const DEMO = array(
		'site'                => array(
			'id'            => 3,
			'title'         => 'Photography',
			'domain'        => 'network.example',
			'path'          => '/photography/',
			'customer_id'   => '41',
			'membership_id' => '96',
			'type'          => 'demo',
		),
		'membership'          => array(
			'id'      => '96',
			'user_id' => 7,
			'plan_id' => 12,
			'status'  => 'active',
		),
		'customer'            => array(
			'id'      => '41',
			'user_id' => '7',
		),
		'demo_expires_at'     => '2026-11-21 10:00:00',
		'demo_time_remaining' => '1 day',
		'site_admin_url'      => 'https://network.example/photography/wp-admin/',
		'site_url'            => 'https://network.example/photography',
	);

	/** Keys of the models in DEMO with such texts. */
	public const ESCAPED_IN_MODELS = array( 'title', 'description', 'name' );

	/** Slug → version of its payload, where that is not the first one: see Event. */
	public const VERSIONS = array( 'demo_site_expiring' => 2 );

	/** Slugs that are only logged, and so have no `wu_version`. */
	public const LOGGED = array( 'checkout_started', 'checkout_step_completed', 'checkout_completed', 'checkout_failed', 'subsite_post_created', 'subsite_cpt_created', 'subsite_user_registered', 'subsite_woocommerce_order' );

	/** Slugs that it registers and never announces, and that are told from where it saves. */
	public const SAVED = array( 'customer_created', 'customer_updated', 'membership_created', 'membership_updated', 'payment_created', 'payment_updated' );

	/** Where people search: whichever of these an event carries. */
	private const LOOKUP = array( 'payment_id', 'payment_reference_code', 'membership_id', 'customer_id', 'customer_user_email', 'customer_user_id', 'site_id', 'domain_domain', 'user_id', 'object_id', 'order_id', 'new_user_email', 'site.id' );

	/**
	 * An event's payload, made up.
	 *
	 * @param list<string>         $names Blocks.
	 * @param array<string, mixed> $own   Keys before them.
	 * @return array<string, mixed>
	 */
	public static function example( string $slug, array $names, array $own = array() ): array {
		foreach ( $names as $name ) {
			$own += self::BLOCKS[ $name ];
		}
		return $own + ( in_array( $slug, self::LOGGED, true ) ? array() : array( 'wu_version' => '2.14.2' ) );
	}

	/**
	 * Where people search in such a payload.
	 *
	 * @param array<string, mixed> $example
	 * @return list<string>
	 */
	public static function lookup( array $example ): array {
		$has = static fn( string $path ): bool => array_key_exists( $path, $example ) || ( str_contains( $path, '.' ) && isset( $example[ strtok( $path, '.' ) ][ substr( strrchr( $path, '.' ), 1 ) ] ) );
		return array_values( array_filter( self::LOOKUP, $has ) );
	}

	/** Blocks of keys, by the model that they tell of. */
	private const BLOCKS = array(
		'payment'    => array(
			'payment_id'             => 812,
			'payment_status'         => 'completed',
			'payment_reference_code' => 'JJJ3D44133',
			'payment_subtotal'       => '$ 49.00',
			'payment_subtotal_raw'   => 49,
			'payment_tax_total'      => '$ 10.29',
			'payment_tax_total_raw'  => 10.29,
			'payment_total'          => '$ 59.29',
			'payment_total_raw'      => 59.29,
			'payment_currency'       => 'USD',
			'payment_product_names'  => 'Premium plan',
			'payment_date_created'   => '2026-11-20 10:00:00',
			'payment_gateway'        => 'stripe',
			'payment_invoice_url'    => 'https://network.example?action=invoice&reference=JJJ3D44133',
			'payment_manage_url'     => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-payment&id=812',
		),
		'membership' => array(
			'membership_id'                 => 96,
			'membership_status'             => 'active',
			'membership_reference_code'     => 'HHHHKND2WU',
			'membership_initial_amount'     => '$ 49.00',
			'membership_initial_amount_raw' => 49,
			'membership_amount'             => '$ 49.00',
			'membership_amount_raw'         => 49,
			'membership_currency'           => 'USD',
			'membership_description'        => '$ 49.00 every month',
			'membership_gateway'            => 'stripe',
			'membership_date_expiration'    => '2026-12-20 23:59:59',
			'membership_manage_url'         => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-membership&id=96',
		),
		'customer'   => array(
			'customer_id'                 => 41,
			'customer_name'               => 'Jane Doe',
			'customer_user_id'            => 7,
			'customer_user_email'         => 'jane@example.com',
			'customer_email_verification' => 'verified',
			'customer_avatar'             => '',
			'customer_billing_address'    => "Company Co.\ncompany@example.com",
			'customer_manage_url'         => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-customer&id=41',
		),
		'site'       => array(
			'site_id'          => 3,
			'site_title'       => 'Photography',
			'site_description' => '',
			'site_url'         => 'https://network.example/photography',
			'site_admin_url'   => 'https://network.example/photography/wp-admin/',
			'site_manage_url'  => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-site&id=3',
		),
		'domain'     => array(
			'domain_id'           => 5,
			'domain_domain'       => 'photography.example',
			'domain_site_id'      => 3,
			'domain_stage'        => 'checking-dns',
			'domain_active'       => 'true',
			'domain_primary'      => 'true',
			'domain_secure'       => 'false',
			'domain_date_created' => '2026-11-20 10:00:00',
			'domain_manage_url'   => 'https://network.example/wp-admin/network/admin.php?page=wp-ultimo-edit-domain&id=5',
		),
		'billing'    => array(
			'company_name'           => 'Company Co.',
			'billing_email'          => 'company@example.com',
			'billing_address_line_1' => '1 Canal Street',
			'billing_address_line_2' => 'Second floor',
			'billing_country'        => 'NL',
			'billing_state'          => 'NH',
			'billing_city'           => 'Amsterdam',
			'billing_zip_code'       => '1015 AB',
		),
		'gateway'    => array( 'payment_gateway' => 'stripe' ),
		'checkout'   => array(
			'customer_id'   => 41,
			'membership_id' => 96,
			'plan_id'       => 12,
			'plan_slug'     => 'premium',
			'cart_type'     => 'new',
		),
		'cart'       => array( 'is_free' => false ),
		'subsite'    => array(
			'object_type' => 'site',
			'object_id'   => 3,
		),
	);
}
