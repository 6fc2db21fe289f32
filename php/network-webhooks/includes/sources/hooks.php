<?php
/**
 * Which source listens to which hooks, in the order in which they describe events: a request in which
 * none of these is fired loads no source, and where a `plugin` does not run its hooks are not added.
 * Made by `make docs` from what the sources listen to; a test fails when it is out of date.
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
	Source_Ultimate_Multisite::class => array( 'plugin' => 'WP_ULTIMO_PLUGIN_FILE', 'wu_event', 'wu_event_post_save', 'wu_customer_post_delete', 'wu_membership_post_delete', 'wu_payment_post_delete', 'wu_domain_post_delete', 'wu_customer_post_save', 'wu_membership_post_save', 'wu_payment_post_save', 'wu_transition_membership_status', 'wu_transition_payment_status', 'wu_membership_post_renew', 'wu_membership_post_cancel', 'wu_transition_domain_stage', 'network_webhooks_register_events', 'wu_checkout_order_created', 'wu_checkout_done' ),
	Source_Wp_Ultimo::class          => array(),
	Source_Woocommerce::class        => array( 'plugin' => 'WooCommerce', 'woocommerce_order_status_processing', 'woocommerce_order_status_completed', 'woocommerce_order_status_changed', 'woocommerce_order_refunded', 'woocommerce_new_order', 'woocommerce_update_order', 'woocommerce_trash_order', 'woocommerce_before_delete_order', 'woocommerce_delete_order', 'woocommerce_untrash_order', 'woocommerce_subscription_status_updated', 'woocommerce_subscription_payment_complete', 'woocommerce_subscription_payment_failed' ),
	Source_Woocommerce_Shop::class   => array( 'plugin' => 'WooCommerce', 'woocommerce_new_product', 'woocommerce_update_product', 'woocommerce_new_product_variation', 'woocommerce_update_product_variation', 'woocommerce_new_coupon', 'woocommerce_update_coupon', 'woocommerce_process_product_meta', 'woocommerce_process_shop_coupon_meta', 'trashed_post', 'untrashed_post', 'before_delete_post', 'after_delete_post', 'woocommerce_created_customer', 'woocommerce_new_customer', 'woocommerce_update_customer', 'profile_update', 'remove_user_from_blog' ),
	Source_Edd::class                => array( 'plugin' => 'EDD_PLUGIN_FILE', 'edd_complete_purchase', 'edd_transition_order_status', 'edd_refund_order', 'edd_customer_post_create' ),
	Source_Woocommerce_Topics::class => array( 'plugin' => 'WooCommerce', 'woocommerce_new_order', 'woocommerce_update_order', 'woocommerce_order_refunded', 'woocommerce_trash_order', 'woocommerce_untrash_order', 'woocommerce_new_coupon', 'woocommerce_update_coupon', 'woocommerce_created_customer', 'woocommerce_new_customer', 'woocommerce_update_customer', 'woocommerce_new_product', 'woocommerce_new_product_variation', 'woocommerce_update_product', 'woocommerce_update_product_variation', 'woocommerce_process_product_meta', 'woocommerce_process_shop_coupon_meta', 'trashed_post', 'untrashed_post', 'profile_update', 'remove_user_from_blog' ),
	Source_Lifterlms::class          => array( 'plugin' => 'LifterLMS', 'llms_user_course_enrollment_created', 'llms_user_course_enrollment_updated', 'llms_user_removed_from_course', 'llms_user_membership_enrollment_created', 'llms_user_membership_enrollment_updated', 'llms_user_removed_from_membership', 'llms_user_enrollment_deleted', 'lifterlms_lesson_completed', 'lifterlms_section_completed', 'lifterlms_course_completed', 'lifterlms_course_track_completed', 'lifterlms_quiz_completed', 'lifterlms_quiz_passed', 'lifterlms_quiz_failed', 'llms_user_earned_certificate', 'lifterlms_new_pending_order', 'lifterlms_order_status_active', 'lifterlms_order_status_cancelled', 'lifterlms_order_status_completed', 'lifterlms_order_status_expired', 'lifterlms_order_status_failed', 'lifterlms_order_status_on-hold', 'lifterlms_order_status_pending', 'lifterlms_order_status_pending-cancel', 'lifterlms_order_status_refunded', 'lifterlms_transaction_status_succeeded', 'lifterlms_transaction_status_failed', 'llms_transaction_refund_data', 'save_post_llms_transaction' ),
	Source_Tutor::class              => array( 'plugin' => 'TUTOR_VERSION', 'tutor_after_enrolled', 'tutor_after_enrollment_cancelled', 'tutor_after_enrollment_deleted', 'tutor_enrollment/after/cancel', 'tutor_mark_lesson_complete_before', 'tutor_mark_lesson_complete_after', 'tutor_course_complete_after', 'tutor_quiz/attempt_ended', 'tutor_quiz_review_answer_after', 'tutor_assignment/after/submitted', 'tutor_order_placed', 'tutor_order_payment_status_changed', 'tutor_after_order_refund' ),
	Source_Sensei::class             => array( 'plugin' => 'Sensei_Main', 'sensei_course_enrolment_status_changed', 'sensei_user_course_start', 'sensei_user_course_end', 'sensei_user_lesson_end', 'sensei_module_save_user_progress', 'sensei_user_quiz_submitted', 'sensei_user_quiz_grade' ),
	Source_Learndash::class          => array( 'plugin' => 'LEARNDASH_VERSION', 'learndash_update_course_access', 'learndash_lesson_completed', 'learndash_course_completed', 'learndash_quiz_submitted', 'learndash_quiz_completed', 'learndash_assignment_uploaded' ),
	Source_Pmpro::class              => array( 'plugin' => 'PMPRO_VERSION', 'pmpro_before_change_membership_level', 'pmpro_after_change_membership_level', 'pmpro_membership_post_membership_expiry', 'pmpro_subscription_payment_completed', 'pmpro_subscription_payment_failed', 'pmpro_added_order', 'pmpro_updated_order', 'pmpro_order_status_success', 'pmpro_order_status_error', 'pmpro_order_status_refunded' ),
	Source_Contact_Form_7::class     => array( 'plugin' => 'WPCF7_VERSION', 'wpcf7_submit' ),
	Source_Fluent_Forms::class       => array( 'plugin' => 'FLUENTFORM', 'fluentform/submission_inserted', 'fluentform/after_payment_status_change', 'fluentform/payment_refunded', 'fluentform/payment_partially-refunded' ),
	Source_Wpforms::class            => array( 'plugin' => 'WPFORMS_VERSION', 'wpforms_process_complete', 'wpforms_process_payment_saved' ),
	Source_Fluentcrm::class          => array( 'plugin' => 'FLUENTCRM', 'fluent_crm/contact_created', 'fluent_crm/contact_added_to_tags', 'fluent_crm/contact_removed_from_tags', 'fluent_crm/contact_added_to_lists', 'fluent_crm/contact_removed_from_lists' ),
	Source_Actions::class            => array(),
	Source_Worker::class             => array(),
);
