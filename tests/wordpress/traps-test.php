<?php
/**
 * What WordPress's hooks do against expectation, where no other test is about it.
 */

final class Traps_Test extends Network_Test_Case {

	/** More members than a process may hold events. */
	private const MANY = 5000;

	public function test_wp_insert_site_has_a_row_and_no_tables_so_a_site_is_told_when_it_has_them(): void {
		$webhook = $this->subscribe( '*' );
		$seen    = null;
		$listen  = static function ( WP_Site $site ) use ( &$seen ) {
			global $wpdb;
			$seen = $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->get_blog_prefix( $site->id ) . 'options' ) );
		};
		add_action( 'wp_insert_site', $listen );
		$site = $this->make_site();
		remove_action( 'wp_insert_site', $listen );
		$this->assertNull( $seen );
		$event = $this->only( $webhook );
		$this->assertSame( array( 'site_created', 'A site', get_blog_option( $site, 'home' ) ), array( $event['type'], $event['data']['site_name'], $event['data']['site_url'] ) );
	}

	public function test_wpmu_new_blog_and_delete_blog_are_deprecated_and_fire_in_addition(): void {
		$fired  = array();
		$listen = static function () use ( &$fired ) {
			$fired[] = current_action();
		};
		$quiet  = static fn() => false;
		add_filter( 'deprecated_hook_trigger_error', $quiet );
		add_action( 'wpmu_new_blog', $listen );
		add_action( 'delete_blog', $listen );
		$webhook = $this->subscribe( '*' );
		wp_delete_site( $this->make_site() );
		remove_action( 'wpmu_new_blog', $listen );
		remove_action( 'delete_blog', $listen );
		remove_filter( 'deprecated_hook_trigger_error', $quiet );
		$this->assertSame( array( 'wpmu_new_blog', 'delete_blog' ), $fired );
		$this->assertSame( array( 'site_created', 'site_deleted' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	public function test_wp_uninitialize_site_fires_remove_user_from_blog_for_every_one_of_5000_members(): void {
		global $wpdb;
		$site  = $this->make_site();
		$other = $this->make_user( 'editor', $site );
		$table = $wpdb->get_blog_prefix( $site ) . 'capabilities';
		$first = 1 + (int) $wpdb->get_var( "SELECT MAX( ID ) FROM $wpdb->users" );
		$last  = $first + self::MANY - 1;
		$wpdb->query( "INSERT INTO $wpdb->users ( ID, user_login, user_nicename, user_email, user_registered ) SELECT seq, CONCAT( 'many', seq ), CONCAT( 'many', seq ), CONCAT( 'many', seq, '@network.example' ), UTC_TIMESTAMP() FROM seq_{$first}_to_{$last}" );
		$wpdb->query( $wpdb->prepare( "INSERT INTO $wpdb->usermeta ( user_id, meta_key, meta_value ) SELECT seq, %s, %s FROM seq_{$first}_to_{$last}", $table, serialize( array( 'subscriber' => true ) ) ) );
		try {
			$this->assertCount( self::MANY + 2, get_users( array( 'blog_id' => $site, 'fields' => 'ID' ) ) );
			$webhook = $this->subscribe( '*' );
			$before  = did_action( 'remove_user_from_blog' );
			wp_delete_site( $site );
			$this->assertSame( self::MANY + 2, did_action( 'remove_user_from_blog' ) - $before );
			$event = $this->only( $webhook );
			$this->assertSame( array( 'site_deleted', self::MANY + 2, $site ), array( $event['type'], $event['data']['members'], $event['site']['id'] ) );
			$this->assertNotFalse( get_userdata( $other->ID ) );
		} finally {
			$wpdb->query( "DELETE FROM $wpdb->usermeta WHERE user_id BETWEEN $first AND $last" );
			$wpdb->query( "DELETE FROM $wpdb->users WHERE ID BETWEEN $first AND $last" );
			wp_cache_flush();
		}
	}

	public function test_add_user_to_blog_fires_inside_its_own_switch(): void {
		$site    = $this->make_site();
		$user    = $this->make_user();
		$inside  = 0;
		$listen  = static function () use ( &$inside ) {
			$inside = get_current_blog_id();
		};
		$webhook = $this->subscribe( '*' );
		add_action( 'add_user_to_blog', $listen );
		add_user_to_blog( $site, $user->ID, 'editor' );
		remove_action( 'add_user_to_blog', $listen );
		$this->assertSame( array( $site, 1 ), array( $inside, get_current_blog_id() ) );
		$event = $this->only( $webhook );
		$this->assertSame( array( $site, get_blog_option( $site, 'home' ) ), array_values( $event['site'] ) );
	}

	public function test_network_admin_deletes_some_and_only_removes_others_in_one_request(): void {
		$site    = $this->make_site();
		$goes    = $this->make_user( 'editor', $site );
		$stays   = $this->make_user( 'editor', $site );
		$webhook = $this->subscribe( '*' );
		remove_user_from_blog( $stays->ID, $site );
		remove_user_from_blog( $goes->ID, $site, 1 );
		wpmu_delete_user( $goes->ID );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$told = array();
		foreach ( $events as $event ) {
			$told[ $event['type'] ] = array( $event['data']['user_id'], $event['data']['sites'] ?? $event['data']['site_id'] );
		}
		$this->assertEquals(
			array(
				'account_deleted'        => array( $goes->ID, array( 1, $site ) ),
				'user_removed_from_site' => array( $stays->ID, $site ),
			),
			$told
		);
	}

	public function test_wp_publish_post_leaves_the_times_of_a_draft_open(): void {
		$id      = wp_insert_post(
			array(
				'post_title'  => 'Light and Shadow',
				'post_status' => 'draft',
			)
		);
		$webhook = $this->subscribe( '*' );
		wp_publish_post( $id );
		$this->assertStringStartsWith( '0000', get_post( $id )->post_date_gmt );
		$data = $this->only( $webhook )['data'];
		$this->assertEqualsWithDelta( time(), strtotime( $data['published_at'] ), 60 );
		$this->assertEqualsWithDelta( time(), strtotime( $data['modified_at'] ), 60 );
		wp_delete_post( $id, true );
	}

	public function test_the_rest_api_updates_a_user_that_it_just_made_and_gives_the_role_after_the_membership(): void {
		wp_set_current_user( 1 );
		$webhook = $this->subscribe( '*' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$request = new WP_REST_Request( 'POST', '/wp/v2/users' );
		$request->set_body_params(
			array(
				'username'   => $login,
				'email'      => "$login@network.example",
				'password'   => 'canary-password',
				'roles'      => array( 'editor' ),
				// Saved after the account was made, by an update.
				'first_name' => 'Jane',
			)
		);
		$answer = rest_do_request( $request );
		$this->assertSame( 201, $answer->get_status(), wp_json_encode( $answer->get_data() ) );
		$id = $answer->get_data()['id'];
		$this->will_delete_user( $id );
		$request = new WP_REST_Request( 'POST', "/wp/v2/users/$id" );
		$request->set_body_params( array( 'roles' => array( 'author' ) ) );
		$this->plugin()->request_end_events()->send();
		$this->assertSame( 200, rest_do_request( $request )->get_status() );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$types = array_count_values( array_column( $events, 'type' ) );
		ksort( $types );
		$this->assertSame(
			array(
				'account_created'    => 1,
				'role_changed'       => 1,
				'user_added_to_site' => 1,
			),
			$types
		);
		$this->assertSame( array( $id ), array_values( array_unique( array_column( array_column( $events, 'data' ), 'user_id' ) ) ) );
		$data = array_column( $events, 'data', 'type' );
		$this->assertSame( 'Jane', $data['account_created']['user_firstname'] );
		$this->assertSame( array( 'editor' ), $data['user_added_to_site']['roles'] );
		$this->assertSame( array( array( 'author' ), array( 'editor' ) ), array( $data['role_changed']['roles'], $data['role_changed']['old_roles'] ) );
		$this->assertStringNotContainsString( 'canary', wp_json_encode( $events ) );
	}

	public function test_the_rest_api_makes_a_comment_without_comment_post(): void {
		wp_set_current_user( 1 );
		$post    = wp_insert_post( array( 'post_title' => 'A post', 'post_status' => 'publish', 'comment_status' => 'open' ) );
		$webhook = $this->subscribe( 'comment_*' );
		$before  = did_action( 'comment_post' );
		$request = new WP_REST_Request( 'POST', '/wp/v2/comments' );
		$request->set_body_params( array( 'post' => $post, 'content' => 'By REST' ) );
		$answer = rest_do_request( $request );
		$this->assertSame( 201, $answer->get_status(), wp_json_encode( $answer->get_data() ) );
		$this->assertSame( $before, did_action( 'comment_post' ) );
		$event = $this->only( $webhook );
		$this->assertSame( array( 'comment_created', $answer->get_data()['id'] ), array( $event['type'], $event['data']['comment_id'] ) );
		wp_delete_post( $post, true );
	}

	public function test_xml_rpc_tells_each_thing_once(): void {
		$password = 'canary-password';
		$site     = $this->make_site();
		$user     = $this->make_user( 'administrator', $site );
		wp_set_password( $password, $user->ID );
		$webhook = $this->subscribe( '*' );
		$post    = (int) $this->xml_rpc( $site, 'wp.newPost', 1, $user->user_login, $password, array( 'post_title' => 'By XML-RPC', 'post_status' => 'publish', 'comment_status' => 'open' ) );
		$comment = (int) $this->xml_rpc( $site, 'wp.newComment', 1, $user->user_login, $password, $post, array( 'content' => 'By XML-RPC' ) );
		$this->assertTrue( $this->xml_rpc( $site, 'wp.editPost', 1, $user->user_login, $password, $post, array( 'post_title' => 'Another' ) ) );
		$this->assertTrue( $this->xml_rpc( $site, 'wp.editProfile', 1, $user->user_login, $password, array( 'first_name' => 'Joan' ) ) );
		$this->assertTrue( $this->xml_rpc( $site, 'wp.deletePost', 1, $user->user_login, $password, $post ) );
		$this->assertStringContainsString( '403', $this->xml_rpc( $site, 'wp.getPosts', 1, $user->user_login, "$password-wrong" ) );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'post_published', 'comment_created', 'post_updated', 'profile_updated', 'post_trashed', 'login_failed' ), array_column( $events, 'type' ) );
		$this->assertSame( array( $post, $comment ), array( $events[0]['data']['post_id'], $events[1]['data']['comment_id'] ) );
		foreach ( $events as $event ) {
			$this->assertSame( 'profile_updated' === $event['type'] ? 1 : $site, $event['site']['id'], $event['type'] );
		}
		$this->assertStringNotContainsString( 'canary', wp_json_encode( $events ) );
	}

	/**
	 * Calls a method of a site in a request of its own; gives a fault as its text.
	 */
	private function xml_rpc( int $site, string $method, mixed ...$arguments ): mixed {
		require_once ABSPATH . WPINC . '/class-IXR.php';
		$request = new IXR_Request( $method, $arguments );
		$curl    = curl_init( get_blog_option( $site, 'home' ) . '/xmlrpc.php' );
		curl_setopt_array(
			$curl,
			array(
				CURLOPT_POSTFIELDS     => $request->getXml(),
				CURLOPT_HTTPHEADER     => array( 'Content-Type: text/xml' ),
				CURLOPT_RETURNTRANSFER => true,
				CURLOPT_TIMEOUT        => 60,
			)
		);
		$answer  = (string) curl_exec( $curl );
		$message = new IXR_Message( $answer );
		$this->assertTrue( $message->parse(), curl_error( $curl ) . $answer );
		return 'fault' === $message->messageType ? "{$message->faultCode} {$message->faultString}" : $message->params[0];
	}
}
