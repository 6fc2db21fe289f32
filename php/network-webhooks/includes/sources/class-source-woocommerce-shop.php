<?php
/**
 * Events of what a shop of WooCommerce sells, and of whom it sells to.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Core\Payload;
use Network_Webhooks\Sources\Core\Request_End_Events;
use Network_Webhooks\Sources\Woocommerce\Order_Data;
use Network_Webhooks\Sources\Woocommerce\Shop_Objects;

defined( 'ABSPATH' ) || exit;

/**
 * Products, coupons and customers: made, changed, deleted, restored. One save fires several hooks, and what
 * belongs to it is saved after them: each is told once when the request ends, as it is then.
 */
final class Source_Woocommerce_Shop extends Abstract_Source {

	public const NAME = 'woocommerce';

	public const ORDER = 30;

	public const PLUGIN = 'WooCommerce';

	protected const IS_CONTENT = true;

	protected const HTML = array( 'description', 'short_description' );

	/** Types of posts → what they are in events. */
	private const POSTS = array(
		'product'           => 'product',
		'product_variation' => 'product',
		'shop_coupon'       => 'coupon',
		'shop_order'        => 'order',
	);

	/** Statuses of what an editor or an importer only began. */
	private const BEGUN = array( 'auto-draft', 'new', 'importing' );

	/**
	 * What is about to be deleted, by its place, as it was.
	 *
	 * @var array<string, array<string, mixed>>
	 */
	private array $leaving = array();

	public function __construct( private readonly Request_End_Events $request_end_events ) {}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$deleted  = array( 'is_permanent' => false );
		$customer = Shop_Objects::example_customer();
		$lookup   = array( 'user_id', 'user_email' );
		return array(
			self::product( 'product_created', __( 'Product Created', 'network-webhooks' ), __( 'A product was made in a shop.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_new_product or woocommerce_new_product_variation was fired, or in which a draft of the editor was saved.', 'network-webhooks' ) ),
			self::product( 'product_updated', __( 'Product Updated', 'network-webhooks' ), __( 'A product of a shop was changed.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_update_product or woocommerce_update_product_variation was fired, once for all changes of that request.', 'network-webhooks' ) ),
			self::product( 'product_deleted', __( 'Product Deleted', 'network-webhooks' ), __( 'A product was moved to the trash, or deleted at once.', 'network-webhooks' ), __( 'At trashed_post, and at after_delete_post of what was not in the trash.', 'network-webhooks' ), $deleted ),
			self::product( 'product_restored', __( 'Product Restored', 'network-webhooks' ), __( 'A product was taken out of the trash.', 'network-webhooks' ), __( 'At untrashed_post.', 'network-webhooks' ) ),
			self::coupon( 'coupon_created', __( 'Coupon Created', 'network-webhooks' ), __( 'A coupon was made in a shop.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_new_coupon was fired, or in which a draft of the editor was saved.', 'network-webhooks' ) ),
			self::coupon( 'coupon_updated', __( 'Coupon Updated', 'network-webhooks' ), __( 'A coupon of a shop was changed.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_update_coupon was fired, once for all changes of that request.', 'network-webhooks' ) ),
			self::coupon( 'coupon_deleted', __( 'Coupon Deleted', 'network-webhooks' ), __( 'A coupon was moved to the trash, or deleted at once.', 'network-webhooks' ), __( 'At trashed_post, and at after_delete_post of what was not in the trash.', 'network-webhooks' ), $deleted ),
			self::coupon( 'coupon_restored', __( 'Coupon Restored', 'network-webhooks' ), __( 'A coupon was taken out of the trash.', 'network-webhooks' ), __( 'At untrashed_post.', 'network-webhooks' ) ),
			Event::of( self::NAME, 'shop_customer_created', 'sales', __( 'Shop Customer Created', 'network-webhooks' ), __( 'Somebody got an account in a shop.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_created_customer or woocommerce_new_customer was fired, without the password.', 'network-webhooks' ), $customer, array(), $lookup ),
			Event::of( self::NAME, 'shop_customer_updated', 'sales', __( 'Shop Customer Updated', 'network-webhooks' ), __( 'The account of a customer of a shop was changed.', 'network-webhooks' ), __( 'At the end of the request in which woocommerce_update_customer was fired, or profile_update of a customer of the site, once for all changes of that request.', 'network-webhooks' ), $customer, array(), $lookup ),
			Event::of( self::NAME, 'shop_customer_deleted', 'sales', __( 'Shop Customer Deleted', 'network-webhooks' ), __( 'A customer left a shop, or the network deleted the account.', 'network-webhooks' ), __( 'At remove_user_from_blog, of users with the role “customer”.', 'network-webhooks' ), $customer, array(), $lookup ),
		);
	}

	/**
	 * An event of a product.
	 */
	private static function product( string $slug, string $name, string $description, string $when, array $more = array() ): Event {
		return Event::of( self::NAME, $slug, 'sales', $name, $description, $when, Shop_Objects::example_product() + $more, Shop_Objects::NULLABLE, array( 'product_id', 'sku' ) );
	}

	/**
	 * An event of a coupon.
	 */
	private static function coupon( string $slug, string $name, string $description, string $when, array $more = array() ): Event {
		return Event::of( self::NAME, $slug, 'sales', $name, $description, $when, Shop_Objects::example_coupon() + $more, Shop_Objects::NULLABLE, array( 'coupon_id', 'code' ) );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		foreach ( array( 'product', 'product_variation' ) as $hook ) {
			$this->on( 'product_created', "woocommerce_new_$hook", fn( $id = 0 ) => $this->tell( 'product', (int) $id, 'created' ) );
			$this->on( 'product_updated', "woocommerce_update_$hook", fn( $id = 0 ) => $this->tell( 'product', (int) $id, 'updated' ) );
		}
		$this->on( 'coupon_created', 'woocommerce_new_coupon', fn( $id = 0 ) => $this->tell( 'coupon', (int) $id, 'created' ) );
		$this->on( 'coupon_updated', 'woocommerce_update_coupon', fn( $id = 0 ) => $this->tell( 'coupon', (int) $id, 'updated' ) );
		$this->on( 'product_created', 'woocommerce_process_product_meta', fn( $id = 0 ) => $this->edited( 'product', (int) $id ), 1, 1 );
		$this->on( 'coupon_created', 'woocommerce_process_shop_coupon_meta', fn( $id = 0 ) => $this->edited( 'coupon', (int) $id ), 1, 1 );
		$this->on( 'product_deleted', 'trashed_post', fn( $id = 0 ) => $this->moved( (int) $id, 'deleted', array( 'is_permanent' => false ) ) );
		$this->on( 'product_restored', 'untrashed_post', fn( $id = 0 ) => $this->moved( (int) $id, 'restored' ) );
		$this->on( 'product_deleted', 'before_delete_post', fn( $id = 0 ) => $this->leaves( (int) $id ) );
		$this->on( 'product_deleted', 'after_delete_post', fn( $id = 0 ) => $this->left( (int) $id ) );
		$this->on( 'shop_customer_created', 'woocommerce_created_customer', fn( $id = 0 ) => $this->customer( (int) $id, 'created' ) );
		$this->on( 'shop_customer_created', 'woocommerce_new_customer', fn( $id = 0 ) => $this->customer( (int) $id, 'created' ) );
		$this->on( 'shop_customer_updated', 'woocommerce_update_customer', fn( $id = 0 ) => $this->customer( (int) $id, 'updated' ) );
		$this->on( 'shop_customer_updated', 'profile_update', fn( $id = 0 ) => $this->is_wanted( 'shop_customer_updated' ) && self::is_customer( (int) $id ) && $this->customer( (int) $id, 'updated' ) );
		$this->on( 'shop_customer_deleted', 'remove_user_from_blog', fn( $id = 0, $site = 0 ) => $this->customer_left( (int) $id, (int) $site ), 2 );
	}

	/**
	 * An object was made, changed or moved: told once when the request ends.
	 *
	 * @param array<string, mixed> $more Keys beside the object's.
	 */
	private function tell( string $kind, int $id, string $what, array $more = array() ): void {
		$place = self::place( $kind, $id );
		// What is made, deleted or restored was saved for that, too.
		if ( $id < 1 || ( 'updated' === $what && $this->holds_another( $place ) ) ) {
			return;
		}
		if ( 'updated' !== $what ) {
			$this->request_end_events->drop( "$place:updated" );
		}
		$event = "{$kind}_$what";
		if ( ! $this->is_wanted_now( $event ) ) {
			return;
		}
		$this->request_end_events->take_later(
			"$place:$what",
			$event,
			self::NAME,
			function () use ( $kind, $event, $id, $more ): ?array {
				if ( in_array( get_post_status( $id ), self::BEGUN, true ) ) {
					return null;
				}
				$data = 'order' === $kind ? self::order( $id, $event ) : Shop_Objects::of( $kind, $id );
				return null === $data ? null : (array) $this->plain( $data + $more );
			},
			$this->options(),
			static fn(): bool => self::is_there( $id )
		);
	}

	/**
	 * An import's events are for who asked for them.
	 *
	 * @return array<string, bool>
	 */
	private function options(): array {
		return defined( 'WP_IMPORTING' ) && WP_IMPORTING ? array( 'import' => true ) : array();
	}

	/**
	 * Whether an object is told as made, deleted or restored already.
	 */
	private function holds_another( string $place ): bool {
		foreach ( array( 'created', 'deleted', 'restored' ) as $what ) {
			if ( $this->request_end_events->holds( "$place:$what" ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The editor saves what it had begun before: for WordPress that is a change.
	 */
	private function edited( string $kind, int $id ): void {
		// phpcs:ignore WordPress.Security.NonceVerification.Missing -- only read, after WooCommerce checked it.
		if ( 'auto-draft' === ( $_POST['original_post_status'] ?? '' ) ) {
			$this->tell( $kind, $id, 'created' );
		}
	}

	/**
	 * A post went to the trash or came back. An order that is a post tells it by WooCommerce's own hooks, but not
	 * where an administrator did it in the list of posts.
	 *
	 * @param array<string, mixed> $more Keys beside the object's.
	 */
	private function moved( int $id, string $what, array $more = array() ): void {
		$kind = $this->is_any_wanted( $what ) ? self::POSTS[ (string) get_post_type( $id ) ] ?? '' : '';
		if ( '' !== $kind ) {
			$this->tell( $kind, $id, $what, $more );
		}
	}

	/**
	 * Whether anybody subscribes to what may happen to a post: otherwise its type is not asked for.
	 */
	private function is_any_wanted( string $what ): bool {
		return $this->is_wanted( "product_$what" ) || $this->is_wanted( "coupon_$what" ) || $this->is_wanted( "order_$what" );
	}

	/**
	 * A post is about to be deleted for good. One in the trash was told when it went there.
	 */
	private function leaves( int $id ): void {
		$kind = $this->is_any_wanted( 'deleted' ) ? self::POSTS[ (string) get_post_type( $id ) ] ?? '' : '';
		if ( in_array( $kind, array( 'product', 'coupon' ), true ) && ! in_array( get_post_status( $id ), array( 'trash', ...self::BEGUN ), true ) && $this->is_wanted_now( "{$kind}_deleted" ) ) {
			$data = Shop_Objects::of( $kind, $id );
			if ( $data ) {
				$this->leaving[ self::place( $kind, $id ) ] = $data + array( 'is_permanent' => true );
			}
		}
	}

	/**
	 * A post was deleted for good.
	 */
	private function left( int $id ): void {
		foreach ( array( 'product', 'coupon' ) as $kind ) {
			$place = self::place( $kind, $id );
			$data  = $this->leaving[ $place ] ?? null;
			unset( $this->leaving[ $place ] );
			if ( $data ) {
				$this->request_end_events->drop( "$place:updated" );
				$this->send( "{$kind}_deleted", $data );
			}
		}
	}

	/**
	 * A customer got an account, or it was changed. The hooks' other arguments hold the password. A guest has no
	 * account: WooCommerce fires the hooks with 0.
	 */
	private function customer( int $id, string $what ): void {
		$place = self::place( 'customer', $id );
		$event = "shop_customer_$what";
		if ( $id < 1 || ( 'updated' === $what && $this->request_end_events->holds( "$place:created" ) ) ) {
			return;
		}
		if ( 'created' === $what ) {
			$this->request_end_events->drop( "$place:updated" );
		}
		if ( $this->is_wanted_now( $event ) ) {
			$this->request_end_events->take_later( "$place:$what", $event, self::NAME, fn(): ?array => $this->plain_customer( $id ), array(), static fn(): bool => Payload::user_exists( $id ) );
		}
	}

	/**
	 * A customer leaves a shop: still a member.
	 */
	private function customer_left( int $id, int $site ): void {
		if ( get_current_blog_id() === $site && $this->is_wanted( 'shop_customer_deleted' ) && self::is_customer( $id ) && $this->is_wanted_now( 'shop_customer_deleted' ) ) {
			$this->request_end_events->drop( self::place( 'customer', $id ) . ':*' );
			$this->send( 'shop_customer_deleted', static fn(): ?array => Shop_Objects::customer( $id ) );
		}
	}

	/**
	 * A customer's payload, made plain.
	 */
	private function plain_customer( int $id ): ?array {
		$data = Shop_Objects::customer( $id );
		return null === $data ? null : (array) $this->plain( $data );
	}

	/**
	 * Whether somebody is a customer of the current site.
	 */
	private static function is_customer( int $id ): bool {
		$user = $id > 0 ? get_userdata( $id ) : false;
		return $user && in_array( 'customer', (array) $user->roles, true );
	}

	/**
	 * An order that is a post.
	 */
	private static function order( int $id, string $event ): ?array {
		$order = function_exists( 'wc_get_order' ) ? wc_get_order( $id ) : null;
		return is_object( $order ) && 'shop_order' === get_post_type( $id ) ? array( 'trigger' => $event ) + Order_Data::of( $order ) : null;
	}

	/**
	 * Whether a post is in the database: a transaction may have been taken back.
	 */
	private static function is_there( int $id ): bool {
		global $wpdb;
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a cache would say what was.
		return null !== $wpdb->get_var( $wpdb->prepare( "SELECT ID FROM $wpdb->posts WHERE ID = %d", $id ) );
	}

	/**
	 * An object of the current site, as it is held.
	 */
	private static function place( string $kind, int $id ): string {
		return "$kind:" . get_current_blog_id() . ":$id";
	}
}
