<?php
/**
 * What the sources of courses have in common.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * A plugin that has courses. The events of all of them have the same names and the same keys: which
 * plugin it was stands in `source`.
 */
abstract class School extends Abstract_Source {

	/** What a payload may have of a course, in this order; each is an id, a title and a URL. */
	private const PARTS = array( 'course', 'track', 'section', 'lesson', 'quiz', 'certificate', 'assignment' );

	/** Keys of a payload's own, with an example each. */
	private const OWN = array(
		'is_first'      => true,
		'via'           => 'order_1234',
		'order_id'      => 1234,
		'reason'        => 'cancelled',
		'attempt_id'    => 9,
		'grade'         => 85.5,
		'passmark'      => 70.0,
		'is_passed'     => true,
		'submission_id' => 31,
	);

	/** Keys that may be null wherever they are. */
	private const NULLABLE = array( 'is_first', 'via', 'order_id', 'reason', 'attempt_id', 'grade', 'passmark', 'is_passed' );

	/**
	 * The events by their slug: name, description, the parts of a course that are there, those of them that
	 * may be null, the keys of its own, and the key of the time.
	 *
	 * @return array<string, array{string, string, list<string>, list<string>, list<string>, string}>
	 */
	private static function kinds(): array {
		$quiz = array( 'attempt_id', 'grade', 'passmark' );
		return array(
			'student_enrolled'       => array( __( 'Student Enrolled', 'network-webhooks' ), __( 'A student got access to a course.', 'network-webhooks' ), array( 'course' ), array(), array( 'is_first', 'via', 'order_id' ), 'enrolled_at' ),
			'student_unenrolled'     => array( __( 'Student Unenrolled', 'network-webhooks' ), __( 'A student lost access to a course.', 'network-webhooks' ), array( 'course' ), array(), array( 'reason' ), 'unenrolled_at' ),
			'course_started'         => array( __( 'Course Started', 'network-webhooks' ), __( 'A student began a course.', 'network-webhooks' ), array( 'course' ), array(), array(), 'started_at' ),
			'lesson_completed'       => array( __( 'Lesson Completed', 'network-webhooks' ), __( 'A student completed a lesson.', 'network-webhooks' ), array( 'course', 'section', 'lesson' ), array( 'course', 'section' ), array(), 'completed_at' ),
			'section_completed'      => array( __( 'Section Completed', 'network-webhooks' ), __( 'A student completed all lessons of a section of a course.', 'network-webhooks' ), array( 'course', 'section' ), array( 'course' ), array(), 'completed_at' ),
			'course_completed'       => array( __( 'Course Completed', 'network-webhooks' ), __( 'A student completed a course.', 'network-webhooks' ), array( 'course' ), array(), array(), 'completed_at' ),
			'course_track_completed' => array( __( 'Course Track Completed', 'network-webhooks' ), __( 'A student completed all courses of a track.', 'network-webhooks' ), array( 'track' ), array(), array(), 'completed_at' ),
			'quiz_submitted'         => array( __( 'Quiz Submitted', 'network-webhooks' ), __( 'A student handed in a quiz, graded or not.', 'network-webhooks' ), array( 'course', 'lesson', 'quiz' ), array( 'course', 'lesson' ), array( ...$quiz, 'is_passed' ), 'submitted_at' ),
			'quiz_passed'            => array( __( 'Quiz Passed', 'network-webhooks' ), __( 'A student passed a quiz.', 'network-webhooks' ), array( 'course', 'lesson', 'quiz' ), array( 'course', 'lesson' ), $quiz, 'graded_at' ),
			'quiz_failed'            => array( __( 'Quiz Failed', 'network-webhooks' ), __( 'A student failed a quiz.', 'network-webhooks' ), array( 'course', 'lesson', 'quiz' ), array( 'course', 'lesson' ), $quiz, 'graded_at' ),
			'certificate_earned'     => array( __( 'Certificate Earned', 'network-webhooks' ), __( 'A student earned a certificate.', 'network-webhooks' ), array( 'course', 'certificate' ), array( 'course' ), array(), 'earned_at' ),
			'assignment_submitted'   => array( __( 'Assignment Submitted', 'network-webhooks' ), __( 'A student handed in an assignment.', 'network-webhooks' ), array( 'course', 'lesson', 'assignment' ), array( 'course', 'lesson', 'assignment' ), array( 'submission_id' ), 'submitted_at' ),
		);
	}

	/**
	 * The events of students that a plugin has.
	 *
	 * @param array<string, string> $when Slug → which hook raises it, and when not.
	 * @return list<Event>
	 */
	final protected static function student_events( array $when ): array {
		$events = array();
		foreach ( $when as $slug => $hook ) {
			list( $name, $description, $parts, $optional, $own ) = self::kinds()[ $slug ];

			$examples = array(
				'course'      => self::example( 'course', 56, 'Photography for Beginners', 'photography-for-beginners' ),
				'track'       => self::example( 'track', 12, 'Photography', 'photography' ),
				'section'     => self::example( 'section', 57, 'Light', 'light' ),
				'lesson'      => self::example( 'lesson', 58, 'Light and Shadow', 'light-and-shadow' ),
				'quiz'        => self::example( 'quiz', 59, 'What Is an Aperture?', 'what-is-an-aperture' ),
				'certificate' => self::example( 'certificate', 60, 'Certificate of Completion', 'certificate-of-completion' ),
				'assignment'  => self::example( 'assignment', 61, 'Ten Portraits', 'ten-portraits' ),
			);
			$given    = array_intersect_key( $examples + self::OWN, array_flip( array( ...$parts, ...$own ) ) );
			$nullable = array_map( static fn( string $part ) => "$part.url", $parts );
			$events[] = Event::of(
				static::NAME,
				$slug,
				'education',
				$name,
				$description,
				$hook,
				self::compose( $slug, 3, self::example_student(), $given, '2026-11-20T10:00:00Z' ),
				array( ...$nullable, ...$optional, ...array_intersect( self::NULLABLE, $own ) ),
				array( 'student.email', 'student.id', ...( 'track' === $parts[0] ? array() : array( 'course.id' ) ) )
			);
		}
		return $events;
	}

	/**
	 * Sends an event of a student, once for a key.
	 *
	 * @param int                        $student Id of the user.
	 * @param \Closure(): (string|null)  $key     Makes what says that it is the same event again; null: nothing does.
	 * @param \Closure(): (array|null)   $found   Makes what the payload has, by its key: ids for the parts of a
	 *                                            course, and values; null: no event.
	 */
	final protected function tell( string $slug, int $student, \Closure $key, \Closure $found ): void {
		if ( $student <= 0 || ! $this->is_wanted_now( $slug ) ) {
			return;
		}
		$once = $key();
		$this->send(
			$slug,
			static function () use ( $slug, $student, $found ): ?array {
				$given = $found();
				if ( null === $given ) {
					return null;
				}
				foreach ( self::PARTS as $part ) {
					if ( array_key_exists( $part, $given ) && ! is_array( $given[ $part ] ) ) {
						$given[ $part ] = self::post( (int) $given[ $part ] );
					}
				}
				return self::compose( $slug, get_current_blog_id(), self::student( $student ), $given, Payload::time( time() ) );
			},
			null === $once ? array() : array( 'idempotency_key' => static::NAME . ":$once" )
		);
	}

	/**
	 * A payload in the order that its event has.
	 */
	private static function compose( string $slug, int $site_id, array $student, array $given, string $time ): array {
		list( , , $parts, , $own, $time_key ) = self::kinds()[ $slug ];

		$data = array(
			'trigger' => $slug,
			'site_id' => $site_id,
			'student' => $student,
		);
		foreach ( array( ...$parts, ...$own ) as $key ) {
			$data[ $key ] = $given[ $key ] ?? null;
		}
		return $data + array( $time_key => $time );
	}

	/**
	 * A student: a user, who may be gone.
	 *
	 * @return array<string, int|string>
	 */
	protected static function student( int $id ): array {
		$user = get_userdata( $id );
		return array(
			'id'         => $id,
			'email'      => $user ? (string) $user->user_email : '',
			'first_name' => $user ? (string) $user->first_name : '',
			'last_name'  => $user ? (string) $user->last_name : '',
			'name'       => $user ? (string) $user->display_name : '',
		);
	}

	/**
	 * A part of a course: a post, which may be gone.
	 *
	 * @return array{id: int, title: string, url: string|null}|null null: there is none.
	 */
	final protected static function post( int $id ): ?array {
		if ( $id <= 0 ) {
			return null;
		}
		$url = get_post( $id ) ? get_permalink( $id ) : false;
		return array(
			'id'    => $id,
			'title' => (string) get_post_field( 'post_title', $id, 'raw' ),
			'url'   => $url ? (string) $url : null,
		);
	}

	/**
	 * A number that a plugin stores as it likes; null where there is none.
	 */
	final protected static function number( mixed $stored ): ?float {
		return is_numeric( $stored ) ? (float) $stored : null;
	}

	/**
	 * A student, made up.
	 *
	 * @return array<string, int|string>
	 */
	private static function example_student(): array {
		return array(
			'id'         => 7,
			'email'      => 'jane@example.com',
			'first_name' => 'Jane',
			'last_name'  => 'Doe',
			'name'       => 'Jane Doe',
		);
	}

	/**
	 * A part of a course, made up.
	 *
	 * @return array{id: int, title: string, url: string}
	 */
	private static function example( string $part, int $id, string $title, string $slug ): array {
		return array(
			'id'    => $id,
			'title' => $title,
			'url'   => "https://network.example/photography/$part/$slug/",
		);
	}
}
