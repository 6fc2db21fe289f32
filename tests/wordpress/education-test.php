<?php
/**
 * Schools: what the hooks of LifterLMS, Tutor, Sensei and LearnDash do against expectation, each by its name.
 * Which hooks are fired when is seen on the real plugins (make plugins).
 */

require_once __DIR__ . '/class-school-stand-ins.php';

use Network_Webhooks\Sources\Source_Learndash;
use Network_Webhooks\Sources\Source_Lifterlms;
use Network_Webhooks\Sources\Source_Sensei;
use Network_Webhooks\Sources\Source_Tutor;

final class Education_Test extends Network_Test_Case {

	private int $id;
	private WP_User $student;

	protected function setUp(): void {
		parent::setUp();
		foreach ( array( Source_Lifterlms::class, Source_Tutor::class, Source_Sensei::class, Source_Learndash::class ) as $source ) {
			$this->plugin()->sources()->get( $source );
		}
		$this->id      = random_int( 100000, 1000000000 );
		$this->student = $this->make_user();
	}

	protected function tearDown(): void {
		School_Stand_Ins::forget();
		parent::tearDown();
	}

	public function test_a_student_of_lifterlms_who_comes_back_is_enrolled_again_and_told_apart(): void {
		$webhook = $this->subscribe( 'student_*' );
		$course  = $this->make_post( 'Light &amp; Shadow' );
		$row     = "{$this->student->ID}:$course:_status";
		School_Stand_Ins::$rows[ $row ] = array( $this->id );
		do_action( 'llms_user_course_enrollment_created', $this->student->ID, $course );
		do_action( 'llms_user_course_enrollment_created', $this->student->ID, $course );
		School_Stand_Ins::$rows[ $row ][] = $this->id + 1;
		do_action( 'llms_user_removed_from_course', $this->student->ID, $course, 'any', 'expired' );
		School_Stand_Ins::$rows[ $row ][] = $this->id + 2;
		do_action( 'llms_user_course_enrollment_updated', $this->student->ID, $course );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'student_enrolled', 'student_unenrolled', 'student_enrolled' ), array_column( $events, 'type' ) );
		$this->assertSame( array( true, false ), array( $events[0]['data']['is_first'], $events[2]['data']['is_first'] ) );
		$this->assertSame( array( $course, 'Light & Shadow', get_permalink( $course ) ), array_values( $events[0]['data']['course'] ) );
		$this->assertSame( array( $this->student->ID, $this->student->user_email, 'Jane', 'Doe' ), array_slice( array_values( $events[0]['data']['student'] ), 0, 4 ) );
		$this->assertSame( 'expired', $events[1]['data']['reason'] );
	}

	public function test_an_enrolment_of_lifterlms_is_deleted_by_a_hook_of_its_own(): void {
		$webhook = $this->subscribe( 'student_*', 'membership_*' );
		register_post_type( 'course' );
		$course = $this->make_post( 'Light', 'course' );
		do_action( 'llms_user_enrollment_deleted', $this->student->ID, $course, 'any' );
		// Of a product that is neither.
		do_action( 'llms_user_enrollment_deleted', $this->student->ID, $this->make_post( 'Other' ), 'any' );
		unregister_post_type( 'course' );
		$this->assertSame( array( 'deleted', $course ), array( $this->only( $webhook )['data']['reason'], $this->events_of( $webhook )[0]['data']['course']['id'] ) );
	}

	public function test_a_lesson_of_lifterlms_is_completed_again_after_it_was_marked_incomplete_in_the_same_second(): void {
		$webhook = $this->subscribe( 'lesson_completed' );
		$row     = "{$this->student->ID}:$this->id:_is_complete";
		School_Stand_Ins::$rows[ $row ] = array( $this->id );
		do_action( 'lifterlms_lesson_completed', $this->student->ID, $this->id );
		do_action( 'lifterlms_lesson_completed', $this->student->ID, $this->id );
		School_Stand_Ins::$rows[ $row ][] = $this->id + 1;
		do_action( 'lifterlms_lesson_completed', $this->student->ID, $this->id );
		$this->assertCount( 2, $this->events_of( $webhook ) );
	}

	public function test_a_quiz_of_lifterlms_is_completed_before_its_result_and_once_more_when_somebody_grades_it(): void {
		$webhook = $this->subscribe( 'quiz_*' );
		$quiz    = $this->make_post( 'What is light?' );
		update_post_meta( $quiz, '_llms_passing_percent', '70' );
		$attempt = new LLMS_Transaction( array( 'id' => $this->id, 'lesson_id' => 0, 'status' => 'pending', 'grade' => 0 ) );
		do_action( 'lifterlms_quiz_completed', $this->student->ID, $quiz, $attempt );
		do_action( 'lifterlms_quiz_pending', $this->student->ID, $quiz, $attempt );
		$attempt->values = array( 'status' => 'pass', 'grade' => '85.5' ) + $attempt->values;
		do_action( 'lifterlms_quiz_completed', $this->student->ID, $quiz, $attempt );
		do_action( 'lifterlms_quiz_passed', $this->student->ID, $quiz, $attempt );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'quiz_submitted', 'quiz_passed' ), array_column( $events, 'type' ) );
		$this->assertSame( array( null, null, 70.0 ), array( $events[0]['data']['grade'], $events[0]['data']['is_passed'], (float) $events[0]['data']['passmark'] ) );
		$this->assertSame( array( 85.5, $this->id ), array( $events[1]['data']['grade'], $events[1]['data']['attempt_id'] ) );
	}

	public function test_an_older_call_of_the_hook_of_certificates_brings_three_arguments(): void {
		$webhook     = $this->subscribe( 'certificate_earned' );
		$certificate = $this->make_post( 'Photographer' );
		do_action( 'llms_user_earned_certificate', $this->student->ID, $certificate, $this->id );
		do_action( 'llms_user_earned_certificate', $this->student->ID, $certificate, '', null );
		$event = $this->only( $webhook );
		$this->assertSame( array( 'Photographer', null ), array( $event['data']['certificate']['title'], $event['data']['course'] ) );
	}

	public function test_an_order_of_a_course_has_what_an_online_school_sends(): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( 'order_created', 'payment_received' );
		switch_to_blog( $site );
		$order   = $this->order();
		$payment = $this->payment( $order, 49.0 );
		do_action( 'lifterlms_new_pending_order', $order, null, array( 'password' => 'canary', 'user_pass' => 'canary' ) );
		do_action( 'lifterlms_new_pending_order', $order );
		do_action( 'lifterlms_transaction_status_succeeded', $payment, 'pending', 'succeeded' );
		do_action( 'lifterlms_transaction_status_succeeded', $payment, 'failed', 'succeeded' );
		restore_current_blog();
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'order_created', 'payment_received' ), array_column( $events, 'type' ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
		$data = $events[1]['data'];
		$this->assertSame(
			array( $order->get( 'id' ), 'payment_received', array( 7, 'jane@example.com', 'Jane', 'Doe', '+31 20 1234567' ), '49.00', 4900, 'EUR', 56, true, $site, 'stripe', 'course' ),
			array( $data['order_id'], $data['trigger'], array_values( $data['customer'] ), $data['amount'], $data['amount_minor'], $data['currency'], $data['items'][0]['product_id'], null !== $data['created_at'], $data['site_id'], $data['payment_method'], $data['items'][0]['type'] )
		);
		$this->assertSame( array( 'Light & Shadow', $payment->get( 'id' ) ), array( $data['items'][0]['name'], $data['payment_id'] ) );
		$this->assertSame( $site, $events[1]['site']['id'] );
	}

	public function test_a_free_trial_of_lifterlms_stores_a_payment_of_nothing(): void {
		$webhook = $this->subscribe( 'payment_*' );
		do_action( 'lifterlms_transaction_status_succeeded', $this->payment( $this->order(), 0.0 ), 'pending', 'succeeded' );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public function test_a_new_order_of_lifterlms_changes_its_status_inside_its_first_save(): void {
		$webhook = $this->subscribe( 'order_*' );
		$order   = $this->order();
		do_action( 'lifterlms_order_status_pending', $order, 'new', 'pending' );
		do_action( 'lifterlms_order_status_pending', $order, 'auto-draft', 'pending' );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		do_action( 'lifterlms_order_status_active', $order, 'pending', 'active' );
		$this->assertSame( 'pending', $this->only( $webhook )['data']['old_status'] );
	}

	public function test_a_second_refund_of_a_payment_of_lifterlms_changes_no_status(): void {
		$webhook = $this->subscribe( 'refund_issued' );
		$payment = $this->payment( $this->order(), 49.0 );
		foreach ( array( 10.0, 39.0 ) as $number => $amount ) {
			$refund = array( 'id' => "r$this->id-$number", 'amount' => $amount );
			$this->assertSame( $refund, apply_filters( 'llms_transaction_refund_data', $refund, $payment, $amount, 'manual' ) );
			$payment->values['refund_amount'] = ( $payment->values['refund_amount'] ?? 0 ) + $amount;
			do_action( 'save_post_llms_transaction', $payment->get( 'id' ), null, true );
			// Stored again, without a refund.
			do_action( 'save_post_llms_transaction', $payment->get( 'id' ), null, true );
		}
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( array( '10.00', '39.00' ), array( false, true ), array( '49.00', '49.00' ) ), array( array_column( array_column( $events, 'data' ), 'refund' ), array_column( array_column( $events, 'data' ), 'is_whole' ), array_column( array_column( $events, 'data' ), 'amount' ) ) );
	}

	public function test_three_places_tell_one_enrolment_of_tutor(): void {
		$webhook = $this->subscribe( 'student_*' );
		$post    = $this->make_post( 'Enrolment' );
		update_post_meta( $post, '_tutor_enrolled_by_order_id', '77' );
		for ( $place = 0; $place < 3; $place++ ) {
			do_action( 'tutor_after_enrolled', (string) $this->id, (string) $this->student->ID, $post );
		}
		// Fired while the payment is pending, too.
		do_action( 'tutor_after_enroll', $this->id, $post );
		$event = $this->only( $webhook );
		$this->assertSame( array( 77, 'order_77', $this->id ), array( $event['data']['order_id'], $event['data']['via'], $event['data']['course']['id'] ) );
		// The same enrolment by another order, after it was cancelled.
		update_post_meta( $post, '_tutor_enrolled_by_order_id', '78' );
		do_action( 'tutor_after_enrolled', $this->id, $this->student->ID, $post );
		$this->assertCount( 2, $this->events_of( $webhook ) );
	}

	public function test_a_lesson_of_tutor_is_completed_as_often_as_somebody_clicks(): void {
		$webhook  = $this->subscribe( 'lesson_completed' );
		$complete = function ( int $time ): void {
			do_action( 'tutor_mark_lesson_complete_before', $this->id, $this->student->ID );
			update_user_meta( $this->student->ID, "_tutor_completed_lesson_id_$this->id", $time );
			do_action( 'tutor_mark_lesson_complete_after', $this->id, $this->student->ID );
		};
		$complete( 1795176000 );
		$complete( 1795176060 );
		$this->only( $webhook );
		// Who begins the course anew completes it anew.
		delete_user_meta( $this->student->ID, "_tutor_completed_lesson_id_$this->id" );
		$complete( 1795176120 );
		$this->assertCount( 2, $this->events_of( $webhook ) );
	}

	public function test_a_course_of_tutor_is_completed_twice_with_the_course_before_the_student(): void {
		$webhook = $this->subscribe( 'course_completed' );
		$course  = $this->make_post( 'Light' );
		for ( $time = 0; $time < 2; $time++ ) {
			wp_insert_comment( array( 'comment_post_ID' => $course, 'user_id' => $this->student->ID, 'comment_type' => 'course_completed', 'comment_approved' => 'approved', 'comment_content' => "hash$time" ) );
			do_action( 'tutor_course_complete_after', $course, $this->student->ID );
		}
		$event = $this->only( $webhook );
		$this->assertSame( array( $course, $this->student->ID ), array( $event['data']['course']['id'], $event['data']['student']['id'] ) );
	}

	public function test_the_hook_of_tutor_of_a_course_that_begins_is_fired_for_its_first_student_alone(): void {
		$webhook = $this->subscribe( '*' );
		do_action( 'tutor/course/started', $this->id );
		do_action( 'tutor_quiz_finished', $this->id, 5, $this->student->ID );
		do_action( 'tutor_order_placement_success', $this->id );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$this->assertNotContains( 'tutor-lms', $this->plugin()->catalogue()->find( 'course_started' )->sources() );
	}

	public function test_the_new_status_of_a_payment_of_tutor_may_be_what_an_admin_chose_in_a_list(): void {
		$webhook = $this->subscribe( 'payment_*', 'order_created' );
		$order   = $this->tutor_order( 'unpaid' );
		do_action( 'tutor_order_placed', array( 'id' => $this->id ) );
		foreach ( array( 'cancelled', 'trash', 'unpaid' ) as $chosen ) {
			do_action( 'tutor_order_payment_status_changed', $this->id, '', $chosen );
		}
		$order->payment_status = 'paid';
		foreach ( array( array( '', 'paid' ), array( 'unpaid', 'paid' ), array( 'paid', 'refunded' ) ) as list( $old, $new ) ) {
			do_action( 'tutor_order_payment_status_changed', $this->id, $old, $new );
		}
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'order_created', 'payment_received' ), array_column( $events, 'type' ) );
		$this->assertSame( array( '39.00', 'course', 'manual', '2026-11-20T09:58:41Z' ), array( $events[1]['data']['items'][0]['total'], $events[1]['data']['items'][0]['type'], $events[1]['data']['payment_method'], $events[1]['data']['created_at'] ) );
	}

	public function test_a_gateway_of_tutor_says_twice_that_a_payment_failed(): void {
		$webhook = $this->subscribe( 'payment_*' );
		$order   = $this->tutor_order( 'failed' );
		foreach ( array( 'unpaid', 'failed', 'unpaid' ) as $old ) {
			do_action( 'tutor_order_payment_status_changed', $this->id, $old, 'failed' );
		}
		$this->assertSame( array( 'payment_failed', 'payment_failed' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_tutor_cancels_the_enrolment_of_an_order_that_was_never_paid(): void {
		$webhook   = $this->subscribe( 'student_*' );
		$enrolment = wp_insert_post( array( 'post_type' => 'tutor_enrolled', 'post_title' => 'Enrolment', 'post_status' => 'publish', 'post_author' => $this->student->ID, 'post_parent' => $this->id ) );
		update_post_meta( $enrolment, '_tutor_enrolled_by_order_id', (string) $this->id );
		foreach ( array( 'unpaid', 'failed' ) as $status ) {
			$this->tutor_order( $status );
			do_action( 'tutor_enrollment/after/cancel', $enrolment );
		}
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$this->tutor_order( 'refunded' );
		do_action( 'tutor_enrollment/after/cancel', $enrolment );
		do_action( 'tutor_enrollment/after/cancel', $enrolment );
		$this->assertSame( array( 'student_unenrolled' ), array_column( $this->events_of( $webhook ), 'type' ) );
		wp_delete_post( $enrolment, true );
	}

	public function test_a_refund_of_tutor(): void {
		$webhook = $this->subscribe( 'refund_issued' );
		$this->tutor_order( 'partially-refunded' );
		do_action( 'tutor_after_order_refund', $this->id, 10.0, 'Too dark' );
		$event = $this->only( $webhook );
		$this->assertSame( array( '10.00', 'Too dark', false, '39.00' ), array( $event['data']['refund'], $event['data']['reason'], $event['data']['is_whole'], $event['data']['amount'] ) );
	}

	public function test_three_places_tell_that_a_course_of_sensei_is_complete_and_a_reset_begins_anew(): void {
		$webhook = $this->subscribe( 'course_*', 'lesson_completed' );
		School_Stand_Ins::$progress = array( "course:$this->id:{$this->student->ID}" => 5, "lesson:$this->id:{$this->student->ID}" => 6 );
		do_action( 'sensei_user_course_start', $this->student->ID, $this->id );
		for ( $place = 0; $place < 3; $place++ ) {
			// Fired for a complete lesson, too.
			do_action( 'sensei_user_lesson_end', $this->student->ID, $this->id );
			do_action( 'sensei_user_course_end', $this->student->ID, $this->id );
		}
		School_Stand_Ins::$progress = array( "course:$this->id:{$this->student->ID}" => 15 );
		do_action( 'sensei_user_course_end', $this->student->ID, $this->id );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'course_started', 'lesson_completed', 'course_completed', 'course_completed' ), array_column( $events, 'type' ) );
	}

	public function test_a_quiz_of_sensei_keeps_its_id_when_it_is_reset(): void {
		$webhook = $this->subscribe( 'quiz_submitted', 'lesson_completed' );
		foreach ( array( 1795176000, 1795176060 ) as $since ) {
			School_Stand_Ins::$progress = array( "quiz:$this->id:{$this->student->ID}" => array( 14, $since ), "lesson:$this->id:{$this->student->ID}" => array( 14, $since ) );
			do_action( 'sensei_user_quiz_grade', $this->student->ID, $this->id, 0, 70, 'auto' );
			do_action( 'sensei_user_lesson_end', $this->student->ID, $this->id );
			do_action( 'sensei_user_quiz_submitted', $this->student->ID, $this->id, 0, 70, 'auto' );
		}
		$this->assertSame( array( 'quiz_submitted', 'lesson_completed', 'quiz_submitted', 'lesson_completed' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_sensei_leaves_for_another_page_in_the_middle_of_the_hook_that_completes_a_course(): void {
		$webhook = $this->subscribe( 'lesson_completed', 'quiz_submitted' );
		$leave   = static function (): never {
			throw new RuntimeException( 'exit' );
		};
		foreach ( array( 'sensei_user_lesson_end' => array(), 'sensei_user_quiz_grade' => array( 90, 70, 'auto' ) ) as $hook => $more ) {
			add_action( $hook, $leave );
			try {
				do_action( $hook, $this->student->ID, $this->id, ...$more );
				$this->fail( 'It did not leave.' );
			} catch ( RuntimeException $error ) {
				$this->assertSame( 'exit', $error->getMessage() );
			} finally {
				remove_action( $hook, $leave );
			}
		}
		$GLOBALS['wp_current_filter'] = array();
		$this->assertSame( array( 'lesson_completed', 'quiz_submitted' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_one_hook_of_sensei_tells_enrolments_both_ways(): void {
		$webhook = $this->subscribe( 'student_*' );
		do_action( 'sensei_course_enrolment_status_changed', $this->student->ID, $this->id, true );
		do_action( 'sensei_course_enrolment_status_changed', $this->student->ID, $this->id, false );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'student_enrolled', 'student_unenrolled' ), array_column( $events, 'type' ) );
	}

	public function test_a_grade_of_sensei_may_come_later_by_hand(): void {
		$webhook = $this->subscribe( 'quiz_*' );
		$quiz    = $this->make_post( 'What is light?' );
		update_post_meta( $quiz, '_pass_required', 'on' );
		update_post_meta( $quiz, '_quiz_passmark', '70' );
		School_Stand_Ins::$progress = array( "quiz:$quiz:{$this->student->ID}" => $this->id );
		do_action( 'sensei_user_quiz_submitted', $this->student->ID, $quiz, new WP_Error( 'autograde' ), 70, 'manual' );
		do_action( 'sensei_user_quiz_grade', $this->student->ID, $quiz, 60, 70, 'manual' );
		do_action( 'sensei_user_quiz_grade', $this->student->ID, $quiz, 60, 70, 'manual' );
		do_action( 'sensei_user_quiz_grade', $this->student->ID, $quiz, 80, 70, 'manual' );
		// One that need not be passed has no result; what grades itself was just handed in.
		do_action( 'sensei_user_quiz_grade', $this->student->ID, $this->make_post( 'Other' ), 80, 0, 'auto' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'quiz_submitted', 'quiz_failed', 'quiz_passed', 'quiz_submitted' ), array_column( $events, 'type' ) );
		$this->assertSame( array( null, 60.0, 80.0, 80.0 ), array_map( static fn( $grade ) => null === $grade ? null : (float) $grade, array_column( array_column( $events, 'data' ), 'grade' ) ) );
	}

	public function test_learndash_as_its_hooks_are_published(): void {
		$webhook = $this->subscribe( 'student_*', 'course_*', 'lesson_*', 'quiz_*', 'assignment_*' );
		$course  = get_post( $this->make_post( 'Light' ) );
		$data    = array( 'user' => $this->student, 'course' => $course, 'lesson' => $course, 'progress' => array() );
		$quiz    = array( 'quiz' => $course, 'course' => 0, 'percentage' => 60, 'pass' => 0, 'time' => $this->id );
		do_action( 'learndash_update_course_access', $this->student->ID, $course->ID, null, false );
		do_action( 'learndash_update_course_access', $this->student->ID, $course->ID, null, true );
		do_action( 'learndash_lesson_completed', $data );
		do_action( 'learndash_course_completed', $data );
		do_action( 'learndash_quiz_submitted', $quiz, $this->student );
		do_action( 'learndash_quiz_completed', $quiz, $this->student );
		do_action( 'learndash_assignment_uploaded', $this->id, array( 'user_id' => $this->student->ID, 'course_id' => $course->ID, 'file_link' => 'canary' ) );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'student_enrolled', 'student_unenrolled', 'lesson_completed', 'course_completed', 'quiz_submitted', 'quiz_failed', 'assignment_submitted' ), array_column( $events, 'type' ) );
		$this->assertSame( array( array( 'learndash' ), array( $this->student->user_email ) ), array( array_values( array_unique( array_column( $events, 'source' ) ) ), array_values( array_unique( array_column( array_column( array_column( $events, 'data' ), 'student' ), 'email' ) ) ) ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	public function test_the_payloads_of_all_schools_are_alike(): void {
		foreach ( $this->plugin()->catalogue()->by_category()['Education'] as $event ) {
			$keys = array_map( static fn( array $example ) => array_keys( $example ), $event->examples );
			$this->assertCount( 1, array_unique( $keys, SORT_REGULAR ), $event->slug );
			$this->assertCount( 1, array_unique( $event->schemas(), SORT_REGULAR ), $event->slug );
			$this->assertSame( array( 'trigger', 'site_id', 'student' ), array_slice( reset( $keys ), 0, 3 ), $event->slug );
		}
	}

	/**
	 * @testWith ["LifterLMS", "llms_user_course_enrollment_created"]
	 *           ["TUTOR_VERSION=", "tutor_after_enrolled"]
	 *           ["Sensei_Main", "sensei_user_course_end"]
	 *           ["PMPRO_VERSION=", "pmpro_added_order"]
	 *           ["WPCF7_VERSION=", "wpcf7_submit"]
	 *           ["WP_ULTIMO_PLUGIN_FILE=", "wu_event_post_save"]
	 *           ["WooCommerce", "woocommerce_new_order"]
	 *           ["EDD_PLUGIN_FILE=", "edd_complete_purchase"]
	 *           ["LEARNDASH_VERSION=", "learndash_course_completed"]
	 *           ["FLUENTFORM=", "fluentform/submission_inserted"]
	 *           ["WPFORMS_VERSION=", "wpforms_process_complete"]
	 *           ["FLUENTCRM=", "fluent_crm/contact_created"]
	 */
	public function test_a_source_whose_plugin_does_not_run_adds_no_hook( string $name, string $hook ): void {
		$without = explode( "\n", trim( $this->run_process( __DIR__ . '/processes/hooks.php' ) ) );
		$this->assertContains( 'wp_login', $without );
		$of_plugins = array();
		$of_core    = array();
		foreach ( require dirname( ( new ReflectionClass( Network_Webhooks\Sources\Sources::class ) )->getFileName() ) . '/hooks.php' as $hooks ) {
			if ( isset( $hooks['plugin'] ) ) {
				array_push( $of_plugins, ...array_values( array_diff_key( $hooks, array( 'plugin' => '' ) ) ) );
			} else {
				array_push( $of_core, ...$hooks );
			}
		}
		$of_plugins = array_diff( $of_plugins, $of_core );
		$this->assertContains( $hook, $of_plugins );
		$this->assertSame( array(), array_intersect( $of_plugins, $without ) );
		$with = explode( "\n", trim( $this->run_process( __DIR__ . '/processes/hooks.php', array( $name ) ) ) );
		$this->assertContains( $hook, $with );
		$this->assertGreaterThan( count( $without ), count( $with ) );
	}

	private function make_post( string $title, string $type = 'post' ): int {
		return wp_insert_post( array( 'post_title' => $title, 'post_type' => $type, 'post_status' => 'publish' ) );
	}

	private function order(): LLMS_Transaction {
		$id = wp_insert_post( array( 'post_title' => 'Order', 'post_status' => 'publish' ) );
		return new LLMS_Transaction( array( 'id' => $id, 'total' => 49.0, 'currency' => 'EUR', 'payment_gateway' => 'stripe', 'user_id' => 7, 'billing_email' => 'jane@example.com', 'billing_first_name' => 'Jane', 'billing_last_name' => 'Doe', 'billing_phone' => '+31 20 1234567', 'product_id' => 56, 'product_title' => 'Light &amp; Shadow', 'product_type' => 'course' ) );
	}

	private function payment( LLMS_Transaction $order, float $amount ): LLMS_Transaction {
		$id = wp_insert_post( array( 'post_title' => 'Payment', 'post_status' => 'publish' ) );
		return new LLMS_Transaction( array( 'id' => $id, 'amount' => $amount, 'currency' => 'EUR', 'payment_gateway' => 'stripe', 'gateway_transaction_id' => 'ch_1', 'gateway_source_id' => 'canary', 'status' => 'llms-txn-succeeded' ), $order );
	}

	private function tutor_order( string $status ): object {
		return Tutor\Models\OrderModel::$orders[ $this->id ] = (object) array( 'id' => $this->id, 'user_id' => $this->student->ID, 'order_type' => 'single_order', 'order_status' => 'completed', 'payment_status' => $status, 'total_price' => 39.0, 'payment_method' => 'manual', 'payment_method_readable' => 'Manual', 'payment_payloads' => 'canary', 'transaction_id' => '', 'created_at_gmt' => '2026-11-20 09:58:41', 'updated_at_gmt' => null, 'items' => array( (object) array( 'id' => 5, 'title' => 'Light', 'regular_price' => '49.00', 'sale_price' => '39.00', 'discount_price' => null ) ) );
	}
}
