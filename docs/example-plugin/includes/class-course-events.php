<?php
/**
 * What webhooks are told.
 *
 * @package Example_Courses
 */

namespace Example_Courses;

defined( 'ABSPATH' ) || exit;

/**
 * Sends `course_finished`. All of it goes through hooks, so that nothing here depends on whether
 * Network Webhooks is there, or loaded yet.
 */
final class Course_Events {

	/** What raises the event. */
	private const SOURCE = 'example-courses';

	/**
	 * Adds the hooks.
	 */
	public static function add_hooks(): void {
		add_action( 'network_webhooks_register_events', array( self::class, 'register' ) );
		add_action( 'example_courses_finished', array( self::class, 'dispatch' ), 10, 2 );
	}

	/**
	 * Puts the event into the list from which administrators choose.
	 */
	public static function register(): void {
		$text = array( 'type' => 'string' );
		$id   = array(
			'type'    => 'integer',
			'minimum' => 1,
		);
		network_webhooks_register_event(
			array(
				'slug'        => 'course_finished',
				'name'        => static fn() => __( 'Course finished', 'example-courses' ),
				'description' => static fn() => __( 'Somebody finished the last lesson of a course.', 'example-courses' ),
				'category'    => 'education',
				'source'      => self::SOURCE,
				'lookup'      => array( 'course.id', 'student.id', 'student.email' ),
				'example'     => array(
					'course'      => array(
						'id'    => 12,
						'title' => 'Bread for Beginners',
					),
					'student'     => array(
						'id'    => 7,
						'email' => 'jane@example.com',
						'name'  => 'Jane Doe',
					),
					'lessons'     => 3,
					'finished_at' => '2026-11-20T10:00:00Z',
				),
				'schema'      => array(
					'type'       => 'object',
					'required'   => array( 'course', 'student', 'lessons', 'finished_at' ),
					'properties' => array(
						'course'      => array(
							'type'       => 'object',
							'required'   => array( 'id', 'title' ),
							'properties' => array(
								'id'    => $id,
								'title' => $text,
							),
						),
						'student'     => array(
							'type'       => 'object',
							'required'   => array( 'id', 'email', 'name' ),
							'properties' => array(
								'id'    => $id,
								'email' => $text + array( 'format' => 'email' ),
								'name'  => $text,
							),
						),
						'lessons'     => $id,
						'finished_at' => $text + array( 'format' => 'date-time' ),
					),
				),
			)
		);
	}

	/**
	 * Sends it. The payload is a closure: it is made only if somebody subscribes.
	 */
	public static function dispatch( int $user_id, int $course_id ): void {
		do_action(
			'network_webhooks_dispatch',
			'course_finished',
			static fn() => self::payload( $user_id, $course_id ),
			array(
				'source'          => self::SOURCE,
				// A second one of the same person and course is dropped, whoever sends it.
				'idempotency_key' => "$course_id-$user_id",
			)
		);
	}

	/**
	 * What receivers get.
	 *
	 * @return array<string, mixed>|null null, which means no event: the person or course is gone.
	 */
	private static function payload( int $user_id, int $course_id ): ?array {
		$user   = get_userdata( $user_id );
		$course = get_post( $course_id );
		if ( ! $user || ! $course ) {
			return null;
		}
		return array(
			'course'      => array(
				'id'    => $course->ID,
				'title' => $course->post_title,
			),
			'student'     => array(
				'id'    => $user->ID,
				'email' => $user->user_email,
				'name'  => $user->display_name,
			),
			'lessons'     => count( Courses::finished_lessons( $user_id, $course_id ) ),
			'finished_at' => gmdate( 'Y-m-d\TH:i:s\Z' ),
		);
	}
}
