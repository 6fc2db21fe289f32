<?php
/**
 * Finding sites by id, address and name, and the routes of the form.
 */

use Network_Webhooks\Site_Directory;
use Network_Webhooks\Webhook;

final class Sites_Search_Test extends Network_Test_Case {

	private Site_Directory $directory;

	protected function setUp(): void {
		parent::setUp();
		$this->directory = new Site_Directory();
		$this->directory->forget_names();
	}

	public function test_by_id_address_path_and_name(): void {
		$site = $this->make_site();
		update_blog_option( $site, 'blogname', 'Bäckerei & Söhne 100%' );
		$at = get_site( $site );
		foreach ( array( (string) $site, trim( $at->path, '/' ), $at->domain . $at->path, "http://$at->domain$at->path", 'bäckerei', '& söhne', '100%' ) as $text ) {
			$found = array_column( $this->directory->search( $text )['sites'], 'name', 'id' );
			$this->assertSame( 'Bäckerei & Söhne 100%', $found[ $site ] ?? null, $text );
		}
		$this->assertSame( array(), $this->directory->search( 'no such site _' )['sites'] );
		// Wildcards and quotes of SQL are but characters.
		foreach ( array( '%', '_', "'", '"', '\\', "' OR 1=1 -- " ) as $text ) {
			$expected = '%' === $text ? array( $site ) : array();
			$this->assertSame( $expected, array_column( $this->directory->search( $text )['sites'], 'id' ), $text );
		}
	}

	public function test_a_new_name_is_found_at_once(): void {
		$site = $this->make_site();
		$this->assertSame( array(), $this->directory->search( 'Renamed' )['sites'] );
		update_blog_option( $site, 'blogname', 'Renamed' );
		$this->assertSame( array( $site ), array_column( $this->directory->search( 'renam' )['sites'], 'id' ) );
	}

	public function test_twenty_at_a_time_in_a_handful_of_queries(): void {
		global $wpdb;
		for ( $number = 0; $number < 22; $number++ ) {
			$this->make_site();
		}
		$this->directory->search( 'A site' );
		$queries  = $wpdb->num_queries;
		$switches = 0;
		$count    = static function () use ( &$switches ): void {
			++$switches;
		};
		add_action( 'switch_blog', $count );
		$first  = $this->directory->search( 'A site' );
		$second = $this->directory->search( 'A site', 2 );
		remove_action( 'switch_blog', $count );
		$this->assertSame( array( 20, true ), array( count( $first['sites'] ), $first['more'] ) );
		$this->assertSame( array( 2, false ), array( count( $second['sites'] ), $second['more'] ) );
		$this->assertSame( 0, $switches );
		$this->assertLessThanOrEqual( 14, $wpdb->num_queries - $queries );
	}

	public function test_a_site_without_tables_is_no_error(): void {
		global $wpdb;
		$site = $this->make_site();
		$wpdb->query( 'DROP TABLE ' . $wpdb->get_blog_prefix( $site ) . 'options' );
		$found = array_column( $this->directory->search( (string) $site )['sites'], 'name', 'id' );
		$this->assertSame( '', $found[ $site ] );
		$this->assertSame( '', $wpdb->last_error );
		$wpdb->query( 'CREATE TABLE ' . $wpdb->get_blog_prefix( $site ) . 'options LIKE ' . $wpdb->get_blog_prefix( 1 ) . 'options' );
	}

	public function test_routes_are_for_those_who_manage_and_on_the_main_site_alone(): void {
		$site   = $this->make_site();
		$routes = array(
			array( 'GET', '/network-webhooks/v1/sites' ),
			array( 'POST', '/network-webhooks/v1/preview' ),
			array( 'POST', '/network-webhooks/v1/test' ),
			array( 'GET', '/network-webhooks/v1/test/evt_1' ),
		);
		$admin  = $this->make_user( 'administrator' );
		get_role( 'administrator' )->add_cap( Network_Webhooks\Capabilities::MANAGE );
		$admin->add_cap( Network_Webhooks\Capabilities::MANAGE );
		foreach ( array( 0, $this->make_user( 'subscriber' )->ID, $admin->ID ) as $user ) {
			wp_set_current_user( $user );
			foreach ( $routes as list( $method, $route ) ) {
				$this->assertSame( $user ? 403 : 401, $this->asked( $method, $route )->get_status(), "$user $route" );
			}
		}
		get_role( 'administrator' )->remove_cap( Network_Webhooks\Capabilities::MANAGE );
		wp_set_current_user( 1 );
		$this->assertSame( 200, $this->asked( 'GET', '/network-webhooks/v1/sites' )->get_status() );
		switch_to_blog( $site );
		$GLOBALS['wp_rest_server'] = null;
		foreach ( $routes as list( $method, $route ) ) {
			$this->assertSame( 404, $this->asked( $method, $route )->get_status(), $route );
		}
		restore_current_blog();
		$GLOBALS['wp_rest_server'] = null;
	}

	public function test_a_cookie_alone_does_not_open_the_routes(): void {
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		foreach ( array( '', '&_wpnonce=invented' ) as $nonce ) {
			$admin->post( "/index.php?rest_route=/network-webhooks/v1/test$nonce", array( 'name' => 'A', 'url' => 'http://127.0.0.1:1/', 'events' => array( 'payment_received' ) ) );
			$this->assertContains( $admin->status, array( 401, 403 ) );
		}
	}

	public function test_a_stored_webhook_and_a_form_are_tested_and_asked_for(): void {
		wp_set_current_user( 1 );
		$endpoint = new Endpoint();
		try {
			$webhook = $this->store( Webhook::create( 'A', "$endpoint->url/200", 'payment_received' ) );
			$forms   = array(
				array( 'webhook' => $webhook->id ),
				array( 'webhook' => '', 'name' => 'B', 'url' => "$endpoint->url/200", 'events' => array( 'payment_received' ) ),
			);
			foreach ( $forms as $form ) {
				$sent     = $this->asked( 'POST', '/network-webhooks/v1/test', $form )->get_data();
				$deadline = microtime( true ) + self::DEADLINE;
				do {
					$result = (array) $this->asked( 'GET', "/network-webhooks/v1/test/{$sent['event']}" )->get_data();
				} while ( empty( $result['html'] ) && microtime( true ) < $deadline );
				$this->assertStringContainsString( 'the endpoint answered 200', $result['html'] );
			}
			$wrong = $this->asked( 'POST', '/network-webhooks/v1/test', array( 'timeout' => '61' ) + $forms[1] )->get_data();
			$this->assertStringContainsString( '1 to 60', $wrong['errors']->timeout );
			$this->assertSame( array(), Network_Webhooks\Drafts::to_config() );
			$this->assertCount( 2, $endpoint->received() );
		} finally {
			$endpoint->remove();
		}
	}

	private function asked( string $method, string $route, array $fields = array() ): WP_REST_Response {
		$request = new WP_REST_Request( $method, $route );
		$request->set_body_params( $fields );
		return rest_do_request( $request );
	}
}
