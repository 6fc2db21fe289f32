<?php
/**
 * All sources.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Custom_Events;
use Network_Webhooks\Plugin;
use Network_Webhooks\Sources\Core\Underway;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a source when a hook that it listens to is fired for the first time, or when somebody asks
 * for all of them: a request in which nothing happens loads none.
 *
 * @implements \IteratorAggregate<int, Source>
 */
final class Sources implements \IteratorAggregate {

	/**
	 * The sources in the order in which they describe events, and the hooks that they listen to: a
	 * test holds these against the sources. Those without hooks here are made for another reason.
	 */
	private const HOOKS = array(
		Core\Accounts::class             => array( 'user_register', 'wpmu_new_user', 'wpmu_activate_blog', 'wpmu_delete_user', 'deleted_user', 'added_user_meta', 'updated_user_meta', 'profile_update', 'make_spam_user', 'make_ham_user', 'granted_super_admin', 'revoked_super_admin' ),
		Core\Members::class              => array( 'add_user_role', 'remove_user_role', 'set_user_role', 'add_user_to_blog', 'remove_user_from_blog' ),
		Core\Sessions::class             => array( 'wp_login', 'wp_logout', 'after_password_reset', 'wp_login_failed', 'after_signup_user', 'after_signup_site', 'wpmu_activate_user', 'wpmu_activate_blog' ),
		Core\Sites::class                => array( 'wp_insert_site', 'wp_initialize_site', 'wp_uninitialize_site', 'wp_delete_site', 'wp_update_site', 'update_option_blogname', 'archive_blog', 'unarchive_blog', 'make_spam_blog', 'make_ham_blog', 'make_delete_blog', 'make_undelete_blog', 'update_blog_public' ),
		Core\Posts::class                => array( 'set_object_terms', 'added_post_meta', 'updated_post_meta', 'deleted_post_meta', 'wp_after_insert_post', 'trashed_post', 'after_delete_post' ),
		Core\Comments::class             => array( 'wp_insert_comment', 'transition_comment_status' ),
		Core\System::class               => array( 'activated_plugin', 'deactivated_plugin', 'switch_theme', 'upgrader_process_complete', '_core_updated_successfully' ),
		Source_Ultimate_Multisite::class => array( 'wu_event', 'wu_event_post_save', 'wu_customer_post_delete', 'wu_membership_post_delete', 'wu_payment_post_delete', 'wu_domain_post_delete', 'wu_transition_membership_status', 'wu_transition_payment_status', 'wu_membership_post_renew', 'wu_membership_post_cancel', 'wu_transition_domain_stage', 'network_webhooks_register_events', 'wu_checkout_done' ),
		Source_Wp_Ultimo::class          => array(),
		Source_Woocommerce::class        => array( 'woocommerce_order_status_processing', 'woocommerce_order_status_completed', 'woocommerce_order_status_changed', 'woocommerce_order_refunded', 'woocommerce_new_order', 'woocommerce_created_customer', 'woocommerce_subscription_status_updated', 'woocommerce_subscription_payment_complete', 'woocommerce_subscription_payment_failed' ),
		Source_Edd::class                => array( 'edd_complete_purchase', 'edd_transition_order_status', 'edd_refund_order', 'edd_customer_post_create' ),
		Source_Actions::class            => array(),
		Source_Worker::class             => array(),
	);

	/** What is called first at each of these hooks. */
	private const FIRST = self::class . '::listen';

	/** Has the names of the sources that listen; it is never fired. */
	private const LISTENING = 'network_webhooks_sources_that_listen';

	/**
	 * Those that were made.
	 *
	 * @var array<class-string<Source>, Source>
	 */
	private array $made = array();

	/**
	 * What the core's sources tell each other.
	 */
	private ?Underway $underway = null;

	/**
	 * Takes what sources are made of.
	 */
	public function __construct( private readonly Plugin $plugin ) {}

	/**
	 * Adds the hooks, in every request.
	 */
	public function add_hooks(): void {
		foreach ( self::HOOKS as $hooks ) {
			foreach ( $hooks as $hook ) {
				add_action( $hook, self::FIRST, PHP_INT_MIN, 0 );
			}
		}
		add_action( 'plugins_loaded', array( $this, 'look_for_version_1' ), 1000, 0 );
		if ( Custom_Events::published() ) {
			$this->get( Source_Actions::class );
		}
	}

	/**
	 * A hook is fired for the first time: its sources listen from now on.
	 */
	public static function listen(): void {
		$hook = current_filter();
		foreach ( self::HOOKS as $class => $hooks ) {
			if ( in_array( $hook, $hooks, true ) ) {
				Plugin::instance()->sources()->get( $class );
			}
		}
		// Not before the others were added: without any WordPress drops the hook that it is firing.
		remove_action( $hook, self::FIRST, PHP_INT_MIN );
	}

	/**
	 * Version 2 of WP Ultimo announces hooks of version 1 as deprecated wherever somebody listens to
	 * them: that source adds its hooks only once it is known which one runs.
	 */
	public function look_for_version_1(): void {
		if ( class_exists( 'WP_Ultimo', false ) ) {
			$this->get( Source_Wp_Ultimo::class );
		}
	}

	/**
	 * A source, which listens.
	 *
	 * @param class-string<Source> $source
	 */
	public function get( string $source ): Source {
		$this->made[ $source ] ??= $this->make( $source );
		// Asked of WordPress: its test library puts the hooks back after each test, and with them goes
		// what a source added.
		if ( false === has_action( self::LISTENING, $source ) ) {
			add_action( self::LISTENING, $source );
			$this->made[ $source ]->add_hooks( $this->plugin->dispatcher() );
		}
		return $this->made[ $source ];
	}

	/**
	 * All of them.
	 */
	public function getIterator(): \Iterator {
		return new \ArrayIterator( array_map( array( $this, 'get' ), array_keys( self::HOOKS ) ) );
	}

	/**
	 * Makes a source of its parts.
	 *
	 * @param class-string<Source> $source
	 */
	private function make( string $source ): Source {
		$this->underway ??= new Underway();
		return match ( $source ) {
			Core\Accounts::class, Core\Members::class, Core\Sites::class => new $source( $this->plugin->pending(), $this->underway ),
			Source_Ultimate_Multisite::class, Source_Wp_Ultimo::class => new $source( $this->get( Core\Accounts::class ), $this->underway ),
			Source_Woocommerce::class => new $source( $this->underway ),
			default => new $source(),
		};
	}
}
