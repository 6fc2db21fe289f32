<?php
/**
 * A school of LifterLMS, for deeds.
 */

final class Lifter_School {

	/**
	 * Makes a course of two sections with a quiz, a membership that brings it, and what they cost.
	 *
	 * @return array<string, int>
	 */
	public static function set_up(): array {
		update_option( 'lifterlms_currency', 'EUR' );
		update_option( 'llms_gateway_manual_enabled', 'yes' );
		LLMS_Install::create_pages();
		$course   = self::make( 'LLMS_Course', 'Photography &amp; Light' );
		$sections = array();
		$lessons  = array();
		foreach ( array( 1, 2 ) as $number ) {
			$section = self::make( 'LLMS_Section', "Section $number" );
			self::set( 'LLMS_Section', $section, array( 'parent_course' => $course, 'order' => $number ) );
			$lesson = self::make( 'LLMS_Lesson', "Lesson $number" );
			self::set( 'LLMS_Lesson', $lesson, array( 'parent_course' => $course, 'parent_section' => $section, 'order' => 1 ) );
			$sections[] = $section;
			$lessons[]  = $lesson;
		}
		$quiz = self::make( 'LLMS_Quiz', 'What is light?' );
		self::set( 'LLMS_Quiz', $quiz, array( 'lesson_id' => $lessons[1], 'passing_percent' => 70 ) );
		self::set( 'LLMS_Lesson', $lessons[1], array( 'quiz' => $quiz, 'quiz_enabled' => 'yes', 'require_passing_grade' => 'yes' ) );
		$question = ( new LLMS_Quiz( $quiz ) )->questions()->create_question( array( 'post_title' => 'Waves?', 'question_type' => 'true_false', 'points' => 1 ) );
		self::set( 'LLMS_Question', $question, array( 'points' => 1 ) );
		$right = '';
		$wrong = '';
		foreach ( array( 'True' => true, 'False' => false ) as $text => $is_right ) {
			$choice = ( new LLMS_Question( $question ) )->create_choice( array( 'choice' => $text, 'correct' => $is_right ) );
			if ( $is_right ) {
				$right = $choice;
			} else {
				$wrong = $choice;
			}
		}
		$track = Deed::must( wp_insert_term( 'Photographer', 'course_track' ) )['term_id'];
		wp_set_object_terms( $course, array( $track ), 'course_track' );
		$membership = self::make( 'LLMS_Membership', 'Club' );
		$member_of  = self::make( 'LLMS_Course', 'For the club' );
		update_post_meta( $membership, '_llms_auto_enroll', array( $member_of ) );
		$other = self::make( 'LLMS_Course', 'Printing' );
		return array(
			'course'          => $course,
			'section'         => $sections[0],
			'section_2'       => $sections[1],
			'lesson'          => $lessons[0],
			'lesson_2'        => $lessons[1],
			'quiz'            => $quiz,
			'question'        => $question,
			'right'           => $right,
			'wrong'           => $wrong,
			'track'           => $track,
			'membership'      => $membership,
			'member_of'       => $member_of,
			'other'           => $other,
			'plan'            => self::plan( $course, 49, array() ),
			'free_plan'       => self::plan( $other, 0, array( 'is_free' => 'yes' ) ),
			'membership_plan' => self::plan( $membership, 15, array( 'frequency' => 1, 'period' => 'month' ) ),
			'certificate'     => self::certificate( $course ),
			'student'         => Deed::user( 'student' ),
		);
	}

	private static function make( string $model, string $title ): int {
		$post = new $model( 'new', $title );
		wp_update_post( array( 'ID' => $post->get( 'id' ), 'post_status' => 'publish' ) );
		return (int) Deed::must( $post->get( 'id' ) );
	}

	private static function set( string $model, int $id, array $values ): void {
		$post = new $model( $id );
		foreach ( $values as $key => $value ) {
			$post->set( $key, $value );
		}
	}

	private static function plan( int $product, float $price, array $more ): int {
		$plan = new LLMS_Access_Plan( 'new', array( 'post_title' => 'Access', 'post_status' => 'publish' ) );
		foreach ( array( 'product_id' => $product, 'price' => $price, 'is_free' => 'no', 'frequency' => 0, 'availability' => 'open', 'access_expiration' => 'lifetime', 'checkout_redirect_type' => 'self' ) as $key => $value ) {
			$plan->set( $key, $more[ $key ] ?? $value );
		}
		foreach ( array_intersect_key( $more, array( 'period' => 1 ) ) as $key => $value ) {
			$plan->set( $key, $value );
		}
		return (int) $plan->get( 'id' );
	}

	/**
	 * A certificate for completing a course, by an engagement.
	 */
	private static function certificate( int $course ): int {
		$certificate = wp_insert_post( array( 'post_type' => 'llms_certificate', 'post_title' => 'Certificate', 'post_status' => 'publish', 'post_content' => 'Well done', 'meta_input' => array( '_llms_certificate_title' => 'Photographer &amp; more' ) ) );
		$engagement  = wp_insert_post( array( 'post_type' => 'llms_engagement', 'post_title' => 'Completed', 'post_status' => 'publish' ) );
		foreach ( array( 'trigger_type' => 'course_completed', 'engagement_trigger_post' => $course, 'engagement_type' => 'certificate', 'engagement' => $certificate, 'engagement_delay' => 0 ) as $key => $value ) {
			update_post_meta( $engagement, "_llms_$key", $value );
		}
		return $certificate;
	}

	/**
	 * Orders on the page of the checkout, as somebody without an account.
	 *
	 * @return array{order: int, customer: int}
	 */
	public static function check_out( array $known, string $plan ): array {
		$browser = new Browser();
		$path    = (string) wp_parse_url( llms_get_page_url( 'checkout' ), PHP_URL_PATH );
		$browser->get( "$path?plan={$known[ $plan ]}" );
		$login = 'buyer' . bin2hex( random_bytes( 4 ) );
		$nonce = Deed::must( $browser->values( '//input[@name="_llms_checkout_nonce"]/@value' )[0] ?? null, "No form at $browser->url ($browser->status): " . substr( wp_strip_all_tags( $browser->page ), 0, 800 ) );
		$browser->post(
			"$path?plan={$known[ $plan ]}",
			array(
				'_llms_checkout_nonce'   => $nonce,
				'action'                 => 'create_pending_order',
				'llms_plan_id'           => $known[ $plan ],
				'llms_payment_gateway'   => 'manual',
				'llms_agree_to_terms'    => 'yes',
				'email_address'          => "$login@example.com",
				'email_address_confirm'  => "$login@example.com",
				'user_login'             => $login,
				'password'               => 'canary-password',
				'password_confirm'       => 'canary-password',
				'first_name'             => 'Jane',
				'last_name'              => 'Doe',
				'llms_billing_address_1' => 'Damrak 1',
				'llms_billing_city'      => 'Amsterdam',
				'llms_billing_state'     => 'NH',
				'llms_billing_zip'       => '1012 LG',
				'llms_billing_country'   => 'NL',
				'llms_phone'             => '+31 20 1234567',
			)
		);
		wp_cache_flush();
		$user = Deed::must( get_user_by( 'email', "$login@example.com" ), "An account at $browser->url: " . implode( ' ', $browser->values( '//*[contains(@class,"llms-notice")]' ) ) );
		$orders = get_posts( array( 'post_type' => 'llms_order', 'post_status' => 'any', 'meta_key' => '_llms_user_id', 'meta_value' => $user->ID ) );
		Deed::must( $orders[0] ?? null, 'The order' );
		return array( 'order' => $orders[0]->ID, 'customer' => $user->ID, 'email' => $user->user_email );
	}

	/**
	 * Pays an order, as an admin records it.
	 */
	public static function pay( int $order, float $amount, string $status = 'llms-txn-succeeded' ): int {
		return (int) ( new LLMS_Order( $order ) )->record_transaction( array( 'amount' => $amount, 'transaction_id' => 'tx-' . bin2hex( random_bytes( 3 ) ), 'source_id' => 'canary-source', 'customer_id' => 'canary-customer', 'status' => $status ) )->get( 'id' );
	}

	/**
	 * Takes a quiz.
	 */
	public static function attempt( array $known, string $answer ): int {
		$attempt = LLMS_Quiz_Attempt::init( $known['quiz'], $known['lesson_2'], $known['student'] );
		$attempt->start();
		$attempt->answer_question( $known['question'], array( $known[ $answer ] ) );
		$attempt->end();
		return (int) $attempt->get( 'id' );
	}
}
