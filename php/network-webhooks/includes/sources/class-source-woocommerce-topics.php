<?php
/**
 * What the webhooks of WooCommerce itself send, for receivers of theirs.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Payload_Schema;
use Network_Webhooks\Sources\Core\Payload;
use Network_Webhooks\Sources\Core\Request_End_Events;
use Network_Webhooks\Sources\Woocommerce\Rest_Body;

defined( 'ABSPATH' ) || exit;

/**
 * A topic of theirs is an event whose data is the body that WooCommerce's own REST classes make. Only who asks
 * for it by name gets it: making it takes queries, and `*` has the same things in our words.
 */
final class Source_Woocommerce_Topics extends Abstract_Source {

	public const NAME = 'woocommerce';

	public const ORDER = 35;

	public const PLUGIN = 'WooCommerce';

	/** Resource → what happens to it. */
	private const TOPICS = array(
		'order'    => array( 'created', 'updated', 'deleted', 'restored' ),
		'product'  => array( 'created', 'updated', 'deleted', 'restored' ),
		'coupon'   => array( 'created', 'updated', 'deleted', 'restored' ),
		'customer' => array( 'created', 'updated', 'deleted' ),
	);

	/** Types of posts → the resource. */
	private const POSTS = array(
		'product'     => 'product',
		'shop_coupon' => 'coupon',
		'shop_order'  => 'order',
	);

	/** Statuses of what is begun only: its webhooks leave these out. */
	private const BEGUN = array( 'auto-draft', 'new', 'draft', 'checkout-draft' );

	public function __construct( private readonly Request_End_Events $request_end_events ) {}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$events = array();
		foreach ( self::TOPICS as $resource => $actions ) {
			foreach ( $actions as $action ) {
				$topic    = "$resource.$action";
				$example  = 'deleted' === $action ? array( 'id' => 1234 ) : Rest_Body::example( $resource );
				$events[] = new Event(
					Event::WOOCOMMERCE . $topic,
					'sales',
					/* translators: %s: a topic of WooCommerce's webhooks, such as order.created */
					sprintf( __( 'WooCommerce: %s', 'network-webhooks' ), $topic ),
					/* translators: %s: a topic of WooCommerce's webhooks, such as order.created */
					sprintf( __( 'What WooCommerce’s own webhook “%s” sends, for the format “WooCommerce”. “*” leaves it out.', 'network-webhooks' ), $topic ),
					array( self::NAME => $example ),
					array( self::NAME => Payload_Schema::untouched( array( 'id' => 1234 ) ) ),
					array( self::NAME => __( 'At the end of the request in which its webhooks would be triggered, once. The body is made by WooCommerce’s REST API.', 'network-webhooks' ) ),
					array( 'id' )
				);
			}
		}
		return $events;
	}

	/**
	 * {@inheritDoc}
	 *
	 * At the hooks of WC_Webhook::get_default_topic_hooks(); of users by those of a network, which deletes them
	 * otherwise than a single site.
	 */
	protected function listen(): void {
		$hooks = array(
			'order.created'    => array( 'woocommerce_new_order' ),
			'order.updated'    => array( 'woocommerce_update_order', 'woocommerce_order_refunded' ),
			'order.deleted'    => array( 'woocommerce_trash_order' ),
			'order.restored'   => array( 'woocommerce_untrash_order' ),
			'coupon.created'   => array( 'woocommerce_new_coupon' ),
			'coupon.updated'   => array( 'woocommerce_update_coupon' ),
			'customer.created' => array( 'woocommerce_created_customer', 'woocommerce_new_customer' ),
			'customer.updated' => array( 'woocommerce_update_customer' ),
			'product.created'  => array( 'woocommerce_new_product', 'woocommerce_new_product_variation' ),
			'product.updated'  => array( 'woocommerce_update_product', 'woocommerce_update_product_variation' ),
		);
		foreach ( $hooks as $topic => $names ) {
			foreach ( $names as $hook ) {
				$this->on( Event::WOOCOMMERCE . $topic, $hook, fn( $id = 0 ) => $this->happened( $topic, (int) $id ) );
			}
		}
		$this->on( Event::WOOCOMMERCE . 'product.created', 'woocommerce_process_product_meta', fn( $id = 0 ) => $this->edited( 'product', (int) $id ), 1, 1 );
		$this->on( Event::WOOCOMMERCE . 'coupon.created', 'woocommerce_process_shop_coupon_meta', fn( $id = 0 ) => $this->edited( 'coupon', (int) $id ), 1, 1 );
		$this->on( Event::WOOCOMMERCE . 'product.deleted', 'trashed_post', fn( $id = 0 ) => $this->moved( (int) $id, 'deleted' ) );
		$this->on( Event::WOOCOMMERCE . 'product.restored', 'untrashed_post', fn( $id = 0 ) => $this->moved( (int) $id, 'restored' ) );
		$this->on( Event::WOOCOMMERCE . 'customer.updated', 'profile_update', fn( $id = 0 ) => $this->is_wanted( Event::WOOCOMMERCE . 'customer.updated' ) && self::is_customer( (int) $id ) && $this->happened( 'customer.updated', (int) $id ) );
		$this->on( Event::WOOCOMMERCE . 'customer.deleted', 'remove_user_from_blog', fn( $id = 0, $site = 0 ) => get_current_blog_id() === (int) $site && $this->is_wanted( Event::WOOCOMMERCE . 'customer.deleted' ) && self::is_customer( (int) $id ) && $this->happened( 'customer.deleted', (int) $id ), 2 );
	}

	/**
	 * One of its topics happened: told once when the request ends. A change of what is made, deleted or restored in
	 * the same request is part of that.
	 */
	private function happened( string $topic, int $id ): void {
		list( $resource, $action ) = explode( '.', $topic );

		$place = "wc:$resource:" . get_current_blog_id() . ":$id";
		if ( $id < 1 || ( 'updated' === $action && $this->request_end_events->holds( "$place:*" ) ) ) {
			return;
		}
		$event = Event::WOOCOMMERCE . $topic;
		if ( ! $this->is_wanted_now( $event ) ) {
			return;
		}
		if ( 'updated' !== $action ) {
			$this->request_end_events->drop( "$place:updated" );
		}
		$this->request_end_events->take_later(
			"$place:$action",
			$event,
			self::NAME,
			static fn(): ?array => match ( true ) {
				'deleted' === $action => array( 'id' => $id ),
				self::is_begun( $resource, $id ) => null,
				default => Rest_Body::of( $resource, $id ),
			},
			array(),
			'customer' === $resource && 'deleted' !== $action ? static fn(): bool => Payload::user_exists( $id ) : null
		);
	}

	/**
	 * The editor saves what it had begun before: for WordPress that is a change.
	 */
	private function edited( string $resource, int $id ): void {
		// phpcs:ignore WordPress.Security.NonceVerification.Missing -- only read, after WooCommerce checked it.
		if ( 'auto-draft' === ( $_POST['original_post_status'] ?? '' ) ) {
			$this->happened( "$resource.created", $id );
		}
	}

	/**
	 * A post went to the trash, or came back.
	 */
	private function moved( int $id, string $action ): void {
		$wanted   = array_filter( self::POSTS, fn( string $kind ): bool => $this->is_wanted( Event::WOOCOMMERCE . "$kind.$action" ) );
		$resource = $wanted ? $wanted[ (string) get_post_type( $id ) ] ?? '' : '';
		if ( '' !== $resource ) {
			$this->happened( "$resource.$action", $id );
		}
	}

	/**
	 * Whether something is begun only, and nobody placed or saved it yet.
	 */
	private static function is_begun( string $resource, int $id ): bool {
		$order  = 'order' === $resource && function_exists( 'wc_get_order' ) ? wc_get_order( $id ) : null;
		$status = is_object( $order ) ? (string) $order->get_status() : ( 'customer' === $resource ? '' : (string) get_post_status( $id ) );
		return in_array( $status, 'order' === $resource ? self::BEGUN : array( 'auto-draft', 'new' ), true );
	}

	/**
	 * Whether somebody is a customer of the current site.
	 */
	private static function is_customer( int $id ): bool {
		$user = $id > 0 ? get_userdata( $id ) : false;
		return $user && in_array( 'customer', (array) $user->roles, true );
	}

	/**
	 * {@inheritDoc}
	 *
	 * What WooCommerce composes passes untouched.
	 */
	protected function plain( array|object $data ): array|object {
		return $data;
	}
}
