<?php
/**
 * The list: search, filters, order, views, bulk, and what it says of each webhook.
 */

use Network_Webhooks\Admin\Calls_Chart;
use Network_Webhooks\Admin\Period;
use Network_Webhooks\Admin\List_Table;
use Network_Webhooks\History;
use Network_Webhooks\Webhook;

final class List_Test extends Admin_Pages_Test_Case {

	private const LIST = '/wp-admin/network/admin.php?page=network-webhooks';
	private const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>';

	private const EVIL_URL    = 'https://endpoint.example/?"><script>alert(1)</script><img/src=x/onerror=alert(2)>';
	private const EVIL_ACTION = '<script>alert(3)</script>';

	/** What a filter may be given: the quotes, comments and wildcards of SQL, and bytes that are no text. */
	private const METACHARACTERS = array( "'", '"', "' OR 1=1 -- ", '1; DROP TABLE wp_users', '%', '_', '\\', '`', '/*', "\0", "\xff\xfe", '0x27', ')', '%27', '*', '@', '@sales\'', '-1', '99999999999999999999' );

	public function test_search_looks_at_names_urls_ids_and_events(): void {
		$payments = $this->add( 'Payments', 'https://hooks.zapier.com/catch/1', 'payment_received' );
		$this->add( 'Members', 'https://crm.example/in', 'quiz_passed' );
		foreach ( array( 'paym' => array( 'Payments' ), 'ZAPIER' => array( 'Payments' ), 'catch/1' => array( 'Payments' ), $payments->id => array( 'Payments' ), 'quiz_' => array( 'Members' ), 'Payment Received' => array( 'Payments' ), 'e' => array( 'Members', 'Payments' ), 'nothing like it' => array() ) as $search => $names ) {
			$this->assertSame( $names, $this->names( '&s=' . rawurlencode( $search ) ), $search );
		}
		$this->assert_sees( 'No webhooks match.', self::$admin );
		$this->assertSame( array( 'nothing like it' ), self::$admin->values( '//input[@name="s"]/@value' ) );
	}

	public function test_filters_by_event_category_and_site(): void {
		$site  = $this->make_site();
		$other = $this->make_site();
		$this->add( 'Payments', 'https://a.example/', 'payment_received' );
		$this->add( 'All of payments', 'https://b.example/', 'payment_*' );
		$this->add( 'Accounts of one', 'https://c.example/', 'account_created', array( 'only' => array( $site ) ) );
		$this->add( 'Accounts but one', 'https://d.example/', 'account_created', array( 'except' => array( $site ) ) );
		$address = get_site( $site )->domain . get_site( $site )->path;
		$this->assertSame( array( 'All of payments', 'Payments' ), $this->names( '&event=payment_received' ) );
		$this->assertSame( array( 'All of payments', 'Payments' ), $this->names( '&event=%40sales' ) );
		$this->assertSame( array( 'Accounts but one', 'Accounts of one' ), $this->names( '&event=account_created' ) );
		$this->assertSame( array( '@sales' ), $this->chosen( '&event=%40sales' ) );
		$this->assertSame( array( 'from_a_plugin' ), $this->chosen( '&event=from_a_plugin' ) );
		foreach ( array( $site, $address, "http://$address", untrailingslashit( $address ), trim( get_site( $site )->path, '/' ) ) as $text ) {
			$this->assertSame( array( 'Accounts of one', 'All of payments', 'Payments' ), $this->names( '&site=' . rawurlencode( $text ) ), $text );
		}
		$this->assertSame( array( 'Accounts but one', 'All of payments', 'Payments' ), $this->names( "&site=$other" ) );
		$this->assertSame( array(), $this->names( '&site=nowhere.example' ) );
		$this->assertSame( array( 'Accounts but one' ), $this->names( "&site=$other&event=account_created&s=accounts" ) );
	}

	public function test_sites_are_named_once_for_all_rows_and_deleted_ones_stay_listed(): void {
		global $wpdb;
		$sites = array( $this->make_site(), $this->make_site(), $this->make_site() );
		$name  = static fn( int $id ) => untrailingslashit( get_site( $id )->domain . get_site( $id )->path );
		$this->add( 'A', 'https://a.example/', 'a' );
		$this->add( 'B', 'https://a.example/', 'a', array( 'only' => array( $sites[0] ) ) );
		$this->add( 'C', 'https://a.example/', 'a', array( 'only' => $sites ) );
		$this->add( 'D', 'https://a.example/', 'a', array( 'except' => array( $sites[1], 99999 ) ) );
		$this->names( '' );
		$this->assertSame(
			array(
				'All sites',
				$name( $sites[0] ),
				"{$name( $sites[0] )}, {$name( $sites[1] )} and 1 more",
				"All but {$name( $sites[1] )}, site 99999 (deleted)",
			),
			self::$admin->values( '//tbody//td[contains(@class, "column-sites")]' )
		);
		$addresses = new Network_Webhooks\Site_Addresses();
		wp_cache_flush();
		$before = $wpdb->num_queries;
		$addresses->prepare( $this->plugin()->webhooks()->all() );
		// Which ids, and the sites of those; the third one is the webhooks themselves.
		$this->assertLessThanOrEqual( 3, $wpdb->num_queries - $before );
	}

	public function test_order_by_each_column_both_ways(): void {
		$this->add( 'webhook 10', 'https://b.example/', 'a' );
		$this->add( 'Webhook 9', 'https://c.example/', 'a', 'all', true );
		$busy = $this->add( 'Other', self::$endpoint->url . '/200', 'counted' );
		$this->deliver( 'counted', 2 );
		$this->assertSame( array( 'Other', 'Webhook 9', 'webhook 10' ), $this->names( '' ) );
		$this->assertSame( array( 'webhook 10', 'Webhook 9', 'Other' ), $this->names( '&orderby=name&order=desc' ) );
		$this->assertSame( array( 'Other', 'webhook 10', 'Webhook 9' ), $this->names( '&orderby=url' ) );
		$this->assertSame( array( 'Other', 'webhook 10', 'Webhook 9' ), $this->names( '&orderby=status' ) );
		$this->assertSame( array( 'Webhook 9', 'Other', 'webhook 10' ), $this->names( '&orderby=status&order=desc' ) );
		$this->assertSame( array( 'Other', 'Webhook 9', 'webhook 10' ), $this->names( '&orderby=calls&order=desc' ) );
		$this->assertSame( array( 'Other', 'Webhook 9', 'webhook 10' ), $this->names( '&orderby=last&order=desc' ) );
		$this->assertSame( array( 'Webhook 9', 'webhook 10', 'Other' ), $this->names( '&orderby=last' ) );
		$this->assertSame( array( '24 hours: 2 delivered All: 2 delivered' ), self::$admin->values( "//tr[.//input[@value='$busy->id']]//td[contains(@class, 'column-calls')]" ) );
	}

	public function test_a_page_of_many_counts_and_sorts_by_what_the_others_have(): void {
		$this->add( 'Quiet', 'https://c.example/', 'a', 'all', true );
		$this->add( 'Busy', self::$endpoint->url . '/200', 'counted' );
		$this->add( 'Broken', self::$endpoint->url . '/500', 'broken' );
		$this->deliver( 'counted', 2 );
		$this->deliver( 'broken', 1 );
		update_user_meta( 1, List_Table::PER_PAGE, 1 );
		try {
			foreach ( array( 'calls&order=desc' => 'Busy', 'last&order=desc' => 'Broken', 'last' => 'Quiet', 'status' => 'Broken', 'status&order=desc' => 'Quiet', 'name' => 'Broken' ) as $order => $first ) {
				$this->assertSame( array( $first ), $this->names( "&orderby=$order" ), $order );
			}
			$this->assertSame( array( 'All (3)', 'Failing (1)', 'Active (1)', 'Paused (1)' ), self::$admin->values( '//ul[@class="subsubsub"]//a' ) );
			$this->assertSame( array( 'Broken' ), $this->names( '&s=127.0.0.1' ) );
			$this->assertSame( array( 'All (2)', 'Failing (1)', 'Active (1)' ), self::$admin->values( '//ul[@class="subsubsub"]//a' ) );
			$this->assertSame( array( 'Busy' ), $this->names( '&s=127.0.0.1&paged=2' ) );
			$this->assertSame( array( '24 hours: 2 delivered All: 2 delivered' ), self::$admin->values( '//tbody//td[contains(@class, "column-calls")]' ) );
		} finally {
			delete_user_meta( 1, List_Table::PER_PAGE );
		}
	}

	public function test_what_the_list_is_narrowed_by_is_cut_out_of_settings_however_they_are_written(): void {
		global $wpdb;
		$like = array(
			'As written'   => '{"secrets":[],"events":["payment_received"]}',
			'With spaces'  => '{ "events" : [ "payment_received" ], "sites" : { "only" : [ 1 ] } }',
			'Odd name'     => '{"events":["odd]name","payment_received"],"sites":{"only":[1]}}',
			'Odd sites'    => '{"events":["payment_received"],"sites":{"only":[1],"more":{}}}',
			'In a text'    => '{"template":"{\\"events\\":[\\"payment_received\\"],\\"sites\\":{\\"only\\":[1]}}","events":["quiz_passed"],"sites":{"except":[1]}}',
			'Nothing'      => '{}',
			'None at all'  => 'no JSON',
			'No list'      => '{"events":"payment_received"}',
		);
		foreach ( $like as $name => $settings ) {
			$webhook = $this->add( $name, 'https://a.example/', 'a' );
			$wpdb->update( Network_Webhooks\Schema::webhooks(), array( 'settings' => $settings ), array( 'id' => $webhook->id ) );
		}
		$whole = array_filter( $this->plugin()->webhooks()->all(), static fn( Webhook $webhook ) => in_array( 'payment_received', $webhook->events(), true ) );
		$names = array_column( $whole, 'name' );
		sort( $names );
		$this->assertSame( array( 'As written', 'Odd name', 'Odd sites', 'With spaces' ), $names );
		$this->assertSame( $names, $this->names( '&event=payment_received' ) );
		$this->assertSame( $names, $this->names( '&s=payment_received' ) );
		$this->assertSame( array( 'In a text' ), $this->names( '&s=quiz_' ) );
		$of = static fn( int $site ) => array_column( array_filter( Network_Webhooks\Plugin::instance()->webhooks()->all(), static fn( Webhook $webhook ) => $webhook->is_for( $site ) ), 'name' );
		foreach ( array( 1, 2 ) as $site ) {
			$expected = $of( $site );
			sort( $expected );
			$this->assertSame( $expected, $this->names( "&site=$site" ), "site $site" );
		}
	}

	public function test_status_is_said_counted_and_filtered_by(): void {
		$this->add( 'Well', self::$endpoint->url . '/200', 'well' );
		$this->add( 'Resting', self::$endpoint->url . '/200', 'resting', 'all', true );
		$this->add( 'Broken', self::$endpoint->url . '/500', 'broken' );
		$gone = $this->add( 'Gone', self::$endpoint->url . '/410', 'gone' );
		array_map( fn( string $event ) => $this->deliver( $event, 1 ), array( 'well', 'resting', 'broken', 'gone' ) );
		$this->assertSame( array( 'Broken', 'Gone', 'Resting', 'Well' ), $this->names( '' ) );
		$words = self::$admin->values( '//tbody//span[contains(@class, "network-webhooks-status")]' );
		$this->assertSame( array( 'Failing', 'Disabled', 'Paused', 'Active' ), $words );
		$this->assert_sees( 'The endpoint said that it is gone for good (410).', self::$admin );
		$this->assertSame( array( 'All (4)', 'Disabled (1)', 'Failing (1)', 'Active (1)', 'Paused (1)' ), self::$admin->values( '//ul[@class="subsubsub"]//a' ) );
		$waiting = self::$admin->values( '//tbody//td[contains(@class, "column-status")]//span[@class="description"]' );
		$this->assertSame( array( '1 delivery waits', 'The endpoint said that it is gone for good (410).', '1 delivery waits', '1 delivery waits' ), $waiting );
		foreach ( array( 'failing' => 'Broken', 'disabled' => 'Gone', 'paused' => 'Resting', 'active' => 'Well' ) as $status => $name ) {
			$this->assertSame( array( $name ), $this->names( "&status=$status" ) );
		}

		// Enabling answers the disabling that was shown, once.
		$this->names( '&status=disabled' );
		$action = self::$admin->values( '//button[@data-network-webhooks="enable"]/@formaction' )[0];
		$fields = array(
			'webhook'  => $gone->id,
			'_wpnonce' => self::$admin->values( '//form[@id="network-webhooks-row"]//input[@name="_wpnonce"]/@value' )[0],
		);
		$path   = substr( $action, strlen( getenv( 'WP_URL' ) ) );
		self::$admin->post( $path, $fields );
		$this->assert_sees( 'The webhook is enabled', self::$admin );
		$this->assertSame( 'enabled', History::of( $gone->id, 1 )[0]->action );
		$deadline = microtime( true ) + self::DEADLINE;
		while ( webhooks_stats()['webhooks'][ $gone->id ]['disabled'] && microtime( true ) < $deadline ) {
			usleep( 20000 );
		}
		self::$admin->post( $path, $fields );
		$this->assert_sees( 'not disabled any more', self::$admin );
	}

	public function test_bulk_pauses_resumes_tests_and_asks_before_it_deletes(): void {
		$webhooks = array( $this->add( 'A', self::$endpoint->url . '/200', 'a' ), $this->add( 'B', self::$endpoint->url . '/404', 'b' ), $this->add( 'C', self::$endpoint->url . '/200', 'c' ) );
		$ids      = array_column( $webhooks, 'id' );
		$two      = array_slice( $ids, 0, 2 );
		$this->bulk( array( 'action' => 'pause', 'webhooks' => $two ) );
		$this->assert_sees( '2 webhooks are paused.', self::$admin );
		$this->assertSame( array( true, true, false ), $this->paused( $ids ) );
		// The lower menu, where the upper one was left alone.
		$this->bulk( array( 'action' => '-1', 'action2' => 'resume', 'webhooks' => $ids ), '&s=a&orderby=calls' );
		$this->assertSame( array( false, false, false ), $this->paused( $ids ) );
		$this->assertStringContainsString( 's=a', self::$admin->url );
		$this->assertSame( array( 'resumed', 'paused', 'created' ), array_column( History::of( $ids[0], 9 ), 'action' ) );
		$this->assertSame( array( 'created' ), array_column( History::of( $ids[2], 9 ), 'action' ), 'What was active already was not resumed.' );

		$this->bulk( array( 'action' => 'test', 'webhooks' => $two ) );
		$this->assert_sees( 'the endpoint answered 200', self::$admin );
		$this->assert_sees( 'it answered 404', self::$admin );
		$this->assertSame( array( 'A', 'B' ), self::$admin->values( '//h2[not(ancestor::*[@id="screen-meta"]) and not(contains(@class, "screen-reader-text"))]' ) );

		$this->bulk( array( 'action' => 'delete', 'webhooks' => $two ) );
		$this->assert_sees( 'These webhooks will be deleted:', self::$admin );
		$this->assertSame( $two, self::$admin->values( '//input[@name="webhooks[]"]/@value' ) );
		$this->assertCount( 3, $this->plugin()->webhooks()->all() );
		self::$admin->act( 'delete', array( 'webhooks' => $two ) );
		$this->assert_sees( '2 webhooks are deleted.', self::$admin );
		$this->assertSame( array( $ids[2] ), array_column( $this->plugin()->webhooks()->all(), 'id' ) );

		$this->bulk( array( 'action' => 'pause' ) );
		$this->assert_sees( 'Select one or more webhooks first.', self::$admin );
		$this->bulk( array( 'action' => '-1', 'webhooks' => array( $ids[2] ) ) );
		$this->assert_sees( 'Choose what to do', self::$admin );
		$this->bulk( array( 'action' => 'pause', 'webhooks' => array( $ids[0], array( 'x' ), 'invented' ) ) );
		$this->assert_sees( 'Select one or more webhooks first.', self::$admin );
	}

	public function test_deleting_says_what_waits_and_is_undone_by_a_click(): void {
		$webhook = $this->subscribe( 'waiting' );
		$this->deliver( 'waiting', 3 );
		self::$admin->get( self::LIST . "&action=delete&webhook=$webhook->id" );
		$this->assert_sees( '3 deliveries wait for it.', self::$admin );
		$this->assert_sees( 'For 30 days it can be brought back', self::$admin );
		self::$admin->act( 'delete', array( 'webhooks' => self::$admin->values( '//input[@name="webhooks[]"]/@value' ) ) );
		$this->assert_sees( 'The webhook is deleted.', self::$admin );
		$this->assertSame( array( $webhook->id ), self::$admin->values( '//div[contains(@class, "notice-success")]//button[@name="webhook"]/@value' ) );
		self::$admin->get( self::LIST );
		$this->assertSame( array( 'All (0)', 'Deleted (1)' ), self::$admin->values( '//ul[@class="subsubsub"]//a' ) );
		self::$admin->get( self::LIST . '&action=deleted' );
		$this->assertSame( array( 'Test' ), self::$admin->values( '//tbody//strong' ) );
		$this->assertSame( array( getenv( 'ADMIN_USER' ) ), self::$admin->values( '//tbody//td[contains(@class, "column-by")]' ) );
		self::$admin->act( 'restore', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'The webhook is back.', self::$admin );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $webhook->id ) );
		self::$admin->act( 'restore', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'can’t be brought back', self::$admin );
		$this->assert_subscribed( 'waiting' );
	}

	public function test_a_duplicate_is_paused_with_a_secret_of_its_own(): void {
		$webhook = $this->add( str_repeat( 'ü', 200 ), 'https://a.example/x', 'a', array( 'only' => array( 1 ) ) );
		self::$admin->act( 'duplicate', array( 'webhook' => $webhook->id ) );
		$this->assert_sees( 'This is the copy.', self::$admin );
		$copies = array_values( array_filter( $this->plugin()->webhooks()->all(), static fn( $other ) => $other->id !== $webhook->id ) );
		$this->assertCount( 1, $copies );
		$this->assertTrue( $copies[0]->paused );
		$this->assertNotSame( $webhook->secret(), $copies[0]->secret() );
		$this->assertSame( array( $webhook->url, $webhook->events(), $webhook->settings['sites'] ), array( $copies[0]->url, $copies[0]->events(), $copies[0]->settings['sites'] ) );
		$this->assertStringEndsWith( '(copy)', $copies[0]->name );
	}

	public function test_rows_a_page_are_chosen_in_screen_options_and_kept_within_limits(): void {
		for ( $number = 1; $number <= 3; $number++ ) {
			$this->add( "Number $number", 'https://a.example/', 'a' );
		}
		try {
			foreach ( array( 2 => array( 'Number 1', 'Number 2' ), 0 => array( 'Number 1' ) ) as $chosen => $names ) {
				self::$admin->get( self::LIST );
				$fields = array(
					'wp_screen_options' => array(
						'option' => List_Table::PER_PAGE,
						'value'  => $chosen,
					),
					'screenoptionnonce' => self::$admin->values( '//input[@name="screenoptionnonce"]/@value' )[0],
				);
				self::$admin->post( self::LIST, $fields );
				$this->assertSame( $names, $this->names( '' ) );
			}
			$this->assertSame( array( 'Number 3' ), $this->names( '&paged=3' ) );
			$this->assertSame( 500, Network_Webhooks\Admin\List_View::rows( false, List_Table::PER_PAGE, '999999' ) );
		} finally {
			delete_user_option( 1, List_Table::PER_PAGE, true );
			delete_user_meta( 1, List_Table::PER_PAGE );
		}
		self::$admin->get( self::LIST );
		$this->assertSame( array( 'Events', 'URL', 'Sites', 'Status', 'Calls', 'Last Delivery', '24 Hours' ), self::$admin->values( '//fieldset[contains(@class, "metabox-prefs")]//label' ) );
		$this->assertCount( 4, self::$admin->values( '//div[contains(@class, "help-tab-content")]' ) );
	}

	public function test_metacharacters_of_sql_find_nothing_and_break_nothing(): void {
		$this->add( 'Only', 'https://a.example/', 'payment_received' );
		$logged = $this->logged();
		foreach ( self::METACHARACTERS as $text ) {
			$one   = rawurlencode( $text );
			$names = array( 's', 'status', 'event', 'site', 'orderby', 'order', 'paged', 'message', 'number', 'undo' );
			foreach ( array(
				"&s=$one",
				"&event=$one",
				"&site=$one",
				'&' . http_build_query( array_fill_keys( $names, $text ) ),
				'&' . http_build_query( array_fill_keys( $names, array( $text ) ) ),
				"&action=$one&webhook=$one",
				"&action=tests&tests=$one",
				"&action=edit&webhook=$one",
			) as $query ) {
				self::$admin->get( self::LIST . $query );
				$this->assertSame( 200, self::$admin->status, $query );
				$this->assertSame( $logged, $this->logged(), $query );
			}
			self::$admin->act( 'delete', array( 'webhooks' => array( $text ) ) );
			self::$admin->act( 'restore', array( 'webhook' => $text ) );
		}
		$this->assertCount( 1, $this->plugin()->webhooks()->all() );
		$this->assertSame( $logged, $this->logged() );
	}

	public function test_nothing_stored_or_asked_for_becomes_markup(): void {
		$webhook = $this->add( self::EVIL, self::EVIL_URL, 'evil' );
		$deleted = $this->add( self::EVIL . '2', self::EVIL_URL, 'evil' );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $deleted->id ) );
		History::record( History::NETWORK, self::EVIL_ACTION, array( self::EVIL => array( self::EVIL, self::EVIL ) ) );
		$evil  = rawurlencode( self::EVIL );
		$pages = array( '', '&action=deleted', "&action=delete&webhook=$webhook->id", "&action=edit&webhook=$webhook->id", "&message=deleted&number=2&undo=$evil", "&s=$evil", "&event=$evil", "&site=$evil", "&status=$evil", "&orderby=$evil&order=$evil", "&action=tests&tests=$webhook->id:$evil,$evil", "&action=$evil" );
		foreach ( $pages as $page ) {
			self::$admin->get( self::LIST . $page );
			$this->assertSame( 200, self::$admin->status, $page );
			$this->assertStringNotContainsString( '<script>alert(', self::$admin->page, $page );
			$this->assertSame( array(), self::$admin->values( '//img[@onerror]' ), $page );
		}
		self::$admin->get( self::LIST );
		$this->assertSame( array( $webhook->url ), self::$admin->values( '//button/@data-clipboard-text' ) );
		$this->bulk( array( 'action' => 'delete', 'webhooks' => array( $webhook->id ) ) );
		$this->assertStringNotContainsString( '<script>alert(', self::$admin->page );
		$this->assert_sees( self::EVIL, self::$admin );
	}

	public function test_the_picture_says_in_words_what_it_shows(): void {
		$hour  = static fn( int $ago, int $delivered, int $failed ) => array(
			'hour'      => gmdate( 'Y-m-d\TH:00:00.000\Z', time() - $ago * HOUR_IN_SECONDS ),
			'delivered' => $delivered,
			'failed'    => $failed,
		);
		$chart = new Calls_Chart( Period::Day, array( $hour( 0, 5, 1 ), $hour( 23, 7, 0 ), $hour( 24, 100, 100 ) ), time() );
		$this->assertSame( array( 12, 1 ), array( $chart->delivered(), $chart->failed() ) );
		$this->assertMatchesRegularExpression( '/aria-label="Last 24 hours: 12 delivered, 1 failed\. Most in the hour from [^"]+: 7\."/', $chart->small() );
		$this->assertSame( 1, preg_match( '/class="delivered" d="M0\.5 20v-20h3\.0v20zM92\.5 20v-14h3\.0v14z"/', $chart->small() ), $chart->small() );
		$this->assertStringContainsString( 'No calls in the last 24 hours.', ( new Calls_Chart( Period::Day, array(), time() ) )->small() );
	}

	/**
	 * Stores a webhook.
	 */
	private function add( string $name, string $url, string $event, mixed $sites = 'all', bool $paused = false ): Webhook {
		$row             = Webhook::create( $name, $url, $event )->with_paused( $paused )->to_row();
		$row['settings'] = wp_json_encode( array( 'sites' => $sites ) + json_decode( $row['settings'], true ) );
		return $this->store( Webhook::from_row( (object) $row ) );
	}

	/**
	 * Dispatches events and waits until each had its attempt.
	 */
	private function deliver( string $event, int $count ): void {
		for ( $number = 0; $number < $count; $number++ ) {
			$id = network_webhooks_dispatch( $event, array( 'number' => $number ) );
			$this->assertNotNull( $id, $event );
			$this->assertNotNull( webhooks_wait( $id, self::DEADLINE ), $event );
		}
	}

	/**
	 * Names in the list, in its order.
	 */
	private function names( string $query ): array {
		self::$admin->get( self::LIST . $query );
		$this->assertSame( 200, self::$admin->status );
		return self::$admin->values( '//tbody//*[contains(@class, "column-name")]/strong' );
	}

	/**
	 * The event that the filter shows.
	 */
	private function chosen( string $query ): array {
		self::$admin->get( self::LIST . $query );
		return self::$admin->values( '//select[@name="event"]//option[@selected]/@value' );
	}

	/**
	 * Posts the form around the list.
	 */
	private function bulk( array $fields, string $query = '' ): void {
		self::$admin->get( self::LIST . $query );
		$hidden = array();
		foreach ( array( '_wpnonce', '_wp_http_referer', 'network_webhooks_bulk' ) as $name ) {
			$hidden[ $name ] = self::$admin->values( "//form[contains(@class, 'network-webhooks-list')]//input[@name='$name']/@value" )[0];
		}
		self::$admin->post( self::LIST, $fields + $hidden );
		$this->assertSame( 200, self::$admin->status );
	}

	/**
	 * What PHP and the database complained about so far.
	 */
	private function logged(): string {
		$file = getenv( 'RUN_DIR' ) . '/log/wordpress.log';
		return is_file( $file ) ? file_get_contents( $file ) : '';
	}

	private function paused( array $ids ): array {
		return array_map( fn( string $id ) => $this->plugin()->webhooks()->find( $id )->paused, $ids );
	}
}
