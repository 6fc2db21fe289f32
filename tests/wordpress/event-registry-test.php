<?php
/**
 * The catalogue: what is built in, and what other plugins register.
 */

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Sources\Core\System;

final class Event_Registry_Test extends Network_Test_Case {

	public function test_an_event_is_registered_when_somebody_looks(): void {
		$this->with_registration(
			static function () {
				network_webhooks_register_event(
					array(
						'slug'        => 'lesson_finished',
						'name'        => 'Lesson Finished',
						'description' => 'A student finished a lesson.',
						'category'    => 'education',
						'example'     => array( 'lesson' => 7 ),
						'schema'      => array( 'type' => 'object' ),
						'lookup'      => array( 'lesson', 7, '' ),
						'sensitive'   => true,
						'source'      => 'school',
					)
				);
				network_webhooks_register_event(
					array(
						'slug'        => 'lesson_begun',
						'name'        => static fn() => 'Lesson Begun',
						'description' => static fn() => intdiv( 1, 0 ),
						'category'    => array(),
					)
				);
				network_webhooks_register_event( array( 'slug' => 'door.opened' ) );
			},
			function ( Event_Registry $registry ) {
				$event = $registry->find( 'lesson_finished' );
				$this->assertSame( array( 'Lesson Finished', 'education' ), array( $event->name, $event->category ) );
				$this->assertSame( array( 'school' => array( 'lesson' => 7 ) ), $event->examples );
				$this->assertSame( array( array( 'school' => array( 'type' => 'object' ) ), array( 'lesson' ), true ), array( $event->schemas(), $event->lookup, $event->sensitive ) );
				$begun = $registry->find( 'lesson_begun' );
				$this->assertSame( array( 'Lesson Begun', '', 'other', false ), array( $begun->name, $begun->description, $begun->category, $begun->sensitive ) );
				$this->assertSame( array( 'Door Opened', 'other' ), array( $registry->find( 'door.opened' )->name, $registry->find( 'door.opened' )->category ) );
				$this->assertSame( array( 'Education', 'System', 'Other' ), array_keys( $registry->by_category() ) );
			}
		);
	}

	public function test_another_time_or_a_wrong_slug_is_said(): void {
		$said   = array();
		$listen = function ( $function, $message ) use ( &$said ) {
			$said[] = $message;
		};
		add_action( 'doing_it_wrong_run', $listen, 10, 2 );
		add_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		$this->assertFalse( network_webhooks_register_event( array( 'slug' => 'lesson_finished' ) ) );
		$this->assertFalse( network_webhooks_register_event( array( 'name' => 'No slug' ) ) );
		$this->assertFalse( network_webhooks_register_event( array( 'slug' => array() ) ) );
		remove_filter( 'doing_it_wrong_trigger_error', '__return_false' );
		remove_action( 'doing_it_wrong_run', $listen );
		$this->assertStringContainsString( 'network_webhooks_register_events', $said[0] );
		$this->assertStringContainsString( 'slug', $said[1] );
	}

	public function test_sources_that_share_an_event_each_give_an_example(): void {
		$event = $this->plugin()->catalogue()->find( 'payment_received' );
		$this->assertSame( array( 'ultimate-multisite', 'wp-ultimo', 'woocommerce', 'easy-digital-downloads', 'lifterlms', 'tutor-lms', 'paid-memberships-pro' ), array_keys( $event->examples ) );
	}

	public function test_templates_are_tried_out_with_the_keys_of_all_sources(): void {
		$examples = $this->plugin()->catalogue()->examples( 'payment_*', 'user_logged_in' );
		$this->assertArrayNotHasKey( 'account_created', $examples );
		$this->assertSame( 7, $examples['user_logged_in']['user_id'] );
		$example = $examples['payment_received'];
		// Of Ultimate Multisite, WP Ultimo 1, WooCommerce.
		$this->assertSame( array( 96, 7, 'jane@example.com', 'Course: Photography' ), array( $example['membership_id'], $example['user_id'], $example['customer']['email'], $example['items'][0]['name'] ) );
	}

	public function test_every_built_in_event_is_described_whole(): void {
		$events = $this->plugin()->catalogue()->all();
		$this->assertGreaterThan( 40, count( $events ) );
		foreach ( $events as $slug => $event ) {
			$this->assertTrue( Event::is_name( $slug ), $slug );
			$this->assertNotSame( '', $event->description, $slug );
			$this->assertNotSame( array(), $event->lookup, $slug );
			foreach ( $event->examples as $source => $example ) {
				$this->assertNotSame( '', $event->when[ $source ] ?? '', "$slug of $source" );
				$this->assertSame( array(), Schema_Check::faults( $event->schemas()[ $source ], $example ), "$slug of $source" );
				foreach ( $event->schemas()[ $source ]['required'] as $key ) {
					$this->assertNotSame( array(), Schema_Check::faults( $event->schemas()[ $source ], array_diff_key( $example, array( $key => true ) ) ), "$slug of $source without $key" );
				}
			}
			$schema = $event->schema();
			$this->assertSame( Network_Webhooks\Payload_Schema::DIALECT, $schema['$schema'], $slug );
			$this->assertSame( $event->sources(), count( $event->examples ) > 1 ? array_column( $schema['oneOf'], 'title' ) : array( $schema['title'] ), $slug );
		}
	}

	public function test_the_published_config_says_where_people_search(): void {
		$webhook = $this->subscribe( 'account_deleted' );
		$user    = $this->make_user();
		wpmu_delete_user( $user->ID );
		$this->only( $webhook );
		$found = webhooks_deliveries( array( 'search' => $user->user_email ) )['deliveries'];
		$this->assertSame( array( 'account_deleted' ), array_column( $found, 'event' ) );
	}

	/**
	 * The extension and a process without it must say the same.
	 *
	 * @dataProvider patterns
	 */
	public function test_patterns_match_as_in_the_extension( string $pattern, string $name, bool $expected ): void {
		$this->assertSame( $expected, Event::matches( $pattern, $name ) );
		$this->subscribe( $pattern );
		$this->assertSame( $expected, webhooks_has_subscribers( $name ) );
	}

	public static function patterns(): array {
		return array(
			array( 'payment_received', 'payment_received', true ),
			array( 'payment_received', 'payment_received2', false ),
			array( '*', 'anything', true ),
			array( 'payment_*', 'payment_', true ),
			array( 'payment_*', 'repayment_failed', false ),
			array( '*_created', 'site_created', true ),
			array( '*_created', 'site_created_twice', false ),
			array( 'a*b*c', 'a-b-c', true ),
			array( 'a*b*c', 'a-c-b', false ),
			array( 'a*a', 'a', false ),
			array( 'a.c', 'abc', false ),
		);
	}

	private function with_registration( callable $register, callable $check ): void {
		add_action( 'network_webhooks_register_events', $register );
		// The plugin's own catalogue is made once per request, so this is a new request's.
		$plugin = $this->plugin();
		$kept   = $plugin->catalogue();
		$swap   = fn( ?Event_Registry $registry ) => $this->registry = $registry;
		$swap->call( $plugin, new Event_Registry( array( new System() ) ) );
		try {
			$check( $plugin->catalogue() );
		} finally {
			$swap->call( $plugin, $kept );
			remove_action( 'network_webhooks_register_events', $register );
		}
	}
}
