<?php
/**
 * account_created: one event for one account, whichever hooks fire.
 */

final class Account_Created_Test extends Network_Test_Case {

	public function test_a_network_user_fires_both_hooks_and_is_one_event(): void {
		$webhook = $this->subscribe( 'account_created' );
		$before  = array( did_action( 'user_register' ), did_action( 'wpmu_new_user' ) );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$id      = wpmu_create_user( $login, 'a secret password', "$login@network.example" );
		$this->will_delete_user( $id );
		$this->assertSame( array( 1, 1 ), array( did_action( 'user_register' ) - $before[0], did_action( 'wpmu_new_user' ) - $before[1] ) );
		$this->assert_one_account( $webhook, $id );
	}

	public function test_a_programmatic_user_fires_the_first_hook_and_is_one_event(): void {
		$webhook = $this->subscribe( 'account_created' );
		$before  = did_action( 'wpmu_new_user' );
		$user    = $this->make_user();
		$this->assertSame( $before, did_action( 'wpmu_new_user' ) );
		$event = $this->assert_one_account( $webhook, $user->ID );
		$this->assertSame( array( 'Jane', 'Doe' ), array( $event['data']['user_firstname'], $event['data']['user_lastname'] ) );
	}

	public function test_the_second_hook_alone_is_one_event(): void {
		$user = $this->make_user();
		// Another user's creation ends the memory of this one.
		$this->make_user();
		$webhook = $this->subscribe( 'account_created' );
		do_action( 'wpmu_new_user', $user->ID );
		$this->assert_one_account( $webhook, $user->ID );
	}

	public function test_a_signup_with_a_site_fires_only_the_second_hook_and_is_one_account_with_its_site(): void {
		$webhook = $this->subscribe( 'account_created', 'signup_activated', 'site_created', 'user_added_to_site', 'role_changed' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$host    = get_network()->domain;
		$key     = $this->key_of_signup(
			'after_signup_site',
			6,
			static fn() => wpmu_signup_blog( is_subdomain_install() ? "$login.$host" : $host, is_subdomain_install() ? '/' : "/$login/", 'Photography', $login, "$login@network.example" )
		);
		global $wpdb;
		$before = did_action( 'wpmu_activate_user' );
		$done   = wpmu_activate_signup( $key, $wpdb->get_var( $wpdb->prepare( "SELECT signup_id FROM $wpdb->signups WHERE user_login = %s", $login ) ) );
		// WordPress leaves this on, and then reads no option from its cache.
		wp_installing( false );
		$this->assertIsArray( $done );
		$this->will_delete_user( $done['user_id'] );
		$this->will_delete_site( $done['blog_id'] );
		$this->assertSame( $before, did_action( 'wpmu_activate_user' ) );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$types = array_column( $events, 'type' );
		sort( $types );
		$this->assertSame( array( 'account_created', 'signup_activated', 'site_created' ), $types );
		$data = array_column( $events, 'data', 'type' )['account_created'];
		$this->assertSame( array( $done['user_id'], $done['blog_id'], 'Photography', $login ), array( $data['user_id'], $data['user_site_id'], $data['user_site_name'], $data['user_site_slug'] ) );
		$this->assertNull( $data['plan_id'] );
		$this->assertStringNotContainsString( $done['password'], json_encode( $events ) );
		$this->assertStringNotContainsString( $key, json_encode( $events ) );
	}

	public function test_many_accounts_are_sent_as_they_come(): void {
		$webhook = $this->subscribe( 'account_created' );
		$ids     = array( $this->make_user()->ID, $this->make_user()->ID, $this->make_user()->ID );
		$this->assertSame( $ids, array_column( array_column( $this->events_of( $webhook ), 'data' ), 'user_id' ) );
	}

	public function test_an_activated_signup_is_one_event(): void {
		$webhook = $this->subscribe( 'account_created' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$key     = $this->key_of_signup( 'after_signup_user', 3, static fn() => wpmu_signup_user( $login, "$login@network.example" ) );
		global $wpdb;
		// Debian's WordPress stores a hash of the key, and wants the row's id as well.
		$id   = $wpdb->get_var( $wpdb->prepare( "SELECT signup_id FROM $wpdb->signups WHERE user_login = %s", $login ) );
		$done = wpmu_activate_signup( $key, $id );
		$this->assertIsArray( $done );
		$this->will_delete_user( $done['user_id'] );
		$event = $this->assert_one_account( $webhook, $done['user_id'] );
		$this->assertStringNotContainsString( $done['password'], json_encode( $event ) );
	}

	/**
	 * The key by which a signup is activated: nobody but its e-mail has it, and this hook, as its argument of that number.
	 */
	private function key_of_signup( string $hook, int $number, Closure $sign_up ): string {
		$key    = '';
		$listen = static function ( ...$arguments ) use ( &$key, $number ): void {
			$key = $arguments[ $number - 1 ];
		};
		add_action( $hook, $listen, 10, $number );
		$sign_up();
		remove_action( $hook, $listen );
		return $key;
	}

	private function assert_one_account( Network_Webhooks\Webhook $webhook, int $id ): array {
		$events = $this->events_of( $webhook );
		$this->assertCount( 1, $events );
		$user = get_userdata( $id );
		$this->assertSame( 'core', $events[0]['source'] );
		$this->assertSame( $id, $events[0]['data']['user_id'] );
		$this->assertSame( $user->user_login, $events[0]['data']['user_login'] );
		$this->assertSame( $user->user_email, $events[0]['data']['user_email'] );
		$this->assertMatchesRegularExpression( '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/', $events[0]['data']['created_at'] );
		$this->assertStringNotContainsString( $user->user_pass, json_encode( $events[0] ) );
		$this->assertNull( $events[0]['data']['user_site_id'] );
		$this->assert_described( $events[0] );
		return $events[0];
	}
}
