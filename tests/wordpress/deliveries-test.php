<?php
/**
 * Network Admin › Webhooks › Deliveries.
 */

use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Deliveries_Test extends Admin_Pages_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-deliveries';

	public function test_the_delivery_of_one_order_is_found_and_shown(): void {
		$webhook = $this->store( Webhook::create( 'Books', self::$endpoint->url . '/200', 'payment_received' ) );
		$order   = 'order-' . bin2hex( random_bytes( 4 ) );
		$this->assertNotNull( webhooks_wait( (string) network_webhooks_dispatch( 'payment_received', array( 'payment_id' => $order, 'reference' => $order, 'note' => '<script>alert(1)</script> &amp;', 'bad' => "a\xffb" ) ), self::DEADLINE ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'payment_received', array( 'payment_id' => 'another' ) ), self::DEADLINE );

		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		$this->assertCount( 2, self::$admin->values( '//tr[@data-delivery]' ) );
		self::$admin->get( self::PAGE . "&s=$order" );
		[ $id ] = self::$admin->values( '//tr[@data-delivery]/@data-delivery' );
		$this->assertCount( 1, self::$admin->values( '//tr[@data-delivery]' ) );
		$this->assert_sees( 'Delivered', self::$admin );

		self::$admin->get( self::PAGE . "&delivery=$id" );
		$this->assert_sees( 'answered 200 after', self::$admin );
		$this->assert_sees( 'data.bad', self::$admin );
		$shown = implode( "\n", self::$admin->values( '//pre' ) );
		foreach ( array( '"note": "<script>alert(1)</script> &amp;"', 'webhook-signature: v1,', 'curl -i', 'Thank <b>you</b>.' ) as $text ) {
			$this->assertStringContainsString( $text, $shown );
		}
		$this->assertSame( array(), self::$admin->values( '//pre//script | //pre//b' ) );
	}

	public function test_the_curl_command_is_the_request(): void {
		$webhook = $this->store( Webhook::create( 'Books', self::$endpoint->url . '/200?a=b&c=%20', 'lesson_finished' ) );
		$before  = count( self::$endpoint->received() );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => "It's \"done\" \$HOME `id`" ) ), self::DEADLINE );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		[ $command ] = array_values( array_filter( self::$admin->values( '//pre' ), static fn( string $text ) => str_starts_with( $text, 'curl' ) ) );
		exec( "$command 2>/dev/null", $printed, $code );
		$this->assertSame( 0, $code, $command );
		[ $sent, $again ] = array_slice( self::$endpoint->received(), $before );
		foreach ( array( 'body', 'path', 'method' ) as $part ) {
			$this->assertSame( $sent[ $part ], $again[ $part ], $part );
		}
		$this->assertSame( $sent['headers']['webhook-signature'], $again['headers']['webhook-signature'] );
		$this->assertSame( $webhook->id, $done['webhook_id'] );
	}

	/**
	 * @dataProvider bodies
	 */
	public function test_curl_sends_no_local_file_and_nothing_of_the_request_is_a_command( string $path, string $template ): void {
		$row             = Webhook::create( 'Books', self::$endpoint->url . "/200$path", 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'format' => 'template', 'template' => $template, 'content_type' => 'text/plain', 'signature' => 'none', 'secrets' => array() ) + json_decode( $row['settings'], true ) );
		$this->store( Webhook::from_row( (object) $row ) );
		$before = count( self::$endpoint->received() );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'file' => '@/etc/hostname' ) ), self::DEADLINE );
		$this->assertSame( 'delivered', $done['state'], (string) $done['last_failure'] );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		[ $command ] = array_values( array_filter( self::$admin->values( '//pre' ), static fn( string $text ) => str_starts_with( $text, 'curl' ) ) );
		exec( "$command 2>/dev/null", $printed, $code );
		$this->assertSame( 0, $code, $command );
		[ $sent, $again ] = array_slice( self::$endpoint->received(), $before );
		// Which characters are percent-encoded is the client's affair.
		$this->assertSame( array( $sent['body'], rawurldecode( $sent['path'] ) ), array( $again['body'], rawurldecode( $again['path'] ) ) );
	}

	public static function bodies(): array {
		return array(
			'a body that names a file'   => array( '', '@/etc/hostname' ),
			'a value that names a file'  => array( '', '{{ data.file }}' ),
			'quotes and substitutions'   => array( '', "'; echo $(id) `id` \"\\' --next" ),
			'an end of line'             => array( '', "@/etc/hostname\n'\n" ),
			'brackets in the URL'        => array( '?ids[]=1&set={a,b}&range=[1-3]', 'text' ),
			'quotes in the URL'          => array( "?x='%27\"$(id)", 'text' ),
		);
	}

	public function test_the_page_shows_the_url_that_was_sent_to_and_not_the_one_of_today(): void {
		$webhook = $this->store( Webhook::create( 'Books', self::$endpoint->url . '/200?key=s3cret', 'lesson_finished' ) );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ), self::DEADLINE );
		$this->store( $webhook->with_target( 'Books', 'https://elsewhere.example/today?key=other', 'lesson_finished' ) );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		$this->assert_sees( 'POST ' . self::$endpoint->url . '/200?key=•••', self::$admin );
		$this->assertStringNotContainsString( 'elsewhere.example', self::$admin->page );
		$this->assertStringNotContainsString( 's3cret', self::$admin->page );
		$this->assert_sees( 'keeps dots in the place of what may be a key', self::$admin );
		// Back again, the whole URL is known.
		$this->store( $webhook->with_target( 'Books', self::$endpoint->url . '/200?key=s3cret', 'lesson_finished' ) );
		self::$admin->get( self::PAGE . "&delivery={$done['id']}" );
		[ $command ] = array_values( array_filter( self::$admin->values( '//pre' ), static fn( string $text ) => str_starts_with( $text, 'curl' ) ) );
		$this->assertStringContainsString( self::$endpoint->url . "/200?key=s3cret'", $command );
	}

	public function test_of_an_attempt_without_a_url_nothing_is_said_that_is_not_known(): void {
		$webhook = Webhook::create( 'Books', 'https://today.example/hook', 'lesson_finished' );
		$page    = new Network_Webhooks\Admin\Deliveries\Delivery_View( $this->plugin()->webhooks(), $this->plugin()->catalogue() );
		$print   = new ReflectionMethod( $page, 'print_exchange' );
		$attempt = array(
			'address'          => '192.0.2.1:443',
			'status'           => 200,
			'request_headers'  => array( 'content-type' => 'application/json' ),
			'response_headers' => array(),
			'response_body'    => '',
		);
		$shown   = static function ( array $attempt ) use ( $print, $page, $webhook ): string {
			ob_start();
			$print->invoke( $page, array( 'body' => '{}', 'attempts_made' => array( $attempt ) ), $webhook );
			return (string) ob_get_clean();
		};
		foreach ( array( $attempt, array( 'url' => null ) + $attempt ) as $old ) {
			$this->assertStringNotContainsString( 'POST', $shown( $old ) );
			$this->assertStringContainsString( 'The URL of this request was not recorded.', $shown( $old ) );
		}
		$none = array( 'url' => null, 'address' => null, 'status' => null ) + $attempt;
		$this->assertStringNotContainsString( 'today.example', $shown( $none ), 'No request was made.' );
	}

	public function test_a_recorded_url_is_that_of_the_webhook_in_whichever_spelling(): void {
		foreach ( array(
			array( 'https://crm.example', 'https://crm.example/', true ),
			array( 'https://user:pass@CRM.example:443/a#x', 'https://crm.example/a', true ),
			array( 'https://x.example/?a=b=c&&d=&s3', 'https://x.example/?a=•••&&d=•••&•••', true ),
			array( 'https://x.example/?=v', 'https://x.example/?=•••', true ),
			array( 'https://x.example/a b', 'https://x.example/a%20b', true ),
			array( 'https://x.example/a', 'https://x.example/b', false ),
			array( 'https://x.example/?k=1', 'https://x.example/?q=•••', false ),
			array( 'https://x.example/', 'http://x.example/', false ),
			array( 'http://x.example:8080/', 'http://x.example/', false ),
		) as $case ) {
			$this->assertSame( $case[2], ( new Network_Webhooks\Endpoint_Url( $case[0] ) )->is_recorded_as( $case[1] ), "$case[0] $case[1]" );
		}
	}

	public function test_the_page_says_what_an_attempt_waited_for(): void {
		$row             = Webhook::create( 'Books', self::$endpoint->url . '/200', 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'rate_limit' => array( 'count' => 1, 'per' => 'second' ) ) + json_decode( $row['settings'], true ) );
		$this->store( Webhook::from_row( (object) $row ) );
		$ids  = array( (string) network_webhooks_dispatch( 'lesson_finished' ), (string) network_webhooks_dispatch( 'lesson_finished' ) );
		$done = array_map( static fn( string $id ) => webhooks_wait( $id, self::DEADLINE )[0], $ids );
		$this->assertSame( array( null, 'rate_limit' ), array_map( static fn( array $delivery ) => $delivery['attempts_made'][0]['waited_for'], $done ) );
		self::$admin->get( self::PAGE . "&delivery={$done[0]['id']}" );
		$this->assertStringNotContainsString( 'It waited', self::$admin->page );
		self::$admin->get( self::PAGE . "&delivery={$done[1]['id']}" );
		$this->assert_sees( 'It waited for the webhook’s rate limit.', self::$admin );
	}

	public function test_each_thing_to_wait_for_has_a_sentence(): void {
		$sentence = array( Network_Webhooks\Admin\Deliveries\Waited_For::class, 'sentence' );
		preg_match( '/waited_for: ([\'a-z_|]+)\|null/', file_get_contents( __DIR__ . '/../../stubs/webhooks.stub.php' ), $found );
		$codes     = explode( '|', str_replace( "'", '', $found[1] ) );
		$sentences = array_map( $sentence, $codes );
		$this->assertCount( 5, array_unique( array_filter( $sentences ) ) );
		$this->assertSame( array( '', '' ), array( $sentence( null ), $sentence( 'of_a_later_version' ) ) );
		preg_match_all( '/^\| `([a-z_]+)` \| \*\*(It waited .+?)\*\*/m', file_get_contents( __DIR__ . '/../../docs/guide/limits.md' ), $rows );
		$this->assertSame( array_combine( $codes, $sentences ), array_combine( $rows[1], $rows[2] ), 'docs/guide/limits.md says the same.' );
	}

	public function test_resend_of_what_failed_leaves_what_failed_for_another_cause(): void {
		$row             = Webhook::create( 'CRM', self::$endpoint->url . '/401', 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'retries' => array() ) + json_decode( $row['settings'], true ) );
		$webhook         = $this->store( Webhook::from_row( (object) $row ) );
		foreach ( array( '/401', '/401', '/500' ) as $answer ) {
			$webhook = $this->store( $this->plugin()->webhooks()->find( $webhook->id )->with_target( 'CRM', self::$endpoint->url . $answer, 'lesson_finished' ) );
			webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'answer' => $answer ) ), self::DEADLINE );
		}
		$this->store( $this->plugin()->webhooks()->find( $webhook->id )->with_target( 'CRM', self::$endpoint->url . '/200', 'lesson_finished' ) );
		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		$this->assert_sees( 'Resend the 2 that failed for good', self::$admin );
		[ $link ] = self::$admin->values( '//a[contains(text(), "Resend the 2")]/@href' );
		self::$admin->get( substr( $link, strlen( getenv( 'WP_URL' ) ) ) );
		$this->assert_sees( 'Only what failed for this cause: 401', self::$admin );
		$this->assert_sees( 'Resend 2 deliveries', self::$admin );
		$parts = array_combine( self::$admin->values( '//form[contains(@class, "network-webhooks-bulk")]//input[@type="hidden"]/@name' ), self::$admin->values( '//form[contains(@class, "network-webhooks-bulk")]//input[@type="hidden"]/@value' ) );
		self::$admin->act( 'bulk', array( 'change' => 'resend' ) + array_diff_key( $parts, array( '_wpnonce' => '', '_wp_http_referer' => '' ) ) );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'delivered' ) ) );
		$left = webhooks_deliveries( array( 'webhook_id' => $webhook->id, 'state' => 'failed' ) )['deliveries'];
		$this->assertSame( array( 500 ), array_column( $left, 'last_status' ) );
	}

	public function test_mend_heeds_that_enabling_was_refused(): void {
		$webhook = $this->store( Webhook::create( 'CRM', self::$endpoint->url . '/410', 'lesson_finished' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		foreach ( array( 'enable', 'enable_only' ) as $change ) {
			self::$admin->act( 'recover', array( 'webhook' => $webhook->id, 'disabling' => 'dis_' . str_repeat( '0', 26 ), 'since' => '', 'change' => $change ) );
			$this->assert_sees( 'look at it once more', self::$admin );
			$this->assertStringNotContainsString( 'Webhook enabled.', self::$admin->page );
		}
		$this->assertSame( 1, webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		$this->assertSame( array(), array_intersect( array_column( Network_Webhooks\History::of( $webhook->id, 10 ), 'action' ), array( 'enabled', 'resent' ) ) );
	}

	public function test_until_a_day_includes_that_day(): void {
		$zone  = get_option( 'timezone_string' );
		update_option( 'timezone_string', 'Europe/Amsterdam' );
		$until = static fn( string $typed ) => Network_Webhooks\Admin\Deliveries\Delivery_Query::of( array( 'until' => $typed ) )->filter()['until'];
		try {
			foreach ( array(
				'2026-11-20'          => '2026-11-20T22:59:59.999Z',
				'20.11.2026'          => '2026-11-20T22:59:59.999Z',
				'20 November 2026'    => '2026-11-20T22:59:59.999Z',
				// The clock is set back on this day, and forward on that one.
				'2026-10-25'          => '2026-10-25T22:59:59.999Z',
				'2026-03-29'          => '2026-03-29T21:59:59.999Z',
				'2026-11-20 14:30'    => '2026-11-20T13:30:00.000Z',
				'2026-11-20 00:00'    => '2026-11-19T23:00:00.000Z',
				'2026-11-20T00:00:00Z' => '2026-11-20T00:00:00.000Z',
				'2026-11'             => '2026-11-30T22:59:59.999Z',
				'2026-W47'            => '2026-11-22T22:59:59.999Z',
				'2026'                => '2026-12-31T22:59:59.999Z',
				'@1234567890'         => '2009-02-13T23:31:30.000Z',
			) as $typed => $expected ) {
				$this->assertSame( $expected, $until( $typed ), $typed );
			}
			$this->assertSame( wp_date( 'Y-m-d' ) . ' 23:59:59', wp_date( 'Y-m-d H:i:s', strtotime( $until( 'today' ) ) ) );
			$this->assertStringEndsWith( ':59:59.999Z', $until( 'yesterday' ) );
			$this->assertSame( '2026-11-19T23:00:00.000Z', Network_Webhooks\Admin\Deliveries\Delivery_Query::of( array( 'since' => '2026-11-20' ) )->filter()['since'] );
			// PHP reads a year as an hour, and a day that does not exist as another one.
			$this->assertSame( '2025-12-31T23:00:00.000Z', Network_Webhooks\Admin\Deliveries\Delivery_Query::of( array( 'since' => '2026' ) )->filter()['since'] );
			$this->expectException( InvalidArgumentException::class );
			$until( '2026-02-30' );
		} finally {
			update_option( 'timezone_string', $zone );
		}
	}

	/**
	 * One that its endpoint does not let in, whose deliveries the page shows.
	 */
	private function a_webhook_that_failed_three_times(): Webhook {
		$row             = Webhook::create( 'CRM', self::$endpoint->url . '/401', 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'retries' => array() ) + json_decode( $row['settings'], true ) );
		$webhook         = $this->store( Webhook::from_row( (object) $row ) );
		for ( $number = 0; $number < 3; $number++ ) {
			webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'number' => $number ) ), self::DEADLINE );
		}
		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		return $webhook;
	}

	public function test_failures_are_grouped_and_sent_again_with_the_count_asked_before(): void {
		$webhook = $this->a_webhook_that_failed_three_times();
		$this->assert_sees( '401 from 127.0.0.1', self::$admin );
		$this->assert_sees( '3 deliveries since', self::$admin );
		$this->assert_sees( 'does not let the request in', self::$admin );

		self::$admin->get( self::PAGE . "&action=bulk&webhook=$webhook->id&state=failed" );
		$this->assert_sees( 'Resend 3 deliveries', self::$admin );
		$this->assertSame( array( 'CRM', 'Failed' ), self::$admin->values( '//dl[contains(@class, "network-webhooks-facts")]//dd' ), 'Which ones is said.' );
		$mended = $this->plugin()->webhooks()->find( $webhook->id );
		$this->store( $mended->with_target( 'CRM', self::$endpoint->url . '/200', 'lesson_finished' ) );
		self::$admin->act( 'bulk', array( 'change' => 'resend', 'webhook' => $webhook->id, 'state' => 'failed' ) );
		$this->assert_sees( '3 deliveries queued.', self::$admin );
		$this->wait_for( static fn() => 3 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'delivered' ) ) );
		self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
		$this->assert_sees( 'Queued 3 of 3 deliveries', self::$admin );
		$this->assertSame( array(), self::$admin->values( '//section[contains(@class, "network-webhooks-failures")]' ) );
	}

	public function test_the_first_causes_are_shown_and_the_others_when_asked_for(): void {
		foreach ( array( 401, 403, 404, 500, 503 ) as $status ) {
			$row             = Webhook::create( "CRM $status", self::$endpoint->url . "/$status", 'lesson_finished' )->to_row();
			$row['settings'] = wp_json_encode( array( 'retries' => array() ) + json_decode( $row['settings'], true ) );
			$this->store( Webhook::from_row( (object) $row ) );
		}
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		self::$admin->get( self::PAGE );
		$groups = '//section[contains(@class, "network-webhooks-failures")]';
		// Those of earlier tests are in the log, too.
		$causes = webhooks_failures();
		$this->assertGreaterThanOrEqual( 5, count( $causes ) );
		$more = min( 10, count( $causes ) ) - 3;
		$this->assertSame( array( "$more more causes" ), self::$admin->values( "$groups/details[not(@open)]/summary" ) );
		$this->assertCount( 3, self::$admin->values( "$groups/ul/li" ) );
		$this->assertCount( $more, self::$admin->values( "$groups/details/ul/li" ) );
	}

	public function test_a_disabled_webhook_is_enabled_and_gets_what_it_missed(): void {
		$webhook = $this->store( Webhook::create( 'CRM', self::$endpoint->url . '/410', 'lesson_finished' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		network_webhooks_dispatch( 'lesson_finished' );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		$this->store( $this->plugin()->webhooks()->find( $webhook->id )->with_target( 'CRM', self::$endpoint->url . '/200', 'lesson_finished' ) );
		self::$admin->get( self::PAGE . "&action=recover&webhook=$webhook->id" );
		$this->assert_sees( 'Enable, and send the 2 deliveries that it missed', self::$admin );
		[ $disabling ] = self::$admin->values( '//input[@name="disabling"]/@value' );
		self::$admin->act( 'recover', array( 'webhook' => $webhook->id, 'disabling' => $disabling, 'since' => '', 'change' => 'enable' ) );
		$this->assert_sees( 'Webhook enabled. 2 deliveries queued.', self::$admin );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'delivered' ) ) );
	}

	public function test_what_waits_is_cancelled(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		network_webhooks_dispatch( 'lesson_finished' );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		self::$admin->get( self::PAGE . "&action=recover&webhook=$webhook->id&since=2020-01-01" );
		$this->assert_sees( 'Cancel the 1 delivery that waits', self::$admin );
		self::$admin->act( 'recover', array( 'webhook' => $webhook->id, 'since' => '2020-01-01', 'change' => 'cancel' ) );
		$this->wait_for( static fn() => 1 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'cancelled' ) ) );
	}

	public function test_a_filter_that_can_not_be_understood_is_said(): void {
		foreach ( array( 'since=yesterdayish' => '“yesterdayish” is no time', 'site=nowhere.example' => 'No site is like “nowhere.example”', 'state=lost' => '"lost" is no state', "s=%27%20OR%201%3D1%20--" => 'No deliveries match.' ) as $query => $text ) {
			self::$admin->get( self::PAGE . "&$query" );
			$this->assert_sees( $text, self::$admin );
		}
	}

	public function test_the_list_has_views_with_counts_columns_and_rows_of_screen_options(): void {
		$webhook = $this->a_webhook_that_failed_three_times();
		$views = array_map( static fn( string $text ) => trim( preg_replace( '/[\s|]+/', ' ', $text ) ), self::$admin->values( '//ul[@class="subsubsub"]/li' ) );
		$this->assertSame( array( 'All (3)', 'Failed (3)', 'Waiting (0)', 'Delivered (0)', 'Skipped (0)', 'Held (0)' ), $views );
		$this->assertSame( array( 'Event', 'Webhook', 'Site', 'State', 'Last Answer', 'Happened' ), self::$admin->values( '//thead//th[@scope="col"]' ) );
		$this->assertSame( array( 'date', 'date' ), self::$admin->values( '//input[@name="since" or @name="until"]/@type' ) );
		$this->assertCount( 3, self::$admin->values( '//tr[@data-delivery]//input[@name="deliveries[]"]' ) );
		// The cause can be chosen, and is then all that is shown.
		$this->assertSame( array( 'All causes', '401' ), self::$admin->values( '//select[@name="cause"]/option' ) );
		self::$admin->get( self::PAGE . "&webhook=$webhook->id&cause=status%3A503" );
		$this->assert_sees( 'No deliveries match.', self::$admin );

		$user = get_user_by( 'login', getenv( 'ADMIN_USER' ) )->ID;
		update_user_option( $user, 'network_webhooks_deliveries_per_page', 2, true );
		update_user_option( $user, 'managewebhooks_page_network-webhooks-deliveries-networkcolumnshidden', array( 'site' ), true );
		try {
			self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
			$this->assertCount( 2, self::$admin->values( '//tr[@data-delivery]' ) );
			$this->assertStringContainsString( 'hidden', self::$admin->values( '//tr[@data-delivery][1]/td[contains(@class, "column-site")]/@class' )[0] );
			[ $older ] = self::$admin->values( '//a[.="Older deliveries"]/@href' );
			self::$admin->get( substr( $older, strlen( getenv( 'WP_URL' ) ) ) );
			$this->assertCount( 1, self::$admin->values( '//tr[@data-delivery]' ) );
			$this->assertNotSame( array(), self::$admin->values( '//a[.="Newest"]/@href' ) );
			$this->assertSame( array( 200, 1 ), array_map( static fn( int $chosen ) => Network_Webhooks\Admin\Deliveries\Delivery_Table::rows( false, '', $chosen ), array( 100000, -3 ) ) );
		} finally {
			delete_user_option( $user, 'network_webhooks_deliveries_per_page', true );
			delete_user_option( $user, 'managewebhooks_page_network-webhooks-deliveries-networkcolumnshidden', true );
		}
	}

	public function test_chosen_deliveries_are_sent_again_and_cancelled(): void {
		$webhook = $this->subscribe( 'lesson_finished' );
		$ids     = array();
		for ( $number = 0; $number < 3; $number++ ) {
			network_webhooks_dispatch( 'lesson_finished', array( 'number' => $number ) );
		}
		$this->wait_for( static fn() => 3 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'held' ) ) );
		$ids  = array_column( webhooks_deliveries( array( 'webhook_id' => $webhook->id ) )['deliveries'], 'id' );
		$post = function ( array $fields ) use ( $webhook ): void {
			self::$admin->get( self::PAGE . "&webhook=$webhook->id" );
			[ $nonce ] = self::$admin->values( '//form[.//input[@name="deliveries[]"]]//input[@name="_wpnonce"]/@value' );
			self::$admin->post( '/wp-admin/network/edit.php?action=network_webhooks_deliveries', array( '_wpnonce' => $nonce, 'webhook' => $webhook->id ) + $fields );
		};
		$post( array( 'action' => 'cancel' ) );
		$this->assert_sees( 'Select one or more deliveries first.', self::$admin );
		$post( array( 'action' => '-1', 'action2' => '-1', 'deliveries' => array( $ids[0] ) ) );
		$this->assert_sees( 'Choose what to do with the selected deliveries first.', self::$admin );
		$post( array( 'action' => '-1', 'action2' => 'cancel', 'deliveries' => array( $ids[0], $ids[2] ) ) );
		$this->assert_sees( '2 deliveries are cancelled.', self::$admin );
		$this->wait_for( static fn() => 2 === webhooks_count( array( 'webhook_id' => $webhook->id, 'state' => 'cancelled' ) ) );
		$this->assertSame( 'held', webhooks_delivery( $ids[1] )['state'] );
		$post( array( 'action' => 'cancel', 'deliveries' => array( $ids[0] ) ) );
		$this->assert_sees( 'None of them waits.', self::$admin );
		$post( array( 'action' => 'resend', 'deliveries' => array( $ids[0] ) ) );
		$this->assert_sees( '1 delivery queued.', self::$admin );
	}

	public function test_what_is_done_with_all_that_match_is_about_what_failed_and_has_an_end(): void {
		$row             = Webhook::create( 'CRM', self::$endpoint->url . '/401', 'lesson_finished' )->to_row();
		$row['settings'] = wp_json_encode( array( 'retries' => array() ) + json_decode( $row['settings'], true ) );
		$webhook         = $this->store( Webhook::from_row( (object) $row ) );
		[ $early ]       = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ), self::DEADLINE );
		self::$admin->get( self::PAGE . "&action=bulk&webhook=$webhook->id" );
		$this->assert_sees( 'Later ones are not taken.', self::$admin );
		$this->assert_sees( 'Resend 1 delivery', self::$admin );
		$this->assertSame( array( 'failed' ), array_slice( self::$admin->values( '//select[@name="which"]/option/@value' ), 0, 1 ) );
		$form  = '//form[contains(@class, "network-webhooks-bulk")][.//button[@value="resend"]]//input[@type="hidden"]';
		$parts = array_combine( self::$admin->values( "$form/@name" ), self::$admin->values( "$form/@value" ) );
		// This one comes while somebody thinks about it.
		[ $late ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'number' => 2 ) ), self::DEADLINE );
		$this->store( $this->plugin()->webhooks()->find( $webhook->id )->with_target( 'CRM', self::$endpoint->url . '/200', 'lesson_finished' ) );
		self::$admin->act( 'bulk', array( 'change' => 'resend' ) + array_diff_key( $parts, array( '_wpnonce' => '', '_wp_http_referer' => '' ) ) );
		$this->assert_sees( '1 delivery queued.', self::$admin );
		$this->wait_for( static fn() => 'delivered' === webhooks_delivery( $early['id'] )['state'] );
		$this->assertSame( 'failed', webhooks_delivery( $late['id'] )['state'] );
		// What was delivered is sent again only where that is asked for.
		self::$admin->get( self::PAGE . "&action=bulk&webhook=$webhook->id&which=delivered" );
		$this->assert_sees( 'Resend 1 delivery', self::$admin );
		self::$admin->get( self::PAGE . "&action=bulk&webhook=$webhook->id&which=every" );
		$this->assert_sees( 'Resend 2 deliveries', self::$admin );
	}

	public function test_a_delivery_shows_its_site_and_the_events_other_deliveries(): void {
		$this->store( Webhook::create( 'Books', self::$endpoint->url . '/200', 'lesson_finished' ) );
		$other = $this->store( Webhook::create( 'Other books', self::$endpoint->url . '/500', 'lesson_finished' ) );
		$done  = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		$books = array_values( array_filter( $done, static fn( array $one ) => $one['webhook_id'] !== $other->id ) )[0];
		self::$admin->get( self::PAGE . "&delivery={$books['id']}" );
		$this->assert_sees( 'The event happened.', self::$admin );
		$this->assertCount( 1, self::$admin->values( '//tr[@data-delivery]' ) );
		$this->assert_sees( 'Other books', self::$admin );
		$site = get_site( get_main_site_id() );
		$this->assertContains( untrailingslashit( $site->domain . $site->path ), self::$admin->values( '//dl//dd' ) );
		// A site is looked for by its id, and shown with its address.
		self::$admin->get( self::PAGE . '&site=' . get_main_site_id() );
		$this->assertSame( array( untrailingslashit( $site->domain . $site->path ) ), self::$admin->values( '//input[@name="site"][@type="text"]/@value' ) );
	}

	public function test_who_may_only_look_sees_neither_bodies_nor_buttons(): void {
		$this->store( Webhook::create( 'Books', self::$endpoint->url . '/200', 'lesson_finished' ) );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => 'A private title' ) ), self::DEADLINE );
		$user     = $this->make_user( 'subscriber' );
		wp_set_password( 'a password', $user->ID );
		$other = new Browser( $user->user_login, 'a password' );
		$other->get( self::PAGE );
		$this->assertSame( 403, $other->status );
		Settings::set( Settings::VIEWERS, array( $user->ID ) );
		try {
			$other->get( self::PAGE );
			$this->assertSame( 200, $other->status );
			$this->assertSame( array(), $other->values( '//button[@name="delivery"]' ) );
			$other->get( self::PAGE . "&delivery={$done['id']}" );
			$this->assert_sees( 'answered 200', $other );
			$this->assertStringNotContainsString( 'A private title', $other->page );
			$this->assertStringNotContainsString( 'webhook-signature', $other->page );
			foreach ( array( 'resend', 'deliveries', 'bulk', 'recover' ) as $action ) {
				$other->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => self::$admin->nonce() ) );
				$this->assertSame( 403, $other->status, $action );
				self::$admin->post( "/wp-admin/network/edit.php?action=network_webhooks_$action", array( '_wpnonce' => 'wrong' ) );
				$this->assertSame( 403, self::$admin->status, $action );
			}
		} finally {
			delete_network_option( get_main_network_id(), Settings::VIEWERS );
		}
	}
}
