<?php
/**
 * Which source listens to which hooks, in the order in which they describe events: a request in which
 * none of these is fired loads no source. Made by `make docs` from what the sources listen to; a test
 * fails when it is out of date.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

return array(
	Core\Accounts::class             => array( 'user_register', 'wpmu_new_user', 'wpmu_activate_blog', 'wpmu_delete_user', 'deleted_user', 'added_user_meta', 'updated_user_meta', 'profile_update', 'make_spam_user', 'make_ham_user', 'granted_super_admin', 'revoked_super_admin' ),
	Core\Members::class              => array( 'add_user_role', 'remove_user_role', 'set_user_role', 'add_user_to_blog', 'remove_user_from_blog' ),
	Core\Sessions::class             => array( 'wp_login', 'wp_logout', 'after_password_reset', 'wp_login_failed', 'after_signup_user', 'after_signup_site', 'wpmu_activate_user', 'wpmu_activate_blog' ),
	Core\Sites::class                => array( 'wp_insert_site', 'wp_initialize_site', 'wp_uninitialize_site', 'wp_delete_site', 'wp_update_site', 'update_option_blogname', 'archive_blog', 'unarchive_blog', 'make_spam_blog', 'make_ham_blog', 'make_delete_blog', 'make_undelete_blog', 'update_blog_public' ),
	Core\Posts::class                => array( 'set_object_terms', 'added_post_meta', 'updated_post_meta', 'deleted_post_meta', 'wp_after_insert_post', 'trashed_post', 'after_delete_post' ),
	Core\Comments::class             => array( 'wp_insert_comment', 'transition_comment_status' ),
	Core\System::class               => array( 'activated_plugin', 'deactivated_plugin', 'switch_theme', 'upgrader_process_complete', '_core_updated_successfully' ),
	Source_Ultimate_Multisite::class => array( 'wu_event', 'wu_event_post_save', 'wu_customer_post_delete', 'wu_membership_post_delete', 'wu_payment_post_delete', 'wu_domain_post_delete', 'wu_customer_post_save', 'wu_membership_post_save', 'wu_payment_post_save', 'wu_transition_membership_status', 'wu_transition_payment_status', 'wu_membership_post_renew', 'wu_membership_post_cancel', 'wu_transition_domain_stage', 'network_webhooks_register_events', 'wu_checkout_order_created', 'wu_checkout_done' ),
	Source_Wp_Ultimo::class          => array(),
	Source_Woocommerce::class        => array( 'woocommerce_order_status_processing', 'woocommerce_order_status_completed', 'woocommerce_order_status_changed', 'woocommerce_order_refunded', 'woocommerce_new_order', 'woocommerce_update_order', 'woocommerce_trash_order', 'woocommerce_before_delete_order', 'woocommerce_delete_order', 'woocommerce_untrash_order', 'woocommerce_subscription_status_updated', 'woocommerce_subscription_payment_complete', 'woocommerce_subscription_payment_failed' ),
	Source_Woocommerce_Shop::class   => array( 'woocommerce_new_product', 'woocommerce_update_product', 'woocommerce_new_product_variation', 'woocommerce_update_product_variation', 'woocommerce_new_coupon', 'woocommerce_update_coupon', 'woocommerce_process_product_meta', 'woocommerce_process_shop_coupon_meta', 'trashed_post', 'untrashed_post', 'before_delete_post', 'after_delete_post', 'woocommerce_created_customer', 'woocommerce_new_customer', 'woocommerce_update_customer', 'profile_update', 'remove_user_from_blog' ),
	Source_Edd::class                => array( 'edd_complete_purchase', 'edd_transition_order_status', 'edd_refund_order', 'edd_customer_post_create' ),
	Source_Woocommerce_Topics::class => array( 'woocommerce_new_order', 'woocommerce_update_order', 'woocommerce_order_refunded', 'woocommerce_trash_order', 'woocommerce_untrash_order', 'woocommerce_new_coupon', 'woocommerce_update_coupon', 'woocommerce_created_customer', 'woocommerce_new_customer', 'woocommerce_update_customer', 'woocommerce_new_product', 'woocommerce_new_product_variation', 'woocommerce_update_product', 'woocommerce_update_product_variation', 'woocommerce_process_product_meta', 'woocommerce_process_shop_coupon_meta', 'trashed_post', 'untrashed_post', 'profile_update', 'remove_user_from_blog' ),
	Source_Actions::class            => array(),
	Source_Worker::class             => array(),
);
