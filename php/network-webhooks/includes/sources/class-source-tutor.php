<?php
/**
 * Events of Tutor LMS.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Students, courses and quizzes, and orders where Tutor itself sells: what it sells by WooCommerce or Easy
 * Digital Downloads is told by those. Written from Tutor LMS 4.0.2.
 *
 * Its hook of a course that begins is fired for the first student of a course alone, and is none of a student.
 */
final class Source_Tutor extends School {

	public const NAME = 'tutor-lms';

	public const ORDER = 41;

	public const PLUGIN = 'TUTOR_VERSION';

	/**
	 * Lessons that are being completed by somebody who had completed them: `user:lesson`.
	 *
	 * @var array<string, true>
	 */
	private array $repeated = array();

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return array(
			...self::student_events(
				array(
					'student_enrolled'     => __( 'At tutor_after_enrolled, once for an enrolment and its order; none while its payment is pending.', 'network-webhooks' ),
					'student_unenrolled'   => __( 'At tutor_after_enrollment_cancelled, tutor_after_enrollment_deleted and tutor_enrollment/after/cancel; once for an enrolment and its order.', 'network-webhooks' ),
					'lesson_completed'     => __( 'At tutor_mark_lesson_complete_after, where the lesson was not complete.', 'network-webhooks' ),
					'course_completed'     => __( 'At tutor_course_complete_after, once until the student begins anew.', 'network-webhooks' ),
					'quiz_submitted'       => __( 'At tutor_quiz/attempt_ended. An attempt that was given up or ran out of time is none.', 'network-webhooks' ),
					'quiz_passed'          => __( 'At tutor_quiz/attempt_ended, or when the last answer was reviewed.', 'network-webhooks' ),
					'quiz_failed'          => __( 'At tutor_quiz/attempt_ended, or when the last answer was reviewed.', 'network-webhooks' ),
					'assignment_submitted' => __( 'At tutor_assignment/after/submitted, of Tutor LMS Pro.', 'network-webhooks' ),
				)
			),
			...Shop_Order::events(
				self::NAME,
				'course',
				array(
					'order_created'    => __( 'At tutor_order_placed, once for an order.', 'network-webhooks' ),
					'payment_received' => __( 'At tutor_order_payment_status_changed, where the order is paid; once for an order, and none of nothing.', 'network-webhooks' ),
					'payment_failed'   => __( 'At tutor_order_payment_status_changed, where the payment failed.', 'network-webhooks' ),
					'refund_issued'    => __( 'At tutor_after_order_refund.', 'network-webhooks' ),
				)
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		return Shop_Order::legacy_mappings(
			array(
				'payment_received' => 'tutor_order_payment_status_changed',
				'payment_failed'   => 'tutor_order_payment_status_changed',
				'refund_issued'    => 'tutor_after_order_refund',
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'student_enrolled', 'tutor_after_enrolled', fn( $course = 0, $user = 0, $enrolment = 0 ) => $this->enrolled( (int) $course, (int) $user, (int) $enrolment ), 3 );
		$this->on( 'student_unenrolled', 'tutor_after_enrollment_cancelled', fn( $course = 0, $user = 0 ) => $this->unenrolled( (int) $course, (int) $user, 'cancelled' ), 2 );
		$this->on( 'student_unenrolled', 'tutor_after_enrollment_deleted', fn( $course = 0, $user = 0 ) => $this->unenrolled( (int) $course, (int) $user, 'deleted' ), 2 );
		$this->on( 'student_unenrolled', 'tutor_enrollment/after/cancel', $this->cancelled( ... ) );
		$this->on( 'lesson_completed', 'tutor_mark_lesson_complete_before', $this->completing( ... ), 2 );
		$this->on( 'lesson_completed', 'tutor_mark_lesson_complete_after', fn( $lesson = 0, $user = 0 ) => $this->lesson_completed( (int) $lesson, (int) $user ), 2 );
		$this->on( 'course_completed', 'tutor_course_complete_after', fn( $course = 0, $user = 0 ) => $this->course_completed( (int) $course, (int) $user ), 2 );
		$this->on( 'quiz_submitted', 'tutor_quiz/attempt_ended', fn( $attempt = 0 ) => $this->tried( (int) $attempt, true ) );
		$this->on( 'quiz_passed', 'tutor_quiz_review_answer_after', fn( $answer = 0, $attempt = 0 ) => $this->tried( (int) $attempt, false ), 2 );
		$this->on( 'assignment_submitted', 'tutor_assignment/after/submitted', fn( $id = 0 ) => $this->assigned( (int) $id ) );
		$this->on( 'order_created', 'tutor_order_placed', fn( $order = array() ) => $this->tell_order( 'order_created', is_array( $order ) ? (int) ( $order['id'] ?? 0 ) : 0, 'placed' ) );
		$this->on( 'payment_received', 'tutor_order_payment_status_changed', fn( $order = 0, $old = '' ) => $this->paid( (int) $order, $old ), 2 );
		$this->on( 'refund_issued', 'tutor_after_order_refund', fn( $order = 0, $amount = 0, $reason = '' ) => $this->refunded( (int) $order, $amount, $reason ), 3 );
	}

	/**
	 * A student got into a course. Three places tell it, and a corrected order tells it again.
	 */
	private function enrolled( int $course, int $user, int $enrolment ): void {
		$order = static fn(): int => (int) get_post_meta( $enrolment, '_tutor_enrolled_by_order_id', true );
		$this->tell(
			'student_enrolled',
			$user,
			static fn() => "enrolled:$enrolment:" . $order(),
			static fn() => array(
				'course'   => $course,
				'via'      => $order() ? 'order_' . $order() : null,
				'order_id' => $order() ?: null,
			)
		);
	}

	/**
	 * A student got out of a course. A cancelled order cancels an enrolment that was cancelled before.
	 *
	 * @param int $enrolment Its id; 0: not known.
	 */
	private function unenrolled( int $course, int $user, string $reason, int $enrolment = 0 ): void {
		$this->tell(
			'student_unenrolled',
			$user,
			static function () use ( $course, $user, $reason, $enrolment ): ?string {
				if ( 'deleted' === $reason ) {
					return null;
				}
				$enrolment = $enrolment ? $enrolment : self::enrolment( $course, $user );
				return $enrolment ? "unenrolled:$enrolment:" . (int) get_post_meta( $enrolment, '_tutor_enrolled_by_order_id', true ) : null;
			},
			static fn() => array(
				'course' => $course,
				'reason' => $reason,
			)
		);
	}

	/**
	 * An enrolment was cancelled, by an order or by an admin.
	 */
	private function cancelled( mixed $id = 0 ): void {
		$enrolment = $this->is_wanted_now( 'student_unenrolled' ) ? get_post( (int) $id ) : null;
		if ( $enrolment && self::was_in( (int) $enrolment->ID ) ) {
			// The row was changed behind the back of WordPress's cache, which nothing here needs.
			$this->unenrolled( (int) $enrolment->post_parent, (int) $enrolment->post_author, 'cancelled', (int) $enrolment->ID );
		}
	}

	/**
	 * Whether an enrolment let its student in. Tutor cancels that of each order which fails, and one that waited
	 * for its payment or was cancelled before as well.
	 */
	private static function was_in( int $enrolment ): bool {
		$order = (int) get_post_meta( $enrolment, '_tutor_enrolled_by_order_id', true );
		// With another plugin's shop it is an order of that.
		if ( 0 === $order || ( function_exists( 'tutor_utils' ) && 'tutor' !== tutor_utils()->get_option( 'monetize_by' ) ) ) {
			return true;
		}
		return ! in_array( self::find( $order )->payment_status ?? '', array( 'unpaid', 'failed' ), true );
	}

	/**
	 * A student is about to complete a lesson, for the first time or not.
	 */
	private function completing( mixed $lesson = 0, mixed $user = 0 ): void {
		$key = (int) $user . ':' . (int) $lesson;
		unset( $this->repeated[ $key ] );
		if ( $this->is_wanted_now( 'lesson_completed' ) && get_user_meta( (int) $user, '_tutor_completed_lesson_id_' . (int) $lesson, true ) ) {
			$this->repeated[ $key ] = true;
		}
	}

	/**
	 * A student completed a lesson.
	 */
	private function lesson_completed( int $lesson, int $user ): void {
		if ( isset( $this->repeated[ "$user:$lesson" ] ) ) {
			unset( $this->repeated[ "$user:$lesson" ] );
			return;
		}
		$this->tell(
			'lesson_completed',
			$user,
			static fn() => "lesson:$user:$lesson:" . (string) get_user_meta( $user, "_tutor_completed_lesson_id_$lesson", true ),
			static fn() => array(
				'lesson'  => $lesson,
				'section' => (int) wp_get_post_parent_id( $lesson ),
				'course'  => self::course_of( 'lesson', $lesson ),
			)
		);
	}

	/**
	 * A student completed a course. Tutor adds a comment each time: the first one says since when.
	 */
	private function course_completed( int $course, int $user ): void {
		$this->tell(
			'course_completed',
			$user,
			static function () use ( $course, $user ): string {
				$first = get_comments(
					array(
						'post_id' => $course,
						'user_id' => $user,
						'type'    => 'course_completed',
						'status'  => 'any',
						'orderby' => 'comment_ID',
						'order'   => 'ASC',
						'number'  => 1,
						'fields'  => 'ids',
					)
				);
				return "course:$user:$course:" . (int) ( $first[0] ?? 0 );
			},
			static fn() => array( 'course' => $course )
		);
	}

	/**
	 * A student handed in a quiz, or its answers were reviewed: its result is in the attempt's row.
	 */
	private function tried( int $id, bool $is_submitted ): void {
		if ( ! function_exists( 'tutor_utils' ) || ! array_filter( array( 'quiz_submitted', 'quiz_passed', 'quiz_failed' ), fn( string $slug ) => $this->is_wanted_now( $slug ) ) ) {
			return;
		}
		$attempt = tutor_utils()->get_attempt( $id );
		if ( ! is_object( $attempt ) ) {
			return;
		}
		$is_passed = array(
			'pass' => true,
			'fail' => false,
		)[ $attempt->result ?? '' ] ?? null;
		$slugs     = array_filter( array( $is_submitted ? 'quiz_submitted' : '', null === $is_passed ? '' : ( $is_passed ? 'quiz_passed' : 'quiz_failed' ) ) );
		foreach ( $slugs as $slug ) {
			$this->tell(
				$slug,
				(int) $attempt->user_id,
				static fn() => "quiz:$id",
				static fn() => array(
					'course'     => (int) $attempt->course_id,
					'quiz'       => (int) $attempt->quiz_id,
					'attempt_id' => $id,
					'grade'      => null !== $is_passed && (float) $attempt->total_marks > 0 ? round( (float) $attempt->earned_marks / (float) $attempt->total_marks * 100, 2 ) : null,
					'passmark'   => self::number( tutor_utils()->get_quiz_option( (int) $attempt->quiz_id, 'passing_grade', null ) ),
					'is_passed'  => $is_passed,
				)
			);
		}
	}

	/**
	 * A student handed in an assignment, which is a comment.
	 */
	private function assigned( int $id ): void {
		$submission = $this->is_wanted_now( 'assignment_submitted' ) ? get_comment( $id ) : null;
		if ( ! $submission ) {
			return;
		}
		$this->tell(
			'assignment_submitted',
			(int) $submission->user_id,
			static fn() => "assignment:$id",
			static fn() => array(
				'assignment'    => (int) $submission->comment_post_ID,
				'course'        => (int) $submission->comment_parent,
				'submission_id' => $id,
			)
		);
	}

	/**
	 * An order's payment may have another status. What the hook says of it may also be the status of the
	 * order, or what an admin chose in a list: the order itself knows.
	 */
	private function paid( int $id, mixed $old ): void {
		$is_wanted = $this->is_wanted_now( 'payment_received' );
		if ( ! $this->is_wanted_now( 'payment_failed' ) && ! $is_wanted ) {
			return;
		}
		$order = self::find( $id );
		match ( $order->payment_status ?? '' ) {
			'paid' => (float) $order->total_price > 0 && $this->tell_order( 'payment_received', $id, 'paid' ),
			// A gateway says it again until it was heard.
			'failed' => 'failed' !== $old && $this->tell_order( 'payment_failed', $id, '' ),
			default => null,
		};
	}

	/**
	 * Money of an order went back.
	 */
	private function refunded( int $id, mixed $amount, mixed $reason ): void {
		$this->tell_order( 'refund_issued', $id, '', static fn( object $order ): array => Shop_Order::refund( '', $amount, self::currency(), is_string( $reason ) ? $reason : '', 'refunded' === $order->payment_status ) );
	}

	/**
	 * Sends an event of an order.
	 *
	 * @param string        $once What happens once to the order; empty: it may again.
	 * @param \Closure|null $more Makes the keys beside the order's.
	 */
	private function tell_order( string $slug, int $id, string $once, ?\Closure $more = null ): void {
		$this->send(
			$slug,
			static function () use ( $slug, $id, $more ): ?array {
				$order = self::find( $id );
				return $order ? Shop_Order::payload( $slug, self::order( $order ) ) + ( $more ? $more( $order ) : array() ) : null;
			},
			'' === $once ? array() : array( 'idempotency_key' => self::NAME . ":$once:$id" )
		);
	}

	/**
	 * An order as Tutor has it; null: there is none.
	 */
	private static function find( int $id ): ?object {
		$order = $id > 0 && class_exists( 'Tutor\Models\OrderModel' ) ? ( new \Tutor\Models\OrderModel() )->get_order_by_id( $id ) : null;
		return is_object( $order ) ? $order : null;
	}

	/**
	 * An order.
	 *
	 * @return array<string, mixed>
	 */
	private static function order( object $order ): array {
		$user  = get_userdata( (int) $order->user_id );
		$items = array();
		foreach ( (array) $order->items as $item ) {
			$product = (int) ( $item->id ?? $item->item_id ?? 0 );
			$items[] = array(
				'product_id' => $product,
				'name'       => (string) ( $item->title ?? get_post_field( 'post_title', $product, 'raw' ) ),
				'type'       => self::type( (string) $order->order_type, $product ),
				'total'      => self::price( $item ),
			);
		}
		return array(
			'order_id'             => (int) $order->id,
			'status'               => (string) $order->order_status,
			'amount'               => $order->total_price,
			'currency'             => self::currency(),
			'payment_method'       => (string) $order->payment_method,
			'payment_method_title' => (string) ( $order->payment_method_readable ?? '' ),
			'transaction_id'       => (string) $order->transaction_id,
			'created_at'           => strtotime( "$order->created_at_gmt UTC" ),
			'paid_at'              => in_array( $order->payment_status, array( 'paid', 'refunded', 'partially-refunded' ), true ) ? strtotime( ( $order->updated_at_gmt ?: $order->created_at_gmt ) . ' UTC' ) : null,
			'customer'             => array(
				'id'         => (int) $order->user_id,
				'email'      => $user ? $user->user_email : '',
				'first_name' => $user ? $user->first_name : '',
				'last_name'  => $user ? $user->last_name : '',
				'phone'      => $order->student->phone ?? '',
			),
			'items'                => $items,
		);
	}

	/**
	 * What an item cost, less what was taken off it.
	 */
	private static function price( object $item ): mixed {
		foreach ( array( 'discount_price', 'sale_price', 'regular_price' ) as $price ) {
			if ( isset( $item->$price ) && is_numeric( $item->$price ) ) {
				return $item->$price;
			}
		}
		return 0;
	}

	/**
	 * What somebody bought.
	 */
	private static function type( string $order_type, int $product ): string {
		return match ( true ) {
			'single_order' !== $order_type => 'subscription',
			'course-bundle' === get_post_type( $product ) => 'bundle',
			default => 'course',
		};
	}

	/**
	 * The currency in which Tutor sells.
	 */
	private static function currency(): string {
		return function_exists( 'tutor_utils' ) ? (string) tutor_utils()->get_option( 'currency_code', 'USD' ) : '';
	}

	/**
	 * The enrolment of a student, in whatever state; 0: there is none.
	 */
	private static function enrolment( int $course, int $user ): int {
		$found = get_posts(
			array(
				'post_type'   => 'tutor_enrolled',
				'post_status' => 'any',
				'post_parent' => $course,
				'author'      => $user,
				'numberposts' => 1,
				'fields'      => 'ids',
			)
		);
		return (int) ( $found[0] ?? 0 );
	}

	/**
	 * The course that something is in.
	 */
	private static function course_of( string $what, int $id ): int {
		return function_exists( 'tutor_utils' ) ? (int) tutor_utils()->get_course_id_by( $what, $id ) : 0;
	}
}
