<?php
/**
 * manage_network_webhooks: super admins. view_network_webhooks: they, and the users whom they
 * chose. Nobody through a role.
 */

use Network_Webhooks\Capabilities;
use Network_Webhooks\History;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Capabilities_Test extends Network_Test_Case {

	protected function tearDown(): void {
		foreach ( array( Capabilities::MANAGE, Capabilities::VIEW ) as $capability ) {
			get_role( 'administrator' )->remove_cap( $capability );
		}
		wp_cache_delete( '1:' . Settings::VIEWERS, 'site-options' );
		Settings::set( Settings::VIEWERS, array() );
		parent::tearDown();
	}

	public function test_super_admins_may_and_nobody_else(): void {
		$admin = $this->make_user( 'administrator' );
		$this->assertTrue( user_can( 1, Capabilities::MANAGE ) );
		$this->assertFalse( user_can( $admin, Capabilities::MANAGE ) );
		$this->assertFalse( user_can( $this->make_user( 'subscriber' ), Capabilities::MANAGE ) );
		$this->assertFalse( user_can( 0, Capabilities::MANAGE ) );
		grant_super_admin( $admin->ID );
		$this->assertTrue( user_can( $admin->ID, Capabilities::MANAGE ) );
		revoke_super_admin( $admin->ID );
	}

	public function test_a_role_or_user_that_holds_both_as_primitives_is_refused_everywhere(): void {
		$admin = $this->make_user( 'administrator' );
		foreach ( array( Capabilities::MANAGE, Capabilities::VIEW ) as $capability ) {
			get_role( 'administrator' )->add_cap( $capability );
			$admin->add_cap( $capability );
		}
		$admin = new WP_User( $admin->ID );
		foreach ( array( Capabilities::MANAGE, Capabilities::VIEW ) as $capability ) {
			$this->assertTrue( $admin->allcaps[ $capability ] );
			$this->assertFalse( $admin->has_cap( $capability ) );
		}
		$this->assert_kept_out( $admin );
	}

	public function test_nobody_is_let_in_without_a_login(): void {
		$doors = $this->doors( 0 );
		$this->assertSame( array(), $doors['open'] );
		$this->assertNotContains( true, $doors['rest'] );
		$this->assertFalse( user_can( 0, Capabilities::VIEW ) );
		// is_super_admin( 0 ) answers for the current user.
		wp_set_current_user( 1 );
		$this->assertFalse( user_can( 0, Capabilities::MANAGE ) );
		$this->assertFalse( user_can( 0, Capabilities::VIEW ) );
	}

	public function test_map_meta_cap_takes_what_wordpress_may_pass(): void {
		wp_set_current_user( 1 );
		foreach ( array( null, '', 0, false, array(), 7 ) as $capability ) {
			foreach ( array( array( 'x' ), array(), null ) as $needed ) {
				$this->assertSame( $needed, apply_filters( 'map_meta_cap', $needed, $capability, 1, array() ) );
			}
		}
		$this->assertSame( array( 'exist' ), apply_filters( 'map_meta_cap', array( 'x' ), Capabilities::MANAGE, '1', array() ) );
		$this->assertSame( array( 'do_not_allow' ), apply_filters( 'map_meta_cap', array( 'x' ), Capabilities::MANAGE, null, array() ) );
		// A post type without this capability, as WordPress itself asks for it.
		$this->assertIsBool( @current_user_can( null ) );
	}

	public function test_other_filters_of_wordpress_take_what_another_plugin_made_of_them(): void {
		( new Network_Webhooks\Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() ) )->add_hooks();
		wp_set_current_user( 1 );
		$admin = new Network_Webhooks\Admin\Admin( $this->plugin() );
		( new Network_Webhooks\Admin\New_Webhook_Page( $this->plugin() ) )->register();
		foreach ( array( null, false, '', 'text' ) as $value ) {
			foreach ( array( 'cron_schedules', 'wp_privacy_personal_data_exporters', 'wp_privacy_personal_data_erasers', 'site_status_tests', 'debug_information' ) as $filter ) {
				// Ours come after those of WordPress itself, which may mind.
				$ours = static fn() => $value;
				add_filter( $filter, $ours, PHP_INT_MIN );
				foreach ( $GLOBALS['wp_filter'][ $filter ]->callbacks as $callbacks ) {
					foreach ( $callbacks as $callback ) {
						$function = $callback['function'];
						$from     = ( is_array( $function ) ? new ReflectionMethod( ...$function ) : new ReflectionFunction( $function ) )->getFileName();
						if ( str_contains( (string) $from, '/network-webhooks/includes/' ) ) {
							$this->assertIsArray( $function( $value ), $filter );
						}
					}
				}
				remove_filter( $filter, $ours, PHP_INT_MIN );
			}
			$this->assertIsArray( $admin->add_link( $value ) );
			$assets = 0;
			foreach ( $GLOBALS['wp_filter']['admin_enqueue_scripts'][10] as $callback ) {
				if ( $callback['function'] instanceof Closure && str_ends_with( ( new ReflectionFunction( $callback['function'] ) )->getFileName(), '/class-menu-page.php' ) ) {
					$callback['function']( $value );
					++$assets;
				}
			}
			$this->assertGreaterThan( 0, $assets );
			$this->assertSame( 1, Network_Webhooks\Admin\List_View::rows( $value, null, $value ) );
			do_action( 'edit_user_profile', $value );
			do_action( 'edit_user_profile_update', $value );
		}
	}

	public function test_viewers_who_are_chosen_at_once_are_all_viewers(): void {
		$users   = array( 900001, 900002, 900003, 900004, 900005, 900006 );
		$started = array_map( fn( int $user ) => $this->start_process( __DIR__ . '/processes/viewer.php', array( (string) $user ) ), $users );
		array_map( array( $this, 'finish_process' ), $started );
		$viewers = Settings::read( Settings::VIEWERS )[ Settings::VIEWERS ];
		sort( $viewers );
		$this->assertSame( $users, $viewers );
	}

	public function test_another_network_of_the_same_database_gets_nothing(): void {
		global $current_site;
		$kept         = $current_site;
		$current_site = new WP_Network( (object) array( 'id' => 2, 'domain' => 'other.example', 'path' => '/' ) );
		try {
			$this->assertFalse( user_can( 1, Capabilities::MANAGE ) );
			$this->assertFalse( user_can( 1, Capabilities::VIEW ) );
		} finally {
			$current_site = $kept;
		}
	}

	public function test_a_viewer_sees_the_list_and_changes_nothing(): void {
		$webhook = $this->store( Webhook::create( 'Payments', 'https://hooks.example/services/TokenInThePath', 'payment_received' ) );
		$deleted = $this->store( Webhook::create( 'Gone', 'https://hooks.example/gone', 'payment_received' ) );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $deleted->id ) );
		$viewer = $this->make_user( 'subscriber' );
		Capabilities::set_viewer( $viewer->ID, true );
		$browser = new Browser( $viewer->user_login, $viewer->user_login );
		$browser->get( '/wp-admin/' );
		$links = $browser->values( '//*[@id="wp-admin-bar-network-webhooks"]/a/@href' );
		$this->assertCount( 1, $links );
		$browser->get( substr( $links[0], strlen( getenv( 'WP_URL' ) ) ) );
		$this->assertSame( 200, $browser->status );
		$this->assertSame( array( 'Payments' ), $browser->values( '//tbody//*[contains(@class, "column-name")]/strong' ) );
		$this->assertSame( array( 'hooks.example' ), $browser->values( '//tbody//*[contains(@class, "network-webhooks-host")]' ) );
		foreach ( array( 'TokenInThePath', $webhook->secret(), 'Gone', 'action=network_webhooks_', 'network_webhooks_bulk', 'network-webhooks-new' ) as $hidden ) {
			$this->assertFalse( str_contains( $browser->page, $hidden ), $hidden );
		}
		$this->assertSame( array(), $browser->values( '//tbody//input | //tbody//button[not(contains(@class, "toggle-row"))]' ) );
		$this->assertSame( array( 'Payments', 'Deliveries' ), $browser->values( '//tbody//a' ) );
		// Nor does the search tell what is hidden.
		foreach ( array( 'TokenInThePath' => array(), 'hooks.example' => array( 'Payments' ) ) as $search => $found ) {
			$browser->get( "/wp-admin/network/admin.php?page=network-webhooks&s=$search" );
			$this->assertSame( $found, $browser->values( '//tbody//*[contains(@class, "column-name")]/strong' ) );
		}
		foreach ( array( 'edit', 'delete', 'test', 'tests', 'deleted', 'invented' ) as $action ) {
			$browser->get( "/wp-admin/network/admin.php?page=network-webhooks&action=$action&webhook=$webhook->id" );
			$this->assertSame( 403, $browser->status, $action );
		}
		foreach ( array( "deliveries&webhook=$webhook->id", 'overview' ) as $open ) {
			$browser->get( "/wp-admin/network/admin.php?page=network-webhooks-$open" );
			$this->assertSame( 200, $browser->status, $open );
			foreach ( array( 'TokenInThePath', $webhook->secret() ) as $hidden ) {
				$this->assertFalse( str_contains( $browser->page, $hidden ), "$open: $hidden" );
			}
		}
		foreach ( array_diff( $this->doors( $viewer->ID )['pages'], array( 'network-webhooks', 'network-webhooks-overview', 'network-webhooks-deliveries', 'network-webhooks-listen' ) ) as $page ) {
			$browser->get( "/wp-admin/network/admin.php?page=$page" );
			$this->assertSame( 403, $browser->status, $page );
		}
		$browser->get( '/wp-admin/network/' );
		$this->assertSame( 403, $browser->status, 'The rest of Network Admin stays closed.' );
		$this->try_everything( $browser, $webhook, $this->nonce_of( $browser, $viewer ), $this->nonce_of( $browser, $viewer, 'bulk-webhooks' ) );
		Capabilities::set_viewer( $viewer->ID, false );
		$browser->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assertSame( 403, $browser->status );
		$browser->get( '/wp-admin/' );
		$this->assertSame( array(), $browser->values( '//*[@id="wp-admin-bar-network-webhooks"]' ) );
	}

	public function test_viewers_are_chosen_on_their_page_in_network_admin(): void {
		$user  = $this->make_user( 'subscriber' );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$this->submit_user( $admin, $user, array( 'network_webhooks_viewer' => '1' ) );
		$this->assertTrue( $this->may_view( $user ) );
		$entry = History::of( History::NETWORK, 1 )[0];
		$this->assertSame( array( 'viewer_added', 1, $user->user_login ), array( $entry->action, $entry->user_id, $entry->changes['user'][1] ) );
		$admin->get( "/wp-admin/network/user-edit.php?user_id=$user->ID" );
		$this->assertSame( array( 'checked' ), $admin->values( '//input[@name="network_webhooks_viewer"]/@checked' ) );

		// A form that does not know the field, another user's nonce, and the site's own page say nothing.
		foreach ( array( '', 'invented' ) as $nonce ) {
			$this->submit_user( $admin, $user, array( '_network_webhooks_viewer' => $nonce ) );
			$this->assertTrue( $this->may_view( $user ), $nonce );
		}
		$admin->get( "/wp-admin/user-edit.php?user_id=$user->ID" );
		$this->assertSame( array(), $admin->values( '//input[@name="network_webhooks_viewer"]' ) );

		$this->submit_user( $admin, $user, array() );
		$this->assertFalse( $this->may_view( $user ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks-data' );
		$this->assert_sees( "$user->user_login may not see the webhooks any more", $admin );
		$this->assertSame( 'viewer_removed', History::of( History::NETWORK, 1 )[0]->action );
	}

	public function test_who_may_only_edit_users_makes_nobody_a_viewer(): void {
		$user   = $this->make_user( 'subscriber' );
		$editor = $this->make_user( 'administrator' );
		wp_set_current_user( $editor->ID );
		$field                                = new Network_Webhooks\Admin\Viewer_Field();
		$_POST['network_webhooks_viewer']     = '1';
		$_POST['_network_webhooks_viewer']    = wp_create_nonce( "network_webhooks_viewer_$user->ID" );
		$GLOBALS['current_screen']            = WP_Screen::get( 'user-edit-network' );
		try {
			$field->save( $user->ID );
			$this->assertFalse( $this->may_view( $user ) );
			ob_start();
			$field->print( $user );
			$this->assertSame( '', ob_get_clean() );
			wp_set_current_user( 1 );
			$_POST['_network_webhooks_viewer'] = wp_create_nonce( 'network_webhooks_viewer_' . ( $user->ID + 1 ) );
			$field->save( $user->ID );
			$this->assertFalse( $this->may_view( $user ), 'Another user’s field.' );
		} finally {
			unset( $_POST['network_webhooks_viewer'], $_POST['_network_webhooks_viewer'], $GLOBALS['current_screen'] );
		}
	}

	public function test_a_deleted_user_leaves_no_access_to_whoever_gets_the_id(): void {
		$user = $this->make_user();
		Capabilities::set_viewer( $user->ID, true );
		wpmu_delete_user( $user->ID );
		$this->assertFalse( Capabilities::is_viewer( $user->ID ) );
	}

	public function test_a_subscriber_is_kept_out(): void {
		$this->assert_kept_out( $this->make_user( 'subscriber' ) );
	}

	public function test_a_super_admin_without_a_nonce_writes_nothing(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		foreach ( array( '', 'invented' ) as $nonce ) {
			$this->try_everything( $admin, $webhook, $nonce );
		}
	}

	public function test_another_super_admin_s_nonce_is_of_no_use(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$other   = $this->make_user( 'administrator' );
		grant_super_admin( $other->ID );
		try {
			$browser = new Browser( $other->user_login, $other->user_login );
			$nonce   = $browser->nonce();
			$bulk    = $browser->values( '//form[contains(@class, "network-webhooks-list")]//input[@name="_wpnonce"]/@value' )[0];
			$this->assertNotSame( '', $nonce );
			$this->try_everything( new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) ), $webhook, $nonce, $bulk );
		} finally {
			revoke_super_admin( $other->ID );
		}
	}

	public function test_a_link_changes_nothing(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$nonce   = $admin->nonce();
		$admin->get( "/wp-admin/network/edit.php?action=network_webhooks_delete&webhook=$webhook->id&_wpnonce=$nonce" );
		$this->assertSame( 403, $admin->status );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
	}

	private function assert_kept_out( WP_User $user ): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$browser = new Browser( $user->user_login, $user->user_login );
		$doors   = $this->doors( $user->ID );
		$this->assertNotContains( true, $doors['rest'], wp_json_encode( $doors['rest'] ) );
		foreach ( array( ...$doors['pages'], "network-webhooks&action=edit&webhook=$webhook->id", 'network-webhooks&action=deleted' ) as $page ) {
			$browser->get( "/wp-admin/network/admin.php?page=$page" );
			$this->assertSame( 403, $browser->status );
			$this->assertStringNotContainsString( $webhook->secret(), $browser->page );
			$browser->get( "/wp-admin/admin.php?page=$page" );
			$this->assertSame( 403, $browser->status );
		}
		// A nonce that is right for this user and action: only the capability is missing.
		$this->try_everything( $browser, $webhook, $this->nonce_of( $browser, $user ), $this->nonce_of( $browser, $user, 'bulk-webhooks' ) );
	}

	/**
	 * Every way into the plugin.
	 */
	private function doors( int $user_id ): array {
		$doors = json_decode( $this->run_process( __DIR__ . '/processes/doors.php', array( (string) $user_id ) ), true, 512, JSON_THROW_ON_ERROR );
		$this->assertContains( 'network-webhooks-new', $doors['pages'] );
		$this->assertContains( 'network_webhooks_restore', $doors['actions'] );
		$this->assertContains( 'network_webhooks_inbox_make', $doors['actions'] );
		$this->assertArrayHasKey( 'GET /network-webhooks/v1/inbox', $doors['rest'] );
		return $doors;
	}

	/**
	 * Saves a user's page in Network Admin as its form would, with other values of some fields.
	 */
	private function submit_user( Browser $admin, WP_User $user, array $fields ): void {
		$admin->get( "/wp-admin/network/user-edit.php?user_id=$user->ID" );
		$form = array();
		foreach ( array( '_wpnonce', '_network_webhooks_viewer' ) as $name ) {
			$form[ $name ] = $admin->values( "//form[@id='your-profile']//input[@name='$name']/@value" )[0];
		}
		$form += array(
			'action'   => 'update',
			'user_id'  => $user->ID,
			'email'    => $user->user_email,
			'nickname' => $user->nickname,
		);
		$admin->post( "/wp-admin/network/user-edit.php?user_id=$user->ID", $fields + $form );
		$this->assert_sees( 'User updated.', $admin );
	}

	/**
	 * Whether a user may see webhooks now, whatever this process read before.
	 */
	private function may_view( WP_User $user ): bool {
		wp_cache_delete( '1:' . Settings::VIEWERS, 'site-options' );
		wp_cache_delete( '1:notoptions', 'site-options' );
		return user_can( $user->ID, Capabilities::VIEW );
	}

	/**
	 * The nonce that WordPress would give to a logged-in browser.
	 */
	private function nonce_of( Browser $browser, WP_User $user, string $action = 'network_webhooks_write' ): string {
		$cookie = $browser->cookie( LOGGED_IN_COOKIE );
		$this->assertNotSame( '', $cookie );
		$_COOKIE[ LOGGED_IN_COOKIE ] = $cookie;
		wp_set_current_user( $user->ID );
		$nonce = wp_create_nonce( $action );
		wp_set_current_user( 0 );
		unset( $_COOKIE[ LOGGED_IN_COOKIE ] );
		return $nonce;
	}

	private function try_everything( Browser $browser, Webhook $webhook, string $nonce, string $bulk_nonce = '' ): void {
		$deliveries = count( webhooks_deliveries( array( 'webhook_id' => $webhook->id ) )['deliveries'] );
		$deleted    = $this->plugin()->webhooks()->deleted();
		$settings   = Settings::read( Settings::REVISION, Settings::INSTALLATION, Settings::HELD, Settings::VIEWERS, Settings::REMOVE_DATA, Settings::INBOX, Settings::CUSTOM_EVENTS );
		$history    = $this->history();
		$fields     = array(
			'_wpnonce'    => $nonce,
			'webhook'     => $webhook->id,
			'name'        => 'Changed',
			'url'         => 'https://attacker.example/',
			'event'       => 'account_created',
			'remove_data' => '1',
		);
		$doors      = $this->doors( 0 );
		foreach ( $doors['actions'] as $action ) {
			$browser->post( "/wp-admin/network/edit.php?action=$action", $fields );
			$this->assertSame( 403, $browser->status, $action );
		}
		$browser->post( '/wp-admin/network/edit.php?action=network_webhooks_save', array( 'webhook' => '' ) + $fields );
		$this->assertSame( 403, $browser->status );
		foreach ( $doors['ajax'] as $action ) {
			$browser->post( '/wp-admin/admin-ajax.php', array( 'action' => $action ) + $fields );
			$this->assertSame( 403, $browser->status, $action );
		}
		foreach ( array( 'pause', 'resume', 'test', 'delete' ) as $action ) {
			$bulk = array(
				'network_webhooks_bulk' => '1',
				'_wpnonce'              => $bulk_nonce,
				'action'                => $action,
				'webhooks'              => array( $webhook->id ),
			);
			$browser->post( '/wp-admin/network/admin.php?page=network-webhooks', $bulk );
			$this->assertSame( 403, $browser->status, "bulk: $action" );
		}
		$this->assertEquals( array( $webhook ), $this->plugin()->webhooks()->all() );
		$this->assertEquals( $deleted, $this->plugin()->webhooks()->deleted() );
		$this->assertCount( $deliveries, webhooks_deliveries( array( 'webhook_id' => $webhook->id ) )['deliveries'] );
		$this->assertSame( $settings, Settings::read( Settings::REVISION, Settings::INSTALLATION, Settings::HELD, Settings::VIEWERS, Settings::REMOVE_DATA, Settings::INBOX, Settings::CUSTOM_EVENTS ) );
		$this->assertSame( $history, $this->history() );
	}

	private function history(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Network_Webhooks\Schema::history() );
	}
}
