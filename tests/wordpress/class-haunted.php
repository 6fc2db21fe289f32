<?php
/**
 * Arguments as hooks bring them, with a canary wherever a secret lies or could lie: whatever a
 * source reads beyond what it has to read shows up in the payload.
 */

require_once __DIR__ . '/class-order.php';

/** An object of another plugin: what is asked of it beyond what is given is a secret. */
final class Haunted {

	/** How often anything was read of any. */
	public static int $reads = 0;

	public function __construct( private array $values ) {}

	public function __get( string $name ): mixed {
		++self::$reads;
		return array_key_exists( $name, $this->values ) ? $this->values[ $name ] : 'canary';
	}

	public function __isset( string $name ): bool {
		return array_key_exists( $name, $this->values );
	}

	public function __call( string $name, array $arguments ): mixed {
		return $this->__get( $name );
	}
}

/** A model of Ultimate Multisite. Its source asks whether there is a method. */
final class Haunted_Model {

	public function __construct( private int $id, private ?object $plan = null ) {}

	public function get_id(): int {
		return $this->id;
	}

	public function get_user_id(): int {
		return $this->id;
	}

	public function get_name(): string {
		return 'Premium plan';
	}

	public function get_plan(): ?object {
		return $this->plan;
	}

	public function get_sites(): array {
		return array();
	}

	public function __call( string $name, array $arguments ): string {
		return 'canary';
	}
}

/** An entry in the log of Ultimate Multisite. */
final class Haunted_Event {

	public function get_slug(): string {
		return 'checkout_failed';
	}

	public function get_payload(): array {
		++Haunted::$reads;
		return array( 'user_id' => 7 );
	}

	public function __call( string $name, array $arguments ): string {
		return 'canary';
	}
}

/** An order of WooCommerce, or a subscription. */
final class Haunted_Order extends Order {

	public function get_total(): string {
		++Haunted::$reads;
		return parent::get_total();
	}

	public function get_date_paid(): ?DateTime {
		return new DateTime( '@' . time() );
	}

	public function get_time( string $date ): int {
		return 'next_payment' === $date ? 1797760800 : 0;
	}

	public function __call( string $name, array $arguments ): string {
		return 'canary';
	}
}

/** A record of LifterLMS: an order, a payment or an attempt at a quiz. */
final class Haunted_Record {

	public function __construct( private array $values, private ?object $order = null ) {}

	public function get( string $name ): mixed {
		++Haunted::$reads;
		return array_key_exists( $name, $this->values ) ? $this->values[ $name ] : 'canary';
	}

	public function get_order(): ?object {
		return $this->order;
	}

	public function get_initial_price(): float {
		++Haunted::$reads;
		return 49.0;
	}

	public function __call( string $name, array $arguments ): string {
		return 'canary';
	}
}

/** Arguments of every hook that the sources listen to, in an order that makes each tell its event. */
final class Haunted_Arguments {

	/**
	 * @return list<array{string, array, string}> Hook, arguments, and the event that it tells, if it
	 *                                            tells one by itself.
	 */
	public static function all( WP_User $account, WP_Site $site ): array {
		$user                            = clone $account;
		$user->data                      = clone $account->data;
		$user->data->user_pass           = 'canary';
		$user->data->user_activation_key = 'canary';
		$id                              = $user->ID;
		$secrets                         = array(
			'user_pass'      => 'canary',
			'pass'           => 'canary',
			'key'            => 'canary',
			'session_tokens' => 'canary',
		);
		$old                             = clone $user->data;
		$old->user_email                 = 'old@network.example';
		$before                          = clone $site;
		$before->path                    = '/before/';
		$post                            = new WP_Post(
			(object) array(
				'ID'            => 4711,
				'post_type'     => 'post',
				'post_status'   => 'publish',
				'post_title'    => 'Light',
				'post_password' => 'canary',
				'post_excerpt'  => 'canary',
				'post_content'  => 'canary',
				'filter'        => 'raw',
			)
		);
		$comment                         = new WP_Comment(
			(object) array(
				'comment_ID'        => 99,
				'comment_approved'  => '1',
				'comment_type'      => 'comment',
				'comment_author_IP' => 'canary',
				'comment_agent'     => 'canary',
				'comment_content'   => 'Beautiful!',
				'comment_date_gmt'  => '2026-11-20 10:00:00',
			)
		);
		$order                           = new Haunted_Order( random_int( 1000, 1000000000 ) );
		Commerce_Test::$orders           = array( $order->get_id() => $order );
		$theme                           = wp_get_theme();
		$model                           = new Haunted_Model( 96 );
		$flag                            = static fn( string $hook, string $event ) => array( $hook, array( (int) $site->blog_id ), $event );
		$of_user                         = static fn( string $hook, string $event ) => array( $hook, array( $id ), $event );
		return array(
			array( 'user_register', array( $id, $secrets ), 'account_created' ),
			$of_user( 'wpmu_new_user', '' ),
			array( 'wu_checkout_done', array( $model, new Haunted_Model( 5, $model ), new Haunted_Model( $id ), $model, 'new', $model ), '' ),
			array( 'wpmu_activate_user', array( $id, 'canary', $secrets ), 'signup_activated' ),
			array( 'wpmu_activate_blog', array( (int) $site->blog_id, $id, 'canary', 'Title', $secrets ), 'signup_activated' ),
			array( 'after_signup_user', array( 'jane', 'jane@example.com', 'canary', $secrets ), 'signup_pending' ),
			array( 'after_signup_site', array( 'd.example', '/p/', 'T', 'jane', 'jane@example.com', 'canary', $secrets ), 'signup_pending' ),
			array( 'added_user_meta', array( 1, $id, 'first_name', 'Joan' ), '' ),
			array( 'updated_user_meta', array( 1, $id, 'session_tokens', 'canary' ), '' ),
			array( 'profile_update', array( $id, $old, $secrets ), 'profile_updated' ),
			array( 'wp_login', array( $user->user_login, $user ), 'user_logged_in' ),
			$of_user( 'wp_logout', 'user_logged_out' ),
			array( 'wp_login_failed', array( 'canary', new WP_Error( 'invalid_username', 'canary', 'canary' ) ), 'login_failed' ),
			array( 'after_password_reset', array( $user, 'canary' ), 'password_reset' ),
			$of_user( 'make_spam_user', 'user_spammed' ),
			$of_user( 'make_ham_user', 'user_unspammed' ),
			$of_user( 'granted_super_admin', 'super_admin_granted' ),
			$of_user( 'revoked_super_admin', 'super_admin_revoked' ),
			array( 'set_user_role', array( $id, 'editor', array() ), '' ),
			array( 'add_user_to_blog', array( $id, 'editor', 1 ), 'user_added_to_site' ),
			array( 'remove_user_role', array( $id, 'subscriber' ), '' ),
			array( 'add_user_role', array( $id, 'editor' ), 'role_changed' ),
			array( 'remove_user_from_blog', array( $id, 1, 0 ), 'user_removed_from_site' ),
			array( 'wpmu_delete_user', array( $id, $user ), '' ),
			array( 'deleted_user', array( $id, null, $user ), 'account_deleted' ),
			array( 'wp_insert_site', array( $site ), '' ),
			array( 'wp_initialize_site', array( $site, array( 'user_id' => $id ) + $secrets ), 'site_created' ),
			array( 'wp_update_site', array( $site, $before ), 'site_updated' ),
			array( 'update_option_blogname', array( 'canary', 'canary' ), 'site_updated' ),
			array( 'update_blog_public', array( (int) $site->blog_id, '1' ), 'site_made_public' ),
			$flag( 'make_spam_blog', 'site_spammed' ),
			$flag( 'make_ham_blog', 'site_unspammed' ),
			$flag( 'archive_blog', 'site_archived' ),
			$flag( 'unarchive_blog', 'site_unarchived' ),
			$flag( 'make_delete_blog', 'site_deactivated' ),
			$flag( 'make_undelete_blog', 'site_reactivated' ),
			array( 'wp_uninitialize_site', array( $site ), '' ),
			array( 'wp_delete_site', array( $site ), 'site_deleted' ),
			array( 'added_post_meta', array( 1, 4711, '_thumbnail_id', 'canary' ), '' ),
			array( 'updated_post_meta', array( 1, 4711, '_thumbnail_id', 'canary' ), '' ),
			array( 'deleted_post_meta', array( array( 1 ), 4711, '_thumbnail_id', 'canary' ), '' ),
			array( 'set_object_terms', array( 4711, array( 'canary' ), array( 5 ), 'category', false, array( 4 ) ), '' ),
			array( 'wp_after_insert_post', array( 4711, $post, true, $post ), 'post_updated' ),
			array( 'trashed_post', array( 4711 ), '' ),
			array( 'after_delete_post', array( 4711, $post ), 'post_deleted' ),
			array( 'wp_insert_comment', array( 99, $comment ), 'comment_created' ),
			array( 'transition_comment_status', array( 'approved', 'hold', $comment ), 'comment_approved' ),
			array( 'switch_theme', array( 'Theme', $theme, $theme ), 'theme_switched' ),
			array( 'activated_plugin', array( 'a/a.php', false ), 'plugin_activated' ),
			array( 'deactivated_plugin', array( 'a/a.php', false ), 'plugin_deactivated' ),
			array( 'upgrader_process_complete', array( new Haunted( array() ), array( 'action' => 'update', 'type' => 'plugin', 'plugins' => array( 'a/a.php' ), 'key' => 'canary' ) ), 'plugin_updated' ),
			array( '_core_updated_successfully', array( '9.9' ), 'core_updated' ),
			array( 'wu_event', array( 'payment_failed', array( 'user_id' => 7 ) ), 'payment_failed' ),
			array( 'wu_event_post_save', array( $secrets, new Haunted_Event(), true ), 'checkout_failed' ),
			array( 'wu_customer_post_save', array( $secrets, $model, true ), '' ),
			array( 'wu_membership_post_save', array( $secrets, $model, false ), '' ),
			array( 'wu_payment_post_save', array( $secrets, $model, false ), '' ),
			array( 'wu_checkout_order_created', array( $model, new Haunted_Model( $id ), new Haunted_Model( 5, $model ), $model ), '' ),
			array( 'wu_customer_post_delete', array( true, $model ), 'customer_deleted' ),
			array( 'wu_membership_post_delete', array( true, $model ), 'membership_deleted' ),
			array( 'wu_payment_post_delete', array( true, $model ), 'payment_deleted' ),
			array( 'wu_domain_post_delete', array( true, $model ), 'domain_deleted' ),
			array( 'wu_transition_membership_status', array( 'active', 'on-hold', 96 ), 'membership_status_changed' ),
			array( 'wu_transition_payment_status', array( 'pending', 'completed', 96 ), 'payment_status_changed' ),
			array( 'wu_membership_post_renew', array( '2027-01-01', 96, $model ), 'membership_renewed' ),
			array( 'wu_membership_post_cancel', array( 96, $model ), 'membership_cancelled' ),
			array( 'wu_transition_domain_stage', array( 'checking-dns', 'done', 5 ), 'domain_verified' ),
			array( 'woocommerce_new_order', array( $order->get_id(), $order ), 'order_created' ),
			array( 'woocommerce_update_order', array( $order->get_id(), $order ), '' ),
			array( 'woocommerce_trash_order', array( $order->get_id() ), 'order_deleted' ),
			array( 'woocommerce_untrash_order', array( $order->get_id(), 'processing' ), 'order_restored' ),
			array( 'woocommerce_before_delete_order', array( $order->get_id(), $order ), '' ),
			array( 'woocommerce_delete_order', array( $order->get_id() ), 'order_deleted' ),
			array( 'woocommerce_new_product', array( 4711, new Haunted( array() ) ), '' ),
			array( 'woocommerce_new_product_variation', array( 4711, new Haunted( array() ) ), '' ),
			array( 'woocommerce_update_product', array( 4711, new Haunted( array() ) ), '' ),
			array( 'woocommerce_update_product_variation', array( 4711, new Haunted( array() ) ), '' ),
			array( 'woocommerce_process_product_meta', array( 4711, $post ), '' ),
			array( 'woocommerce_new_coupon', array( 4711, new Haunted( array() ) ), '' ),
			array( 'woocommerce_update_coupon', array( 4711, new Haunted( array() ) ), '' ),
			array( 'woocommerce_process_shop_coupon_meta', array( 4711, $post ), '' ),
			array( 'untrashed_post', array( 4711, 'publish' ), '' ),
			array( 'before_delete_post', array( 4711, $post ), '' ),
			array( 'woocommerce_new_customer', array( 1, new Haunted( array() ) ), '' ),
			array( 'woocommerce_update_customer', array( 1, new Haunted( array() ) ), '' ),
			array( 'woocommerce_order_status_processing', array( $order->get_id(), $order ), '' ),
			array( 'woocommerce_order_status_completed', array( $order->get_id(), $order ), '' ),
			array( 'woocommerce_order_status_changed', array( $order->get_id(), 'pending', 'processing', $order ), 'payment_received' ),
			array( 'woocommerce_order_refunded', array( $order->get_id(), 0 ), '' ),
			array( 'woocommerce_created_customer', array( 1, $secrets, 'canary' ), 'shop_customer_created' ),
			array( 'woocommerce_subscription_status_updated', array( $order, 'active', 'pending' ), 'subscription_status_changed' ),
			array( 'woocommerce_subscription_payment_complete', array( $order ), 'subscription_payment_received' ),
			array( 'woocommerce_subscription_payment_failed', array( $order ), 'subscription_payment_failed' ),
			array( 'edd_complete_purchase', array( 5, new Haunted( array() ), new Haunted( array() ) ), '' ),
			array( 'edd_transition_order_status', array( 'pending', 'failed', 5 ), '' ),
			array( 'edd_refund_order', array( 5, 6, true ), '' ),
			...self::schools( $user ),
			...self::forms_and_members( $user ),
			array( 'edd_customer_post_create', array( 41, array( 'email' => 'jane@example.com', 'name' => 'Jane' ) + $secrets ), 'shop_customer_created' ),
		);
	}

	/**
	 * Of the sources of courses. Their plugins are not here: what has to be read with their functions tells
	 * nothing.
	 */
	private static function schools( WP_User $user ): array {
		$id      = random_int( 1000, 1000000000 );
		$order   = new Haunted_Record( array( 'id' => $id, 'currency' => 'EUR', 'payment_gateway' => 'manual', 'user_id' => $user->ID, 'billing_email' => 'jane@example.com', 'billing_first_name' => 'Jane', 'billing_last_name' => 'Doe', 'billing_phone' => '', 'product_id' => 5, 'product_title' => 'Light', 'product_type' => 'course' ) );
		$payment = static fn( int $more ) => new Haunted_Record( array( 'id' => $id + $more, 'amount' => 49.0, 'refund_amount' => 0.0, 'currency' => 'EUR', 'payment_gateway' => 'manual', 'gateway_transaction_id' => 'tx', 'status' => 'llms-txn-succeeded' ), $order );
		$attempt = new Haunted_Record( array( 'id' => $id, 'lesson_id' => 6, 'status' => 'pass', 'grade' => 90 ) );
		$of      = static fn( string $hook, string $event, mixed ...$more ) => array( $hook, array( $user->ID, 4711, ...$more ), $event );
		$status  = static fn( string $status ) => array( "lifterlms_order_status_$status", array( $order, 'active', $status ), 'order_status_changed' );
		$post    = new WP_Post( (object) array( 'ID' => 4711, 'post_title' => 'Light', 'post_password' => 'canary', 'post_content' => 'canary', 'filter' => 'raw' ) );
		$course  = array( 'user' => $user, 'course' => $post, 'lesson' => $post, 'progress' => array( 'canary' ) );
		$quiz    = array( 'quiz' => $post, 'course' => $post, 'lesson' => 0, 'percentage' => 90, 'pass' => 1, 'time' => $id, 'questions' => array( 'canary' ), 'statistic_ref_id' => 'canary' );
		return array(
			$of( 'llms_user_course_enrollment_created', 'student_enrolled' ),
			$of( 'llms_user_course_enrollment_updated', 'student_enrolled' ),
			$of( 'llms_user_removed_from_course', 'student_unenrolled', 'any', 'expired' ),
			$of( 'llms_user_membership_enrollment_created', 'membership_joined' ),
			$of( 'llms_user_membership_enrollment_updated', 'membership_joined' ),
			$of( 'llms_user_removed_from_membership', 'membership_left', 'any', 'expired' ),
			$of( 'llms_user_enrollment_deleted', '', 'any' ),
			$of( 'lifterlms_lesson_completed', 'lesson_completed' ),
			$of( 'lifterlms_section_completed', 'section_completed' ),
			$of( 'lifterlms_course_completed', 'course_completed' ),
			$of( 'lifterlms_course_track_completed', '' ),
			$of( 'lifterlms_quiz_completed', 'quiz_submitted', $attempt ),
			$of( 'lifterlms_quiz_passed', 'quiz_passed', $attempt ),
			$of( 'lifterlms_quiz_failed', 'quiz_failed', $attempt ),
			array( 'llms_user_earned_certificate', array( $user->ID, $id, 4711, 5 ), 'certificate_earned' ),
			array( 'lifterlms_new_pending_order', array( $order, new Haunted( array() ), array( 'password' => 'canary' ) ), 'order_created' ),
			...array_map( $status, array( 'active', 'cancelled', 'completed', 'expired', 'failed', 'on-hold', 'pending', 'pending-cancel', 'refunded' ) ),
			array( 'lifterlms_transaction_status_succeeded', array( $payment( 1 ), 'pending', 'succeeded' ), 'payment_received' ),
			array( 'lifterlms_transaction_status_failed', array( $payment( 2 ), 'pending', 'failed' ), 'payment_failed' ),
			array( 'llms_transaction_refund_data', array( array( 'id' => 'x', 'method' => 'canary' ), $payment( 1 ), 10.0, 'canary' ), '' ),
			array( 'save_post_llms_transaction', array( $id + 1, $post, true ), '' ),
			array( 'tutor_after_enrolled', array( 4711, $user->ID, $id ), 'student_enrolled' ),
			array( 'tutor_after_enrollment_cancelled', array( 4711, $user->ID ), 'student_unenrolled' ),
			array( 'tutor_after_enrollment_deleted', array( 4711, $user->ID ), 'student_unenrolled' ),
			array( 'tutor_enrollment/after/cancel', array( 0 ), '' ),
			array( 'tutor_mark_lesson_complete_before', array( 4712, $user->ID ), '' ),
			array( 'tutor_mark_lesson_complete_after', array( 4712, $user->ID ), 'lesson_completed' ),
			array( 'tutor_course_complete_after', array( 4711, $user->ID ), 'course_completed' ),
			array( 'tutor_quiz/attempt_ended', array( $id, 4711, $user->ID ), '' ),
			array( 'tutor_quiz_review_answer_after', array( 9, $id, 'correct' ), '' ),
			array( 'tutor_assignment/after/submitted', array( 0 ), '' ),
			array( 'tutor_order_placed', array( array( 'id' => $id, 'payment_payloads' => 'canary' ) ), '' ),
			array( 'tutor_order_payment_status_changed', array( $id, 'unpaid', 'paid' ), '' ),
			array( 'tutor_after_order_refund', array( $id, 10.0, 'Too dark' ), '' ),
			$of( 'sensei_course_enrolment_status_changed', 'student_enrolled', true ),
			$of( 'sensei_user_course_start', 'course_started' ),
			$of( 'sensei_user_lesson_end', 'lesson_completed' ),
			array( 'sensei_module_save_user_progress', array( 4711, 4712, $user->ID, 100 ), '' ),
			$of( 'sensei_user_course_end', 'course_completed' ),
			$of( 'sensei_user_quiz_submitted', 'quiz_submitted', 90.0, 70, 'manual' ),
			$of( 'sensei_user_quiz_grade', 'quiz_submitted', 90.0, 70, 'auto' ),
			$of( 'learndash_update_course_access', 'student_enrolled', array( 'canary' ), false ),
			array( 'learndash_lesson_completed', array( $course ), 'lesson_completed' ),
			array( 'learndash_course_completed', array( $course ), 'course_completed' ),
			array( 'learndash_quiz_submitted', array( $quiz, $user ), 'quiz_submitted' ),
			array( 'learndash_quiz_completed', array( $quiz, $user ), 'quiz_passed' ),
			array( 'learndash_assignment_uploaded', array( $id, array( 'user_id' => $user->ID, 'course_id' => 4711, 'lesson_id' => 4712, 'file_link' => 'canary', 'file_path' => 'canary' ) ), 'assignment_submitted' ),
		);
	}

	/**
	 * Of the sources of forms, contacts and members, as above.
	 */
	private static function forms_and_members( WP_User $user ): array {
		$id    = random_int( 1000, 1000000000 );
		$typed = array( array( 'id' => 1, 'name' => 'E-mail', 'type' => 'email', 'value' => 'jane@example.com' ), array( 'id' => 2, 'name' => 'Choose', 'type' => 'password', 'value' => 'canary' ), array( 'id' => 3, 'name' => 'Your password', 'type' => 'text', 'value' => 'canary' ) );
		$form  = array( 'id' => 5, 'settings' => array( 'form_title' => 'Contact', 'webhook_secret' => 'canary' ) );
		$row   = static fn( array $values ) => new Haunted( $values );
		$order = $row( array( 'id' => $id, 'code' => 'A1', 'status' => 'success', 'original_status' => 'token', 'total' => 25.0, 'user_id' => $user->ID, 'membership_id' => 2, 'gateway' => 'stripe', 'payment_type' => 'Stripe', 'payment_transaction_id' => 'ch', 'timestamp' => 1795176000, 'billing' => (object) array( 'phone' => '' ) ) );
		$again = $row( array( 'id' => $id + 1, 'code' => 'A2', 'status' => 'refunded', 'total' => 25.0, 'user_id' => $user->ID, 'membership_id' => 2, 'gateway' => 'stripe', 'payment_type' => 'Stripe', 'payment_transaction_id' => 'ch', 'timestamp' => 1795176000, 'billing' => (object) array( 'phone' => '' ) ) );
		$contact = $row( array( 'id' => $id, 'user_id' => $user->ID, 'email' => 'jane@example.com', 'first_name' => 'Jane', 'last_name' => 'Doe', 'phone' => '', 'status' => 'subscribed', 'tags' => array(), 'lists' => array() ) );
		$changed = static fn( string $what ) => array( "fluent_crm/$what", array( $contact, array( 4 ) ), str_ends_with( $what, 'tags' ) ? 'contact_tags_changed' : 'contact_lists_changed' );
		return array(
			array( 'wpcf7_submit', array( new Haunted( array() ), array( 'status' => 'mail_sent', 'posted_data_hash' => 'canary' ) ), '' ),
			array( 'fluentform/submission_inserted', array( $id, array( 'password' => 'canary' ), (object) array( 'id' => 5, 'title' => 'Contact' ) ), 'form_submitted' ),
			array( 'fluentform/after_payment_status_change', array( 'paid', $row( array( 'id' => $id, 'form_id' => 5, 'response' => '{"password":"canary"}' ) ) ), '' ),
			array( 'fluentform/payment_refunded', array( $row( array( 'id' => $id ) ), $row( array( 'id' => $id ) ), $row( array( 'id' => $id, 'form_id' => 5, 'response' => '{}' ) ) ), '' ),
			array( 'fluentform/payment_partially-refunded', array( $row( array( 'id' => $id ) ), $row( array( 'id' => $id ) ), $row( array( 'id' => $id, 'form_id' => 5, 'response' => '{}' ) ) ), '' ),
			array( 'wpforms_process_complete', array( $typed, array( 'fields' => array( 2 => 'canary' ), 'token' => 'canary' ), $form, 0 ), 'form_submitted' ),
			array( 'wpforms_process_payment_saved', array( $id, $typed, $form ), '' ),
			array( 'fluent_crm/contact_created', array( $contact ), 'contact_created' ),
			...array_map( $changed, array( 'contact_added_to_tags', 'contact_removed_from_tags', 'contact_added_to_lists', 'contact_removed_from_lists' ) ),
			array( 'pmpro_before_change_membership_level', array( 2, $user->ID, array( (object) array( 'id' => 1, 'name' => 'Silver' ) ), null ), '' ),
			array( 'pmpro_after_change_membership_level', array( 2, $user->ID, null ), '' ),
			array( 'pmpro_membership_post_membership_expiry', array( $user->ID, 2 ), 'membership_expired' ),
			array( 'pmpro_subscription_payment_completed', array( $order ), 'membership_renewed' ),
			array( 'pmpro_subscription_payment_failed', array( $order ), 'payment_failed' ),
			array( 'pmpro_added_order', array( $order ), 'order_created' ),
			array( 'pmpro_updated_order', array( $order ), '' ),
			array( 'pmpro_order_status_success', array( $order, 'token' ), 'payment_received' ),
			array( 'pmpro_order_status_error', array( $again, 'token' ), 'payment_failed' ),
			array( 'pmpro_order_status_refunded', array( $again, 'success' ), 'refund_issued' ),
		);
	}
}
