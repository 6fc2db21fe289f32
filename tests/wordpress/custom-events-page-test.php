<?php
/**
 * Network Admin › Webhooks › Custom Events, over HTTP and without JavaScript.
 */

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Ready_Event;

final class Custom_Events_Page_Test extends Network_Test_Case {

	private const PAGE    = '/wp-admin/network/admin.php?page=network-webhooks-custom';
	private const PROCESS = __DIR__ . '/processes/custom-event.php';

	private static ?Browser $admin = null;

	public static function setUpBeforeClass(): void {
		self::$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	protected function tearDown(): void {
		$this->plugin()->publisher()->change( static fn() => array_map( static fn( Custom_Event $event ) => Custom_Events::delete( $event->slug ), Custom_Events::all() ) );
		array_map( 'unlink', glob( sys_get_temp_dir() . '/network-webhooks-{custom,sample}-*', GLOB_BRACE ) );
		parent::tearDown();
	}

	public function test_an_event_is_added_recorded_chosen_sent_and_deleted(): void {
		$admin = self::$admin;
		$admin->get( self::PAGE );
		$this->assert_sees( 'There are no custom events yet.', $admin );
		$admin->act( 'custom_add', array( 'hook' => 'school_course_done', 'name' => 'Course Done', 'slug' => '' ) );
		$this->assert_sees( 'The event is there, and can be subscribed to.', $admin );
		$this->assert_sees( 'No call of it was found', $admin );
		$this->assertSame( 'school_course_done', Custom_Events::all()[0]->slug );

		$admin->act( 'custom_record', array( 'event' => 'school_course_done' ) );
		$this->assert_sees( 'Waiting for the action to be fired, until', $admin );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[7, {"ID": 42, "post_title": "Light", "post_password": "canary", "meta": {"price": "10.00", "api_key": "canary"}}]' ) );
		$admin->get( self::PAGE . '&event=school_course_done' );
		$this->assert_sees( 'types and names of fields, no values', $admin );
		$this->assertStringNotContainsString( 'canary', $admin->page );
		$this->assertSame( array( 'ID', 'post_title', 'post_password', 'meta.price', 'meta.api_key' ), $admin->values( '//input[@name="arguments[1][fields][]"]/@value' ) );
		$this->assertSame( array( 'post_password', 'meta.api_key' ), $admin->values( '//input[@name="arguments[1][fields][]" and @disabled]/@value' ) );

		$rows = array(
			0 => array( 'use' => '1', 'key' => 'user_id' ),
			1 => array( 'use' => '1', 'key' => 'course', 'fields' => array( 'ID', 'meta.price' ), 'more' => 'post_title' ),
		);
		$admin->act( 'custom_save', array( 'event' => 'school_course_done', 'name' => 'Course Finished', 'arguments' => $rows ) );
		$this->assert_sees( 'The event is saved.', $admin );
		$this->assertSame( array( 'Course Finished' ), $admin->values( '//input[@name="name"]/@value' ) );
		$this->assertSame( array( '1', '1', 'ID', 'post_title', 'meta.price' ), $admin->values( '//input[@type="checkbox" and @checked]/@value' ) );
		$this->assertSame(
			array(
				'user_id' => 1,
				'course'  => array( 'ID' => 1, 'meta' => array( 'price' => 'text' ), 'post_title' => 'text' ),
			),
			json_decode( $admin->values( '//pre' )[0], true )
		);

		$webhook = $this->subscribe( 'school_course_done' );
		$this->run_process( self::PROCESS, array( 'school_course_done', '[7, {"ID": 42, "post_title": "Light", "post_password": "canary", "meta": {"price": "10.00"}}]' ) );
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( '{"user_id":7,"course":{"ID":42,"meta":{"price":"10.00"},"post_title":"Light"}}', webhooks_encode( $event['data'] ) );

		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-new' );
		$this->assertContains( 'Course Finished', $admin->values( '//details[summary/span="Other"]//label/span' ) );
		$admin->get( self::PAGE . '&event=school_course_done&action=delete' );
		$this->assert_sees( 'These webhooks subscribe to it, and will get nothing of it: Test.', $admin );
		$admin->act( 'custom_delete', array( 'event' => 'school_course_done' ) );
		$this->assert_sees( 'The event is deleted.', $admin );
		$this->assertSame( array( array(), array() ), array( Custom_Events::all(), Custom_Events::samples() ) );
		$admin->act( 'custom_record', array( 'event' => 'school_course_done' ) );
		$this->assert_sees( 'Somebody deleted it', $admin );
	}

	public function test_a_ready_event_is_picked_and_sends_what_it_says(): void {
		$admin = self::$admin;
		$admin->get( self::PAGE );
		$this->assert_sees( 'none of these was tried with the real plugin', $admin );
		$slugs = $admin->values( '//input[@name="ready"]/@value' );
		$this->assertSame( array_column( Ready_Event::all(), 'slug' ), $slugs );
		foreach ( array( 'Gravity Forms', 'MemberPress', 'Restrict Content Pro' ) as $plugin ) {
			$this->assertContains( $plugin, $admin->values( '//table[contains(@class, "network-webhooks-ready")]//td[1]' ) );
		}
		foreach ( Ready_Event::all() as $ready ) {
			$this->assertSame( $ready->arguments, $ready->event()->arguments, $ready->slug );
			$this->assertSame( '', Network_Webhooks\Refused_Hooks::reason( $ready->action ) );
			$this->assertNull( $this->plugin()->catalogue()->find( $ready->slug ) );
		}
		$admin->act( 'custom_pick', array( 'ready' => 'gravity_form_submitted' ) );
		$this->assert_sees( 'It was never tried with the real plugin', $admin );
		$this->assertNotContains( 'gravity_form_submitted', ( $admin->get( self::PAGE ) ? $admin->values( '//input[@name="ready"]/@value' ) : array() ) );
		$admin->act( 'custom_pick', array( 'ready' => 'gravity_form_submitted' ) );
		$this->assert_sees( 'This event is there already', $admin );
		$admin->act( 'custom_pick', array( 'ready' => 'wp_login' ) );
		$this->assert_sees( 'no longer offered', $admin );
		$webhook = $this->subscribe( 'gravity_form_submitted' );
		$this->run_process( self::PROCESS, array( 'gform_after_submission', '[{"id": "91", "form_id": "5", "status": "active", "1.3": "Jane", "ip": "canary", "user_agent": "canary"}, {"id": 5, "title": "Contact", "notifications": {"key": "canary"}}]' ) );
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( '{"entry":{"id":"91","form_id":"5","status":"active"},"form":{"id":5,"title":"Contact"}}', webhooks_encode( $event['data'] ) );
	}

	/**
	 * @dataProvider wrong_ones
	 */
	public function test_what_is_refused_is_said_and_nothing_typed_is_lost( array $typed, string $error ): void {
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( Custom_Event::create( 'course_done', 'school_course_done', 'Course Done' ) ) );
		self::$admin->act( 'custom_add', $typed );
		$this->assert_sees( $error, self::$admin );
		$this->assertCount( 1, Custom_Events::all() );
		foreach ( $typed as $name => $value ) {
			$this->assertSame( array( $value ), self::$admin->values( "//input[@name='$name']/@value" ) );
		}
	}

	public static function wrong_ones(): array {
		$form = static fn( string $hook, string $name, string $slug ) => compact( 'hook', 'name', 'slug' );
		return array(
			'a password'                => array( $form( 'password_reset', 'A', 'some_event' ), 'passwords, keys, tokens or cookies' ),
			'a filter'                  => array( $form( 'the_title', 'A', 'some_event' ), 'the_title is a filter: WordPress asks it for a value' ),
			'all'                       => array( $form( 'all', 'A', 'some_event' ), 'for every hook there is' ),
			'boot'                      => array( $form( 'init', 'A', 'some_event' ), 'while WordPress starts' ),
			'output'                    => array( $form( 'wp_head', 'A', 'some_event' ), 'while a page is put out' ),
			'an event of the catalogue' => array( $form( 'school_x', 'A', 'payment_received' ), 'already' ),
			'one that is there'         => array( $form( 'school_x', 'A', 'course_done' ), 'already' ),
			'no name'                   => array( $form( 'school_x', '', 'some_event' ), 'Give the event a name' ),
			'no identifier'             => array( $form( 'school_x', 'A', 'Some Event' ), 'and no others' ),
			'no action'                 => array( $form( 'do_action( "x" )', '“A” & <b>', 'some_event' ), 'without spaces' ),
		);
	}

	public function test_arguments_and_fields_called_like_secrets_are_refused(): void {
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( Custom_Event::create( 'course_done', 'profile_update', 'Profile' ) ) );
		self::$admin->get( self::PAGE . '&event=course_done' );
		$this->assert_sees( "do_action( 'profile_update', \$user_id, \$old_user_data, \$userdata )", self::$admin );
		$this->assertSame( array( 'user_id', 'old_user_data', 'userdata' ), self::$admin->values( '//input[contains(@name, "[key]")]/@value' ) );
		foreach ( array(
			array( 'use' => '1', 'key' => 'data', 'more' => 'user_email user_pass' ),
			array( 'use' => '1', 'key' => 'password' ),
		) as $row ) {
			self::$admin->act( 'custom_save', array( 'event' => 'course_done', 'name' => 'Typed', 'arguments' => array( 2 => $row ) ) );
			$this->assert_sees( 'may be a password, key or token by its name', self::$admin );
			$this->assertSame( array( 'Typed' ), self::$admin->values( '//input[@name="name"]/@value' ) );
			$this->assertSame( array( $row['key'] ), self::$admin->values( '//input[@name="arguments[2][key]"]/@value' ) );
			$this->assertSame( array(), Custom_Events::all()[0]->arguments );
		}
		self::$admin->act( 'custom_save', array( 'event' => 'course_done', 'name' => 'Typed', 'arguments' => array( array( 'use' => '1', 'key' => 'no name' ) ) ) );
		$this->assert_sees( '“no name” can’t be a name in the data', self::$admin );
	}

	public function test_remarks_are_said(): void {
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( Custom_Event::create( 'course_done', 'school_course_done', 'Course Done' ) ) );
		Custom_Events::remark( 'course_done', Custom_Events::TOO_MANY, 5000 );
		Custom_Events::remark( 'course_done', Custom_Events::IS_FILTER );
		foreach ( array( self::PAGE, self::PAGE . '&event=course_done' ) as $page ) {
			self::$admin->get( $page );
			$this->assert_sees( 'It happened 5,000 times in one request', self::$admin );
			$this->assert_sees( 'It is a filter', self::$admin );
		}
	}

	public function test_who_may_not_and_what_has_no_nonce_changes_nothing(): void {
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( Custom_Event::create( 'course_done', 'school_course_done', 'Course Done' ) ) );
		$before = Custom_Events::document();
		$user   = $this->make_user( 'administrator' );
		$other  = new Browser( $user->user_login, $user->user_login );
		$nobody = new Browser();
		$fields = array( 'event' => 'course_done', 'hook' => 'school_x', 'name' => 'X', 'slug' => 'x' );
		foreach ( array( 'custom_add', 'custom_save', 'custom_record', 'custom_delete' ) as $action ) {
			foreach ( array( $other, $nobody ) as $browser ) {
				$browser->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", $fields + array( '_wpnonce' => self::$admin->nonce() ) );
			}
			self::$admin->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", $fields );
			$this->assertSame( 403, self::$admin->status );
			self::$admin->get( "/wp-admin/network/edit.php?action=network_webhooks_$action&event=course_done&_wpnonce=" . self::$admin->nonce() );
			$this->assertSame( 403, self::$admin->status );
		}
		$other->get( self::PAGE );
		$this->assertSame( 403, $other->status );
		$this->assertSame( $before, Custom_Events::document() );
	}

	public function test_nothing_stored_becomes_markup(): void {
		$evil  = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
		$event = Custom_Event::create( 'course_done', 'school_course_done', substr( $evil, 0, 90 ) )->with_recording( time() + 600 );
		$this->plugin()->publisher()->change( static fn() => Custom_Events::save( $event ) );
		Custom_Events::record( $event, array( (object) array( $evil => 'x' ), array( $evil => $evil ) ) );
		foreach ( array( self::PAGE, self::PAGE . '&event=course_done', self::PAGE . '&event=course_done&action=delete', self::PAGE . '&done=' . rawurlencode( $evil ) . '&event=' . rawurlencode( $evil ) ) as $page ) {
			self::$admin->get( $page );
			$this->assertSame( 200, self::$admin->status );
			$this->assertStringNotContainsString( '<script>alert(', self::$admin->page, $page );
			$this->assertSame( array(), self::$admin->values( '//img[@onerror]' ), $page );
		}
		self::$admin->act( 'custom_add', array( 'hook' => $evil, 'name' => $evil, 'slug' => $evil ) );
		$this->assertStringNotContainsString( '<script>alert(', self::$admin->page );
	}
}
