<?php
/**
 * What people do in a school of LifterLMS, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-lifter-school.php';

$is   = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
// The order's own date. What is compared is not done where LifterLMS runs.
$date = static function ( array $known ): string {
	switch_to_blog( $known['site'] );
	$date = get_post( $known['order'] )->post_date_gmt;
	restore_current_blog();
	return gmdate( 'Y-m-d\TH:i:s\Z', strtotime( "$date UTC" ) );
};
// The ten fields of an online school: order, trigger, customer, amount, currency, product, date, school, payment system, type.
$ten  = array(
	'order_id'             => $is( 'order' ),
	'trigger'              => 'order_created',
	'customer.email'       => $is( 'email' ),
	'customer.first_name'  => 'Jane',
	'customer.phone'       => '+31 20 1234567',
	'amount'               => '49.00',
	'amount_minor'         => 4900,
	'currency'             => 'EUR',
	'created_at'           => $date,
	'items.0.product_id'   => $is( 'course' ),
	'items.0.name'         => 'Photography & Light',
	'items.0.type'         => 'course',
	'site_id'              => $is( 'site' ),
	'payment_method'       => 'manual',
	'payment_method_title' => 'Manual',
);
$paid = array( 'trigger' => 'payment_received', 'status' => 'completed', 'payment_id' => $is( 'payment' ), 'customer.id' => $is( 'customer' ) ) + $ten;

return array(
	'plugins' => array( 'lifterlms/lifterlms.php' => false ),
	'sources' => array( 'lifterlms' ),
	'setup'   => static fn( array $known ): array => Lifter_School::set_up(),
	'deeds'   => array(
		'a customer orders a course on the page of the checkout'  => array(
			'do'     => static fn( array $known ): array => Lifter_School::check_out( $known, 'plan' ),
			'events' => array( array( 'order_created', $ten + array( 'status' => 'pending', 'paid_at' => null, 'payment_id' => null ) ) ),
		),
		'the order is paid'                                       => array(
			'do'        => static fn( array $known ): array => array( 'payment' => Lifter_School::pay( $known['order'], 49.0 ) ),
			'any_order' => true,
			'events'    => array(
				array( 'student_enrolled', array( 'student.email' => $is( 'email' ), 'student.id' => $is( 'customer' ), 'course.id' => $is( 'course' ), 'course.title' => 'Photography & Light', 'is_first' => true, 'order_id' => $is( 'order' ) ) ),
				array( 'order_status_changed', array( 'old_status' => 'pending', 'status' => 'completed' ) ),
				array( 'payment_received', $paid ),
			),
		),
		'ten of it are refunded: LifterLMS calls the order refunded, and the student is out' => array(
			'do'        => static function ( array $known ): void {
				Deed::must( ( new LLMS_Transaction( $known['payment'] ) )->process_refund( 10.0, 'Too dark' ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'student_unenrolled', array( 'course.id' => $is( 'course' ), 'reason' => 'cancelled' ) ),
				array( 'order_status_changed', array( 'old_status' => 'completed', 'status' => 'refunded' ) ),
				array( 'refund_issued', array( 'refund' => '10.00', 'refund_minor' => 1000, 'amount' => '49.00', 'is_whole' => false, 'payment_id' => $is( 'payment' ), 'status' => 'refunded' ) ),
			),
		),
		'the rest is refunded, which changes no status'           => array(
			'do'     => static function ( array $known ): void {
				Deed::must( ( new LLMS_Transaction( $known['payment'] ) )->process_refund( 39.0 ) );
			},
			'events' => array( array( 'refund_issued', array( 'refund' => '39.00', 'is_whole' => true ) ) ),
		),
		'the payment is stored once more'                         => array(
			'do'     => static function ( array $known ): void {
				wp_update_post( array( 'ID' => $known['payment'], 'post_title' => 'Again' ) );
			},
			'events' => array(),
		),
		'another orders it, and the payment is refused'           => array(
			'do'        => static function ( array $known ): array {
				$new = Lifter_School::check_out( $known, 'plan' );
				return array( 'refused' => $new['order'], 'refused_payment' => Lifter_School::pay( $new['order'], 49.0, 'llms-txn-failed' ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'order_created' ),
				array( 'order_status_changed', array( 'status' => 'failed' ) ),
				array( 'payment_failed', array( 'order_id' => $is( 'refused' ), 'payment_id' => $is( 'refused_payment' ), 'paid_at' => null, 'amount' => '49.00' ) ),
			),
		),
		'somebody takes a free course'                            => array(
			'do'        => static fn( array $known ): array => Lifter_School::check_out( $known, 'free_plan' ),
			'any_order' => true,
			'events'    => array(
				array( 'order_created', array( 'amount' => '0.00', 'amount_minor' => 0, 'items.0.product_id' => $is( 'other' ) ) ),
				array( 'order_status_changed', array( 'status' => 'completed' ) ),
				array( 'student_enrolled', array( 'course.id' => $is( 'other' ) ) ),
			),
		),
		'somebody orders a membership and pays for it: its course comes with it' => array(
			'do'        => static function ( array $known ): array {
				$new = Lifter_School::check_out( $known, 'membership_plan' );
				return array( 'club_order' => $new['order'], 'member' => $new['customer'], 'club_payment' => Lifter_School::pay( $new['order'], 15.0 ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'order_created', array( 'items.0.type' => 'membership' ) ),
				array( 'order_status_changed', array( 'status' => 'active' ) ),
				array( 'student_enrolled', array( 'course.id' => $is( 'member_of' ), 'via' => static fn( $known ) => "membership_{$known['membership']}", 'order_id' => null ) ),
				array( 'membership_joined', array( 'member.id' => $is( 'member' ), 'membership.id' => $is( 'membership' ), 'membership.name' => 'Club', 'order_id' => $is( 'club_order' ) ) ),
				array( 'payment_received', array( 'amount' => '15.00', 'items.0.type' => 'membership', 'items.0.product_id' => $is( 'membership' ) ) ),
			),
		),
		'the membership is paid for a second time'                => array(
			'do'     => static fn( array $known ): array => array( 'club_payment_2' => Lifter_School::pay( $known['club_order'], 15.0 ) ),
			'events' => array( array( 'payment_received', array( 'payment_id' => $is( 'club_payment_2' ), 'order_id' => $is( 'club_order' ) ) ) ),
		),
		'the member leaves, and the course goes with it'          => array(
			'do'        => static function ( array $known ): void {
				Deed::must( llms_unenroll_student( $known['member'], $known['membership'], 'cancelled', 'any' ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'student_unenrolled', array( 'course.id' => $is( 'member_of' ), 'reason' => 'cancelled' ) ),
				array( 'membership_left', array( 'membership.id' => $is( 'membership' ), 'reason' => 'cancelled' ) ),
			),
		),
		'an admin enrols a student'                               => array(
			'do'     => static function ( array $known ): void {
				Deed::must( llms_enroll_student( $known['student'], $known['course'], 'admin_1' ) );
			},
			'events' => array( array( 'student_enrolled', array( 'student.id' => $is( 'student' ), 'via' => 'admin_1', 'is_first' => true, 'order_id' => null ) ) ),
		),
		'the same is enrolled again, which does nothing'          => array(
			'do'     => static function ( array $known ): void {
				llms_enroll_student( $known['student'], $known['course'], 'admin_1' );
			},
			'events' => array(),
		),
		'the student is taken out and put back in, in the same second' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( llms_unenroll_student( $known['student'], $known['course'], 'expired', 'any' ) );
				Deed::must( llms_enroll_student( $known['student'], $known['course'], 'admin_1' ) );
			},
			'events' => array(
				array( 'student_unenrolled', array( 'reason' => 'expired' ) ),
				array( 'student_enrolled', array( 'is_first' => false ) ),
			),
		),
		'a lesson is completed, and with it its section'          => array(
			'do'     => static function ( array $known ): void {
				Deed::must( llms_mark_complete( $known['student'], $known['lesson'], 'lesson', 'lesson_' . $known['lesson'] ) );
			},
			'events' => array(
				array( 'lesson_completed', array( 'lesson.id' => $is( 'lesson' ), 'section.id' => $is( 'section' ), 'course.id' => $is( 'course' ), 'course.title' => 'Photography & Light' ) ),
				array( 'section_completed', array( 'section.id' => $is( 'section' ), 'course.id' => $is( 'course' ) ) ),
			),
		),
		'the lesson is completed again, which does nothing'       => array(
			'do'     => static function ( array $known ): void {
				llms_mark_complete( $known['student'], $known['lesson'], 'lesson', 'lesson_' . $known['lesson'] );
			},
			'events' => array(),
		),
		'the lesson is marked incomplete and completed once more' => array(
			'do'     => static function ( array $known ): void {
				Deed::must( llms_mark_incomplete( $known['student'], $known['lesson'], 'lesson', 'lesson_' . $known['lesson'] ) );
				Deed::must( llms_mark_complete( $known['student'], $known['lesson'], 'lesson', 'lesson_' . $known['lesson'] ) );
			},
			'events' => array( array( 'lesson_completed' ), array( 'section_completed' ) ),
		),
		'a quiz is failed'                                        => array(
			'do'     => static fn( array $known ): array => array( 'failed' => Lifter_School::attempt( $known, 'wrong' ) ),
			'events' => array(
				array( 'quiz_submitted', array( 'quiz.id' => $is( 'quiz' ), 'lesson.id' => $is( 'lesson_2' ), 'course.id' => $is( 'course' ), 'attempt_id' => $is( 'failed' ), 'grade' => 0.0, 'passmark' => 70.0, 'is_passed' => false ) ),
				array( 'quiz_failed', array( 'grade' => 0.0, 'passmark' => 70.0, 'attempt_id' => $is( 'failed' ) ) ),
			),
		),
		'its result is told once more, as after a later grading'  => array(
			'do'     => static function ( array $known ): void {
				( new LLMS_Quiz_Attempt( $known['failed'] ) )->do_completion_actions();
			},
			'events' => array(),
		),
		'the quiz is passed, and with the last lesson the course and its track: a certificate comes' => array(
			'do'        => static fn( array $known ): array => array( 'passed' => Lifter_School::attempt( $known, 'right' ) ),
			'any_order' => true,
			'events'    => array(
				array( 'quiz_submitted', array( 'is_passed' => true ) ),
				array( 'quiz_passed', array( 'grade' => 100.0, 'attempt_id' => $is( 'passed' ) ) ),
				array( 'lesson_completed', array( 'lesson.id' => $is( 'lesson_2' ) ) ),
				array( 'section_completed', array( 'section.id' => $is( 'section_2' ) ) ),
				array( 'course_completed', array( 'course.id' => $is( 'course' ), 'student.id' => $is( 'student' ) ) ),
				array( 'course_track_completed', array( 'track.id' => $is( 'track' ), 'track.title' => 'Photographer' ) ),
				array( 'certificate_earned', array( 'certificate.title' => 'Photographer & more', 'course.id' => $is( 'course' ) ) ),
			),
		),
		'an admin deletes the enrolment'                          => array(
			'do'     => static function ( array $known ): void {
				Deed::must( llms_delete_student_enrollment( $known['student'], $known['course'], 'any' ) );
			},
			'events' => array( array( 'student_unenrolled', array( 'reason' => 'deleted', 'course.id' => $is( 'course' ) ) ) ),
		),
	),
);
