<?php
/**
 * Forms, contacts and members: what the hooks of their plugins do against expectation, each by its name. Which
 * hooks are fired when is seen on the real plugins (make plugins).
 */

require_once __DIR__ . '/class-school-stand-ins.php';

use Network_Webhooks\Sources\Source_Contact_Form_7;
use Network_Webhooks\Sources\Source_Fluent_Forms;
use Network_Webhooks\Sources\Source_Fluentcrm;
use Network_Webhooks\Sources\Source_Pmpro;
use Network_Webhooks\Sources\Source_Wpforms;

final class Forms_Test extends Network_Test_Case {

	private int $id;

	protected function setUp(): void {
		parent::setUp();
		foreach ( array( Source_Contact_Form_7::class, Source_Fluent_Forms::class, Source_Wpforms::class, Source_Fluentcrm::class, Source_Pmpro::class ) as $source ) {
			$this->plugin()->sources()->get( $source );
		}
		$this->id = random_int( 100000, 1000000000 );
	}

	protected function tearDown(): void {
		School_Stand_Ins::forget();
		parent::tearDown();
	}

	public function test_contact_form_7_tells_spam_and_invalid_forms_too(): void {
		$webhook = $this->subscribe( 'form_*' );
		new WPCF7_Submission( array( 'your-name' => 'Jane' ) );
		foreach ( array( 'init', 'validation_failed', 'acceptance_missing', 'spam', 'aborted', '', null ) as $status ) {
			do_action( 'wpcf7_submit', $this->contact_form(), array( 'status' => $status ) );
		}
		$this->assertSame( array(), $this->events_of( $webhook ) );
		do_action( 'wpcf7_submit', $this->contact_form(), array( 'status' => 'mail_failed' ) );
		$this->only( $webhook );
	}

	public function test_the_fields_of_contact_form_7_are_in_no_argument(): void {
		$webhook = $this->subscribe( 'form_*' );
		new WPCF7_Submission(
			array(
				'your-name'    => 'Jane & "Doe" <b>',
				'topics'       => array( 'Light', 'Printing' ),
				'your-pass'    => 'canary',
				'my-password'  => 'canary',
				'pin'          => 'canary',
				'card_number'  => 'canary',
				'user'         => array( 'secret' => 'canary', 'city' => 'Delft' ),
				'quiz-1'       => 'canary',
				'passport'     => 'NL1',
				'spin'         => 'yes',
			),
			array( 'picture' => array( '/var/www/uploads/wpcf7_uploads/canary/light.jpg' ) )
		);
		do_action( 'wpcf7_submit', $this->contact_form(), array( 'status' => 'mail_sent', 'posted_data_hash' => 'canary' ) );
		$event = $this->only( $webhook );
		$this->assertStringNotContainsString( 'canary', json_encode( $event ) );
		$this->assertSame(
			array(
				'your-name' => 'Jane & "Doe" <b>',
				'topics'    => array( 'Light', 'Printing' ),
				'user'      => array( 'city' => 'Delft' ),
				'passport'  => 'NL1',
				'spin'      => 'yes',
				'picture'   => array( 'light.jpg' ),
			),
			$event['data']['values']
		);
		$this->assertSame( array( 'Your name', 'topics' ), array( $event['data']['fields'][0]['label'], $event['data']['fields'][1]['label'] ) );
		$this->assertSame( array( 'Ask & answer', 'https://network.example/contact/' ), array( $event['data']['form']['title'], $event['data']['page_url'] ) );
	}

	public function test_fluent_forms_fires_the_old_name_of_its_hook_too(): void {
		$webhook = $this->subscribe( 'form_*' );
		$form    = (object) array(
			'id'     => 5,
			'title'  => 'Ask &amp; answer',
			'inputs' => array(
				'email'  => array( 'admin_label' => 'E-mail', 'element' => 'input_email' ),
				'choose' => array( 'admin_label' => 'Choose', 'element' => 'input_password' ),
				'file'   => array( 'admin_label' => 'File', 'element' => 'input_file' ),
				'names'  => array( 'admin_label' => '', 'element' => 'input_name' ),
			),
		);
		$data = array( 'email' => 'jane@example.com', 'choose' => 'canary', 'file' => array( 'https://network.example/light.jpg' ), 'names' => array( 'first_name' => 'Jane' ), '_fluentform_5_fluentformnonce' => 'canary', '_wp_http_referer' => '/contact/' );
		do_action( 'fluentform_submission_inserted', $this->id, $data, $form );
		do_action( 'fluentform/submission_inserted', $this->id, $data, $form );
		do_action( 'fluentform/submission_inserted', $this->id, $data, $form );
		$event = $this->only( $webhook );
		$this->assertSame( array( $this->id, 'Ask & answer' ), array( $event['data']['entry_id'], $event['data']['form']['title'] ) );
		$this->assertSame( array( 'email' => 'jane@example.com', 'file' => array( 'https://network.example/light.jpg' ), 'names' => array( 'first_name' => 'Jane' ) ), $event['data']['values'] );
		$this->assertSame( array( 'E-mail', 'File', 'names' ), array_column( $event['data']['fields'], 'label' ) );
	}

	public function test_fields_of_wpforms_have_numbers_for_names_and_lines_for_choices(): void {
		$webhook = $this->subscribe( 'form_*' );
		$fields  = array(
			array( 'id' => 0, 'name' => 'E-mail', 'type' => 'email', 'value' => 'jane@example.com' ),
			array( 'id' => 1, 'name' => 'Topics', 'type' => 'checkbox', 'value' => "Light\nPrinting" ),
			array( 'id' => 2, 'name' => 'File', 'type' => 'file-upload', 'value' => "https://network.example/a.jpg\nhttps://network.example/b.jpg" ),
			array( 'id' => 3, 'name' => 'Text', 'type' => 'textarea', 'value' => "One\nTwo" ),
		);
		do_action( 'wpforms_process_complete', $fields, array( 'fields' => array( 9 => 'canary' ) ), array( 'id' => '5', 'settings' => array( 'form_title' => 'Contact' ) ), '' );
		// The Lite version has no ids of entries: the next one is another.
		do_action( 'wpforms_process_complete', $fields, array(), array( 'id' => '5', 'settings' => array( 'form_title' => 'Contact' ) ), '' );
		$events = $this->events_of( $webhook );
		$this->assertCount( 2, $events );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'field_0' => 'jane@example.com', 'field_1' => array( 'Light', 'Printing' ), 'field_2' => array( 'https://network.example/a.jpg', 'https://network.example/b.jpg' ), 'field_3' => "One\nTwo" ), $events[0]['data']['values'] );
	}

	public function test_a_form_of_thousands_of_fields_is_bounded(): void {
		$webhook = $this->subscribe( 'form_*' );
		$fields  = array_map( static fn( int $id ) => array( 'id' => $id, 'name' => "Field $id", 'type' => 'text', 'value' => array( array( array( array( array( array( 'deep' ) ) ) ) ) ) ), range( 1, 2000 ) );
		do_action( 'wpforms_process_complete', $fields, array(), array( 'id' => 5, 'settings' => array( 'form_title' => 'Contact' ) ), 0 );
		$this->assertCount( 500, $this->only( $webhook )['data']['fields'] );
	}

	public function test_fluentcrm_fires_the_old_names_of_its_hooks_too(): void {
		$webhook = $this->subscribe( 'contact_*' );
		$contact = (object) array( 'id' => $this->id, 'user_id' => 0, 'email' => 'jane@example.com', 'first_name' => 'Jane', 'last_name' => 'Doe', 'phone' => '', 'status' => 'subscribed', 'hash' => 'canary', 'tags' => array( (object) array( 'id' => 4, 'title' => 'Student &amp; more' ) ), 'lists' => array() );
		do_action( 'fluentcrm_contact_created', $contact );
		do_action( 'fluent_crm/contact_created', $contact );
		do_action( 'fluentcrm_contact_added_to_tags', array( 4 ), $contact );
		do_action( 'fluent_crm/contact_added_to_tags', $contact, array( 4 ) );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'contact_created', 'contact_tags_changed' ), array_column( $events, 'type' ) );
		$this->assertSame( array( 'id' => 4, 'title' => 'Student & more' ), $events[1]['data']['tags'][0] );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	public function test_several_levels_change_at_once_and_the_level_0_is_none(): void {
		$webhook = $this->subscribe( 'membership_*' );
		$user    = $this->make_user()->ID;
		$change  = function ( array $levels, int $level ) use ( $user ): void {
			do_action( 'pmpro_before_change_membership_level', $level, $user, pmpro_getMembershipLevelsForUser( $user ), null );
			School_Stand_Ins::$levels[ $user ] = $levels;
			do_action( 'pmpro_after_change_membership_level', $level, $user, null );
		};
		$change( array( 1 => 'Silver' ), 1 );
		$change( array( 2 => 'Gold' ), 2 );
		$change( array( 2 => 'Gold' ), 2 );
		$change( array( 2 => 'Gold', 3 => 'Club' ), 3 );
		$change( array( 4 => 'Both' ), 4 );
		$change( array(), 0 );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame(
			array( array( 'membership_joined', 1 ), array( 'membership_level_changed', 2 ), array( 'membership_renewed', 2 ), array( 'membership_joined', 3 ), array( 'membership_level_changed', 4 ), array( 'membership_left', 3 ), array( 'membership_left', 4 ) ),
			array_map( static fn( array $event ) => array( $event['type'], $event['data']['membership']['id'] ), $events )
		);
		$this->assertSame( array( 'id' => 1, 'name' => 'Silver' ), $events[1]['data']['old_membership'] );
	}

	public function test_a_status_that_only_the_update_of_an_order_tells(): void {
		$webhook = $this->subscribe( 'order_*', 'payment_*', 'refund_issued' );
		$order   = $this->member_order( 'token' );
		do_action( 'pmpro_added_order', $order );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$order->status = 'success';
		do_action( 'pmpro_updated_order', $order );
		do_action( 'pmpro_order_status_success', $order, 'token' );
		$order->original_status = 'success';
		do_action( 'pmpro_updated_order', $order );
		$order->status = 'refunded';
		do_action( 'pmpro_updated_order', $order );
		do_action( 'pmpro_order_status_refunded', $order, 'success' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'order_created', 'payment_received', 'refund_issued' ), array_column( $events, 'type' ) );
		$this->assertSame( array( '25.00', 'membership', 'A1' ), array( $events[2]['data']['refund'], $events[1]['data']['items'][0]['type'], $events[1]['data']['order_number'] ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	public function test_no_hook_tells_the_status_of_an_order_that_is_paid_when_it_is_made(): void {
		$webhook = $this->subscribe( 'order_created', 'payment_received' );
		do_action( 'pmpro_added_order', $this->member_order( 'success' ) );
		$this->assertSame( array( 'order_created', 'payment_received' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_a_gateway_tells_a_refused_payment_beside_the_plugin(): void {
		$webhook = $this->subscribe( 'payment_failed' );
		$order   = $this->member_order( 'pending' );
		do_action( 'pmpro_subscription_payment_failed', $order );
		do_action( 'pmpro_subscription_payment_failed', $order );
		$this->assertSame( array( null, 'A1' ), array( $this->only( $webhook )['data']['paid_at'], $this->events_of( $webhook )[0]['data']['order_number'] ) );
	}

	private function contact_form(): object {
		return new class() {
			public function id() {
				return 5;
			}

			public function title() {
				return 'Ask &amp; answer';
			}

			public function prop( $name ) {
				return "<label> Your name\n [text* your-name] </label> [checkbox topics]";
			}

			public function scan_form_tags() {
				$tag = static fn( string $name, string $type = 'text' ) => (object) array( 'name' => $name, 'basetype' => $type );
				return array( $tag( 'your-name' ), $tag( 'topics', 'checkbox' ), $tag( 'your-pass' ), $tag( 'my-password' ), $tag( 'pin' ), $tag( 'card_number' ), $tag( 'user' ), $tag( 'quiz-1', 'quiz' ), $tag( 'passport' ), $tag( 'spin' ), $tag( 'picture', 'file' ), $tag( '', 'submit' ) );
			}
		};
	}

	private function member_order( string $status ): object {
		return (object) array( 'id' => $this->id, 'code' => 'A1', 'status' => $status, 'original_status' => $status, 'total' => 25.0, 'user_id' => 1, 'membership_id' => 2, 'gateway' => 'stripe', 'payment_type' => 'Stripe', 'payment_transaction_id' => 'ch', 'accountnumber' => 'canary', 'session_id' => 'canary', 'notes' => 'canary', 'timestamp' => 1795176000, 'billing' => (object) array( 'phone' => '' ) );
	}
}
