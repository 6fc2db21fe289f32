<?php
/**
 * Courses.
 *
 * @package Example_Courses
 */

namespace Example_Courses;

defined( 'ABSPATH' ) || exit;

/**
 * A course is a post with a number of lessons; who finished which stands in the users' meta.
 */
final class Courses {

	/** The post type. */
	public const TYPE = 'example_course';

	/** Post meta: how many lessons a course has. */
	public const LESSONS = 'example_courses_lessons';

	/**
	 * Adds the hooks.
	 */
	public static function add_hooks(): void {
		add_action( 'init', array( self::class, 'register_type' ) );
	}

	/**
	 * Registers the post type.
	 */
	public static function register_type(): void {
		register_post_type(
			self::TYPE,
			array(
				'public' => true,
				'label'  => __( 'Courses', 'example-courses' ),
			)
		);
	}

	/**
	 * Notes that somebody finished a lesson. Fires `example_courses_finished` once, at the last one.
	 *
	 * @param int $lesson From 1 to the course's number of lessons.
	 */
	public static function finish_lesson( int $user_id, int $course_id, int $lesson ): void {
		$total = (int) get_post_meta( $course_id, self::LESSONS, true );
		if ( $lesson < 1 || $lesson > $total ) {
			return;
		}
		$done = self::finished_lessons( $user_id, $course_id );
		if ( in_array( $lesson, $done, true ) ) {
			return;
		}
		$done[] = $lesson;
		update_user_meta( $user_id, self::key( $course_id ), $done );
		if ( count( $done ) === $total ) {
			/**
			 * Somebody finished the last lesson of a course.
			 *
			 * @param int $user_id   Who.
			 * @param int $course_id Which one.
			 */
			do_action( 'example_courses_finished', $user_id, $course_id );
		}
	}

	/**
	 * The lessons that somebody finished.
	 *
	 * @return list<int>
	 */
	public static function finished_lessons( int $user_id, int $course_id ): array {
		$done = get_user_meta( $user_id, self::key( $course_id ), true );
		return is_array( $done ) ? array_values( $done ) : array();
	}

	/**
	 * Key of the users' meta: users are the network's, courses a site's.
	 */
	private static function key( int $course_id ): string {
		return 'example_courses_' . get_current_blog_id() . '_' . $course_id;
	}
}
