<?php
/**
 * What people do in a school of Sensei LMS, and which events come of it.
 */

$is     = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
$submit = static function ( array $known, string $answer ): void {
	wp_set_current_user( $known['student'] );
	Deed::must( Sensei_Quiz::submit_answers_for_grading( array( $known['question'] => $answer ), array(), $known['lesson_2'], $known['student'] ) );
};

return array(
	'plugins' => array( 'sensei-lms/sensei-lms.php' => false ),
	'sources' => array( 'sensei-lms' ),
	'setup'   => static function (): array {
		$make   = static fn( string $type, string $title, array $meta = array() ): int => Deed::must( wp_insert_post( array( 'post_type' => $type, 'post_title' => $title, 'post_status' => 'publish', 'post_author' => 1, 'meta_input' => $meta ), true ) );
		$course = $make( 'course', 'Photography &amp; Light', array( '_course_completion' => 'passed' ) );
		$lesson = $make( 'lesson', 'Lesson 1', array( '_lesson_course' => $course ) );
		$other  = $make( 'lesson', 'Lesson 2', array( '_lesson_course' => $course ) );
		$quiz   = $make( 'quiz', 'What is light?', array( '_quiz_lesson' => $other, '_quiz_passmark' => 70, '_pass_required' => 'on', '_quiz_grade_type' => 'auto', '_enable_quiz_reset' => 'on' ) );
		wp_update_post( array( 'ID' => $quiz, 'post_parent' => $other ) );
		update_post_meta( $other, '_lesson_quiz', $quiz );
		update_post_meta( $other, '_quiz_has_questions', 1 );
		$question = $make( 'question', 'Waves?', array( '_question_grade' => 1, '_question_right_answer' => 'true', '_quiz_id' => $quiz, "_quiz_question_order$quiz" => "{$quiz}0001" ) );
		wp_set_object_terms( $question, 'boolean', 'question-type' );
		$module = Deed::must( wp_insert_term( 'Light & more', 'module', array( 'slug' => 'light-' . bin2hex( random_bytes( 3 ) ) ) ) )['term_id'];
		wp_set_object_terms( $course, array( $module ), 'module' );
		wp_set_object_terms( $lesson, array( $module ), 'module' );
		return compact( 'course', 'lesson', 'quiz', 'question', 'module' ) + array( 'lesson_2' => $other, 'student' => Deed::user() );
	},
	'deeds'   => array(
		'a student is enrolled, which starts the course' => array(
			'do'        => static function ( array $known ): void {
				Deed::must( Sensei_Course_Manual_Enrolment_Provider::instance()->enrol_learner( $known['student'], $known['course'] ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'course_started', array( 'course.id' => $is( 'course' ) ) ),
				array( 'student_enrolled', array( 'student.id' => $is( 'student' ), 'course.title' => 'Photography & Light' ) ),
			),
		),
		'a lesson is completed, and with it its module' => array(
			'do'        => static function ( array $known ): void {
				wp_set_current_user( $known['student'] );
				Deed::must( Sensei_Utils::sensei_start_lesson( $known['lesson'], $known['student'], true ) );
			},
			'any_order' => true,
			'events'    => array(
				array( 'lesson_completed', array( 'lesson.id' => $is( 'lesson' ), 'course.id' => $is( 'course' ), 'section.id' => $is( 'module' ), 'section.title' => 'Light & more' ) ),
				array( 'section_completed', array( 'section.id' => $is( 'module' ), 'course.id' => $is( 'course' ) ) ),
			),
		),
		'the lesson is completed again'                 => array(
			'do'     => static function ( array $known ): void {
				wp_set_current_user( $known['student'] );
				Sensei_Utils::sensei_start_lesson( $known['lesson'], $known['student'], true );
			},
			'events' => array(),
		),
		'a quiz is failed'                              => array(
			'do'        => static fn( array $known ) => $submit( $known, 'false' ),
			'any_order' => true,
			'events'    => array(
				array( 'quiz_failed', array( 'quiz.id' => $is( 'quiz' ), 'grade' => 0.0, 'passmark' => 70.0 ) ),
				array( 'quiz_submitted', array( 'quiz.id' => $is( 'quiz' ), 'lesson.id' => $is( 'lesson_2' ), 'course.id' => $is( 'course' ), 'grade' => 0.0, 'is_passed' => false ) ),
			),
		),
		'the quiz is reset and passed, which completes lesson and course' => array(
			'do'        => static function ( array $known ) use ( $submit ): void {
				wp_set_current_user( $known['student'] );
				Deed::later();
				Sensei()->quiz->reset_user_lesson_data( $known['lesson_2'], $known['student'] );
				$submit( $known, 'true' );
			},
			'any_order' => true,
			'events'    => array(
				array( 'course_completed', array( 'course.id' => $is( 'course' ) ) ),
				array( 'lesson_completed', array( 'lesson.id' => $is( 'lesson_2' ) ) ),
				array( 'quiz_passed', array( 'grade' => 100.0 ) ),
				array( 'quiz_submitted', array( 'is_passed' => true, 'grade' => 100.0 ) ),
			),
		),
		'the course is told complete by another place'  => array(
			'do'     => static function ( array $known ): void {
				do_action( 'sensei_user_course_end', $known['student'], $known['course'] );
			},
			'events' => array(),
		),
		'the student is withdrawn'                      => array(
			'do'     => static function ( array $known ): void {
				Deed::must( Sensei_Course_Manual_Enrolment_Provider::instance()->withdraw_learner( $known['student'], $known['course'] ) );
			},
			'events' => array( array( 'student_unenrolled', array( 'course.id' => $is( 'course' ), 'reason' => null ) ) ),
		),
	),
);
