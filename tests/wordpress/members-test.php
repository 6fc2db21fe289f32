<?php
/**
 * Members of sites, and accounts that go: each change once, and what follows from something larger
 * only there.
 */

final class Members_Test extends Network_Test_Case {

	public function test_a_new_member_is_one_event_and_no_role_change(): void {
		$webhook = $this->subscribe( 'user_added_to_site', 'role_changed' );
		$user    = $this->make_user();
		$site    = $this->make_site();
		add_user_to_blog( $site, $user->ID, 'editor' );
		$event = $this->only( $webhook );
		$this->assertSame( array( 'user_added_to_site', $site ), array( $event['type'], $event['site']['id'] ) );
		$this->assertSame( array( $user->ID, $site, array( 'editor' ) ), array( $event['data']['user_id'], $event['data']['site_id'], $event['data']['roles'] ) );
	}

	public function test_add_user_to_blog_fires_also_on_a_role_re_add(): void {
		$user    = $this->make_user( 'editor' );
		$webhook = $this->subscribe( 'user_added_to_site', 'role_changed' );
		add_user_to_blog( 1, $user->ID, 'editor' );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		add_user_to_blog( 1, $user->ID, 'author' );
		$this->assertSame( 'role_changed', $this->only( $webhook )['type'] );
	}

	public function test_a_role_is_changed_only_where_there_was_one(): void {
		$user    = $this->make_user( 'editor' );
		$webhook = $this->subscribe( 'role_changed' );
		$other   = $this->make_user( 'subscriber' );
		$user->set_role( 'author' );
		$event = $this->only( $webhook );
		$this->assertSame( array( array( 'author' ), array( 'editor' ) ), array( $event['data']['roles'], $event['data']['old_roles'] ) );
		$this->assertNotSame( $other->ID, $event['data']['user_id'] );
	}

	public function test_secondary_roles_are_changes_and_what_is_taken_back_is_none(): void {
		$user    = $this->make_user( 'editor' );
		$webhook = $this->subscribe( 'role_changed' );
		$user->add_role( 'author' );
		$user->remove_role( 'author' );
		$user->set_role( 'subscriber' );
		$user->set_role( 'editor' );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$user->add_role( 'author' );
		$user->add_role( 'contributor' );
		$event = $this->only( $webhook );
		$this->assertSame( array( array( 'editor', 'author', 'contributor' ), array( 'editor' ) ), array( $event['data']['roles'], $event['data']['old_roles'] ) );
	}

	public function test_the_phantom_role_of_a_new_network_user_is_no_event(): void {
		$webhook = $this->subscribe( 'role_changed', 'user_added_to_site', 'user_removed_from_site' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$this->will_delete_user( wpmu_create_user( $login, 'a secret', "$login@network.example" ) );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public function test_delete_user_on_multisite_is_only_a_removal_from_one_site(): void {
		$site    = $this->make_site();
		$user    = $this->make_user( 'editor', $site );
		$webhook = $this->subscribe( 'account_deleted', 'user_removed_from_site' );
		switch_to_blog( $site );
		wp_delete_user( $user->ID );
		restore_current_blog();
		$event = $this->only( $webhook );
		$this->assertSame( array( 'user_removed_from_site', $site, array( 'editor' ) ), array( $event['type'], $event['site']['id'], $event['data']['roles'] ) );
		$this->assertSame( $site, $event['data']['site_id'] );
	}

	public function test_somebody_who_is_no_member_is_not_removed(): void {
		$site    = $this->make_site();
		$user    = $this->make_user();
		$webhook = $this->subscribe( 'user_removed_from_site' );
		remove_user_from_blog( $user->ID, $site );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public function test_a_network_delete_lists_its_sites(): void {
		$site    = $this->make_site();
		$user    = $this->make_user( 'editor', $site );
		add_user_to_blog( 1, $user->ID, 'author' );
		$webhook = $this->subscribe( 'account_deleted', 'user_removed_from_site', 'role_changed' );
		wpmu_delete_user( $user->ID );
		$this->assert_deleted_from( $webhook, $user, array( 1, $site ) );
	}

	public function test_network_admin_removes_from_the_sites_before_it_deletes(): void {
		$site    = $this->make_site();
		$user    = $this->make_user( 'editor', $site );
		add_user_to_blog( 1, $user->ID, 'author' );
		$webhook = $this->subscribe( 'account_deleted', 'user_removed_from_site', 'role_changed' );
		// As wp-admin/network/users.php does.
		remove_user_from_blog( $user->ID, $site, 1 );
		remove_user_from_blog( $user->ID, 1, 1 );
		wpmu_delete_user( $user->ID );
		$this->assert_deleted_from( $webhook, $user, array( 1, $site ) );
	}

	private function assert_deleted_from( Network_Webhooks\Webhook $webhook, WP_User $user, array $sites ): void {
		$event = $this->only( $webhook );
		$this->assertSame( array( 'account_deleted', 'network' ), array( $event['type'], $event['scope'] ) );
		$this->assertSame( $sites, $event['data']['sites'] );
		$this->assertSame( array( $user->ID, $user->user_login, $user->user_email, 'Jane' ), array( $event['data']['user_id'], $event['data']['user_name'], $event['data']['user_email'], $event['data']['user_firstname'] ) );
	}
}
