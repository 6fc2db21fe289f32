<?php
/**
 * What people do in a school of Tutor LMS, and which events come of it.
 */

$is   = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
$quiz = static function ( array $known, string $answer ): array {
	wp_set_current_user( $known['student'] );
	$attempt = TUTOR\Quiz::quiz_attempt( $known['course'], $known['quiz'], $known['student'] );
	TUTOR\Quiz::manage_attempt_answers( array( $attempt => array( 'quiz_question_ids' => array( $known['question'] ), 'quiz_question' => array( $known['question'] => $known[ $answer ] ) ) ), (object) array( 'attempt_id' => $attempt ), $attempt, $known['course'], $known['student'] );
	return array( 'attempt' => $attempt );
};

return array(
	'plugins' => array( 'tutor/tutor.php' => false ),
	'sources' => array( 'tutor-lms' ),
	'setup'   => static function (): array {
		global $wpdb;
		$make     = static fn( string $type, string $title, int $parent = 0 ): int => Deed::must( wp_insert_post( array( 'post_type' => $type, 'post_title' => $title, 'post_status' => 'publish', 'post_parent' => $parent, 'post_author' => 1 ), true ) );
		$course   = $make( 'courses', 'Photography &amp; Light' );
		$topic    = $make( 'topics', 'Light', $course );
		$lesson   = $make( 'lesson', 'Lesson 1', $topic );
		$quiz     = $make( 'tutor_quiz', 'What is light?', $topic );
		update_post_meta( $lesson, '_tutor_course_id_for_lesson', $course );
		update_post_meta( $quiz, 'tutor_quiz_option', array( 'passing_grade' => 70, 'attempts_allowed' => 10 ) );
		$wpdb->insert( $wpdb->prefix . 'tutor_quiz_questions', array( 'quiz_id' => $quiz, 'question_title' => 'Waves?', 'question_type' => 'true_false', 'question_mark' => 1 ) );
		$question = (int) $wpdb->insert_id;
		foreach ( array( 'right' => 1, 'wrong' => 0 ) as $name => $is_right ) {
			$wpdb->insert( $wpdb->prefix . 'tutor_quiz_question_answers', array( 'belongs_question_id' => $question, 'belongs_question_type' => 'true_false', 'answer_title' => $name, 'is_correct' => $is_right ) );
			$known[ $name ] = (int) $wpdb->insert_id;
		}
		tutor_utils()->update_option( 'monetize_by', 'tutor' );
		tutor_utils()->update_option( 'currency_code', 'EUR' );
		return $known + compact( 'course', 'topic', 'lesson', 'quiz', 'question' ) + array( 'student' => Deed::user(), 'customer' => Deed::user() );
	},
	'deeds'   => array(
		'a student is enrolled'                             => array(
			'do'     => static fn( array $known ): array => array( 'enrolment' => (int) Deed::must( tutor_utils()->do_enroll( $known['course'], 0, $known['student'] ) ) ),
			'events' => array( array( 'student_enrolled', array( 'student.id' => $is( 'student' ), 'course.id' => $is( 'course' ), 'course.title' => 'Photography & Light', 'order_id' => null ) ) ),
		),
		'a lesson is completed'                             => array(
			'do'     => static function ( array $known ): void {
				Tutor\Models\LessonModel::mark_lesson_complete( $known['lesson'], $known['student'] );
			},
			'events' => array( array( 'lesson_completed', array( 'lesson.id' => $is( 'lesson' ), 'course.id' => $is( 'course' ), 'section.id' => $is( 'topic' ) ) ) ),
		),
		'the lesson is completed again, a second later'     => array(
			'do'     => static function ( array $known ): void {
				update_user_meta( $known['student'], "_tutor_completed_lesson_id_{$known['lesson']}", tutor_time() - 60 );
				Tutor\Models\LessonModel::mark_lesson_complete( $known['lesson'], $known['student'] );
			},
			'events' => array(),
		),
		'a quiz is failed'                                  => array(
			'do'     => static fn( array $known ): array => array( 'failed' => $quiz( $known, 'wrong' )['attempt'] ),
			'events' => array(
				array( 'quiz_submitted', array( 'quiz.id' => $is( 'quiz' ), 'course.id' => $is( 'course' ), 'attempt_id' => $is( 'failed' ), 'grade' => 0.0, 'passmark' => 70.0, 'is_passed' => false ) ),
				array( 'quiz_failed', array( 'grade' => 0.0, 'student.id' => $is( 'student' ) ) ),
			),
		),
		'the quiz is passed'                                => array(
			'do'     => static fn( array $known ): array => array( 'passed' => $quiz( $known, 'right' )['attempt'] ),
			'events' => array( array( 'quiz_submitted', array( 'is_passed' => true ) ), array( 'quiz_passed', array( 'grade' => 100.0, 'attempt_id' => $is( 'passed' ) ) ) ),
		),
		'the course is completed, and again'                => array(
			'do'     => static function ( array $known ): void {
				Tutor\Models\CourseModel::mark_course_as_completed( $known['course'], $known['student'] );
				Tutor\Models\CourseModel::mark_course_as_completed( $known['course'], $known['student'] );
			},
			'events' => array( array( 'course_completed', array( 'course.id' => $is( 'course' ), 'student.id' => $is( 'student' ) ) ) ),
		),
		'the enrolment is cancelled'                        => array(
			'do'     => static function ( array $known ): void {
				tutor_utils()->cancel_course_enrol( $known['course'], $known['student'], 'canceled' );
			},
			'events' => array( array( 'student_unenrolled', array( 'reason' => 'cancelled', 'course.id' => $is( 'course' ) ) ) ),
		),
		'a customer orders the course'                      => array(
			'do'     => static function ( array $known ): array {
				wp_set_current_user( $known['customer'] );
				$controller = new Tutor\Ecommerce\OrderController( false );
				return array( 'order' => (int) Deed::must( $controller->create_order( $known['customer'], array( array( 'item_id' => $known['course'], 'regular_price' => 49, 'sale_price' => null, 'discount_price' => null ) ), 'unpaid', 'single_order', null, array( 'payment_method' => 'manual' ) ) ) );
			},
			'events' => array( array( 'order_created', array( 'order_id' => $is( 'order' ), 'amount' => '49.00', 'currency' => 'EUR', 'customer.id' => $is( 'customer' ), 'items.0.product_id' => $is( 'course' ), 'items.0.type' => 'course', 'items.0.name' => 'Photography & Light', 'items.0.total' => '49.00', 'payment_method' => 'manual', 'paid_at' => null ) ) ),
		),
		'an admin marks the order as paid, and the customer is in' => array(
			'do'        => static function ( array $known ): void {
				Deed::must( ( new Tutor\Models\OrderModel() )->mark_as_paid( $known['order'] ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'payment_received', array( 'order_id' => $is( 'order' ), 'amount' => '49.00', 'amount_minor' => 4900, 'status' => 'completed' ) ),
				array( 'student_enrolled', array( 'student.id' => $is( 'customer' ), 'order_id' => $is( 'order' ), 'via' => static fn( $known ) => "order_{$known['order']}" ) ),
			),
		),
		'the order is marked as paid once more'             => array(
			'do'     => static function ( array $known ): void {
				( new Tutor\Models\OrderModel() )->mark_as_paid( $known['order'] );
			},
			'events' => array(),
		),
		'an order is cancelled: the hook brings the status of an order, and no payment' => array(
			'do'     => static function ( array $known ): void {
				$controller = new Tutor\Ecommerce\OrderController( false );
				$new        = Deed::must( $controller->create_order( $known['student'], array( array( 'item_id' => $known['course'], 'regular_price' => 49, 'sale_price' => 39, 'discount_price' => null ) ), 'unpaid', 'single_order', null, array( 'payment_method' => 'manual' ) ) );
				( new Tutor\Models\OrderModel() )->update_order( $new, array( 'order_status' => 'cancelled' ) );
				do_action( 'tutor_order_payment_status_changed', $new, '', 'cancelled' );
			},
			'events' => array( array( 'order_created', array( 'amount' => '39.00', 'items.0.total' => '39.00' ) ) ),
		),
		'a gateway says that the payment of an order failed' => array(
			'do'     => static function ( array $known ): array {
				$controller = new Tutor\Ecommerce\OrderController( false );
				$new        = (int) Deed::must( $controller->create_order( $known['student'], array( array( 'item_id' => $known['course'], 'regular_price' => 49, 'sale_price' => null, 'discount_price' => null ) ), 'unpaid', 'single_order', null, array( 'payment_method' => 'paypal' ) ) );
				$says       = (object) array( 'id' => $new, 'payment_status' => 'failed', 'transaction_id' => 'canary-transaction', 'payment_method' => 'paypal', 'payment_payload' => '{}', 'earnings' => 0, 'fees' => 0 );
				do_action( 'tutor_order_payment_updated', $says );
				do_action( 'tutor_order_payment_updated', $says );
				return array( 'refused' => $new );
			},
			'events' => array( array( 'order_created', array( 'order_id' => $is( 'refused' ) ) ), array( 'payment_failed', array( 'order_id' => $is( 'refused' ), 'amount' => '49.00', 'payment_method' => 'paypal' ) ) ),
		),
		'ten of the order are refunded on its page'         => array(
			'do'     => static function ( array $known ): void {
				$browser = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
				// As on the page of the order, which asks by script.
				$_COOKIE[ LOGGED_IN_COOKIE ] = $browser->cookie( LOGGED_IN_COOKIE );
				wp_set_current_user( 1 );
				$nonce  = wp_create_nonce( tutor()->nonce_action );
				$answer = $browser->post( "{$known['path']}wp-admin/admin-ajax.php", array( 'action' => 'tutor_order_refund', '_tutor_nonce' => $nonce, 'order_id' => $known['order'], 'amount' => 10, 'reason' => 'Too dark', 'meta_key' => 'partially-refund', 'meta_value' => '', 'is_remove_enrolment' => 'false' ) );
				Deed::must( str_contains( $answer, 'successful' ) ?: null, $answer );
			},
			'events' => array( array( 'refund_issued', array( 'order_id' => $is( 'order' ), 'refund' => '10.00', 'amount' => '49.00', 'reason' => 'Too dark', 'is_whole' => false ) ) ),
		),
	),
);
