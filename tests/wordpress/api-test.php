<?php
/**
 * The functions for other plugins: from when on they work, and what they say of a wrong call.
 */

use Network_Webhooks\Event;
use Network_Webhooks\Plugin;

final class Api_Test extends Network_Test_Case {

	private array $said = array();

	/** Who registers events by itself. */
	private WP_Hook $registering;

	protected function setUp(): void {
		parent::setUp();
		$this->said        = array();
		$this->registering = clone $GLOBALS['wp_filter']['network_webhooks_register_events'];
		add_filter( 'doing_it_wrong_trigger_error', array( $this, 'capture' ), 10, 3 );
	}

	protected function tearDown(): void {
		remove_filter( 'doing_it_wrong_trigger_error', array( $this, 'capture' ) );
		remove_all_filters( 'network_webhooks_payload' );
		remove_all_filters( 'network_webhooks_events' );
		$GLOBALS['wp_filter']['network_webhooks_register_events'] = clone $this->registering;
		$this->renew_registry();
		parent::tearDown();
	}

	public function capture( bool $trigger, string $function, string $message ): bool {
		$this->said[] = "$function: " . html_entity_decode( $message, ENT_QUOTES );
		return false;
	}

	/**
	 * @dataProvider moments
	 */
	public function test_it_works_from_the_plugins_file_on( string $when, bool $before_init ): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$found   = json_decode( $this->run_process( __DIR__ . '/processes/early.php', array( $when ) ), true, 512, JSON_THROW_ON_ERROR );
		$this->assertSame( array(), $found['said'] );
		$this->assertSame( $before_init, $found['before_init'] );
		$this->assertSame( $before_init ? 'lesson_finished' : 'Lesson, finished', $found['early'] );
		$this->assertSame( array( true, true, 'Lesson, finished' ), array( ...$found['asked'], $found['registered'], $found['name'] ) );
		[ $event ] = $this->events_of( $webhook );
		$this->assertSame( array( $found['id'], array( 'when' => 'now' ), 'school' ), array( $event['id'], $event['data'], $event['source'] ) );
		$this->assertSame( array( 1, get_option( 'home' ) ), array_values( $event['site'] ) );
	}

	public static function moments(): array {
		return array(
			'the line after its file'  => array( 'file', true ),
			'on plugins_loaded'        => array( 'plugins_loaded', true ),
			'on init'                  => array( 'init', false ),
			'loaded after everything'  => array( 'late', false ),
		);
	}

	/**
	 * @dataProvider wrong_options
	 */
	public function test_a_wrong_option_is_said_with_its_value_and_left_out( string $option, mixed $value, string $expected ): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$line    = __LINE__ + 1;
		$this->assertNotNull( network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 7 ), array( $option => $value, 'source' => 'school' ) ) );
		$this->assertCount( 1, $this->said );
		$this->assertStringStartsWith( 'network_webhooks_dispatch: ', $this->said[0] );
		$this->assertStringContainsString( "“{$option}”", $this->said[0] );
		$this->assertStringContainsString( $expected, $this->said[0] );
		$this->assertStringContainsString( __FILE__ . ", line $line.", $this->said[0] );
		$this->assertCount( 1, $this->events_of( $webhook ) );
		$this->assertSame( array(), $this->outbox() );
	}

	public static function wrong_options(): array {
		$text = 'a string of at most 2,048 bytes, and is ';
		return array(
			array( 'colour', 'red', 'There is no option “colour”, which was given with “lesson_finished”' ),
			array( 'site', 'https://site.example', 'a site’s id, or an array with “id” and “url”, and is “https://site.example”' ),
			array( 'site', 0, 'and is 0' ),
			array( 'site', array( 'url' => 'https://site.example' ), 'and is array' ),
			array( 'scope', 'site', '“network”, and is “site”' ),
			array( 'actor', 7, 'an array, and is 7' ),
			array( 'timestamp', '2026-11-20', 'a Unix time in seconds, and is “2026-11-20”' ),
			array( 'timestamp', NAN, 'and is NAN' ),
			array( 'timestamp', time() * 1000000, 'a Unix time in seconds' ),
			array( 'idempotency_key', '', $text . '“”' ),
			array( 'idempotency_key', str_repeat( 'x', 3000 ), $text . '“xxx' ),
			array( 'idempotency_key', "\xff", $text ),
			array( 'delay', '5 minutes', 'a whole number of seconds, at most 49 days, and is “5 minutes”' ),
			array( 'delay', -1, 'and is -1' ),
			array( 'only', 'whk_1', 'a list of webhooks’ ids, and is “whk_1”' ),
			array( 'only', array(), 'and is array' ),
			array( 'import', 1, 'true or false, and is 1' ),
			array( 'network_id', new stdClass(), 'a network’s id, and is stdClass' ),
		);
	}

	public function test_a_wrong_source_is_said_and_left_out(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished', array(), array( 'source' => str_repeat( 'x', 101 ) ) );
		$this->assertStringContainsString( 'a string of at most 100 bytes', $this->said[0] );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_what_the_database_gives_for_an_id_will_do_and_null_is_not_given(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$site    = $this->make_site();
		network_webhooks_dispatch( 'lesson_finished', array(), array( 'site' => (string) $site, 'idempotency_key' => 7, 'actor' => null, 'delay' => null, 'source' => null ) );
		$this->assertSame( array(), $this->said );
		$this->assertSame( $site, $this->events_of( $webhook )[0]['site']['id'] );
	}

	public function test_a_site_that_is_gone_keeps_its_id(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished', array(), array( 'site' => 99999 ) );
		$this->assertSame( array( 'id' => 99999, 'url' => 'https://' . get_network()->domain ), $this->events_of( $webhook )[0]['site'] );
		$this->assertSame( array(), $this->outbox() );
	}

	/**
	 * @dataProvider wrong_calls
	 */
	public function test_a_call_that_can_not_be_an_event_is_said( mixed $event, mixed $data, string $expected ): void {
		$webhook = $this->subscribe( '*' );
		$this->assertNull( network_webhooks_dispatch( $event, $data ) );
		$this->assertCount( 1, $this->said );
		$this->assertStringContainsString( $expected, $this->said[0] );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public static function wrong_calls(): array {
		return array(
			array( 'Lesson Finished', array(), 'a-z 0-9 _ . - and “Lesson Finished” is none' ),
			array( null, array(), 'and null is none' ),
			array( str_repeat( 'x', 200 ), array(), 'and “xxxxx' ),
			array( 'lesson_finished', 'text', 'The data of “lesson_finished” has to be an array, an object, or a closure that returns one, and is “text”' ),
			array( 'lesson_finished', null, 'and is null' ),
		);
	}

	public function test_options_that_are_no_array_do_not_cost_the_event(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished', array(), 'school' );
		$this->assertStringContainsString( 'have to be an array, and are “school”', $this->said[0] );
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	/**
	 * @dataProvider wrong_registrations
	 */
	public function test_a_wrong_registration_is_said_with_its_value( mixed $arguments, bool $added, string $expected ): void {
		$done = null;
		add_action(
			'network_webhooks_register_events',
			static function () use ( $arguments, &$done ) {
				$done = network_webhooks_register_event( $arguments );
			}
		);
		$this->renew_registry();
		$events = Plugin::instance()->catalogue()->all();
		$this->assertSame( $added, $done );
		$this->assertSame( $added, isset( $events['lesson_done'] ) );
		$this->assertCount( 1, $this->said, implode( "\n", $this->said ) );
		$this->assertStringStartsWith( 'network_webhooks_register_event: ', $this->said[0] );
		$this->assertStringContainsString( $expected, $this->said[0] );
	}

	public static function wrong_registrations(): array {
		$with = static fn( string $key, mixed $value, string $expected ) => array( array( 'slug' => 'lesson_done', $key => $value ), true, $expected );
		return array(
			array( 'lesson_done', false, 'an array with the key “slug”, and not by “lesson_done”' ),
			array( array( 'name' => 'Lesson' ), false, 'and null is none' ),
			array( array( 'slug' => 'Lesson Done' ), false, 'and “Lesson Done” is none' ),
			$with( 'title', 'Lesson', 'An event has nothing like title, which was given for “lesson_done”. There are: slug, name,' ),
			$with( 'name', 7, '“name” of the event “lesson_done” has to be a string, or a closure that returns one, and is 7' ),
			$with( 'name', static fn() => array(), 'and is array' ),
			$with( 'description', static fn() => intdiv( 1, 0 ), 'The closure under “description” of “lesson_done” fails: Division by zero' ),
			$with( 'category', 'school', 'has to be sales, crm, education, sites, users, content, system, other, and is “school”' ),
			$with( 'example', 'text', '“example” of the event “lesson_done” has to be an array or an object, and is “text”' ),
			$with( 'schema', array( 'lesson' ), 'has to be a JSON Schema as an array' ),
			$with( 'lookup', 'lesson', 'a list of paths such as “order.id”, and is “lesson”' ),
			$with( 'lookup', array( 'lesson', 7 ), '“lookup.1” of the event' ),
			$with( 'sensitive', 'yes', 'true or false, and is “yes”' ),
			$with( 'source', false, '“source” of the event “lesson_done” has to be a string' ),
			array(
				array(
					'slug'    => 'lesson_done',
					'example' => array( 'lesson' => '7' ),
					'schema'  => array( 'properties' => array( 'lesson' => array( 'type' => 'integer' ) ) ),
				),
				true,
				'The example of “lesson_done” does not fit its schema: data.lesson has to be integer, and is "7".',
			),
		);
	}

	public function test_another_time_is_said(): void {
		$this->assertFalse( network_webhooks_register_event( array( 'slug' => 'lesson_done' ) ) );
		$this->assertStringContainsString( 'on the action “network_webhooks_register_events”, and “lesson_done” was at another time', $this->said[0] );
	}

	public function test_a_plugin_that_fails_does_not_take_the_catalogue_along(): void {
		$log = ini_set( 'error_log', '/dev/null' );
		add_action( 'network_webhooks_register_events', array( self::class, 'fail_at_once' ) );
		$this->renew_registry();
		$this->assertNotNull( Plugin::instance()->catalogue()->find( 'account_created' ) );
		add_filter( 'network_webhooks_events', array( self::class, 'fail_at_once' ) );
		$this->renew_registry();
		$this->assertNotNull( Plugin::instance()->catalogue()->find( 'account_created' ) );
		ini_set( 'error_log', $log );
		// WordPress does not notice when a hook ends by an exception.
		$this->assertFalse( current_filter() );
	}

	public function test_errors_that_become_exceptions_do_not_reach_the_caller(): void {
		$this->assertSame( '60 calls, each said', $this->run_process( __DIR__ . '/processes/throwing-handler.php' ) );
	}

	public function test_the_payload_can_be_filtered(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$seen    = array();
		add_filter(
			'network_webhooks_payload',
			static function ( $data, $event, $options ) use ( &$seen ) {
				$seen[] = array( $event, $options['source'] ?? '', $options['site']['id'] );
				unset( $data['email'] );
				return 0 === ( $data['lesson'] ?? null ) ? null : $data;
			},
			10,
			3
		);
		$this->assertNull( network_webhooks_dispatch( 'lesson_finished', array( 'lesson' => 0 ), array( 'source' => 'school' ) ) );
		network_webhooks_dispatch( 'lesson_finished', static fn() => array( 'lesson' => 7, 'email' => 'jane@example.com' ), array( 'source' => 'school' ) );
		$this->assertSame( array( array( 'lesson' => 7 ) ), array_column( $this->events_of( $webhook ), 'data' ) );
		$this->assertSame( array( array( 'lesson_finished', 'school', 1 ), array( 'lesson_finished', 'school', 1 ) ), array_slice( $seen, 0, 2 ) );
	}

	/**
	 * What it was to take out must not be sent.
	 *
	 * @dataProvider broken_filters
	 */
	public function test_a_broken_filter_sends_nothing_and_throws_nothing( callable $filter ): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$log     = ini_set( 'error_log', '/dev/null' );
		add_filter( 'network_webhooks_payload', $filter );
		$this->assertNull( network_webhooks_dispatch( 'lesson_finished', array( 'email' => 'jane@example.com' ) ) );
		remove_filter( 'network_webhooks_payload', $filter );
		ini_set( 'error_log', $log );
		$this->assertFalse( current_filter() );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$this->assertSame( array(), $this->outbox() );
	}

	public static function broken_filters(): array {
		return array(
			'one that throws'         => array( array( self::class, 'fail_at_once' ) ),
			'one that returns a text' => array( static fn() => 'text' ),
		);
	}

	public function test_the_catalogue_can_be_filtered(): void {
		add_filter(
			'network_webhooks_events',
			static function ( array $events ) {
				unset( $events['login_failed'] );
				$events['account_created'] = $events['account_created']->with_texts( name: 'New student', category: 'education' );
				$events['nonsense']        = 'text';
				return $events;
			}
		);
		$this->renew_registry();
		$catalogue = Plugin::instance()->catalogue();
		$this->assertNull( $catalogue->find( 'login_failed' ) );
		$this->assertNull( $catalogue->find( 'nonsense' ) );
		$event = $catalogue->find( 'account_created' );
		$this->assertInstanceOf( Event::class, $event );
		$this->assertSame( array( 'New student', 'education' ), array( $event->name, $event->category ) );
		$this->assertNotSame( '', $event->description );
		add_filter( 'network_webhooks_events', '__return_false' );
		$this->renew_registry();
		$this->assertNotNull( $catalogue->find( 'login_failed' ) );
		$this->assertStringContainsString( 'has to return an array of events, and returned false', $this->said[0] );
	}

	public static function fail_at_once(): void {
		throw new Error( 'Broken.' );
	}

	private function renew_registry(): void {
		Plugin::instance()->catalogue()->renew();
	}
}
