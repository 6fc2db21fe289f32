<?php
/**
 * The test inbox: what it takes, how it shows and answers that, and what it does not let in.
 */

use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Request;
use Network_Webhooks\Inbox\Requests;
use Network_Webhooks\Inbox\Signature;
use Network_Webhooks\Schema;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

final class Inbox_Test extends Network_Test_Case {

	private const PAGE = '/wp-admin/network/admin.php?page=network-webhooks-inbox';

	private static ?Browser $admin = null;
	private Inbox $inbox;

	public static function setUpBeforeClass(): void {
		self::$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	protected function setUp(): void {
		parent::setUp();
		( new Requests() )->delete_all();
		$this->inbox = $this->keep( Inbox::create()->with_production() );
	}

	protected function tearDown(): void {
		$this->plugin()->publisher()->change( static fn() => Inbox::delete() );
		parent::tearDown();
	}

	private function keep( Inbox $inbox ): Inbox {
		$this->plugin()->publisher()->change( static fn() => $inbox->save() );
		return $inbox;
	}

	/**
	 * Sends to an address as any program would, and returns status and text.
	 *
	 * @return array{int, string, array<string, string>}
	 */
	private function send( string $url, string $method = 'POST', string|array $body = '', array $headers = array() ): array {
		$got  = array();
		$curl = curl_init( $url );
		curl_setopt_array(
			$curl,
			array(
				CURLOPT_CUSTOMREQUEST  => $method,
				CURLOPT_NOBODY         => 'HEAD' === $method,
				CURLOPT_HTTPHEADER     => $headers,
				CURLOPT_RETURNTRANSFER => true,
				CURLOPT_TIMEOUT        => 60,
				CURLOPT_HEADERFUNCTION => static function ( $curl, string $line ) use ( &$got ): int {
					[ $name, $value ] = explode( ':', $line, 2 ) + array( '', '' );
					$got[ strtolower( $name ) ] = trim( $value );
					return strlen( $line );
				},
			) + ( '' === $body ? array() : array( CURLOPT_POSTFIELDS => $body ) )
		);
		$text = curl_exec( $curl );
		$this->assertIsString( $text, curl_error( $curl ) );
		return array( curl_getinfo( $curl, CURLINFO_RESPONSE_CODE ), trim( $text ), $got );
	}

	private function newest(): object {
		return ( new Requests() )->read( 1, 0, 0, Inbox::LARGEST_BODY )[0];
	}

	public function test_whatever_comes_is_kept_as_it_came(): void {
		$binary = random_bytes( 3000 ) . "\0\xff\xfe";
		$cases  = array(
			array( 'POST', '{"broken": ', 'application/json' ),
			array( 'POST', 'a=1&a=2&b[]=%20', 'application/x-www-form-urlencoded' ),
			array( 'POST', $binary, 'application/octet-stream' ),
			array( 'PUT', $binary, 'application/x-www-form-urlencoded' ),
			array( 'PATCH', "\xef\xbb\xbf{}", 'application/json' ),
			array( 'DELETE', '', '' ),
			array( 'GET', '', '' ),
			array( 'HEAD', '', '' ),
			array( 'OPTIONS', '', '' ),
			array( 'PURGE', 'x', 'text/plain' ),
		);
		foreach ( $cases as [ $method, $body, $type ] ) {
			[ $status ] = $this->send( $this->inbox->url(), $method, $body, array( "Content-Type: $type" ) );
			$kept       = $this->newest();
			$this->assertSame( array( 200, $method, $body ), array( $status, $kept->method, $kept->body ), "$method $type" );
			$this->assertSame( strlen( $body ), (int) $kept->size );
		}
		$this->assertSame( count( $cases ), count( ( new Requests() )->read( 200 ) ) );
	}

	public function test_a_multipart_form_is_shown_as_php_took_it_apart(): void {
		$file = new CURLStringFile( 'content', 'na"me.txt', 'text/plain' );
		[ $status ] = $this->send( $this->inbox->url(), 'POST', array( 'field' => "it's <b>", 'file' => $file ) );
		$this->assertSame( 200, $status );
		$kept = json_decode( $this->newest()->body, true );
		$this->assertSame( array( 'field' => "it's <b>" ), $kept['fields'] );
		$this->assertSame( array( 'text/plain', 7 ), array( $kept['files']['file']['type'], $kept['files']['file']['size'] ) );
		self::$admin->get( self::PAGE );
		$this->assert_sees( 'Form, as PHP took it apart', self::$admin );
	}

	/** Names that nest repeat all that they are in: 96 kB of body were kept as 6.4 MB. */
	public function test_a_multipart_form_that_multiplies_is_kept_no_larger_than_any_body(): void {
		$fields = array();
		for ( $i = 0; $i < 900; ++$i ) {
			$fields[ "f$i" . str_repeat( '[k]', 20 ) ] = 'x';
		}
		list( $status ) = $this->send( $this->inbox->url(), 'POST', $fields );
		$this->assertSame( 200, $status );
		$kept = (string) ( new Requests() )->body( (int) $this->newest()->id );
		$this->assertGreaterThan( 10_000, strlen( $kept ) );
		$this->assertLessThanOrEqual( Inbox::LARGEST_BODY, strlen( $kept ) );
		$this->assertStringContainsString( '"f0"', $kept );
	}

	/** What the database refuses was printed into PHP's error log as a whole: 36 requests, 688 MB. */
	public function test_a_body_that_the_database_refuses_is_counted_and_not_logged(): void {
		global $wpdb;
		$table = Schema::inbox();
		$wpdb->query( "ALTER TABLE $table ADD CONSTRAINT short_bodies CHECK ( body IS NULL OR LENGTH( body ) < 100 )" );
		try {
			$log = ini_get( 'error_log' );
			ini_set( 'error_log', $file = tempnam( sys_get_temp_dir(), 'log' ) );
			$body  = str_repeat( 'secret-of-a-body ', 10_000 );
			$given = new Request( 'POST', '', array(), $body, strlen( $body ), '127.0.0.1' );
			$shown = $wpdb->show_errors( true );
			ob_start();
			try {
				( new Requests() )->add( $given, Signature::of( $given, $this->inbox, new Webhooks(), time() ), 200, 0 );
				$this->fail( 'The database took it.' );
			} catch ( \RuntimeException $error ) {
				$this->assertStringNotContainsString( 'secret-of-a-body', $error->getMessage() );
			} finally {
				$printed = ob_get_clean();
				$wpdb->show_errors( $shown );
				ini_set( 'error_log', $log );
			}
			$this->assertSame( '', $printed . file_get_contents( $file ) );
			unlink( $file );
			$this->assertSame( '500', $this->newest()->status );
			$this->assertNull( $this->newest()->body );
			for ( $i = 1; $i < Requests::BURST; ++$i ) {
				list( $status ) = $this->send( $this->inbox->url(), 'POST', $body );
				$this->assertSame( 500, $status );
			}
			list( $status ) = $this->send( $this->inbox->url(), 'POST', $body );
			$this->assertSame( 429, $status );
		} finally {
			$wpdb->query( "ALTER TABLE $table DROP CONSTRAINT short_bodies" );
		}
	}

	public function test_no_header_s_secret_is_kept(): void {
		$this->send(
			$this->inbox->url() . '&page=2&token=plain',
			'POST',
			'x',
			array( 'Cookie: wordpress_logged_in_x=SessionOfSomebody; a=b', 'Authorization: Bearer TokenOfSomebody', 'X-Api-Key: KeyOfSomebody', 'X-Signature: abc', 'X-Text: öä<' . chr( 255 ) )
		);
		$kept    = $this->newest();
		$headers = json_decode( $kept->headers, true );
		$this->assertSame( 'page=2&token=plain', $kept->query );
		$this->assertSame( 'Bearer *** (15)', $headers['authorization'] );
		$this->assertSame( '*** (13)', $headers['x-api-key'] );
		$this->assertSame( 'abc', $headers['x-signature'] );
		$this->assertStringStartsWith( '*** (', $headers['cookie'] );
		$this->assertStringContainsString( 'öä<', $headers['x-text'] );
		global $wpdb;
		$this->assertSame( '0', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::inbox() . " WHERE CONCAT( headers, query, body ) LIKE '%OfSomebody%'" ) );
	}

	public function test_a_request_raises_no_event_and_logs_nobody_in(): void {
		$webhook = $this->subscribe( '*' );
		$cookies = array( 'Cookie: ' . LOGGED_IN_COOKIE . '=' . rawurlencode( self::$admin->cookie( LOGGED_IN_COOKIE ) ) );
		$before  = get_user_meta( 1, 'session_tokens', true );
		$fields  = http_build_query( array( 'log' => 'admin', 'pwd' => 'wrong', 'rest_route' => '/wp/v2/users', 'user_login' => 'new', 'signup_for' => 'user', 'stage' => 'validate-user-signup' ) );
		foreach ( array( '', '&rest_route=/wp/v2/users', '&doing_wp_cron=1', '&s=%27&p=1&author=1', '&preview=true' ) as $more ) {
			[ $status, $text, $headers ] = $this->send( $this->inbox->url() . $more, 'POST', $fields, $cookies );
			$this->assertSame( array( 200, 'The test inbox has the request.' ), array( $status, $text ), $more );
			$this->assertArrayNotHasKey( 'set-cookie', $headers );
			$this->assertStringContainsString( 'no-store', $headers['cache-control'] );
		}
		// At other doors than the front one the parameter leads to the inbox too, and to nothing else.
		foreach ( array( '/wp-login.php', '/wp-admin/network/edit.php', '/xmlrpc.php', '/wp-signup.php' ) as $door ) {
			[ $status, $text ] = $this->send( getenv( 'WP_URL' ) . "$door?" . wp_parse_url( $this->inbox->url(), PHP_URL_QUERY ) . '&action=network_webhooks_pause', 'POST', $fields, $cookies );
			$this->assertSame( array( 200, 'The test inbox has the request.' ), array( $status, $text ), $door );
		}
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$this->assertSame( $before, get_user_meta( 1, 'session_tokens', true ) );
	}

	public function test_only_the_right_address_of_the_main_site_leads_to_it(): void {
		$url  = $this->inbox->url();
		$none = 'There is no test inbox at this address.';
		[ $head, $token ] = explode( '=', $url );
		$this->assertMatchesRegularExpression( '/^[0-9a-f]{32}$/', $token );
		foreach ( array( substr( $url, 0, -1 ), "{$url}0", "$head=", "$head" . '[]=' . $token, strtoupper( "$head=" ) . $token, "$head=" . strtoupper( $token ) . 'A' ) as $wrong ) {
			if ( str_contains( $wrong, '?NETWORK' ) ) {
				continue;
			}
			$this->assertSame( array( 404, $none ), array_slice( $this->send( $wrong, 'POST', 'x' ), 0, 2 ), $wrong );
		}
		$site = get_site( $this->make_site() );
		if ( ! is_subdomain_install() ) {
			$this->assertSame( 404, $this->send( str_replace( '/index.php', $site->path . 'index.php', $url ), 'POST', 'x' )[0] );
		}
		$this->assertSame( 0, count( ( new Requests() )->read( 200 ) ) );

		$moved = $this->keep( $this->inbox->with_new_address() );
		$this->assertSame( 404, $this->send( $url )[0] );
		$this->assertSame( 200, $this->send( $moved->url() )[0] );
		$this->plugin()->publisher()->change( static fn() => Inbox::delete() );
		$this->assertSame( array( 404, $none ), array_slice( $this->send( $moved->url() ), 0, 2 ) );
		$this->assertSame( 0, count( ( new Requests() )->read( 200 ) ) );
	}

	public function test_links_without_rewriting_need_nothing_else(): void {
		global $wp_rewrite;
		$kept = get_option( 'permalink_structure' );
		foreach ( array( '', '/%year%/%postname%/' ) as $structure ) {
			update_option( 'permalink_structure', $structure );
			$this->assertSame( 200, $this->send( $this->inbox->url(), 'POST', $structure )[0] );
			$this->assertSame( $structure, $this->newest()->body );
		}
		update_option( 'permalink_structure', $kept );
		$wp_rewrite->init();
	}

	public function test_a_body_that_is_too_large_is_told_and_not_kept(): void {
		$largest = str_repeat( 'x', Inbox::LARGEST_BODY );
		$this->assertSame( 200, $this->send( $this->inbox->url(), 'POST', $largest )[0] );
		$this->assertSame( $largest, $this->newest()->body );
		[ $status, $text ] = $this->send( $this->inbox->url(), 'POST', "{$largest}x" );
		$this->assertSame( array( 413, 'The test inbox takes bodies of up to 262144 bytes.' ), array( $status, $text ) );
		$kept = $this->newest();
		$this->assertSame( array( null, '262145', '413' ), array( $kept->body, $kept->size, $kept->status ) );
		self::$admin->get( self::PAGE );
		$this->assert_sees( 'The body has 256.0 KB, and the inbox takes 256 KB: it was not kept.', self::$admin );
		$this->assert_sees( 'Body (the first 16 KB)', self::$admin );
		$this->assertLessThan( 200000, strlen( self::$admin->page ) );
	}

	public function test_too_many_requests_at_once_are_turned_away(): void {
		global $wpdb;
		$now = (int) ( microtime( true ) * 1000 );
		foreach ( range( 1, Requests::BURST - 1 ) as $number ) {
			$this->add( $now );
		}
		$this->assertSame( 200, $this->send( $this->inbox->url() )[0] );
		[ $status, $text, $headers ] = $this->send( $this->inbox->url() );
		$this->assertSame( array( 429, '10' ), array( $status, $headers['retry-after'] ) );
		$this->assertSame( Requests::BURST, count( ( new Requests() )->read( 200 ) ) );
		$wpdb->query( 'UPDATE ' . Schema::inbox() . ' SET received = received - 10001' );
		$this->assertSame( 200, $this->send( $this->inbox->url() )[0] );
	}

	public function test_a_hundred_are_kept_for_a_day(): void {
		$now = 1_795_000_000_000;
		foreach ( range( 1, 105 ) as $number ) {
			$this->add( $now + $number, (string) $number );
		}
		$requests = new Requests( $now + 105 );
		$this->assertSame( 100, count( $requests->read( 200 ) ) );
		$this->assertSame( array( '105', '6' ), array( $requests->read( 200, 0, 0, 10 )[0]->body, $requests->read( 200, 0, 0, 10 )[99]->body ) );

		// What is too old is not shown, also before anybody deletes it.
		$later = new Requests( $now + 50 + DAY_IN_SECONDS * 1000 );
		$this->assertCount( 55, $later->read( 200 ) );
		$this->assertNull( $later->body( (int) $requests->read( 200 )[99]->id ) );
		global $wpdb;
		$this->assertSame( '100', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::inbox() ) );
		$later->prune();
		$this->assertSame( '55', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::inbox() ) );
		// These are of a time long ago.
		do_action( 'network_webhooks_wake' );
		$this->assertSame( '0', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::inbox() ) );
	}

	private function add( int $now, string $body = '', array $headers = array(), string $query = '' ): void {
		$request = new Request( 'POST', $query, $headers, $body, strlen( $body ), '127.0.0.1' );
		( new Requests( $now ) )->add( $request, Signature::of( $request, $this->inbox, new Webhooks(), intdiv( $now, 1000 ) ), 200, 0 );
	}

	public function test_the_verdict_on_a_signature(): void {
		$now   = 1_795_000_000;
		$url   = $this->inbox->url();
		$first = Webhook::create( 'First', $url, 'lesson_finished' );
		$body  = '{"a": 1}';
		$sign  = static fn( string $secret, int $time ) => array( 'webhook-id' => 'evt_1', 'webhook-timestamp' => (string) $time, 'webhook-signature' => webhooks_sign( $secret, 'evt_1', $time, $body ) );
		$judge = fn( array $headers, ?string $text = null ) => Signature::of( new Request( 'POST', '', $headers, $text ?? $body, 8, '' ), $this->inbox, new Webhooks(), $now );

		$this->assertSame( Signature::NO_WEBHOOK, $judge( $sign( $first->secret(), $now ) )->verdict );
		$this->store( $first->with_paused( true ) );
		$this->store( Webhook::create( 'Elsewhere', "$url&more=1", 'lesson_finished' )->with_paused( true ) );
		// Scheme and host in other letters are the same address.
		$second = $this->store( Webhook::create( 'Second', strtoupper( strtok( $url, '/' ) ) . strpbrk( $url, '/' ) . '#part', 'lesson_finished' )->with_new_secret()->with_paused( true ) );
		foreach ( array( $first, $second ) as $webhook ) {
			$verdict = $judge( $sign( $webhook->secret(), $now - 299 ) );
			$this->assertSame( array( Signature::VALID, $webhook->name ), array( $verdict->verdict, $verdict->webhook ) );
		}
		foreach ( array( 301, -301, 86400 ) as $seconds ) {
			$verdict = $judge( $sign( $first->secret(), $now - $seconds ) );
			$this->assertSame( array( Signature::OLD, $seconds ), array( $verdict->verdict, $verdict->seconds ) );
		}
		$right = $sign( $first->secret(), $now );
		$other = $sign( Webhook::new_secret(), $now );
		$this->assertSame( Signature::WRONG, $judge( $other )->verdict );
		$this->assertSame( Signature::WRONG, $judge( $right, '{"a":1}' )->verdict );
		$this->assertSame( Signature::WRONG, $judge( array( 'webhook-id' => 'evt_2' ) + $right )->verdict );
		$this->assertSame( Signature::VALID, $judge( array( 'webhook-signature' => "{$other['webhook-signature']} {$right['webhook-signature']}" ) + $right )->verdict );
		$this->assertSame( Signature::NONE, $judge( array() )->verdict );
		$this->assertSame( Signature::UNKNOWN, $judge( array( 'webhook-signature' => 'sha256=abc' ) + $right )->verdict );
		$this->assertSame( Signature::INCOMPLETE, $judge( array( 'webhook-timestamp' => 'now' ) + $right )->verdict );
		$this->assertSame( Signature::INCOMPLETE, $judge( array_diff_key( $right, array( 'webhook-id' => 1 ) ) )->verdict );
		$unread = new Request( 'POST', '', $right, null, 300000, '' );
		$this->assertSame( Signature::UNREAD, Signature::of( $unread, $this->inbox, new Webhooks(), $now )->verdict );
		// With ed25519 too.
		$third = $this->store( Webhook::create( 'Third', $url, 'lesson_finished' )->with_form( 'Third', $url, true, array( 'signature' => 'v1a', 'events' => array( 'lesson_finished' ) ) )->with_new_secret() );
		$this->assertSame( 'Third', $judge( $sign( $third->secret(), $now ) )->webhook );
	}

	public function test_what_the_worker_sends_arrives_with_a_valid_signature(): void {
		$webhook = $this->store( Webhook::create( 'To the inbox', $this->inbox->url(), 'lesson_finished' ) );
		[ $done ] = webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => 'A <b>lesson</b>' ) ), self::DEADLINE );
		$this->assertSame( 'delivered', $done['state'] );
		$kept = $this->newest();
		$this->assertSame( array( Signature::VALID, $webhook->name, $done['event_id'] ), array( $kept->verdict, $kept->webhook, $kept->event_id ) );
		$this->assertSame( webhooks_delivery( $done['id'] )['body'], $kept->body );
		self::$admin->get( self::PAGE );
		$this->assert_sees( 'Valid, signed by To the inbox', self::$admin );

		// Also before it is saved.
		$form = new Webhook_Form( self::$admin );
		$form->open_new( '&inbox=1' );
		$this->assertSame( array( $this->inbox->url(), 'Test inbox' ), array( $form->text( 'url' ), $form->text( 'name' ) ) );
		$form->post( array( 'name' => 'Not saved', 'events' => array( 'payment_received' ) ), 'test_form' );
		$this->assert_sees( 'The test event arrived: the endpoint answered 200', self::$admin );
		$this->assertSame( array( Signature::VALID, 'Not saved' ), array( $this->newest()->verdict, $this->newest()->webhook ) );
	}

	public function test_the_worker_is_told_the_address_and_nothing_else(): void {
		$published = static fn() => array_map( static fn( string $name ) => json_decode( (string) file_get_contents( getenv( 'SPOOL' ) . "/$name.json" ), true )['inbox'], array( 'config', 'subscriptions' ) );
		$this->assertSame( array( $this->inbox->url(), $this->inbox->url() ), $published() );
		// One whose address the guard would refuse otherwise: the extension says so itself.
		$webhook = Webhook::create( 'A', $this->inbox->url(), 'lesson_finished' );
		$this->assertNull( webhooks_preview( $webhook->to_config(), 'lesson_finished', array() )['address'] );
		$this->plugin()->publisher()->change( static fn() => Inbox::delete() );
		$this->assertSame( array( null, null ), $published() );
	}

	public function test_the_worker_reaches_it_past_the_guard_and_nothing_beside_it(): void {
		$sent = json_decode( $this->run_process( __DIR__ . '/processes/inbox-guard.php', array( $this->inbox->url() ) ), true );
		$this->assertSame(
			array(
				'inbox' => array( 'delivered', null ),
				'more'  => array( 'failed', 'address_refused' ),
				'front' => array( 'failed', 'address_refused' ),
				'host'  => array( 'failed', 'address_refused' ),
			),
			$sent
		);
		$this->assertCount( 1, ( new Requests() )->read( 200 ) );
	}

	public function test_a_new_address_of_the_main_site_is_one_of_the_inbox_too(): void {
		$home = get_option( 'home' );
		try {
			update_option( 'home', 'http://another.example' );
			$config = json_decode( (string) file_get_contents( getenv( 'SPOOL' ) . '/config.json' ), true );
			$this->assertStringStartsWith( 'http://another.example/index.php?network-webhooks-inbox=', $config['inbox'] );
			$this->assertSame( $this->inbox->url(), $config['inbox'] );
		} finally {
			update_option( 'home', $home );
		}
	}

	public function test_it_answers_as_it_is_told_to_and_delays_one_at_a_time(): void {
		$this->keep( $this->inbox->with_answer( 503, 0 ) );
		[ $status, $text ] = $this->send( $this->inbox->url() );
		$this->assertSame( array( 503, 'The test inbox has the request, and answers 503 as it was told to.' ), array( $status, $text ) );
		$this->keep( $this->inbox->with_answer( 204, 0 ) );
		$this->assertSame( array( 204, '' ), array_slice( $this->send( $this->inbox->url() ), 0, 2 ) );
		foreach ( array( array( 99, -1, 200, 0 ), array( 1000, 60, 599, 10 ) ) as [ $status, $delay, $real_status, $real_delay ] ) {
			$inbox = $this->inbox->with_answer( $status, $delay );
			$this->assertSame( array( $real_status, $real_delay ), array( $inbox->status, $inbox->delay ) );
		}

		$this->keep( $this->inbox->with_answer( 202, 10 ) );
		$multi   = curl_multi_init();
		$handle  = curl_init( $this->inbox->url() );
		curl_setopt_array( $handle, array( CURLOPT_POSTFIELDS => 'first', CURLOPT_RETURNTRANSFER => true ) );
		curl_multi_add_handle( $multi, $handle );
		$this->wait_for(
			function () use ( $multi ) {
				curl_multi_exec( $multi, $running );
				return 1 === $running && 'first' === $this->newest()->body;
			}
		);
		// While that one waits, others are answered at once; and it is seen already.
		foreach ( array( 'second', 'third' ) as $body ) {
			$this->assertSame( 202, $this->send( $this->inbox->url(), 'POST', $body )[0] );
			$this->assertSame( '0', $this->newest()->delay );
			curl_multi_exec( $multi, $running );
			$this->assertSame( 1, $running, 'The first is not answered yet.' );
		}
		do {
			curl_multi_select( $multi );
			curl_multi_exec( $multi, $running );
		} while ( $running );
		$this->assertSame( 202, curl_getinfo( $handle, CURLINFO_RESPONSE_CODE ) );
		$this->assertGreaterThan( 9.9, curl_getinfo( $handle, CURLINFO_TOTAL_TIME ) );
		$this->assertSame( array( '0', '0', '10' ), array_slice( array_column( ( new Requests() )->read( 3 ), 'delay' ), 0, 3 ) );
	}

	public function test_it_is_off_in_production_until_somebody_turns_it_on(): void {
		$is_open = function ( string $environment ): array {
			putenv( "WP_ENVIRONMENT_TYPE=$environment" );
			try {
				return json_decode( $this->run_process( __DIR__ . '/processes/inbox.php' ), true );
			} finally {
				putenv( 'WP_ENVIRONMENT_TYPE' );
			}
		};
		$this->keep( Inbox::create() );
		foreach ( array( 'staging', 'development', 'local' ) as $environment ) {
			$this->assertSame( array( 'open' => true, 'exempt' => Inbox::find()->url(), 'says' => array( 'Address' ) ), $is_open( $environment ), $environment );
		}
		foreach ( array( 'production', '' ) as $environment ) {
			$this->assertSame( array( 'open' => false, 'exempt' => null, 'says' => array( 'The test inbox is off', 'Turn On the Test Inbox Here' ) ), $is_open( $environment ), $environment );
		}
		$kept = Inbox::find();
		$this->plugin()->publisher()->change( static fn() => Inbox::delete() );
		$this->assertSame( array( 'Make a Test Inbox' ), $is_open( 'staging' )['says'] );
		$this->assertSame( array( 'The test inbox is off', 'Turn On the Test Inbox Here' ), $is_open( 'production' )['says'] );
		$this->keep( $kept );
		// The web server's PHP says nothing, which means production.
		$this->assertSame( 404, $this->send( Inbox::find()->url() )[0] );
		self::$admin->get( self::PAGE );
		$this->assert_sees( 'The test inbox is off, since this is a production environment', self::$admin );
		self::$admin->act( 'inbox_make', array() );
		$this->assert_sees( 'The test inbox is there.', self::$admin );
		wp_cache_flush();
		$this->assertSame( 200, $this->send( Inbox::find()->url() )[0] );
	}

	public function test_the_page_makes_changes_empties_and_deletes_it(): void {
		$old = $this->inbox->url();
		self::$admin->act( 'inbox_move', array() );
		$this->assert_sees( 'The test inbox has a new address.', self::$admin );
		[ $shown ] = self::$admin->values( '//input[@id="network-webhooks-address"]/@value' );
		$this->assertNotSame( $old, $shown );
		$this->assertSame( Inbox::find()->url(), $shown );
		self::$admin->act( 'inbox_save', array( 'status' => '410', 'delay' => '2' ) );
		$this->assertSame( array( 410, 2, true ), array( Inbox::find()->status, Inbox::find()->delay, Inbox::find()->in_production ) );
		self::$admin->act( 'inbox_save', array( 'status' => '200', 'delay' => '0' ) );

		$this->send( $shown, 'POST', "<script>alert(1)</script>\0" );
		$this->assertSame( "<script>alert(1)</script>\0", self::$admin->act( 'inbox_body', array( 'request' => $this->newest()->id ) ) );
		$this->assertSame( 200, self::$admin->status );
		self::$admin->act( 'inbox_body', array( 'request' => '999999' ) );
		$this->assert_sees( 'This request is not kept any more.', self::$admin );

		self::$admin->act( 'inbox_empty', array() );
		$this->assert_sees( 'The requests are deleted.', self::$admin );
		$this->assertSame( 0, count( ( new Requests() )->read( 200 ) ) );
		self::$admin->act( 'inbox_delete', array() );
		$this->assert_sees( 'The test inbox and its requests are deleted.', self::$admin );
		$this->assert_sees( 'Turn On the Test Inbox Here', self::$admin );
		$this->assertNull( Inbox::find() );
		self::$admin->act( 'inbox_move', array() );
		$this->assert_sees( 'There is no test inbox any more.', self::$admin );
		$actions = array_column( Network_Webhooks\History::of( Network_Webhooks\History::NETWORK, 5 ), 'action' );
		$this->assertSame( array( 'inbox_deleted', 'inbox_moved' ), $actions );
	}

	public function test_a_body_is_handed_out_as_a_file_and_never_as_a_page(): void {
		$this->send( $this->inbox->url(), 'POST', '<script>alert(1)</script>', array( 'Content-Type: text/html' ) );
		$nonce   = self::$admin->nonce();
		$cookies = array();
		foreach ( array( LOGGED_IN_COOKIE, SECURE_AUTH_COOKIE, AUTH_COOKIE ) as $name ) {
			$cookies[] = "$name=" . rawurlencode( self::$admin->cookie( $name ) );
		}
		[ $status, , $headers ] = $this->send( getenv( 'WP_URL' ) . '/wp-admin/network/edit.php?action=network_webhooks_inbox_body', 'POST', http_build_query( array( '_wpnonce' => $nonce, 'request' => $this->newest()->id ) ), array( 'Cookie: ' . implode( '; ', $cookies ) ) );
		$this->assertSame( array( 200, 'application/octet-stream', 'nosniff' ), array( $status, $headers['content-type'], $headers['x-content-type-options'] ) );
		$this->assertStringStartsWith( 'attachment; filename="request-', $headers['content-disposition'] );
		$this->assertStringContainsString( 'sandbox', $headers['content-security-policy'] );
	}

	public function test_nothing_that_is_sent_becomes_html(): void {
		$evil   = '"></pre></details><script>alert(1)</script><img src=x onerror=alert(2)>\' &amp; </textarea>';
		$before = $this->page_elements();
		$this->add( (int) ( microtime( true ) * 1000 ), $evil, array( $evil => $evil ), $evil );
		$this->send( $this->inbox->url() . '&' . rawurlencode( $evil ), 'POST', $evil, array( "X-Evil: $evil", "Content-Type: $evil", "User-Agent: $evil", "webhook-id: $evil", "webhook-signature: v1,$evil", 'webhook-timestamp: 1' ) );
		$this->send( $this->inbox->url(), 'POST', wp_json_encode( array( $evil => $evil ) ), array( 'Content-Type: application/json' ) );
		$this->send( $this->inbox->url(), 'POST', "\0$evil" );
		$this->send( $this->inbox->url(), 'POST', array( $evil => $evil ) );
		$webhook = $this->store( Webhook::create( "<i>Name</i>$evil", $this->inbox->url(), 'lesson_finished' ) );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished', array( 'title' => $evil ) ), self::DEADLINE );
		$this->assertSame( $webhook->name, $this->newest()->webhook );
		$this->assertSame( $before, $this->page_elements() );
		$this->assertCount( 6, self::$admin->values( '//details[@data-request]' ) );
		$shown = implode( "\n", self::$admin->values( '//details[@data-request]' ) );
		$this->assertStringContainsString( "x-evil: $evil", $shown );
		$this->assertStringContainsString( '&amp; </textarea>', $shown );
		// What scripts put into the page is the same.
		$routed = ( new Network_Webhooks\Rest\Inbox_Routes( $this->plugin() ) )->requests( $this->rest_request( 0 ) )->get_data();
		$this->assertSame( 6, $routed['count'] );
		foreach ( array( '<script', '<img', '<i>' ) as $tag ) {
			$this->assertStringNotContainsString( $tag, $routed['html'] );
		}
	}

	/**
	 * How many elements there are that a page of ours does not have by what is sent.
	 */
	private function page_elements(): array {
		self::$admin->get( self::PAGE );
		$count = static fn( string $path ) => count( self::$admin->values( $path ) );
		return array( $count( '//*[@id="wpbody"]//script' ), $count( '//*[@id="wpbody"]//img' ), $count( '//*[@id="wpbody"]//*[@onerror]' ), $count( '//*[@id="wpbody"]//i' ) );
	}

	private function rest_request( int $after ): WP_REST_Request {
		$request = new WP_REST_Request( 'GET', '/network-webhooks/v1/inbox' );
		$request->set_default_params( array( 'after' => $after ) );
		return $request;
	}

	public function test_the_page_asks_for_what_came_since(): void {
		$this->send( $this->inbox->url(), 'POST', 'one' );
		$last   = (int) $this->newest()->id;
		$routes = new Network_Webhooks\Rest\Inbox_Routes( $this->plugin() );
		$this->assertSame( array( 'html' => '', 'count' => 0 ), $routes->requests( $this->rest_request( $last ) )->get_data() );
		$this->send( $this->inbox->url(), 'POST', 'two' );
		$news = $routes->requests( $this->rest_request( $last ) )->get_data();
		$this->assertSame( 1, $news['count'] );
		$this->assertStringContainsString( 'two', $news['html'] );
		$this->assertStringNotContainsString( '>one<', $news['html'] );
	}

	/**
	 * @dataProvider bodies
	 */
	public function test_a_body_is_shown_as_what_it_is( string $bytes, string $expected ): void {
		$this->assertSame( $expected, Network_Webhooks\Admin\Inbox\Request_Body::text( $bytes ) );
	}

	public static function bodies(): array {
		$long = '"' . str_repeat( 'a\\"b', 100000 ) . '"';
		return array(
			'JSON, token by token' => array( '{"b":12345678901234567890,"a":1.0,"a":[],"c":{"d":[1,{}]},"e":"\u00e9,{\"x\":1}"}', "{\n    \"b\": 12345678901234567890,\n    \"a\": 1.0,\n    \"a\": [],\n    \"c\": {\n        \"d\": [\n            1,\n            {}\n        ]\n    },\n    \"e\": \"\\u00e9,{\\\"x\\\":1}\"\n}" ),
			'JSON in lines already' => array( "[ 1,\r\n\t2 ]", "[\n    1,\n    2\n]" ),
			'a long string'         => array( "[$long]", "[\n    $long\n]" ),
			'broken JSON'           => array( '{"a":', '{"a":' ),
			'a scalar'              => array( '"text"', '"text"' ),
			'a form'                => array( 'a=1&b=%20', 'a=1&b=%20' ),
			'bytes'                 => array( "PNG\0\xff<b>", "00000000  50 4e 47 00 ff 3c 62 3e                          PNG..<b>" ),
		);
	}

	public function test_a_person_s_requests_are_erased_with_the_rest(): void {
		$now = (int) ( microtime( true ) * 1000 );
		$this->add( $now, '{"email":"Jane.Doe@network.example"}' );
		$this->add( $now, '', array(), 'email=jane.doe@network.example' );
		$this->add( $now, '', array( 'x-from' => 'jane.doe@network.example' ) );
		$this->add( $now, '{"email":"john.doe@network.example"}' );
		$erased = ( new Network_Webhooks\Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() ) )->erase( 'jane.doe@network.example' );
		$this->assertTrue( $erased['items_removed'] );
		$this->assertSame( '{"email":"john.doe@network.example"}', $this->newest()->body );
		$this->assertSame( 1, count( ( new Requests() )->read( 200 ) ) );
	}

	public function test_an_address_that_no_worker_can_read_keeps_nothing_from_being_published(): void {
		$home = static fn() => 'http://user@strange.example';
		add_filter( 'pre_option_home', $home );
		try {
			$this->assertNull( Inbox::exempt_url() );
			$this->subscribe( 'lesson_finished' );
			$this->assert_subscribed( 'lesson_finished' );
		} finally {
			remove_filter( 'pre_option_home', $home );
		}
	}
}
