<?php
/**
 * What other plugins do against expectation, as it was recorded when they really ran: a version that does otherwise
 * shows here. That our events are right all the same is Traces_Test's, and the runs' themselves.
 */

require_once dirname( __DIR__ ) . '/plugins/class-trace.php';
require_once __DIR__ . '/class-order.php';

final class Recorded_Traps_Test extends PHPUnit\Framework\TestCase {

	public function test_an_order_of_the_rest_api_has_no_total_and_no_items_inside_its_first_save(): void {
		$request = $this->requests( 'woocommerce', 'an order is made by the REST API, paid' )[0];
		list( $order ) = $this->found( $this->calls( $request, 'woocommerce_new_order' )[0], 'wc_get_order' );
		list( $later ) = $this->found( $request, 'wc_get_order' );
		$this->assertEqualsWithDelta( 0, (float) current( $order['get_total'] ), 0.001 );
		$this->assertSame( array( 'int' => 0 ), $order['items'] );
		$this->assertSame( array( '149.50', 1 ), array( current( $later['get_total'] ), current( $later['items'] ) ) );
	}

	public function test_cash_on_delivery_enters_a_paid_status_without_a_date_of_payment(): void {
		$deed = 'a guest orders in the classic checkout, cash on delivery';
		list( $order ) = $this->found( $this->calls( $this->requests( 'woocommerce', $deed )[0], 'woocommerce_order_status_processing' )[0], 'wc_get_order' );
		$this->assertSame( array( 'null' => null ), $order['get_date_paid'] );
		$this->assertNotContains( 'payment_received', $this->deed( 'woocommerce', $deed )['events'] );
		$this->assertContains( 'payment_received', $this->deed( 'woocommerce', 'the cash is paid: the order is completed' )['events'] );
	}

	public function test_a_change_of_status_is_an_update_of_the_order_as_well(): void {
		$request = $this->requests( 'woocommerce', 'the transfer arrives, and the administrator says so' )[0];
		$this->assertNotEmpty( $this->calls( $request, 'woocommerce_update_order' ) );
		$this->assertCount( 1, $this->calls( $request, 'woocommerce_order_status_changed' ) );
	}

	public function test_an_order_of_edd_that_is_built_as_complete_has_no_total_when_it_is_paid(): void {
		$request = $this->requests( 'easy-digital-downloads', 'an order that is complete when it is made' )[0];
		list( $order ) = $this->found( $this->calls( $request, 'edd_complete_purchase' )[0], 'edd_get_order' );
		list( $later ) = $this->found( $request, 'edd_get_order' );
		$this->assertSame( array( 0.0, 98.0 ), array( (float) current( $order['total'] ), (float) current( $later['total'] ) ) );
	}

	public function test_the_old_status_is_new_at_creation_in_edd_and_in_ultimate_multisite(): void {
		foreach ( array( array( 'easy-digital-downloads', 'somebody orders, and pays later', 'edd_transition_order_status' ), array( 'ultimate-multisite', '… and a membership', 'wu_transition_membership_status' ), array( 'ultimate-multisite', '… and a payment that waits', 'wu_transition_payment_status' ) ) as list( $trace, $deed, $hook ) ) {
			$this->assertSame( array( 'string' => 'new' ), $this->calls( $this->requests( $trace, $deed )[0], $hook )[0]['arguments'][0], $hook );
			$this->assertSame( array(), preg_grep( '/_status_changed$/', $this->deed( $trace, $deed )['events'] ), $hook );
		}
	}

	public function test_the_web_checkout_makes_the_account_in_one_request_and_is_done_in_the_next(): void {
		$deed     = $this->deed( 'ultimate-multisite-checkout', 'somebody signs up on the page of the checkout' );
		$made     = array_keys( array_filter( $deed['requests'], fn( array $request ): bool => array() !== $this->calls( $request, 'wu_checkout_order_created' ) ) );
		$done     = array_keys( array_filter( $deed['requests'], fn( array $request ): bool => array() !== $this->calls( $request, 'wu_checkout_done' ) ) );
		$this->assertSame( array( 1, 1 ), array( count( $made ), count( $done ) ) );
		$this->assertGreaterThan( $made[0], $done[0] );
		$this->assertSame( 1, array_count_values( $deed['events'] )['account_created'] );
	}

	public function test_ultimate_multisite_never_announces_what_it_registers_of_its_models(): void {
		$told = array();
		foreach ( array( 'ultimate-multisite', 'ultimate-multisite-checkout', 'ultimate-multisite-sites' ) as $name ) {
			$trace = self::trace( $name );
			$told  = array_merge( $told, $trace['told']['ultimate-multisite'] );
			foreach ( $trace['deeds'] as $deed ) {
				foreach ( $deed['requests'] as $request ) {
					foreach ( $this->calls( $request, 'wu_event' ) as $call ) {
						$this->assertNotContains( current( $call['arguments'][0] ), Network_Webhooks\Sources\Ultimate\Known_Events::SAVED );
					}
				}
			}
		}
		$this->assertSame( array(), array_diff( Network_Webhooks\Sources\Ultimate\Known_Events::SAVED, $told ) );
		// The hook of which it makes this one is fired nowhere.
		$this->assertNotContains( 'checkout_started', $told );
	}

	public function test_ultimate_multisite_saves_a_payment_again_within_its_first_save(): void {
		$is_new = array_map( static fn( array $call ): bool => current( $call['arguments'][2] ), $this->calls( $this->requests( 'ultimate-multisite', 'somebody registers by the REST API' )[0], 'wu_payment_post_save' ) );
		$this->assertSame( array( false, true ), array_slice( $is_new, 0, 2 ) );
		$this->assertNotContains( 'payment_updated', $this->deed( 'ultimate-multisite', 'somebody registers by the REST API' )['events'] );
	}

	public function test_what_is_deleted_is_the_second_argument_of_its_hook(): void {
		$request = $this->requests( 'ultimate-multisite', 'a payment, a membership and a customer are deleted' )[0];
		foreach ( array( 'payment', 'membership', 'customer' ) as $model ) {
			$this->assertStringEndsWith( '\\' . ucfirst( $model ), $this->calls( $request, "wu_{$model}_post_delete" )[0]['arguments'][1]['object'] );
		}
	}

	public function test_what_ultimate_multisite_only_logs_passes_no_hook_of_events(): void {
		$trace = self::trace( 'ultimate-multisite-sites' );
		foreach ( $trace['deeds'] as $deed ) {
			foreach ( $deed['requests'] as $request ) {
				$this->assertSame( array(), $this->calls( $request, 'wu_event' ), $deed['do'] );
			}
		}
		$this->assertContains( 'subsite_woocommerce_order', $trace['told']['ultimate-multisite'] );
	}

	public function test_one_completion_of_lifterlms_goes_up_to_the_section(): void {
		$this->assertSame( array( 'lifterlms_lesson_completed', 'lifterlms_section_completed' ), array_column( $this->requests( 'lifterlms', 'a lesson is completed, and with it its section' )[0]['calls'], 'hook' ) );
	}

	public function test_a_refund_of_ten_of_49_makes_the_order_of_lifterlms_refunded_and_the_student_leaves(): void {
		$request = $this->requests( 'lifterlms', 'ten of it are refunded: LifterLMS calls the order refunded, and the student is out' )[0];
		$this->assertCount( 1, $this->calls( $request, 'lifterlms_order_status_refunded' ) );
		$this->assertCount( 1, $this->calls( $request, 'llms_user_removed_from_course' ) );
	}

	public function test_sensei_ends_a_lesson_that_is_complete(): void {
		$deed = $this->deed( 'sensei', 'the lesson is completed again' );
		$this->assertNotEmpty( $this->calls( $deed['requests'][0], 'sensei_user_lesson_end' ) );
		$this->assertSame( array(), $deed['events'] );
	}

	public function test_tutor_says_again_that_a_payment_failed_and_cancels_an_enrolment_that_never_was(): void {
		$deed = $this->deed( 'tutor', 'a gateway says that the payment of an order failed' );
		$this->assertCount( 2, $this->calls( $deed['requests'][0], 'tutor_order_payment_status_changed' ) );
		$this->assertCount( 2, $this->calls( $deed['requests'][0], 'tutor_enrollment/after/cancel' ) );
		$this->assertSame( array( 'order_created', 'payment_failed' ), $deed['events'] );
	}

	public function test_contact_form_7_fires_its_hook_for_spam_and_for_what_was_not_sent(): void {
		foreach ( array( 'the form is spam' => 'spam', 'the form lacks a name: it was not sent' => 'validation_failed' ) as $deed => $status ) {
			$call = $this->calls( $this->requests( 'contact-form-7', $deed )[0], 'wpcf7_submit' )[0];
			$this->assertSame( $status, current( current( $call['arguments'][1] )['status'] ) );
			$this->assertSame( array(), $this->deed( 'contact-form-7', $deed )['events'] );
		}
	}

	public function test_an_order_of_paid_memberships_pro_is_paid_and_only_its_update_says_so(): void {
		$request = $this->requests( 'paid-memberships-pro', 'a pending order is paid, and only the update says so' )[0];
		$this->assertSame( array(), $this->calls( $request, 'pmpro_order_status_success' ) );
		$this->assertNotEmpty( $this->calls( $request, 'pmpro_updated_order' ) );
	}

	/**
	 * @dataProvider hooks_that_mislead
	 */
	public function test_a_hook_that_misleads_is_not_listened_to( string $hook, string $why ): void {
		$listened = array_merge( ...array_values( array_map( 'array_values', require dirname( ( new ReflectionClass( Network_Webhooks\Sources\Sources::class ) )->getFileName() ) . '/hooks.php' ) ) );
		$this->assertNotContains( $hook, $listened, $why );
	}

	public static function hooks_that_mislead(): array {
		$all = array(
			'wpmu_new_blog'                 => 'it is deprecated, and fired beside the new one',
			'delete_blog'                   => 'it is deprecated, and fired beside the new one',
			'comment_post'                  => 'the REST API does not fire it',
			'wp_ultimo_registration'        => 'Ultimate Multisite 2 fires it as soon as anything listens, without a site',
			'wu_domain_verified'            => 'it is deprecated, and one of mails',
			'wu_checkout_element_render'    => 'it is fired nowhere',
			'woocommerce_payment_complete'  => 'a transfer, a cheque and cash skip it',
			'lifterlms_product_purchased'   => 'it has no order',
			'llms_user_enrolled_in_course'  => 'it does not say whether the student was in before',
			'tutor_after_enroll'            => 'it is fired while the payment is pending',
			'tutor_lesson_completed_after'  => 'it comes again for a lesson that was complete',
			'tutor_quiz_finished'           => 'the student gave up',
			'tutor_order_placement_success' => 'it is fired for each look at a page',
			'pmpro_after_checkout'          => 'gateways fire it again',
			'wpcf7_mail_sent'               => 'a form may send no mail',
			'fluentform_submission_inserted' => 'it is the old name, fired beside the new one',
		);
		return array_combine( array_keys( $all ), array_map( null, array_keys( $all ), $all ) );
	}

	public function test_the_stand_in_for_an_order_answers_in_the_types_of_the_recorded_ones(): void {
		$types = array();
		foreach ( array( 'woocommerce', 'woocommerce-posts', 'woocommerce-pages' ) as $name ) {
			foreach ( self::trace( $name )['deeds'] as $deed ) {
				foreach ( $deed['requests'] as $request ) {
					foreach ( array( $request, ...$request['calls'] ) as $of ) {
						foreach ( isset( $of['found'] ) ? $this->found( $of, 'wc_get_order' ) : array() as $state ) {
							foreach ( $state as $method => $value ) {
								$types[ $method ][ (string) array_key_first( $value ) ] = true;
							}
						}
					}
				}
			}
		}
		$order   = new Order( 1234 );
		$checked = array();
		foreach ( $types as $method => $recorded ) {
			if ( method_exists( $order, $method ) ) {
				$value = $order->$method();
				$this->assertArrayHasKey( is_object( $value ) ? 'object' : get_debug_type( $value ), $recorded, $method );
				$checked[] = $method;
			}
		}
		$this->assertSame( array(), array_diff( array( 'get_id', 'get_status', 'get_total', 'get_currency', 'get_date_paid', 'get_parent_id', 'get_customer_id', 'get_payment_method' ), $checked ) );
	}

	private static function trace( string $name ): array {
		return Trace::read( dirname( __DIR__ ) . "/plugins/traces/$name.json" );
	}

	private function deed( string $trace, string $deed ): array {
		$found = array_values( array_filter( self::trace( $trace )['deeds'], static fn( array $one ): bool => $deed === $one['do'] ) );
		$this->assertCount( 1, $found, "$trace: $deed" );
		return $found[0];
	}

	/**
	 * @return list<array>
	 */
	private function requests( string $trace, string $deed ): array {
		return $this->deed( $trace, $deed )['requests'];
	}

	/**
	 * Calls of a hook in a request.
	 *
	 * @return list<array>
	 */
	private function calls( array $request, string $hook ): array {
		return array_values( array_filter( $request['calls'], static fn( array $call ): bool => $hook === $call['hook'] ) );
	}

	/**
	 * What a finder found, at a call or at the end of a request.
	 *
	 * @return list<array>
	 */
	private function found( array $of, string $finder ): array {
		return array_values( array_map( static fn( array $object ): array => $object['state'], array_filter( $of['found'], static fn( ?array $object, string $key ): bool => null !== $object && str_starts_with( $key, "$finder:" ), ARRAY_FILTER_USE_BOTH ) ) );
	}
}
