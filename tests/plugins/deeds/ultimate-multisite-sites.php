<?php
/**
 * What happens on the site of a customer of Ultimate Multisite, which has a shop.
 */

require_once dirname( __DIR__ ) . '/class-woo-shop.php';
require_once dirname( __DIR__ ) . '/class-wu-network.php';

$of    = static fn( string $key ): Closure => static fn( array $known ): mixed => $known[ $key ];
// An id that it read from its database is a text.
$text  = static fn( string $key ): Closure => static fn( array $known ): string => (string) $known[ $key ];
$write = static fn( string $type, string $title ): Closure => static fn( array $known ): array => array(
	'written' => Deed::must(
		wp_insert_post(
			array(
				'post_type'   => $type,
				'post_title'  => $title,
				'post_status' => 'publish',
				'post_author' => 1,
			)
		)
	),
);

return array(
	'plugins' => array(
		'ultimate-multisite/ultimate-multisite.php' => true,
		'woocommerce/woocommerce.php'               => false,
	),
	'sources' => array( 'ultimate-multisite' ),
	'prepare' => static fn() => update_network_option( null, 'wu_setup_finished', true ),
	'setup'   => static function ( array $known ): array {
		$known = Wu_Network::set_up() + $known;
		$made  = Woo_Shop::set_up( true ) + $known;
		$made['customer']   = Wu_Network::customer();
		$made['membership'] = Wu_Network::membership( $made );
		$site = wu_get_site( $known['site'] );
		$site->set_type( 'customer_owned' );
		$site->set_customer_id( $made['customer'] );
		$site->set_membership_id( $made['membership'] );
		Deed::must( $site->save() );
		return $made;
	},
	'deeds'   => array(
		'the customer writes a post'            => array(
			'do'     => $write( 'post', 'Light & shadow' ),
			'events' => array( array( 'subsite_post_created', array( 'post_id' => $of( 'written' ), 'post_type' => 'post', 'post_title' => 'Light & shadow', 'site_id' => $text( 'site' ), 'object_id' => $of( 'site' ) ) ) ),
		),
		'the customer adds a product'           => array(
			'do'     => static fn( array $known ): array => array( 'written' => Woo_Shop::product( 'Camera', '99.00', true ) ),
			'events' => array( array( 'subsite_cpt_created', array( 'post_id' => $of( 'written' ), 'post_type' => 'product', 'site_id' => $text( 'site' ) ) ) ),
		),
		'somebody is added to the site'         => array(
			'do'     => static function ( array $known ): array {
				$user = Deed::user();
				Deed::must( add_user_to_blog( $known['site'], $user, 'editor' ) );
				return array( 'user' => $user );
			},
			// WordPress makes an account with a role on the site that it is made on, and the second one is another role.
			'events' => array( array( 'subsite_user_registered', array( 'new_user_id' => $of( 'user' ), 'new_user_role' => 'editor' ) ) ),
		),
		'somebody orders in the shop'           => array(
			'do'     => static fn( array $known ): array => array( 'order' => Woo_Shop::check_out( $known, 'bacs' ) ),
			'events' => array( array( 'subsite_woocommerce_order', array( 'order_id' => $of( 'order' ), 'order_total' => '49.00', 'order_items' => 1, 'site_id' => $text( 'site' ) ) ) ),
			'any_order' => true,
		),
		'a draft that is no order yet is saved' => array(
			'do'     => static function ( array $known ): void {
				$order = new WC_Order();
				$order->set_status( 'checkout-draft' );
				$order->save();
			},
			'events' => array(),
		),
	),
);
