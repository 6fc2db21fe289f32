<?php
/**
 * Events of Sensei LMS.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Students, courses and quizzes. Sensei sells by WooCommerce, which tells its own orders, and has no
 * certificates of its own. Written from Sensei LMS 4.22.0.
 */
final class Source_Sensei extends School {

	public const NAME = 'sensei-lms';

	public const ORDER = 42;

	public const PLUGIN = 'Sensei_Main';

	/** Before Sensei's own handlers. */
	private const EARLY = 1;

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return self::student_events(
			array(
				'student_enrolled'   => __( 'At sensei_course_enrolment_status_changed, into enrolled.', 'network-webhooks' ),
				'student_unenrolled' => __( 'At sensei_course_enrolment_status_changed, out of it.', 'network-webhooks' ),
				'course_started'     => __( 'At sensei_user_course_start, once until the course is reset.', 'network-webhooks' ),
				'lesson_completed'   => __( 'At sensei_user_lesson_end, once until the lesson is reset: it is fired for a complete lesson, too.', 'network-webhooks' ),
				'section_completed'  => __( 'At sensei_module_save_user_progress, when a module is complete; once until the course is reset.', 'network-webhooks' ),
				'course_completed'   => __( 'At sensei_user_course_end, which three places fire; once until the course is reset.', 'network-webhooks' ),
				'quiz_submitted'     => __( 'At sensei_user_quiz_grade where a quiz grades itself, else at sensei_user_quiz_submitted; once until the quiz is reset.', 'network-webhooks' ),
				'quiz_passed'        => __( 'At sensei_user_quiz_grade, by itself or by hand, where the quiz has to be passed.', 'network-webhooks' ),
				'quiz_failed'        => __( 'At sensei_user_quiz_grade, by itself or by hand, where the quiz has to be passed.', 'network-webhooks' ),
			)
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * Where a course is complete Sensei leaves for its page, in the middle of these hooks: what is told of a
	 * lesson and of a quiz has to be told before.
	 */
	protected function listen(): void {
		$this->on( 'student_enrolled', 'sensei_course_enrolment_status_changed', fn( $user = 0, $course = 0, $is_enrolled = false ) => $this->enrolled( (int) $user, (int) $course, (bool) $is_enrolled ), 3 );
		$this->on( 'course_started', 'sensei_user_course_start', fn( $user = 0, $course = 0 ) => $this->on_course( 'course_started', (int) $user, (int) $course ), 2 );
		$this->on( 'course_completed', 'sensei_user_course_end', fn( $user = 0, $course = 0 ) => $this->on_course( 'course_completed', (int) $user, (int) $course ), 2 );
		$this->on( 'lesson_completed', 'sensei_user_lesson_end', fn( $user = 0, $lesson = 0 ) => $this->lesson_completed( (int) $user, (int) $lesson ), 2, self::EARLY );
		$this->on( 'section_completed', 'sensei_module_save_user_progress', fn( $course = 0, $module = 0, $user = 0, $progress = 0 ) => $this->section_completed( (int) $course, (int) $module, (int) $user, $progress ), 4 );
		$this->on( 'quiz_submitted', 'sensei_user_quiz_submitted', fn( $user = 0, $quiz = 0, $grade = null, $passmark = null, $type = '' ) => $this->tried( 'quiz_submitted', (int) $user, (int) $quiz, 'auto' === $type ? $grade : null ), 5 );
		$this->on( 'quiz_passed', 'sensei_user_quiz_grade', $this->graded( ... ), 5, self::EARLY );
	}

	/**
	 * A student got into a course or out of it. The hook is fired at a change alone.
	 */
	private function enrolled( int $user, int $course, bool $is_enrolled ): void {
		$this->tell( $is_enrolled ? 'student_enrolled' : 'student_unenrolled', $user, static fn() => null, static fn() => array( 'course' => $course ) );
	}

	/**
	 * A student began a course or completed it.
	 */
	private function on_course( string $slug, int $user, int $course ): void {
		$this->tell( $slug, $user, static fn() => "course:$user:$course:" . self::progress( 'course', $course, $user ), static fn() => array( 'course' => $course ) );
	}

	/**
	 * A student completed a lesson.
	 */
	private function lesson_completed( int $user, int $lesson ): void {
		$this->tell(
			'lesson_completed',
			$user,
			static fn() => "lesson:$user:$lesson:" . self::progress( 'lesson', $lesson, $user ),
			static function () use ( $lesson ): array {
				$modules = get_the_terms( $lesson, 'module' );
				return array(
					'lesson'  => $lesson,
					'section' => is_array( $modules ) ? self::module( $modules[0] ) : null,
					'course'  => (int) get_post_meta( $lesson, '_lesson_course', true ),
				);
			}
		);
	}

	/**
	 * A student is so far in a module, which is a term.
	 */
	private function section_completed( int $course, int $module, int $user, mixed $progress ): void {
		if ( ! is_numeric( $progress ) || (float) $progress < 100 ) {
			return;
		}
		$this->tell(
			'section_completed',
			$user,
			static fn() => "module:$user:$course:$module:" . self::progress( 'course', $course, $user ),
			static function () use ( $course, $module ): ?array {
				$term = get_term( $module, 'module' );
				return $term instanceof \WP_Term ? array(
					'section' => self::module( $term ),
					'course'  => $course,
				) : null;
			}
		);
	}

	/**
	 * A quiz was graded, by itself where it was just handed in. Where it need not be passed there is no result.
	 */
	private function graded( mixed $user = 0, mixed $quiz = 0, mixed $grade = null, mixed $passmark = 0, mixed $type = '' ): void {
		if ( ! is_numeric( $grade ) ) {
			return;
		}
		if ( 'auto' === $type ) {
			$this->tried( 'quiz_submitted', (int) $user, (int) $quiz, $grade );
		}
		if ( ! $this->is_wanted_now( 'quiz_passed' ) && ! $this->is_wanted_now( 'quiz_failed' ) ) {
			return;
		}
		$is_passed = self::result( (int) $quiz, $grade );
		if ( null !== $is_passed ) {
			$this->tried( $is_passed ? 'quiz_passed' : 'quiz_failed', (int) $user, (int) $quiz, $grade );
		}
	}

	/**
	 * Sends an event of a quiz.
	 *
	 * @param mixed $grade In percent; what is no number: not graded yet.
	 */
	private function tried( string $slug, int $user, int $quiz, mixed $grade ): void {
		$this->tell(
			$slug,
			$user,
			static fn() => "quiz:$user:$quiz:" . self::told_apart( self::submission( $quiz, $user ), 'get_created_at' ),
			static function () use ( $user, $quiz, $grade ): array {
				$lesson = (int) get_post_meta( $quiz, '_quiz_lesson', true );
				return array(
					'quiz'       => $quiz,
					'lesson'     => $lesson,
					'course'     => $lesson ? (int) get_post_meta( $lesson, '_lesson_course', true ) : 0,
					'attempt_id' => (int) self::submission( $quiz, $user )?->get_id() ?: null,
					'grade'      => self::number( $grade ),
					'passmark'   => self::passmark( $quiz ),
					'is_passed'  => is_numeric( $grade ) ? self::result( $quiz, $grade ) : null,
				);
			}
		);
	}

	/**
	 * Whether a grade passes a quiz; null: it need not be passed.
	 */
	private static function result( int $quiz, mixed $grade ): ?bool {
		$passmark = self::passmark( $quiz );
		return null === $passmark ? null : (float) $grade >= $passmark;
	}

	/**
	 * The grade from which on a quiz is passed; null: it need not be.
	 */
	private static function passmark( int $quiz ): ?float {
		return 'on' === get_post_meta( $quiz, '_pass_required', true ) ? self::number( get_post_meta( $quiz, '_quiz_passmark', true ) ) : null;
	}

	/**
	 * Where Sensei remembers how far a student is, and since when: one of both changes with a reset.
	 *
	 * @param string $what `course` or `lesson`.
	 */
	private static function progress( string $what, int $id, int $user ): string {
		$repository = function_exists( 'Sensei' ) ? Sensei()->{"{$what}_progress_repository"} ?? null : null;
		return self::told_apart( $repository?->get( $id, $user ), 'get_started_at' );
	}

	/**
	 * What a student handed in of a quiz; null: nothing.
	 */
	private static function submission( int $quiz, int $user ): ?object {
		return function_exists( 'Sensei' ) ? ( Sensei()->quiz_submission_repository ?? null )?->get( $quiz, $user ) : null;
	}

	/**
	 * What tells one of Sensei's records from the one after a reset, which may have the same id.
	 *
	 * @param string $time The method that says since when it is there.
	 */
	private static function told_apart( mixed $progress, string $time ): string {
		if ( ! is_object( $progress ) ) {
			return '0';
		}
		$since = method_exists( $progress, $time ) ? $progress->$time() : null;
		return (int) $progress->get_id() . ( $since instanceof \DateTimeInterface ? ':' . $since->getTimestamp() : '' );
	}

	/**
	 * A module.
	 *
	 * @return array{id: int, title: string, url: string|null}
	 */
	private static function module( \WP_Term $term ): array {
		$url = get_term_link( $term );
		return array(
			'id'    => (int) $term->term_id,
			'title' => (string) $term->name,
			'url'   => is_string( $url ) ? $url : null,
		);
	}
}
