<?php
/**
 * Sites: made, changed and deleted, each once.
 */

final class Sites_Test extends Network_Test_Case {

	private const ALL = array( 'site_*', 'new_domain_mapping', 'user_added_to_site', 'user_removed_from_site', 'role_changed' );

	public function test_a_new_site_is_one_event_with_its_first_administrator(): void {
		$webhook = $this->subscribe( ...self::ALL );
		$site    = $this->make_site();
		$event   = $this->only( $webhook );
		$this->assertSame( array( 'site_created', $site ), array( $event['type'], $event['site']['id'] ) );
		$this->assertSame( array( $site, 'A site', 1 ), array( $event['data']['site_id'], $event['data']['site_name'], $event['data']['admin']['user_id'] ) );
		$this->assertSame( get_blog_option( $site, 'home' ), $event['data']['site_url'] );
	}

	public function test_status_hooks_of_a_new_row_are_part_of_the_site(): void {
		$webhook = $this->subscribe( ...self::ALL );
		$id      = wp_insert_site(
			array(
				'domain'   => get_network()->domain,
				'path'     => '/archived' . bin2hex( random_bytes( 4 ) ) . '/',
				'user_id'  => 1,
				'archived' => 1,
				'spam'     => 1,
				'public'   => 0,
			)
		);
		$this->will_delete_site( $id );
		$this->assertSame( array( 'site_created', false ), array( $this->only( $webhook )['type'], $this->only( $webhook )['data']['public'] ) );
	}

	public function test_deleting_a_site_counts_its_members(): void {
		$site = $this->make_site();
		$this->make_user( 'editor', $site );
		$this->make_user( 'author', $site );
		$webhook = $this->subscribe( ...self::ALL );
		$url     = get_blog_option( $site, 'home' );
		wp_delete_site( $site );
		$event = $this->only( $webhook );
		$this->assertSame( array( 'site_deleted', $site, $url ), array( $event['type'], $event['site']['id'], $event['site']['url'] ) );
		$this->assertSame( array( 3, 'A site' ), array( $event['data']['members'], $event['data']['site_name'] ) );
	}

	public function test_marking_a_site_as_deleted_is_one_event(): void {
		$site = $this->make_site();
		$this->make_user( 'editor', $site );
		$webhook = $this->subscribe( ...self::ALL );
		wpmu_delete_blog( $site );
		$this->assertSame( 'site_deactivated', $this->only( $webhook )['type'] );
	}

	/**
	 * @dataProvider flags
	 */
	public function test_a_flag_is_one_event( string $field, int $value, string $event ): void {
		$site = $this->make_site();
		update_blog_status( $site, $field, 1 - $value );
		$webhook = $this->subscribe( ...self::ALL );
		update_blog_status( $site, $field, $value );
		update_blog_status( $site, $field, $value );
		$got = $this->only( $webhook );
		$this->assertSame( array( $event, $site ), array( $got['type'], $got['site']['id'] ) );
	}

	public static function flags(): array {
		return array(
			array( 'archived', 1, 'site_archived' ),
			array( 'archived', 0, 'site_unarchived' ),
			array( 'spam', 1, 'site_spammed' ),
			array( 'spam', 0, 'site_unspammed' ),
			array( 'deleted', 1, 'site_deactivated' ),
			array( 'deleted', 0, 'site_reactivated' ),
			array( 'public', 1, 'site_made_public' ),
			array( 'public', 0, 'site_made_hidden' ),
		);
	}

	public function test_saving_a_post_updates_last_updated_and_is_no_update_of_the_site(): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( ...self::ALL );
		$before  = did_action( 'wp_update_site' );
		switch_to_blog( $site );
		wp_insert_post(
			array(
				'post_title'  => 'Hello',
				'post_status' => 'publish',
			)
		);
		restore_current_blog();
		$this->assertGreaterThan( $before, did_action( 'wp_update_site' ) );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public function test_a_title_and_a_path_are_updates(): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( ...self::ALL );
		update_blog_option( $site, 'blogname', 'Another' );
		update_blog_option( $site, 'blogname', 'Another' );
		$path = '/moved' . bin2hex( random_bytes( 4 ) ) . '/';
		wp_update_site( $site, array( 'path' => $path ) );
		$events = $this->events_of( $webhook );
		$this->assertSame( array( array( 'title' ), array( 'path' ) ), array_column( array_column( $events, 'data' ), 'changed' ) );
		$this->assertSame( array( 'Another', $path ), array( $events[0]['data']['site_name'], $events[1]['data']['path'] ) );
		$this->assertSame( array( $site, $site ), array_column( array_column( $events, 'site' ), 'id' ) );
	}

	public function test_a_domain_of_its_own_is_a_mapping_and_no_update(): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( ...self::ALL );
		wp_update_site(
			$site,
			array(
				'domain' => 'photography.example',
				'path'   => '/',
			)
		);
		$event = $this->only( $webhook );
		$this->assertSame( array( 'new_domain_mapping', $site, 'photography.example' ), array( $event['type'], $event['data']['user_site_id'], $event['data']['mapped_domain'] ) );
	}
}
