<?php
/**
 * The event course_finished.
 *
 * @package Example_Courses
 */

use Example_Courses\Courses;
use Network_Webhooks\Testing\Dispatched_Webhook;
use Network_Webhooks\Testing\RecordsWebhooks;
use PHPUnit\Framework\TestCase;

/**
 * What receivers are told, and when.
 */
final class Course_Finished_Test extends TestCase {

	use RecordsWebhooks;

	/**
	 * For PHPUnit 9 under --process-isolation: what WordPress keeps in globals can't be handed to
	 * another process.
	 *
	 * @var bool
	 */
	protected $preserveGlobalState = false;

	/**
	 * Who learns.
	 */
	private int $student;

	/**
	 * A course of three lessons.
	 */
	private int $course;

	/**
	 * Makes a student and a course.
	 */
	protected function setUp(): void {
		$this->student = wp_insert_user(
			array(
				'user_login'   => 'jane' . wp_generate_password( 8, false ),
				'user_pass'    => wp_generate_password(),
				'user_email'   => wp_generate_password( 8, false ) . '@example.com',
				'display_name' => 'Jane Doe',
			)
		);
		$this->course  = wp_insert_post(
			array(
				'post_type'   => Courses::TYPE,
				'post_title'  => 'Bread for Beginners',
				'post_status' => 'publish',
			)
		);
		update_post_meta( $this->course, Courses::LESSONS, 3 );
		// A new user and a new post are events too, and not what is tested here.
		$this->forgetWebhooks();
	}

	/**
	 * Deletes them.
	 */
	protected function tearDown(): void {
		wp_delete_post( $this->course, true );
		wpmu_delete_user( $this->student );
	}

	/**
	 * The last lesson sends it, with all that receivers need.
	 */
	public function test_the_last_lesson_finishes_the_course(): void {
		$this->finish( 1, 2, 3 );
		$this->assertWebhookDispatchedTimes( 'course_finished', 1 );
		$this->assertWebhookDispatched(
			'course_finished',
			array(
				'course'  => array(
					'id'    => $this->course,
					'title' => 'Bread for Beginners',
				),
				'student' => array( 'id' => $this->student ),
				'lessons' => 3,
			)
		);
	}

	/**
	 * It says where it happened, and who says so.
	 */
	public function test_it_belongs_to_the_current_site(): void {
		$this->finish( 1, 2, 3 );
		$this->assertWebhookDispatched(
			'course_finished',
			function ( array $data, Dispatched_Webhook $webhook ): void {
				$this->assertLessThan( 60, abs( time() - strtotime( $data['finished_at'] ) ) );
				$this->assertSame( get_current_blog_id(), $webhook->site_id );
				$this->assertSame( 'example-courses', $webhook->source );
			}
		);
	}

	/**
	 * In any order, and not before the last one.
	 */
	public function test_an_unfinished_course_sends_nothing(): void {
		$this->finish( 3, 1 );
		$this->assertNoWebhooks();
		$this->finish( 2 );
		$this->assertWebhookDispatched( 'course_finished' );
	}

	/**
	 * Lessons that are done again, and ones that do not exist, change nothing.
	 */
	public function test_a_lesson_counts_once(): void {
		$this->finish( 1, 1, 1, 4, 0 );
		$this->assertWebhookNotDispatched( 'course_finished' );
		$this->finish( 2, 3, 3 );
		$this->assertWebhookDispatchedTimes( 'course_finished', 1 );
	}

	/**
	 * The hook fired by hand, about somebody who is gone.
	 */
	public function test_nobody_is_no_student(): void {
		do_action( 'example_courses_finished', PHP_INT_MAX, $this->course );
		$this->assertSame( array(), $this->dispatchedWebhooks() );
	}

	/**
	 * Finishes lessons of the course.
	 */
	private function finish( int ...$lessons ): void {
		foreach ( $lessons as $lesson ) {
			Courses::finish_lesson( $this->student, $this->course, $lesson );
		}
	}
}
