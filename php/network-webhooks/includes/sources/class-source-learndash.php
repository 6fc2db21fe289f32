<?php
/**
 * Events of LearnDash.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Students, courses, quizzes and assignments. Written from LearnDash's published hooks: it has to be bought,
 * and was never run beside this plugin.
 */
final class Source_Learndash extends School {

	public const NAME = 'learndash';

	public const ORDER = 43;

	public const PLUGIN = 'LEARNDASH_VERSION';

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return self::student_events(
			array(
				'student_enrolled'     => __( 'At learndash_update_course_access, where access is given.', 'network-webhooks' ),
				'student_unenrolled'   => __( 'At learndash_update_course_access, where access is taken.', 'network-webhooks' ),
				'lesson_completed'     => __( 'At learndash_lesson_completed. A topic is none.', 'network-webhooks' ),
				'course_completed'     => __( 'At learndash_course_completed.', 'network-webhooks' ),
				'quiz_submitted'       => __( 'At learndash_quiz_submitted, once for an attempt.', 'network-webhooks' ),
				'quiz_passed'          => __( 'At learndash_quiz_completed, once for an attempt.', 'network-webhooks' ),
				'quiz_failed'          => __( 'At learndash_quiz_completed, once for an attempt.', 'network-webhooks' ),
				'assignment_submitted' => __( 'At learndash_assignment_uploaded, once for an assignment.', 'network-webhooks' ),
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'student_enrolled', 'learndash_update_course_access', $this->access( ... ), 4 );
		$this->on( 'lesson_completed', 'learndash_lesson_completed', fn( $data = array() ) => $this->completed( 'lesson_completed', $data ) );
		$this->on( 'course_completed', 'learndash_course_completed', fn( $data = array() ) => $this->completed( 'course_completed', $data ) );
		$this->on( 'quiz_submitted', 'learndash_quiz_submitted', fn( $data = array(), $user = null ) => $this->tried( 'quiz_submitted', $data, $user ), 2 );
		$this->on( 'quiz_passed', 'learndash_quiz_completed', fn( $data = array(), $user = null ) => is_array( $data ) && $this->tried( empty( $data['pass'] ) ? 'quiz_failed' : 'quiz_passed', $data, $user ), 2 );
		$this->on( 'assignment_submitted', 'learndash_assignment_uploaded', $this->assigned( ... ), 2 );
	}

	/**
	 * A student got access to a course, or lost it.
	 */
	private function access( mixed $user = 0, mixed $course = 0, mixed $others = array(), mixed $is_removed = false ): void {
		$this->tell( $is_removed ? 'student_unenrolled' : 'student_enrolled', self::id( $user ), static fn() => null, static fn() => array( 'course' => self::id( $course ) ) );
	}

	/**
	 * A student completed something.
	 *
	 * @param mixed $data `user`, `course`, and `lesson` where it is one; each an object.
	 */
	private function completed( string $slug, mixed $data ): void {
		if ( is_array( $data ) ) {
			$this->tell(
				$slug,
				self::id( $data['user'] ?? 0 ),
				static fn() => null,
				static fn() => array(
					'course' => self::id( $data['course'] ?? 0 ),
					'lesson' => self::id( $data['lesson'] ?? 0 ),
				)
			);
		}
	}

	/**
	 * A student handed in a quiz, or got its result.
	 *
	 * @param mixed $data `quiz`, `course` and `lesson`, each an object or an id; `percentage`, `pass` and `time`.
	 */
	private function tried( string $slug, mixed $data, mixed $user ): void {
		if ( ! is_array( $data ) ) {
			return;
		}
		$user = self::id( $user );
		$quiz = self::id( $data['quiz'] ?? 0 );
		$time = is_scalar( $data['time'] ?? null ) ? (string) $data['time'] : '';
		$this->tell(
			$slug,
			$user,
			static fn() => '' === $time ? null : "quiz:$user:$quiz:$time",
			static fn() => array(
				'quiz'      => $quiz,
				'course'    => self::id( $data['course'] ?? 0 ),
				'lesson'    => self::id( $data['lesson'] ?? 0 ),
				'grade'     => self::number( $data['percentage'] ?? null ),
				'is_passed' => isset( $data['pass'] ) ? ! empty( $data['pass'] ) : null,
			)
		);
	}

	/**
	 * A student handed in an assignment, which is a post.
	 *
	 * @param mixed $data `user_id`, `course_id` and `lesson_id`.
	 */
	private function assigned( mixed $id = 0, mixed $data = array() ): void {
		$id   = self::id( $id );
		$data = is_array( $data ) ? $data : array();
		$this->tell(
			'assignment_submitted',
			self::id( $data['user_id'] ?? 0 ),
			static fn() => "assignment:$id",
			static fn() => array(
				'course'        => self::id( $data['course_id'] ?? 0 ),
				'lesson'        => self::id( $data['lesson_id'] ?? 0 ),
				'submission_id' => $id,
			)
		);
	}

	/**
	 * The id of a post or a user that comes as one or as an object.
	 */
	private static function id( mixed $of ): int {
		return match ( true ) {
			is_numeric( $of ) => (int) $of,
			$of instanceof \WP_Post, $of instanceof \WP_User => (int) $of->ID,
			default => 0,
		};
	}
}
