<?php
/**
 * What Ultimate Multisite 2.x does that no run on it does, and WP Ultimo 1.x by a stand-in, as it can't be had. What
 * it does every day is in its traces, see Traces_Test.
 */

use Network_Webhooks\Sources\Ultimate\Known_Events;

final class Ultimate_Test extends Network_Test_Case {

	public function test_every_recorded_slug_passes_untouched_and_once(): void {
		$webhook = $this->subscribe( '*' );
		$sent    = array();
		foreach ( Known_Events::events() as $slug => $event ) {
			// Keys may have any order and type: nothing is made of them.
			$payload       = array( 'zz' => '10.0', 'amount' => 10.0 ) + Known_Events::example( $slug, $event[3], $event[4] ?? array() );
			$sent[ $slug ] = $payload;
			if ( ! in_array( $slug, Known_Events::LOGGED, true ) ) {
				do_action( 'wu_event', $slug, $payload );
				do_action( "wu_event_$slug", $payload );
			}
			do_action( 'wu_event_post_save', array(), $this->logged( $slug, $payload ), true );
			do_action( 'wu_event_post_save', array(), $this->logged( $slug, $payload ), false );
		}
		$events = $this->events_of( $webhook );
		$this->assertSame( array_keys( $sent ), array_column( $events, 'type' ) );
		$this->assertSame( array_values( $sent ), array_column( $events, 'data' ) );
		$this->assertSame( array( 'ultimate-multisite' ), array_values( array_unique( array_column( $events, 'source' ) ) ) );
	}

	public function test_a_future_slug_comes_once_and_the_log_of_changes_never(): void {
		$webhook = $this->subscribe( '*' );
		do_action( 'wu_event', 'moon_landed', array( 'moon' => 1 ) );
		do_action( 'wu_event_post_save', array(), $this->logged( 'moon_landed', array( 'moon' => 1 ) ), true );
		do_action( 'wu_event_post_save', array(), $this->logged( 'changed', array( 'key' => 'status' ) ), true );
		do_action( 'wu_event', 'Not A Slug', array() );
		do_action( 'wu_event', array(), 5 );
		$this->assertSame( array( 'moon_landed' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_an_event_of_a_site_is_about_that_site(): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( 'site_published' );
		do_action( 'wu_event', 'site_published', array( 'site_id' => $site ) );
		$this->assertSame( $site, $this->events_of( $webhook )[0]['site']['id'] );
	}

	public function test_a_deletion_that_failed_and_a_status_that_nobody_had_are_none(): void {
		$webhook = $this->subscribe( '*' );
		$model   = new class() {
			public function get_id(): int {
				return 96;
			}
		};
		do_action( 'wu_transition_membership_status', '', 'pending', 96 );
		do_action( 'wu_transition_payment_status', 'pending', 'pending', 96 );
		do_action( 'wu_transition_domain_stage', 'checking-dns', 'checking-ssl-cert', 96 );
		foreach ( array( 'customer', 'membership', 'payment', 'domain' ) as $name ) {
			do_action( "wu_{$name}_post_delete", false, $model );
		}
		$this->assertSame( array(), $this->events_of( $webhook ) );
		do_action( 'wu_transition_domain_stage', 'checking-ssl-cert', 'done-without-ssl', 96 );
		do_action( 'wu_transition_domain_stage', 'done-without-ssl', 'done', 96 );
		$this->assertSame( array( 'domain_verified' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_a_checkout_gives_the_account_its_site_and_plan(): void {
		$site       = $this->make_site();
		$webhook    = $this->subscribe( 'account_created' );
		$user       = $this->make_user();
		$answer     = static fn( array $answers ) => new class( $answers ) {
			public function __construct( private array $answers ) {}
			public function get_id(): int {
				return $this->answers['id'];
			}
			public function get_user_id(): int {
				return $this->answers['user_id'];
			}
			public function get_name(): string {
				return $this->answers['name'];
			}
			public function get_plan(): object {
				return $this->answers['plan'];
			}
			public function get_sites(): array {
				return $this->answers['sites'];
			}
		};
		$membership = $answer(
			array(
				'plan'  => $answer(
					array(
						'id'   => 12,
						'name' => 'Premium plan',
					)
				),
				'sites' => array( $answer( array( 'id' => $site ) ) ),
			)
		);
		do_action( 'wu_checkout_done', new stdClass(), $membership, $answer( array( 'user_id' => $user->ID ) ), null, 'new', null );
		$events = $this->events_of( $webhook );
		$this->assertSame( array( 'ultimate-multisite' ), array_column( $events, 'source' ) );
		$data = $events[0]['data'];
		$this->assertSame( array( $user->ID, $site, 12, 'Premium plan', null ), array( $data['user_id'], $data['user_site_id'], $data['plan_id'], $data['plan_name'], $data['price'] ) );
	}

	public function test_the_eight_of_version_1_stand_in_every_catalogue(): void {
		$eight = array( 'account_created', 'account_deleted', 'new_domain_mapping', 'payment_received', 'payment_successful', 'payment_failed', 'refund_issued', 'plan_change' );
		$this->assertSame( array(), array_diff( $eight, array_keys( $this->plugin()->catalogue()->all() ) ) );
		$this->assertTrue( $this->plugin()->catalogue()->find( 'confirm_email_address' )->sensitive );
	}

	public function test_version_1_feeds_them_where_it_runs(): void {
		$webhook = $this->subscribe( '*' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$this->run_process( __DIR__ . '/processes/wp-ultimo.php', array( '1.10.13', 'all', $login ) );
		$this->will_delete_user( get_user_by( 'login', $login )->ID );
		$events = $this->events_of( $webhook );
		$this->assertSame(
			array( 'payment_received', 'payment_successful', 'account_created', 'payment_failed', 'refund_issued', 'new_domain_mapping', 'plan_change', 'plan_change' ),
			array_column( $events, 'type' )
		);
		$this->assertSame( array( 'wp-ultimo' ), array_values( array_unique( array_column( $events, 'source' ) ) ) );
		unset( $events[2]['data']['trial_days'] );
		foreach ( $events as $event ) {
			if ( 'account_created' !== $event['type'] ) {
				$this->assert_described( $event );
			}
		}
		$account = $events[2]['data'];
		$this->assertSame( array( 1, 13, 'Premium plan', '49.00', 4900, 'EUR', 3 ), array( $account['user_site_id'], $account['plan_id'], $account['plan_name'], $account['price'], $account['price_minor'], $account['currency'], $account['billing_frequency'] ) );
		$this->assertSame( array( '4.50', 450, 'refund' ), array( $events[4]['data']['amount'], $events[4]['data']['amount_minor'], $events[4]['data']['status'] ) );
		// One of its call sites passes two arguments.
		$this->assertSame( array( null, 12 ), array( $events[6]['data']['old_plan_id'], $events[7]['data']['old_plan_id'] ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	private function logged( string $slug, array $payload ): object {
		return new class( $slug, $payload ) {
			public function __construct( private string $slug, private array $payload ) {}
			public function get_slug(): string {
				return $this->slug;
			}
			public function get_payload(): array {
				return $this->payload;
			}
		};
	}
}
