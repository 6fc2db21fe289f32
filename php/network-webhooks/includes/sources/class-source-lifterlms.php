<?php
/**
 * Events of LifterLMS.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Students, courses, quizzes and certificates, and the orders by which people get into courses and
 * memberships. Written from LifterLMS 7.7.8.
 */
final class Source_Lifterlms extends School {

	public const NAME = 'lifterlms';

	public const ORDER = 40;

	public const PLUGIN = 'LifterLMS';

	/** Statuses of an order, as its hooks are named. */
	private const ORDER_STATUSES = array( 'active', 'cancelled', 'completed', 'expired', 'failed', 'on-hold', 'pending', 'pending-cancel', 'refunded' );

	/**
	 * Refunds that are being recorded: transaction → their ids, amounts and texts.
	 *
	 * @var array<int, list<array{id: string, amount: mixed}>>
	 */
	private array $refunds = array();

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		/* translators: %s: name of a WordPress action */
		$done = __( 'At %s, with the lessons that complete it.', 'network-webhooks' );
		return array(
			...self::student_events(
				array(
					'student_enrolled'       => __( 'At llms_user_course_enrollment_created, and at llms_user_course_enrollment_updated where the student was enrolled before.', 'network-webhooks' ),
					'student_unenrolled'     => __( 'At llms_user_removed_from_course, also after a refund, and at llms_user_enrollment_deleted.', 'network-webhooks' ),
					'lesson_completed'       => __( 'At lifterlms_lesson_completed, and again only where it was marked incomplete in between.', 'network-webhooks' ),
					'section_completed'      => sprintf( $done, 'lifterlms_section_completed' ),
					'course_completed'       => sprintf( $done, 'lifterlms_course_completed' ),
					'course_track_completed' => sprintf( $done, 'lifterlms_course_track_completed' ),
					'quiz_submitted'         => __( 'At lifterlms_quiz_completed, once for an attempt: that of a later grading is none.', 'network-webhooks' ),
					'quiz_passed'            => __( 'At lifterlms_quiz_passed, once for an attempt.', 'network-webhooks' ),
					'quiz_failed'            => __( 'At lifterlms_quiz_failed, once for an attempt.', 'network-webhooks' ),
					'certificate_earned'     => __( 'At llms_user_earned_certificate, once for a certificate.', 'network-webhooks' ),
				)
			),
			...Shop_Order::events(
				self::NAME,
				'course',
				array(
					'order_created'        => __( 'At lifterlms_new_pending_order, once for an order.', 'network-webhooks' ),
					'order_status_changed' => __( 'At lifterlms_order_status_… with the new status, where the order had one before.', 'network-webhooks' ),
					'payment_received'     => __( 'At lifterlms_transaction_status_succeeded, once for a payment; one of nothing is none.', 'network-webhooks' ),
					'payment_failed'       => __( 'At lifterlms_transaction_status_failed, once for a payment.', 'network-webhooks' ),
					'refund_issued'        => __( 'At save_post_llms_transaction, when llms_transaction_refund_data was asked for a refund; once for each.', 'network-webhooks' ),
				)
			),
			...Membership_Events::events(
				self::NAME,
				array(
					'membership_joined' => __( 'At llms_user_membership_enrollment_created, and at llms_user_membership_enrollment_updated where the member had left.', 'network-webhooks' ),
					'membership_left'   => __( 'At llms_user_removed_from_membership, and at llms_user_enrollment_deleted.', 'network-webhooks' ),
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
				'payment_received' => 'lifterlms_transaction_status_succeeded',
				'payment_failed'   => 'lifterlms_transaction_status_failed',
				'refund_issued'    => 'save_post_llms_transaction',
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'student_enrolled', 'llms_user_course_enrollment_created', fn( $user = 0, $course = 0 ) => $this->enrolled( (int) $user, (int) $course, true ), 2 );
		$this->on( 'student_enrolled', 'llms_user_course_enrollment_updated', fn( $user = 0, $course = 0 ) => $this->enrolled( (int) $user, (int) $course, false ), 2 );
		$this->on( 'student_unenrolled', 'llms_user_removed_from_course', fn( $user = 0, $course = 0, $trigger = '', $status = '' ) => $this->unenrolled( (int) $user, (int) $course, $status ), 4 );
		$this->on( 'membership_joined', 'llms_user_membership_enrollment_created', fn( $user = 0, $membership = 0 ) => $this->joined( (int) $user, (int) $membership ), 2 );
		$this->on( 'membership_joined', 'llms_user_membership_enrollment_updated', fn( $user = 0, $membership = 0 ) => $this->joined( (int) $user, (int) $membership ), 2 );
		$this->on( 'membership_left', 'llms_user_removed_from_membership', fn( $user = 0, $membership = 0, $trigger = '', $status = '' ) => $this->left( (int) $user, (int) $membership, $status ), 4 );
		$this->on( 'student_unenrolled', 'llms_user_enrollment_deleted', $this->deleted( ... ), 2 );
		foreach ( array( 'lesson', 'section', 'course', 'course_track' ) as $what ) {
			$this->on( "{$what}_completed", "lifterlms_{$what}_completed", fn( $user = 0, $id = 0 ) => $this->completed( $what, (int) $user, (int) $id ), 2 );
		}
		foreach ( array(
			'completed' => 'quiz_submitted',
			'passed'    => 'quiz_passed',
			'failed'    => 'quiz_failed',
		) as $result => $slug ) {
			$this->on( $slug, "lifterlms_quiz_$result", fn( $user = 0, $quiz = 0, $attempt = null ) => $this->tried( $slug, (int) $user, (int) $quiz, $attempt ), 3 );
		}
		$this->on( 'certificate_earned', 'llms_user_earned_certificate', fn( $user = 0, $certificate = 0, $related = null ) => $this->earned( (int) $user, (int) $certificate, (int) $related ), 3 );
		$this->on( 'order_created', 'lifterlms_new_pending_order', fn( $order = null ) => $this->tell_order( 'order_created', $order, null, 'order' ) );
		foreach ( self::ORDER_STATUSES as $status ) {
			$this->on( 'order_status_changed', "lifterlms_order_status_$status", fn( $order = null, $old = '' ) => $this->changed( $order, $old ), 2 );
		}
		$this->on( 'payment_received', 'lifterlms_transaction_status_succeeded', fn( $payment = null ) => $this->paid( 'payment_received', $payment ) );
		$this->on( 'payment_failed', 'lifterlms_transaction_status_failed', fn( $payment = null ) => $this->paid( 'payment_failed', $payment ) );
		$this->watch( 'refund_issued', 'llms_transaction_refund_data', $this->refunding( ... ), 3 );
		$this->on( 'refund_issued', 'save_post_llms_transaction', fn( $id = 0 ) => $this->refunded( (int) $id ) );
	}

	/**
	 * A student got into a course, for the first time or again.
	 */
	private function enrolled( int $user, int $course, bool $is_first ): void {
		$this->tell(
			'student_enrolled',
			$user,
			static fn() => "enrolled:$user:$course:" . self::row( $user, $course, '_status' ),
			static fn() => array(
				'course'   => $course,
				'is_first' => $is_first,
			) + self::way( $user, $course )
		);
	}

	/**
	 * A student got out of a course.
	 *
	 * @param mixed $status Of the enrolment by now.
	 */
	private function unenrolled( int $user, int $course, mixed $status ): void {
		$this->tell(
			'student_unenrolled',
			$user,
			static fn() => "unenrolled:$user:$course:" . self::row( $user, $course, '_status' ),
			static fn() => array(
				'course' => $course,
				'reason' => is_string( $status ) ? $status : null,
			)
		);
	}

	/**
	 * Somebody got into a membership. The courses that come with it are enrolments of their own.
	 */
	private function joined( int $user, int $membership ): void {
		if ( $user <= 0 || ! $this->is_wanted_now( 'membership_joined' ) ) {
			return;
		}
		$this->send( 'membership_joined', static fn() => Membership_Events::payload( 'membership_joined', $user, self::membership( $membership ), self::way( $user, $membership ) ), array( 'idempotency_key' => self::NAME . ":joined:$user:$membership:" . self::row( $user, $membership, '_status' ) ) );
	}

	/**
	 * Somebody got out of a membership.
	 */
	private function left( int $user, int $membership, mixed $status ): void {
		if ( $user <= 0 || ! $this->is_wanted_now( 'membership_left' ) ) {
			return;
		}
		$reason = is_string( $status ) ? $status : null;
		$this->send( 'membership_left', static fn() => Membership_Events::payload( 'membership_left', $user, self::membership( $membership ), array( 'reason' => $reason ) ), 'deleted' === $reason ? array() : array( 'idempotency_key' => self::NAME . ":left:$user:$membership:" . self::row( $user, $membership, '_status' ) ) );
	}

	/**
	 * An enrolment was deleted, and with it the rows that would tell it from another.
	 */
	private function deleted( mixed $user = 0, mixed $product = 0 ): void {
		if ( ! $this->is_wanted_now( 'student_unenrolled' ) && ! $this->is_wanted_now( 'membership_left' ) ) {
			return;
		}
		$user    = (int) $user;
		$product = (int) $product;
		match ( get_post_type( $product ) ) {
			'llms_membership' => $this->left( $user, $product, 'deleted' ),
			'course' => $this->tell(
				'student_unenrolled',
				$user,
				static fn() => null,
				static fn() => array(
					'course' => $product,
					'reason' => 'deleted',
				)
			),
			default => null,
		};
	}

	/**
	 * A student completed something.
	 *
	 * @param string $what `lesson`, `section`, `course` or `course_track`, which is a term.
	 */
	private function completed( string $what, int $user, int $id ): void {
		$this->tell(
			"{$what}_completed",
			$user,
			static fn() => "completed:$what:$user:$id:" . self::row( $user, $id, '_is_complete' ),
			static fn() => match ( $what ) {
				'course_track' => self::track( $id ),
				'course' => array( 'course' => $id ),
				'section' => array(
					'section' => $id,
					'course'  => self::parent( $id, 'course' ),
				),
				default => array(
					'lesson'  => $id,
					'section' => self::parent( $id, 'section' ),
					'course'  => self::parent( $id, 'course' ),
				),
			}
		);
	}

	/**
	 * A student handed in a quiz, or got its result.
	 *
	 * @param mixed $attempt LLMS_Quiz_Attempt.
	 */
	private function tried( string $slug, int $user, int $quiz, mixed $attempt ): void {
		if ( ! is_object( $attempt ) ) {
			return;
		}
		$this->tell(
			$slug,
			$user,
			static fn() => 'quiz:' . (int) $attempt->get( 'id' ),
			static function () use ( $quiz, $attempt ): array {
				$lesson = (int) $attempt->get( 'lesson_id' );
				$status = (string) $attempt->get( 'status' );
				return array(
					'quiz'       => $quiz,
					'lesson'     => $lesson,
					'course'     => self::parent( $lesson, 'course' ),
					'attempt_id' => (int) $attempt->get( 'id' ),
					// An attempt that somebody has to grade has a grade of nought until then.
					'grade'      => 'pending' === $status ? null : self::number( $attempt->get( 'grade' ) ),
					'passmark'   => self::number( get_post_meta( $quiz, '_llms_passing_percent', true ) ),
					'is_passed'  => array(
						'pass' => true,
						'fail' => false,
					)[ $status ] ?? null,
				);
			}
		);
	}

	/**
	 * A student earned a certificate, for a course or for what is in one.
	 */
	private function earned( int $user, int $certificate, int $related ): void {
		$this->tell(
			'certificate_earned',
			$user,
			static fn() => "certificate:$certificate",
			static fn() => array(
				'certificate' => $certificate,
				'course'      => self::course_of( $related ),
			)
		);
	}

	/**
	 * An order has another status. Without an old one it is just being made.
	 */
	private function changed( mixed $order, mixed $old ): void {
		if ( is_scalar( $old ) && ! Source_Woocommerce::is_draft( $old ) ) {
			$this->tell_order( 'order_status_changed', $order, array( 'old_status' => (string) $old ), '' );
		}
	}

	/**
	 * A payment was made or refused. A free trial is a payment of nothing, and none.
	 */
	private function paid( string $slug, mixed $payment ): void {
		if ( ! is_object( $payment ) || ! $this->is_wanted_now( $slug ) || (float) $payment->get( 'amount' ) <= 0 ) {
			return;
		}
		$this->tell_order( $slug, $payment->get_order(), null, 'payment', $payment );
	}

	/**
	 * A refund is about to be stored.
	 */
	private function refunding( mixed $refund = array(), mixed $payment = null, mixed $amount = 0 ): void {
		if ( is_object( $payment ) && $this->is_wanted_now( 'refund_issued' ) ) {
			$this->refunds[ (int) $payment->get( 'id' ) ][] = array(
				'id'     => is_array( $refund ) ? (string) ( $refund['id'] ?? '' ) : '',
				'amount' => $amount,
			);
		}
	}

	/**
	 * A payment was stored, and with it the refunds that were about to be. The hook of its status tells
	 * the first refund only: a second one changes no status.
	 */
	private function refunded( int $id ): void {
		$refunds = $this->refunds[ $id ] ?? array();
		unset( $this->refunds[ $id ] );
		if ( ! $refunds || ! class_exists( 'LLMS_Transaction', false ) ) {
			return;
		}
		$payment = new \LLMS_Transaction( $id );
		foreach ( $refunds as $refund ) {
			$this->tell_order( 'refund_issued', $payment->get_order(), Shop_Order::refund( $refund['id'], $refund['amount'], (string) $payment->get( 'currency' ), '', (float) $payment->get( 'refund_amount' ) >= (float) $payment->get( 'amount' ) ), "refund:{$refund['id']}", $payment );
		}
	}

	/**
	 * Sends an event of an order.
	 *
	 * @param mixed                     $order   LLMS_Order.
	 * @param array<string, mixed>|null $more    Keys beside the order's.
	 * @param string                    $once    What happens once to the order or the payment; empty: it may again.
	 * @param object|null               $payment LLMS_Transaction, if it is about one.
	 */
	private function tell_order( string $slug, mixed $order, ?array $more, string $once, ?object $payment = null ): void {
		if ( ! is_object( $order ) || ! $this->is_wanted_now( $slug ) ) {
			return;
		}
		$of = (int) ( $payment ?? $order )->get( 'id' );
		$this->send( $slug, static fn() => Shop_Order::payload( $slug, self::order( $order, $payment ) ) + ( $more ?? array() ), '' === $once ? array() : array( 'idempotency_key' => self::NAME . ":$once:$of" ) );
	}

	/**
	 * An order, or a payment of one.
	 *
	 * @return array<string, mixed>
	 */
	private static function order( object $order, ?object $payment ): array {
		$id      = (int) $order->get( 'id' );
		$gateway = (string) ( $payment ? $payment->get( 'payment_gateway' ) : $order->get( 'payment_gateway' ) );
		$amount  = $payment ? $payment->get( 'amount' ) : $order->get_initial_price( array(), 'float' );
		$is_paid = $payment && 'llms-txn-failed' !== $payment->get( 'status' );
		return array(
			'order_id'             => $id,
			// As the hook's own object may still have it.
			'status'               => preg_replace( '/^llms-/', '', (string) get_post_status( $id ) ),
			'amount'               => $amount,
			'currency'             => $payment ? $payment->get( 'currency' ) : $order->get( 'currency' ),
			'payment_id'           => $payment ? (int) $payment->get( 'id' ) : null,
			'payment_method'       => $gateway,
			'payment_method_title' => self::gateway( $gateway ),
			'transaction_id'       => $payment ? (string) $payment->get( 'gateway_transaction_id' ) : '',
			'created_at'           => get_post_timestamp( $id ),
			// The gateway's own date is stored with hours of a twelve-hour clock.
			'paid_at'              => $is_paid ? get_post_timestamp( (int) $payment->get( 'id' ) ) : null,
			'customer'             => array(
				'id'         => $order->get( 'user_id' ),
				'email'      => $order->get( 'billing_email' ),
				'first_name' => $order->get( 'billing_first_name' ),
				'last_name'  => $order->get( 'billing_last_name' ),
				'phone'      => $order->get( 'billing_phone' ),
			),
			'items'                => array(
				array(
					'product_id' => $order->get( 'product_id' ),
					'name'       => $order->get( 'product_title' ),
					'type'       => $order->get( 'product_type' ),
					'total'      => $amount,
				),
			),
		);
	}

	/**
	 * What a gateway calls itself.
	 */
	private static function gateway( string $id ): string {
		$gateway = function_exists( 'llms' ) ? llms()->payment_gateways()->get_gateway_by_id( $id ) : null;
		return is_object( $gateway ) && method_exists( $gateway, 'get_title' ) ? (string) $gateway->get_title() : $id;
	}

	/**
	 * How a student got into a course or membership.
	 *
	 * @return array{via: string|null, order_id: int|null}
	 */
	private static function way( int $user, int $product ): array {
		$student = function_exists( 'llms_get_student' ) ? llms_get_student( $user ) : null;
		$via     = is_object( $student ) ? (string) $student->get_enrollment_trigger( $product ) : '';
		return array(
			'via'      => '' === $via ? null : $via,
			'order_id' => preg_match( '/^order_(\d+)$/D', $via, $order ) ? (int) $order[1] : null,
		);
	}

	/**
	 * The newest row in which LifterLMS remembers something of a student, which tells an enrolment or a
	 * completion from the one before. Its times are too coarse for that.
	 */
	private static function row( int $user, int $id, string $key ): int {
		$rows = function_exists( '_llms_query_user_postmeta' ) ? (array) _llms_query_user_postmeta( $user, $id, $key ) : array();
		return $rows ? max( array_map( 'intval', array_column( $rows, 'meta_id' ) ) ) : 0;
	}

	/**
	 * The section or course that a lesson or section is in.
	 */
	private static function parent( int $id, string $what ): int {
		return $id > 0 ? (int) get_post_meta( $id, "_llms_parent_$what", true ) : 0;
	}

	/**
	 * The course that something is in, or is.
	 */
	private static function course_of( int $id ): int {
		return match ( $id > 0 ? get_post_type( $id ) : '' ) {
			'course' => $id,
			'section', 'lesson' => self::parent( $id, 'course' ),
			'llms_quiz' => self::parent( (int) get_post_meta( $id, '_llms_lesson_id', true ), 'course' ),
			default => 0,
		};
	}

	/**
	 * A track, which is a term.
	 *
	 * @return array{track: array{id: int, title: string, url: string|null}}|null
	 */
	private static function track( int $id ): ?array {
		$term = get_term( $id, 'course_track' );
		if ( ! $term instanceof \WP_Term ) {
			return null;
		}
		$url = get_term_link( $term );
		return array(
			'track' => array(
				'id'    => $id,
				'title' => (string) $term->name,
				'url'   => is_string( $url ) ? $url : null,
			),
		);
	}

	/**
	 * A membership.
	 *
	 * @return array{id: int, name: string}
	 */
	private static function membership( int $id ): array {
		return array(
			'id'   => $id,
			'name' => (string) get_post_field( 'post_title', $id, 'raw' ),
		);
	}
}
