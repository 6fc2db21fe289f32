<?php
/**
 * Profiles, flags of users, and coming and going: each once, and never with a secret.
 */

final class Accounts_Test extends Network_Test_Case {

	public function test_a_profile_saved_without_a_change_is_no_event(): void {
		$user    = $this->make_user();
		$webhook = $this->subscribe( 'profile_updated' );
		$before  = did_action( 'profile_update' );
		wp_update_user(
			array(
				'ID'         => $user->ID,
				'first_name' => 'Jane',
				'user_email' => $user->user_email,
			)
		);
		$this->assertSame( $before + 1, did_action( 'profile_update' ) );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public function test_a_changed_first_name_is_seen_although_the_old_object_reads_the_new_one(): void {
		$user    = $this->make_user();
		$webhook = $this->subscribe( 'profile_updated' );
		$old     = $user->user_email;
		wp_update_user(
			array(
				'ID'         => $user->ID,
				'first_name' => 'Joan',
				'user_email' => "new$old",
				'user_pass'  => 'canary-password',
			)
		);
		$event = $this->only( $webhook );
		$this->assertSame( array( 'user_email', 'first_name', 'password' ), $event['data']['changed'] );
		$this->assertSame( array( 'Joan', "new$old", $old ), array( $event['data']['user_firstname'], $event['data']['user_email'], $event['data']['old_email'] ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $event ) );
		$this->assertStringNotContainsString( get_userdata( $user->ID )->user_pass, json_encode( $event, JSON_UNESCAPED_SLASHES ) );
	}

	public function test_flags_of_users(): void {
		$user    = $this->make_user();
		$webhook = $this->subscribe( 'user_spammed', 'user_unspammed', 'super_admin_*', 'profile_updated' );
		foreach ( array( '1', '1', '0' ) as $spam ) {
			wp_update_user(
				array(
					'ID'   => $user->ID,
					'spam' => $spam,
				)
			);
		}
		grant_super_admin( $user->ID );
		grant_super_admin( $user->ID );
		revoke_super_admin( $user->ID );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'user_spammed', 'user_unspammed', 'super_admin_granted', 'super_admin_revoked' ), array_column( $events, 'type' ) );
		$this->assertSame( array_fill( 0, 4, 'network' ), array_column( $events, 'scope' ) );
	}

	public function test_login_logout_and_reset_name_the_user(): void {
		$user    = $this->make_user();
		$webhook = $this->subscribe( 'user_logged_in', 'user_logged_out', 'password_reset', 'login_failed', 'profile_updated' );
		add_filter( 'send_auth_cookies', '__return_false' );
		wp_signon(
			array(
				'user_login'    => $user->user_login,
				'user_password' => $user->user_login,
			)
		);
		wp_set_current_user( $user->ID );
		wp_logout();
		reset_password( $user, 'canary-password' );
		remove_filter( 'send_auth_cookies', '__return_false' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'user_logged_in', 'user_logged_out', 'password_reset' ), array_column( $events, 'type' ) );
		$this->assertSame( array_fill( 0, 3, array( 'user' => $user->ID ) ), array_column( $events, 'actor' ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	public function test_the_name_of_a_failed_login_may_be_a_mistyped_password_and_is_masked(): void {
		$user    = $this->make_user();
		$webhook = $this->subscribe( 'login_failed' );
		wp_authenticate( 'canary-password', 'x' );
		wp_authenticate( $user->user_login, 'canary-password' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'c***', $user->user_login ), array_column( array_column( $events, 'data' ), 'user_login' ) );
		$this->assertSame( array( null, $user->ID ), array_column( array_column( $events, 'data' ), 'user_id' ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	public function test_a_pending_signup_has_no_key(): void {
		$webhook = $this->subscribe( 'signup_pending', 'account_created' );
		$keys    = array();
		$listen  = function ( ...$arguments ) use ( &$keys ) {
			$keys[] = $arguments[ count( $arguments ) - 2 ];
		};
		add_action( 'after_signup_user', $listen, 10, 4 );
		add_action( 'after_signup_site', $listen, 10, 7 );
		$login = 'user' . bin2hex( random_bytes( 5 ) );
		wpmu_signup_user( $login, "$login@network.example" );
		wpmu_signup_blog( get_network()->domain, "/{$login}b/", 'Photography', "{$login}b", "{$login}b@network.example" );
		remove_action( 'after_signup_user', $listen );
		remove_action( 'after_signup_site', $listen );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( false, true ), array_column( array_column( $events, 'data' ), 'with_site' ) );
		$this->assertCount( 2, $keys );
		foreach ( $keys as $key ) {
			$this->assertNotEmpty( $key );
			$this->assertStringNotContainsString( $key, json_encode( $events ) );
		}
	}

	public function test_canaries_in_every_argument_that_holds_a_secret(): void {
		$user    = $this->make_user();
		$webhook = $this->subscribe( '*' );
		$this->fire( 'wpmu_activate_user', $user->ID, 'canary', array( 'pass' => 'canary' ) );
		$this->fire( 'wpmu_activate_blog', 1, $user->ID, 'canary', 'Title', array( 'pass' => 'canary' ) );
		$this->fire( 'after_signup_user', 'jane', 'jane@example.com', 'canary', array( 'key' => 'canary' ) );
		$this->fire( 'after_signup_site', 'd', '/p/', 'T', 'jane', 'jane@example.com', 'canary', array( 'key' => 'canary' ) );
		$this->fire( 'after_password_reset', $user, 'canary' );
		$this->fire( 'user_register', $user->ID, array( 'user_pass' => 'canary' ) );
		$this->fire( 'profile_update', $user->ID, $user, array( 'user_pass' => 'canary' ) );
		$this->fire( 'wp_login_failed', 'canary', new WP_Error( 'invalid_username', 'canary' ) );
		$events = $this->events_of( $webhook );
		$this->assertGreaterThan( 5, count( $events ) );
		$this->assertStringNotContainsString( 'canary', json_encode( $events ) );
	}

	/**
	 * Other plugins fire WordPress's hooks too, with whatever.
	 */
	public function test_a_hook_fired_wrongly_harms_nothing(): void {
		$webhook = $this->subscribe( '*' );
		$log     = ini_set( 'error_log', '/dev/null' );
		foreach ( array( 'wp_login', 'set_user_role', 'wp_insert_comment', 'wp_initialize_site', 'wp_after_insert_post', 'switch_theme', 'upgrader_process_complete', 'after_signup_site' ) as $hook ) {
			$this->fire( $hook );
			$this->fire( $hook, new stdClass(), array(), new stdClass(), null, false );
		}
		ini_set( 'error_log', $log );
		$this->assertSame( array(), array_diff( array_column( $this->events_of( $webhook ), 'type' ), array( 'signup_pending' ) ) );
	}
}
