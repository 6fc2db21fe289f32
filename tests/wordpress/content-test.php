<?php
/**
 * Posts, comments, plugins and themes.
 */

final class Content_Test extends Network_Test_Case {

	public function test_published_is_the_change_into_publish_and_a_save_without_change_is_nothing(): void {
		$webhook = $this->subscribe( 'post_*' );
		$id      = $this->make_post( 'draft' );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		wp_update_post(
			array(
				'ID'          => $id,
				'post_status' => 'publish',
			)
		);
		wp_update_post( array( 'ID' => $id ) );
		$event = $this->only( $webhook );
		$this->assertSame( array( 'post_published', $id, 'post' ), array( $event['type'], $event['data']['post_id'], $event['data']['post_type'] ) );
		wp_delete_post( $id, true );
	}

	public function test_an_update_says_what_changed_terms_too(): void {
		$id      = $this->make_post( 'publish' );
		$webhook = $this->subscribe( 'post_*' );
		wp_update_post(
			array(
				'ID'         => $id,
				'post_title' => 'Another title',
				'tags_input' => array( 'light' ),
			)
		);
		$this->assertSame( array( 'post_title', 'post_tag' ), $this->only( $webhook )['data']['changed'] );
		wp_delete_post( $id, true );
	}

	public function test_trash_and_deletion(): void {
		$id       = $this->make_post( 'publish' );
		$revision = wp_save_post_revision( $id );
		$webhook  = $this->subscribe( 'post_*' );
		wp_trash_post( $id );
		wp_delete_post( $id, true );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'post_trashed', 'post_deleted' ), array_column( $events, 'type' ) );
	}

	public function test_the_rest_api_publishes_once(): void {
		wp_set_current_user( 1 );
		$webhook = $this->subscribe( 'post_*', 'comment_*' );
		$request = new WP_REST_Request( 'POST', '/wp/v2/posts' );
		$request->set_body_params(
			array(
				'title'  => 'By REST',
				'status' => 'publish',
			)
		);
		$id      = rest_do_request( $request )->get_data()['id'];
		$request = new WP_REST_Request( 'POST', '/wp/v2/comments' );
		$request->set_body_params(
			array(
				'post'    => $id,
				'content' => 'By REST',
			)
		);
		$before = did_action( 'comment_post' );
		$this->assertSame( 201, rest_do_request( $request )->get_status() );
		$this->assertSame( $before, did_action( 'comment_post' ) );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'post_published', 'comment_created' ), array_column( $events, 'type' ) );
		wp_delete_post( $id, true );
	}

	public function test_notes_of_other_plugins_are_no_comments(): void {
		$post    = $this->make_post( 'publish' );
		$webhook = $this->subscribe( 'comment_*' );
		foreach ( array( 'order_note', 'note' ) as $type ) {
			wp_insert_comment(
				array(
					'comment_post_ID' => $post,
					'comment_content' => 'A note',
					'comment_type'    => $type,
				)
			);
		}
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$id = wp_insert_comment(
			array(
				'comment_post_ID'  => $post,
				'comment_content'  => 'Beautiful',
				'comment_approved' => 0,
			)
		);
		wp_set_comment_status( $id, 'approve' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'comment_created', 'comment_approved' ), array_column( $events, 'type' ) );
		$this->assertSame( array( 'pending', 'approved' ), array_column( array_column( $events, 'data' ), 'status' ) );
		wp_delete_post( $post, true );
	}

	public function test_plugins_and_themes(): void {
		$file = WP_PLUGIN_DIR . '/canary.php';
		file_put_contents( $file, "<?php\n/* Plugin Name: Canary\n * Version: 3.2.1 */\n" );
		wp_clean_plugins_cache();
		$webhook = $this->subscribe( 'plugin_*', 'theme_*' );
		try {
			$this->assertNull( activate_plugin( 'canary.php' ) );
			deactivate_plugins( 'canary.php', true );
			$this->assertNull( activate_plugin( 'canary.php', '', true ) );
			deactivate_plugins( 'canary.php' );
		} finally {
			unlink( $file );
		}
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		// A silent deactivation fires no hook.
		$this->assertSame( array( 'plugin_activated', 'plugin_activated', 'plugin_deactivated' ), array_column( $events, 'type' ) );
		$this->assertSame( array( false, true, true ), array_column( array_column( $events, 'data' ), 'network_wide' ) );
		$this->assertSame( '3.2.1', $events[0]['data']['version'] );
	}

	public function test_a_bulk_update_names_plugins_and_a_single_one_plugin(): void {
		$webhook = $this->subscribe( 'plugin_updated', 'theme_updated' );
		$extra   = array(
			'action' => 'update',
			'type'   => 'plugin',
		);
		$this->fire( 'upgrader_process_complete', new stdClass(), array( 'action' => 'install' ) + $extra );
		$this->fire( 'upgrader_process_complete', new stdClass(), $extra + array( 'plugins' => array( 'network-webhooks/network-webhooks.php', 'b/b.php' ) ) );
		$this->fire( 'upgrader_process_complete', new stdClass(), $extra + array( 'plugin' => 'c/c.php' ) );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'network-webhooks/network-webhooks.php', 'b/b.php', 'c/c.php' ), array_column( array_column( $events, 'data' ), 'plugin' ) );
		$this->assertSame( NETWORK_WEBHOOKS_VERSION, $events[0]['data']['version'] );
	}

	public function test_a_theme_is_switched_and_wordpress_updated(): void {
		$webhook = $this->subscribe( 'theme_switched', 'core_updated' );
		$theme   = wp_get_theme();
		$this->fire( 'switch_theme', $theme->get( 'Name' ), $theme, wp_get_theme( 'gone' ) );
		$this->fire( '_core_updated_successfully', '99.1' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'theme_switched', 'core_updated' ), array_column( $events, 'type' ) );
		$this->assertSame( array( 'gone', '99.1' ), array( $events[0]['data']['old_theme'], $events[1]['data']['version'] ) );
	}

	public function test_nobody_subscribes_then_an_event_costs_no_query(): void {
		$this->subscribe( 'another_event' );
		$post    = get_post( $this->make_post( 'publish' ) );
		$user    = get_userdata( 1 );
		$comment = new WP_Comment( (object) array( 'comment_approved' => '1' ) );
		global $wpdb;
		$before = $wpdb->num_queries;
		foreach ( array( 'wp_after_insert_post' => array( $post->ID, $post, false, null ), 'wp_login' => array( 'admin', $user ), 'wp_insert_comment' => array( 1, $comment ), 'set_user_role' => array( 1, 'editor', array( 'author' ) ), 'remove_user_from_blog' => array( 1, 1 ) ) as $hook => $arguments ) {
			$this->fire( $hook, ...$arguments );
		}
		$this->assertSame( $before, $wpdb->num_queries );
		wp_delete_post( $post->ID, true );
	}

	private function make_post( string $status ): int {
		return wp_insert_post(
			array(
				'post_title'  => 'Light and Shadow',
				'post_status' => $status,
			)
		);
	}
}
