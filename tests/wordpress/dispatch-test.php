<?php
/**
 * network_webhooks_dispatch(): what an event carries, and what it costs.
 */

final class Dispatch_Test extends Network_Test_Case {

	public function test_an_event_carries_its_data_site_network_actor_and_source(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		wp_set_current_user( 1 );
		$id = network_webhooks_dispatch(
			'lesson_finished',
			array(
				'lesson' => 7,
				'price'  => 10.0,
				'empty'  => array(),
				'object' => new stdClass(),
			),
			array( 'source' => 'school' )
		);
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( $id, $event['id'] );
		$this->assertSame( 'lesson_finished', $event['type'] );
		$this->assertSame( 'school', $event['source'] );
		$this->assertSame( 1, $event['network_id'] );
		$this->assertSame( array( 'user' => 1 ), $event['actor'] );
		$this->assertSame(
			array(
				'id'  => 1,
				'url' => get_option( 'home' ),
			),
			$event['site']
		);
		$this->assertSame( 7, $event['data']['lesson'] );
		$this->assertSame( 10.0, $event['data']['price'] );
		$this->assertLessThan( 60, abs( time() - strtotime( $event['timestamp'] ) ) );
	}

	public function test_the_action_does_what_the_function_does(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		do_action( 'network_webhooks_dispatch', 'lesson_finished', array( 'lesson' => 7 ), array( 'source' => 'school' ) );
		do_action( 'network_webhooks_dispatch', 'lesson_finished', array( 'lesson' => 8 ) );
		do_action( 'network_webhooks_dispatch' );
		$this->assertSame( array( 7, 8 ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'lesson' ) );
	}

	public function test_the_site_is_the_current_one_also_under_nested_switches(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		[ $first, $second ] = array( $this->make_site(), $this->make_site() );
		switch_to_blog( $first );
		switch_to_blog( $second );
		network_webhooks_dispatch( 'lesson_finished', array() );
		restore_current_blog();
		network_webhooks_dispatch( 'lesson_finished', array() );
		restore_current_blog();
		network_webhooks_dispatch( 'lesson_finished', array() );
		$sites = array_column( $this->events_of( $webhook ), 'site' );
		$this->assertSame( array( $second, $first, 1 ), array_column( $sites, 'id' ) );
		$this->assertSame(
			array( get_blog_option( $second, 'home' ), get_blog_option( $first, 'home' ), get_option( 'home' ) ),
			array_column( $sites, 'url' )
		);
	}

	public function test_a_caller_can_name_the_site_by_its_id(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$site    = $this->make_site();
		network_webhooks_dispatch( 'lesson_finished', array(), array( 'site' => $site ) );
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( $site, $event['site']['id'] );
		$this->assertSame( get_blog_option( $site, 'home' ), $event['site']['url'] );
	}

	public function test_an_event_of_the_whole_network_has_the_main_site(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		switch_to_blog( $this->make_site() );
		network_webhooks_dispatch( 'lesson_finished', array(), array( 'scope' => 'network' ) );
		restore_current_blog();
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( 'network', $event['scope'] );
		$this->assertSame( 1, $event['site']['id'] );
	}

	public function test_the_address_does_not_follow_the_scheme_of_the_request(): void {
		$webhook          = $this->subscribe( 'lesson_finished' );
		$_SERVER['HTTPS'] = 'on';
		network_webhooks_dispatch( 'lesson_finished', array() );
		unset( $_SERVER['HTTPS'] );
		[ $event ] = $this->events_of( $webhook );
		$this->assertStringStartsWith( 'http://', $event['site']['url'] );
	}

	public function test_nobody_subscribes_then_no_payload_is_made_and_no_query(): void {
		$this->subscribe( 'another_event' );
		global $wpdb;
		$before = $wpdb->num_queries;
		$made   = false;
		$id     = network_webhooks_dispatch(
			'lesson_finished',
			function () use ( &$made ) {
				$made = true;
				return array();
			}
		);
		$this->assertNull( $id );
		$this->assertFalse( $made );
		$this->assertSame( $before, $wpdb->num_queries );
	}

	public function test_a_dispatch_on_a_subsite_needs_no_query(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		switch_to_blog( $this->make_site() );
		get_option( 'home' );
		global $wpdb;
		$before = $wpdb->num_queries;
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished', array() ) );
		$this->assertSame( $before, $wpdb->num_queries );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_a_broken_byte_does_not_lose_the_event(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished', array( 'title' => "caf\xe9" ) ) );
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( "caf\u{FFFD}", $event['data']['title'] );
		$this->assertNotEmpty( $event['altered'] );
		$this->assertSame( array(), $this->outbox() );
	}

	/**
	 * @dataProvider wrong_calls
	 */
	public function test_a_wrong_call_throws_nothing( mixed $event, mixed $data, mixed $options ): void {
		$this->subscribe( '*' );
		$log = ini_set( 'error_log', '/dev/null' );
		add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		$this->assertNull( network_webhooks_dispatch( $event, $data, $options ) );
		remove_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		ini_set( 'error_log', $log );
		$this->assertSame( array(), $this->outbox() );
	}

	public static function wrong_calls(): array {
		$thrower = static function () {
			throw new LogicException( 'No payload today.' );
		};
		$object  = new class() implements JsonSerializable {
			public function jsonSerialize(): mixed {
				throw new LogicException( 'Not as JSON.' );
			}
		};
		return array(
			'no name'                      => array( '', array(), array() ),
			'a name with capitals'         => array( 'Lesson', array(), array() ),
			'a name with a line feed'      => array( "lesson\n", array(), array() ),
			'a payload that throws'        => array( 'lesson_finished', $thrower, array() ),
			'an object that is no payload' => array( 'lesson_finished', $object, array() ),
			'a payload that is none'       => array( 'lesson_finished', 'text', array() ),
			'nothing that fits'            => array( null, null, null ),
		);
	}

	public function test_an_unknown_option_is_said_and_left_out(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$said    = array();
		$listen  = function ( $function, $message ) use ( &$said ) {
			$said[] = $message;
		};
		add_action( 'doing_it_wrong_run', $listen, 10, 2 );
		add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		network_webhooks_dispatch( 'lesson_finished', array(), array( 'colour' => 'red' ) );
		remove_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		remove_action( 'doing_it_wrong_run', $listen );
		$this->assertStringContainsString( 'colour', $said[0] );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_the_same_key_is_one_event(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$key     = wp_generate_uuid4();
		$first   = network_webhooks_dispatch( 'lesson_finished', array(), array( 'idempotency_key' => $key ) );
		$second  = network_webhooks_dispatch( 'lesson_finished', array(), array( 'idempotency_key' => $key ) );
		$this->assertSame( $first, $second );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}
}
