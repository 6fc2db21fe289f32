<?php
/**
 * WordPress's own tools for personal data know what webhooks told, and erase it.
 */

use Network_Webhooks\Captured_Events;
use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Request;
use Network_Webhooks\Inbox\Requests;
use Network_Webhooks\Inbox\Signature;
use Network_Webhooks\Privacy;
use Network_Webhooks\Refused_Events;

final class Privacy_Test extends Network_Test_Case {

	public function test_the_tools_export_and_erase_what_was_told_of_a_person(): void {
		// What other tests left behind may be about a user of the same id.
		Captured_Events::clear();
		( new Requests() )->delete_all();
		$webhook = $this->subscribe( 'account_created', 'payment_received' );
		$user    = $this->make_user();
		$other   = $this->make_user();
		$this->assertCount( 2, $this->events_of( $webhook ) );

		$exporter = apply_filters( 'wp_privacy_personal_data_exporters', array() )['network-webhooks']['callback'];
		$export   = $exporter( $user->user_email, 1 );
		$this->assertTrue( $export['done'] );
		$this->assertCount( 1, $export['data'] );
		$values = array_column( $export['data'][0]['data'], 'value', 'name' );
		$this->assertSame( array( 'Test', 'account_created' ), array( $values['Receiver'], $values['Event'] ) );
		$this->assertStringContainsString( $user->user_email, $values['Content'] );

		$eraser = apply_filters( 'wp_privacy_personal_data_erasers', array() )['network-webhooks']['callback'];
		$erased = $eraser( $user->user_email, 1 );
		$this->assertSame( array( true, false, array(), true ), array( $erased['items_removed'], $erased['items_retained'], $erased['messages'], $erased['done'] ) );
		$this->assertSame( array(), $exporter( $user->user_email, 1 )['data'] );
		$this->assertCount( 1, $exporter( $other->user_email, 1 )['data'], 'Another person stays.' );
		$this->assertFalse( $eraser( 'nobody@network.example', 1 )['items_removed'] );
	}

	public function test_the_export_missed_what_erasing_found(): void {
		Captured_Events::clear();
		( new Requests() )->delete_all();
		$this->subscribe( 'lesson_finished' );
		$user     = $this->make_user();
		$payloads = array(
			array( 'user_id' => $user->ID ),
			array( 'customer' => array( 'customer_user_id' => (string) $user->ID ) ),
			array( 'note' => "Company\nwrite to <" . strtoupper( $user->user_email ) . '>.' ),
			array( 'by' => array( $user->user_email => 1 ) ),
			array( 'user_id' => $user->ID + 100000, 'order_id' => $user->ID, 'email' => "not.$user->user_email" ),
		);
		$events   = array_map( static fn( array $data ) => network_webhooks_dispatch( 'lesson_finished', $data, array( 'actor' => null ) ), $payloads );
		foreach ( $events as $event ) {
			$this->assertNotNull( webhooks_wait( (string) $event, self::DEADLINE ) );
		}
		$privacy = new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() );
		$export  = $privacy->export( $user->user_email );
		$this->assertTrue( $export['done'] );
		$this->assertCount( 4, $export['data'] );
		$this->assertSame( 4, webhooks_forget( array( 'email' => $user->user_email, 'user_id' => $user->ID ) ) );
		$this->assertSame( array(), $privacy->export( $user->user_email )['data'] );
	}

	/**
	 * @dataProvider payloads
	 */
	public function test_outbox_erasure_knows_the_user_id_and_the_address( bool $is_erased, array|object $data, array $options = array() ): void {
		$outbox = $this->plugin()->outbox();
		$outbox->add( 'account_created', $data, $options, 'a test' );
		$outbox->refuse( 'account_created', $data, $options, 'a test' );
		$this->assertSame( $is_erased ? 2 : 0, $outbox->forget( 'jane@network.example', 7 ) );
		$this->assertSame( $is_erased ? array( 0, 0 ) : array( 1, 1 ), array( $outbox->status()['count'], Refused_Events::count() ) );
	}

	public static function payloads(): array {
		return array(
			'the address'                    => array( true, array( 'user_email' => 'Jane@Network.example' ) ),
			'the address within a text'      => array( true, array( 'note' => "Company\nwrite to <JANE@network.example>." ) ),
			'the address beside broken bytes' => array( true, array( 'note' => "caf\xe9 jane@network.example" ) ),
			'the address as a key'           => array( true, (object) array( 'by' => array( 'jane@network.example' => 1 ) ) ),
			'another address that ends so'   => array( false, array( 'user_email' => 'not.jane@network.example' ) ),
			'another address that begins so' => array( false, array( 'user_email' => 'jane@network.example.org' ) ),
			'the id of a user'               => array( true, array( 'order' => (object) array( 'user_id' => 7 ) ) ),
			'the id as a text'               => array( true, array( 'customer_user_id' => '7' ) ),
			'the id of who did it'           => array( true, array(), array( 'actor' => array( 'user' => 7 ) ) ),
			'the id of another user'         => array( false, array( 'user_id' => 71, 'order_id' => 7 ), array( 'actor' => array( 'user' => 8 ) ) ),
			'ids of something else'          => array( false, array( 'user_ids' => array( 7 ) ) ),
		);
	}

	/**
	 * @dataProvider payloads
	 */
	public function test_what_was_heard_knew_the_address_alone_and_only_as_a_whole_text( bool $is_erased, array|object $data, array $options = array() ): void {
		Captured_Events::clear();
		$data = (string) wp_json_encode( $data, JSON_INVALID_UTF8_SUBSTITUTE );
		Captured_Events::add( array( array( 'at' => time() * 1000, 'event' => 'account_created', 'site_id' => 1, 'event_id' => null, 'data' => $data, 'is_whole' => true, 'details' => $options ) ), 0 );
		$this->assertSame( (int) $is_erased, Captured_Events::forget( 'jane@network.example', 7 ) );
		$this->assertSame( (int) ! $is_erased, Captured_Events::count() );
	}

	/**
	 * @dataProvider requests
	 */
	public function test_what_came_to_the_test_inbox_encoded_was_not_erased( bool $is_erased, string $body, string $query = '', string $header = '' ): void {
		$requests = new Requests();
		$requests->delete_all();
		$request  = new Request( 'POST', $query, array( 'x-of' => $header ), $body, strlen( $body ), '127.0.0.1' );
		$requests->add( $request, Signature::of( $request, Inbox::create(), $this->plugin()->webhooks(), time() ), 200, 0 );
		$this->assertSame( (int) $is_erased, $requests->forget( 'jürgen+a@network.example', 7 ) );
		$this->assertCount( (int) ! $is_erased, $requests->read( 10 ) );
	}

	public static function requests(): array {
		return array(
			'JSON'                  => array( true, '{"email":"J\u00fcrgen+a@network.example"}' ),
			'JSON with a user'      => array( true, '{"data":{"user_id":"7"}}' ),
			'the fields of a form'  => array( true, http_build_query( array( 'data' => array( 'user_email' => 'jürgen+a@network.example' ) ) ) ),
			'a user of a form'      => array( true, 'type=a&data%5Buser_id%5D=7' ),
			'a text'                => array( true, "To: <jürgen+a@network.example>\nHello" ),
			'the query'             => array( true, '', 'email=j%C3%BCrgen%2Ba%40network.example' ),
			'a header'              => array( true, '', '', 'jürgen+a@network.example' ),
			'bytes that are no text' => array( true, "\xff\0 jürgen+a@network.example" ),
			'another address'       => array( false, '{"email":"a.jürgen+a@network.example"}' ),
			'another one of a form' => array( false, 'email=j%C3%BCrgen%2Ba%40network.example.org' ),
			'another user'          => array( false, 'data%5Buser_id%5D=71&order_id=7' ),
			'nothing'               => array( false, '' ),
		);
	}

	public function test_the_eraser_hands_the_outbox_the_user_id(): void {
		$user = $this->make_user();
		$this->plugin()->outbox()->add( 'account_created', array( 'user_id' => $user->ID ), array(), 'a test' );
		( new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() ) )->erase( $user->user_email );
		$this->assertSame( 0, $this->plugin()->outbox()->status()['count'] );
	}

	public function test_privacy_export_survives_an_unreadable_log(): void {
		$this->subscribe( 'account_created' );
		$user = $this->make_user();
		// No cursor of the second page is kept, and this is none.
		set_site_transient( 'network_webhooks_export_' . md5( $user->user_email ), 'log:no cursor', HOUR_IN_SECONDS );
		$export = ( new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() ) )->export( $user->user_email, 2 );
		$this->assertTrue( $export['done'] );
		$this->assertStringContainsString( 'could not be read', $export['data'][0]['data'][0]['value'] );

		$found = json_decode( $this->run_process( '-d', array( 'webhooks.spool=/nowhere', __DIR__ . '/processes/export.php', $user->user_email ) ), true );
		$this->assertTrue( $found['done'] );
		$this->assertCount( 1, $found['data'] );
		$this->assertStringContainsString( 'could not be read', $found['data'][0]['data'][0]['value'] );
	}

	public function test_the_export_left_out_what_the_database_keeps_and_erasing_deletes(): void {
		$user    = $this->make_user();
		$outbox  = $this->plugin()->outbox();
		$privacy = new Privacy( $this->plugin()->webhooks(), $outbox );
		Captured_Events::clear();
		( new Requests() )->delete_all();
		$nobody = array( 'user_email' => 'nobody@network.example' );
		foreach ( array( array( 'user_email' => $user->user_email ), array( 'user_id' => $user->ID ), $nobody ) as $data ) {
			$outbox->add( 'account_created', $data, array(), 'a test' );
			$outbox->refuse( 'account_created', $data, array( 'actor' => array( 'user' => $user->ID + 1 ) ), 'a test' );
			Captured_Events::add( array( array( 'at' => time() * 1000, 'event' => 'account_created', 'site_id' => 1, 'event_id' => null, 'data' => (string) wp_json_encode( $data ), 'is_whole' => true, 'details' => array() ) ), 0 );
			$request = new Request( 'POST', '', array( 'x-of' => 'a' ), http_build_query( $data ), 7, '127.0.0.1' );
			( new Requests() )->add( $request, Signature::of( $request, Inbox::create(), $this->plugin()->webhooks(), time() ), 200, 0 );
		}
		$export = $privacy->export( $user->user_email );
		$this->assertTrue( $export['done'] );
		$this->assertCount( 8, array_unique( array_column( $export['data'], 'item_id' ) ) );
		$places = array();
		foreach ( $export['data'] as $item ) {
			$values   = array_column( $item['data'], 'value', 'name' );
			$places[] = $values['Kept in'];
			$this->assertMatchesRegularExpression( '/^20\d\d-\d\d-\d\dT[\d:]{8}Z$/', $values['Time'] );
			$this->assertMatchesRegularExpression( "/" . preg_quote( $user->user_email, '/' ) . '|' . preg_quote( rawurlencode( $user->user_email ), '/' ) . "|user_id\W+$user->ID\b/", $values['Content'] );
		}
		$this->assertSame( array( 'Outbox', 'Outbox', 'Refused Events', 'Refused Events', 'Listen', 'Listen', 'Test Inbox', 'Test Inbox' ), $places );
		// It is so without the extension, too.
		$without = json_decode( $this->run_process( __DIR__ . '/processes/export.php', array( $user->user_email ), false ), true );
		$this->assertCount( 8, $without['data'] );

		$this->assertTrue( $privacy->erase( $user->user_email )['items_removed'] );
		$this->assertSame( array(), $privacy->export( $user->user_email )['data'] );
		$this->assertCount( 4, $privacy->export( 'nobody@network.example' )['data'], 'Another person stays.' );
		$privacy->erase( 'nobody@network.example' );
	}

	public function test_an_export_of_much_that_waits_has_pages(): void {
		$privacy = new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() );
		$email   = bin2hex( random_bytes( 5 ) ) . '@network.example';
		for ( $number = 0; $number < 130; $number++ ) {
			$this->plugin()->outbox()->add( 'account_created', array( 'user_email' => $email ), array(), 'a test' );
		}
		$pages = array( $privacy->export( $email, 1 ), $privacy->export( $email, 2 ) );
		$this->assertSame( array( false, true ), array_column( $pages, 'done' ) );
		$this->assertCount( 130, array_unique( array_column( array_merge( ...array_column( $pages, 'data' ) ), 'item_id' ) ) );
		// Where an object cache let go of where the second page begins, that is no end without a word.
		$privacy->export( $email, 1 );
		delete_site_transient( 'network_webhooks_export_' . md5( $email ) );
		$lost = $privacy->export( $email, 2 );
		$this->assertTrue( $lost['done'] );
		$this->assertStringContainsString( 'begin it again', $lost['data'][0]['data'][0]['value'] );
		$privacy->erase( $email );
	}

	public function test_an_export_of_many_deliveries_has_pages(): void {
		Captured_Events::clear();
		( new Requests() )->delete_all();
		$this->subscribe( 'payment_received' );
		$email = bin2hex( random_bytes( 5 ) ) . '@network.example';
		$last  = null;
		for ( $number = 0; $number < 130; $number++ ) {
			$last = network_webhooks_dispatch( 'payment_received', array( 'customer' => array( 'email' => $email ), 'user_email' => $email ) );
		}
		$this->assertNotNull( webhooks_wait( (string) $last, self::DEADLINE ) );
		$privacy = new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() );
		$first   = $privacy->export( $email, 1 );
		$second  = $privacy->export( $email, 2 );
		$this->assertSame( array( false, true ), array( $first['done'], $second['done'] ) );
		$this->assertCount( 130, array_unique( array_column( array_merge( $first['data'], $second['data'] ), 'item_id' ) ) );
	}

	public function test_a_text_for_the_privacy_policy_is_suggested(): void {
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/options-privacy.php?tab=policyguide' );
		$this->assert_sees( 'erased when you ask for that', $admin );
	}
}
