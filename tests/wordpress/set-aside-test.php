<?php
/**
 * An invalid webhook is set aside by name: the others are published and can be saved, nothing of
 * its own events is lost, and everybody who has to know is told.
 */

use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Announcements\Mail;
use Network_Webhooks\History;
use Network_Webhooks\Refusal;
use Network_Webhooks\Schema;
use Network_Webhooks\Set_Aside;
use Network_Webhooks\Settings;
use Network_Webhooks\Site_Health;
use Network_Webhooks\Unpublished;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhook_Check;

final class Set_Aside_Test extends Network_Test_Case {

	private static ?Endpoint $endpoint = null;

	public static function setUpBeforeClass(): void {
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	protected function setUp(): void {
		Schema::migrate();
		parent::setUp();
	}

	protected function tearDown(): void {
		parent::tearDown();
		foreach ( array( Settings::SET_ASIDE, Settings::UNPUBLISHED, Settings::MAILED_AT, Settings::CONDITIONS ) as $name ) {
			delete_network_option( get_main_network_id(), $name );
		}
	}

	/**
	 * What other code, an older version or a damaged backup may have written, and the reason why
	 * its events are held.
	 */
	public static function invalid_ones(): array {
		return array(
			'a template'                => array( array( 'format' => 'template', 'template' => '{"a": {{ data. }}}' ), 'template', 'invalid' ),
			'a condition'               => array( array( 'condition' => 'data.total >' ), 'condition', 'unjudged' ),
			'a URL'                     => array( array( 'url' => 'https://' ), 'url', 'invalid' ),
			'a number'                  => array( array( 'timeout' => 0 ), 'timeout', 'invalid' ),
			'a number that is text'     => array( array( 'timeout' => '15 s' ), 'timeout', 'invalid' ),
			'sites that are texts'      => array( array( 'sites' => array( 'only' => array( 'one' ) ) ), 'sites.only[0]', 'unjudged' ),
			'a setting of the future'   => array( array( 'priority' => 5 ), 'priority', 'invalid' ),
			'no secret'                 => array( array( 'secrets' => array() ), 'secrets', 'invalid' ),
			'a header that is ours'     => array( array( 'headers' => array( array( 'name' => 'Host', 'value' => 'a' ) ) ), 'headers[0]', 'invalid' ),
			'one pattern of two'        => array( array( 'events' => array( 'lesson_finished', 'NO NAME' ) ), 'events[1]', 'unjudged' ),
		);
	}

	/**
	 * @dataProvider invalid_ones
	 */
	public function test_one_invalid_webhook_blocked_all( array $settings, string $field, string $reason ): void {
		$good  = $this->store( Webhook::create( 'Good', self::$endpoint->url . '/200', 'lesson_finished' ) );
		$bad   = $this->put( 'Bad', $settings );
		$other = Webhook::create( 'Other', 'https://endpoint.example/', 'another_event' );
		$this->plugin()->publisher()->publish();
		$this->assertSame( (int) Settings::read( Settings::REVISION )[ Settings::REVISION ], webhooks_revision() );
		$this->store( $other );
		$this->assert_subscribed( 'another_event' );

		$aside = webhooks_status()['config']['set_aside'];
		$this->assertSame( array( array( $bad, 'Bad', $field ) ), array_map( static fn( array $one ) => array( $one['id'], $one['name'], $one['field'] ), $aside ) );
		$this->assertSame( array( $bad ), array_keys( Set_Aside::all() ) );

		$event = network_webhooks_dispatch( 'lesson_finished', array( 'total' => 5 ) );
		$this->assertNotNull( $event );
		$deliveries = array_column( webhooks_wait( $event, self::DEADLINE ), null, 'webhook_id' );
		$this->assertSame( 'delivered', $deliveries[ $good->id ]['state'] );
		$this->assertSame( array( 'held', $reason ), array( $deliveries[ $bad ]['state'], $deliveries[ $bad ]['reason'] ) );
	}

	public function test_events_of_an_invalid_webhook_were_lost_once_it_was_mended(): void {
		$bad   = $this->put( 'Bad', array( 'timeout' => 0 ) );
		$this->plugin()->publisher()->publish();
		$event = network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) );
		$this->assertSame( 'held', webhooks_wait( $event, self::DEADLINE )[0]['state'] );
		$mended = self::with( $this->plugin()->webhooks()->find( $bad ), array( 'timeout' => 15 ) );
		$this->store( $mended );
		$this->assertSame( array(), Set_Aside::all() );
		$this->wait_for( static fn() => 'delivered' === webhooks_deliveries( array( 'event_id' => $event ) )['deliveries'][0]['state'] );
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
	}

	public function test_what_an_unreadable_condition_would_have_kept_back_is_sent_by_a_person_alone(): void {
		$bad   = $this->put( 'Bad', array( 'condition' => 'data.total >' ) );
		$this->plugin()->publisher()->publish();
		$event = network_webhooks_dispatch( 'lesson_finished', array( 'total' => 1 ) );
		$this->assertSame( 'unjudged', webhooks_wait( $event, self::DEADLINE )[0]['reason'] );
		$this->store( self::with( $this->plugin()->webhooks()->find( $bad ), array( 'condition' => 'data.total > 100' ) ) );
		// The worker has taken the new webhooks over: what came after them is judged by them.
		$later = network_webhooks_dispatch( 'lesson_finished', array( 'total' => 2 ) );
		$this->assertSame( 'skipped', webhooks_wait( $later, self::DEADLINE )[0]['state'] );
		$state = static fn() => webhooks_deliveries( array( 'event_id' => $event ) )['deliveries'][0]['state'];
		$this->assertSame( 'held', $state() );
		$this->assertSame( 1, webhooks_recover( $bad ) );
		$this->wait_for( static fn() => 'delivered' === $state() );
	}

	public function test_an_invalid_webhook_was_known_to_the_error_log_alone(): void {
		$mails = array();
		$take  = static function ( $sent, array $mail ) use ( &$mails ) {
			$mails[] = $mail;
			return true;
		};
		add_filter( 'pre_wp_mail', $take, 20, 2 );
		$bad = $this->put( 'Our <b>CRM</b>', array( 'timeout' => 61, 'mail_to' => array( 'crm@network.example' ) ) );
		$this->plugin()->publisher()->publish();
		$this->plugin()->publisher()->publish();
		try {
			( new Mail( new Announcement_Store(), $this->plugin()->webhooks() ) )->send();
		} finally {
			remove_filter( 'pre_wp_mail', $take, 20 );
		}
		$reason = 'Timeout: 61: expected 1 to 60 seconds';
		$this->assertSame( array( 'crm@network.example' ), array_column( $mails, 'to' ) );
		$this->assertStringContainsString( '“Our <b>CRM</b>” is invalid', $mails[0]['subject'] );
		$this->assertStringContainsString( $reason, $mails[0]['message'] );
		$this->assertSame( array( Announcement::INVALID ), array_column( ( new Announcement_Store() )->read(), 'code' ) );

		$problems = array_column( webhooks_status()['problems'], 'message', 'code' );
		$this->assertStringContainsString( "\"Our <b>CRM</b>\" ($bad) is invalid", $problems['invalid_webhook'] );
		$this->assertArrayHasKey( 'invalid_webhook', Health_Checks::now() );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/' );
		$this->assert_sees( '“Our <b>CRM</b>” is invalid', $admin );
		foreach ( array( 'network-webhooks', 'network-webhooks-status', "network-webhooks&action=edit&webhook=$bad" ) as $page ) {
			$admin->get( "/wp-admin/network/admin.php?page=$page" );
			$this->assert_sees( '61: expected 1 to 60 seconds', $admin );
			$this->assertStringNotContainsString( 'All is well', $admin->page );
			$this->assertSame( array(), $admin->values( '//*[contains(@class, "wrap") or contains(@class, "notice")]//b' ) );
		}
		$admin->get( "/wp-admin/network/admin.php?page=network-webhooks&action=edit&webhook=$bad" );
		$this->assertSame( array( '61: expected 1 to 60 seconds' ), $admin->values( '//*[@id="network-webhooks-timeout-error"]' ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assertSame( array( 'Invalid' ), $admin->values( '//*[contains(@class, "network-webhooks-status")][contains(@class, "is-invalid")]' ) );
		$health = ( new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() ) )->test();
		$this->assertSame( 'critical', $health['status'] );
		$this->assertStringContainsString( $reason, $health['description'] );

		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $bad ) );
		$this->assertSame( array( Announcement::INVALID, Announcement::VALID ), array_column( ( new Announcement_Store() )->read(), 'code' ) );
		$this->assertSame( array(), webhooks_status()['problems'] );
	}

	public function test_every_change_failed_with_the_id_of_a_webhook_that_it_was_not_about(): void {
		$bad = $this->put( 'Bad', array( 'timeout' => 0 ) );
		$this->plugin()->publisher()->publish();
		$webhooks = $this->plugin()->webhooks();
		$change   = fn( callable $change ) => $this->plugin()->publisher()->change( $change );
		$change( fn() => $webhooks->pause( $bad, true ) );
		$this->assertTrue( $webhooks->find( $bad )->paused );
		$change( fn() => $webhooks->pause( $bad, false ) );
		$this->assertSame( array( History::RESUMED, History::PAUSED ), array_column( History::of( $bad, 5 ), 'action' ) );
		$change( fn() => $webhooks->delete( $bad ) );
		$this->assertSame( array(), Set_Aside::all() );
		$change( fn() => $webhooks->restore( $bad ) );
		$this->assertSame( array( $bad ), array_keys( Set_Aside::all() ) );
		$draft = $this->plugin()->drafts()->add( Webhook::create( 'Draft', 'https://endpoint.example/', 'another_event' ) );
		$this->plugin()->drafts()->remove( $draft->id );
		try {
			$this->store( self::with( $webhooks->find( $bad ), array( 'concurrency' => 0 ) ) );
			$this->fail( 'Who saves an invalid webhook was not told that it is invalid.' );
		} catch ( Refusal $error ) {
			$this->assertSame( array( $bad, 'timeout' ), array( $error->webhook_id, $error->field ) );
		}
	}

	public function test_an_example_that_changed_stopped_the_saving_of_other_webhooks(): void {
		$template = static fn( Webhook $webhook, string $source ) => self::with( $webhook, array( 'format' => 'template', 'template' => $source ) );
		$other    = $template( Webhook::create( 'Other', 'https://endpoint.example/', 'user_logged_in' ), '{"a": {{ data.no.such.thing | tojson }}}' );
		$this->store( $other );
		$mine = $template( Webhook::create( 'Mine', 'https://endpoint.example/', 'user_logged_in' ), '{"a": {{ data | tojson }}}' );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->save( $mine ), ...$mine->events() );
		$this->assertNotNull( $this->plugin()->webhooks()->find( $mine->id ) );
		$this->assertSame( array(), Set_Aside::all() );
	}

	public function test_a_draft_that_is_wrong_is_refused_in_the_name_of_its_webhook(): void {
		$webhook = self::with( Webhook::create( 'Draft', 'https://endpoint.example/', 'another_event' ), array( 'timeout' => 0 ) );
		$before  = Settings::read( Settings::DRAFTS );
		try {
			$this->plugin()->drafts()->add( $webhook );
			$this->fail( 'The draft was taken.' );
		} catch ( Refusal $error ) {
			$this->assertSame( array( $webhook->id, 'timeout' ), array( $error->webhook_id, $error->field ) );
		}
		$this->assertSame( $before, Settings::read( Settings::DRAFTS ) );
	}

	public function test_webhooks_configure_itself_stays_all_or_nothing(): void {
		$revision = webhooks_revision();
		$good     = Webhook::create( 'Good', 'https://endpoint.example/', 'lesson_finished' )->to_config();
		try {
			webhooks_configure( array( $good, array( 'timeout' => 0 ) + Webhook::create( 'Bad', 'https://endpoint.example/', 'lesson_finished' )->to_config() ), $revision + 1 );
			$this->fail( 'An invalid webhook was published.' );
		} catch ( Webhooks\Exception $error ) {
			$this->assertStringContainsString( 'timeout: 0: expected 1 to 60 seconds', $error->getMessage() );
		}
		$this->assertSame( $revision, webhooks_revision() );
	}

	public function test_bytes_that_are_no_text_in_one_webhook_stopped_all(): void {
		$good = Webhook::create( 'Good', 'https://endpoint.example/', 'lesson_finished' )->to_config();
		$bad  = array( 'name' => "caf\xe9" ) + Webhook::create( '', 'https://endpoint.example/', 'lesson_finished' )->to_config();
		[ $webhooks, $aside ] = Set_Aside::sort( array( $bad, $good ) );
		$this->assertSame( array( $bad['id'] ), array_keys( $aside ) );
		$this->assertSame( array(), webhooks_check( $webhooks ) );
		$this->assertCount( 2, $webhooks );
		[ $webhooks, $aside ] = Set_Aside::sort( array( array( 'id' => 'no id' ) + $good, $good ) );
		$this->assertSame( array( $good ), $webhooks );
		$this->assertFalse( $aside['no id']->keeps );
	}

	/**
	 * Webhooks of which PHP can tell that they are wrong, or right.
	 */
	public static function judged_ones(): array {
		$settings = array(
			'all right' => array(),
			'url: an address' => array( 'url' => 'http://[::1]:8080/a?b#c' ),
			'url: none' => array( 'url' => '' ),
			'url: scheme' => array( 'url' => 'ftp://endpoint.example/' ),
			'url: no host' => array( 'url' => 'https://' ),
			'url: three slashes' => array( 'url' => 'https:///endpoint.example' ),
			'url: no host, a path' => array( 'url' => 'https://?a' ),
			'url: password' => array( 'url' => 'https://a:b@endpoint.example/' ),
			'url: port 0' => array( 'url' => 'https://endpoint.example:0/' ),
			'url: large port' => array( 'url' => 'https://endpoint.example:65536/' ),
			'url: no port' => array( 'url' => 'https://endpoint.example:port/' ),
			'url: a space' => array( 'url' => 'https://endpoint.example/a b' ),
			'url: a no-break space' => array( 'url' => "https://endpoint.example/a\u{a0}b" ),
			'url: a line' => array( 'url' => "https://endpoint.example/\n" ),
			'url: a backslash' => array( 'url' => 'https://endpoint.example\\a' ),
			'url: empty part' => array( 'url' => 'https://endpoint..example/' ),
			'url: trailing dot' => array( 'url' => 'https://endpoint.example./' ),
			'url: longest' => array( 'url' => 'https://endpoint.example/' . str_repeat( 'a', 2048 - 25 ) ),
			'url: too long' => array( 'url' => 'https://endpoint.example/' . str_repeat( 'a', 2049 - 25 ) ),
			'events: none' => array( 'events' => array() ),
			'events: pattern' => array( 'events' => array( '*', 'payment_*' ) ),
			'events: capitals' => array( 'events' => array( 'lesson_finished', 'Lesson' ) ),
			'events: empty' => array( 'events' => array( '' ) ),
			'events: long' => array( 'events' => array( str_repeat( 'a', 101 ) ) ),
			'secrets: none' => array( 'secrets' => array() ),
			'secrets: not signed' => array( 'secrets' => array(), 'signature' => 'none' ),
			'secrets: prefix' => array( 'secrets' => array( array( 'secret' => 'abc' ) ) ),
			'secrets: public' => array( 'secrets' => array( array( 'secret' => 'whpk_' . base64_encode( str_repeat( 'a', 32 ) ) ) ) ),
			'secrets: no base64' => array( 'secrets' => array( array( 'secret' => 'whsec_%%%' ) ) ),
			'secrets: no padding' => array( 'secrets' => array( array( 'secret' => 'whsec_' . rtrim( base64_encode( str_repeat( 'a', 32 ) ), '=' ) ) ) ),
			'secrets: a space' => array( 'secrets' => array( array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 30 ) ) . ' ' ) ) ),
			'secrets: short' => array( 'secrets' => array( array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 23 ) ) ) ) ),
			'secrets: shortest' => array( 'secrets' => array( array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 24 ) ) ) ) ),
			'secrets: longest' => array( 'secrets' => array( array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 64 ) ) ) ) ),
			'secrets: long' => array( 'secrets' => array( array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 65 ) ) ) ) ),
			'secrets: of the other kind' => array( 'signature' => 'v1a' ),
			'secrets: ed25519' => array( 'signature' => 'v1a', 'secrets' => array( array( 'secret' => Webhook::new_secret( 'v1a' ) ) ) ),
			'secrets: halves of two keys' => array( 'signature' => 'v1a', 'secrets' => array( array( 'secret' => 'whsk_' . base64_encode( str_repeat( 'a', 64 ) ) ) ) ),
			'secrets: ed25519, short' => array( 'signature' => 'v1a', 'secrets' => array( array( 'secret' => 'whsk_' . base64_encode( str_repeat( 'a', 31 ) ) ) ) ),
			'headers: right' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => "a b\tc" ) ) ),
			'headers: name' => array( 'headers' => array( array( 'name' => 'X Key', 'value' => 'a' ) ) ),
			'headers: no name' => array( 'headers' => array( array( 'name' => '', 'value' => 'a' ) ) ),
			'headers: ours' => array( 'headers' => array( array( 'name' => 'Webhook-Id', 'value' => 'a' ) ) ),
			'headers: reserved' => array( 'headers' => array( array( 'name' => 'TE', 'value' => 'a' ) ) ),
			'headers: empty' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => '' ) ) ),
			'headers: letters' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => 'é' ) ) ),
			'headers: a line' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => "a\nb" ) ) ),
			'headers: spaces at an end' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => 'a ' ) ) ),
			'headers: longest' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => str_repeat( 'a', 4096 ) ) ) ),
			'headers: long' => array( 'headers' => array( array( 'name' => 'X-Key', 'value' => str_repeat( 'a', 4097 ) ) ) ),
			'method: PATCH' => array( 'method' => 'PATCH' ),
			'method: GET' => array( 'method' => 'GET' ),
			'format: none' => array( 'format' => 'xml' ),
			'signature: none that is known' => array( 'signature' => 'v2' ),
			'method: no capitals' => array( 'method' => 'put' ),
			'ca_file' => array( 'ca_file' => 'ca.pem' ),
			'content_type: right' => array( 'content_type' => 'text/html; charset=utf-8' ),
			'content_type' => array( 'content_type' => 'html' ),
			'content_type: long' => array( 'content_type' => 'text/' . str_repeat( 'a', 196 ) ),
			'template: none' => array( 'format' => 'template' ),
			'template: empty' => array( 'format' => 'template', 'template' => " \n" ),
			'template: longest' => array( 'format' => 'template', 'template' => str_repeat( 'a', 65536 ), 'content_type' => 'text/plain' ),
			'template: long' => array( 'format' => 'template', 'template' => str_repeat( 'a', 65537 ), 'content_type' => 'text/plain' ),
			'condition: long' => array( 'condition' => str_repeat( '1', 4097 ) ),
			'fields: right' => array( 'fields' => array( 'a.*.b', str_repeat( 'a', 500 ) ) ),
			'fields: empty key' => array( 'fields' => array( 'a..b' ) ),
			'fields: long' => array( 'fields' => array( str_repeat( 'a', 501 ) ) ),
			'timeout 0' => array( 'timeout' => 0 ),
			'timeout 60' => array( 'timeout' => 60 ),
			'timeout 61' => array( 'timeout' => 61 ),
			'concurrency 0' => array( 'concurrency' => 0 ),
			'concurrency 64' => array( 'concurrency' => 64 ),
			'concurrency 65' => array( 'concurrency' => 65 ),
			'disable_after 0' => array( 'disable_after' => 0 ),
			'disable_after, longest' => array( 'disable_after' => 2592000 ),
			'disable_after, long' => array( 'disable_after' => 2592001 ),
			'retries: none' => array( 'retries' => array() ),
			'retries: most' => array( 'retries' => array_fill( 0, 50, 604800 ) ),
			'retries: many' => array( 'retries' => array_fill( 0, 51, 5 ) ),
			'retries: 0' => array( 'retries' => array( 5, 0 ) ),
			'retries: long' => array( 'retries' => array( 604801 ) ),
			'rate_limit: right' => array( 'rate_limit' => array( 'count' => 10000, 'per' => 'minute' ) ),
			'rate_limit: 0' => array( 'rate_limit' => array( 'count' => 0, 'per' => 'minute' ) ),
			'url: four numbers, too large' => array( 'url' => 'https://256.1.1.1/' ),
			'url: five numbers' => array( 'url' => 'https://1.2.3.4.5/' ),
			'url: three numbers' => array( 'url' => 'https://1.2.3/' ),
			'url: hexadecimal' => array( 'url' => 'https://0x7f.1/' ),
			'url: no octal number' => array( 'url' => 'https://09.1.1.1/' ),
			'url: a number too large' => array( 'url' => 'https://999999999999/' ),
			'url: ends in a number' => array( 'url' => 'https://endpoint.123/' ),
			'url: a NUL behind a percent sign' => array( 'url' => 'https://end%00point.example/' ),
			'url: a slash behind a percent sign' => array( 'url' => 'https://end%2fpoint.example/' ),
			'url: an @ behind a percent sign' => array( 'url' => 'https://end%40point.example/' ),
			'url: something invisible behind percent signs' => array( 'url' => 'https://end%E2%80%8Bpoint.example/' ),
			'url: no text behind a percent sign' => array( 'url' => 'https://end%FFpoint.example/' ),
			'url: a percent sign' => array( 'url' => 'https://%/' ),
			'url: quotes' => array( 'url' => 'https://end"point.example/' ),
			'url: braces' => array( 'url' => 'https://{endpoint}/' ),
			'url: a template' => array( 'url' => 'https://endpoint.example/{{ data.lesson_id }}?a={{ "}}" ~ data.user_id }}' ),
			'url: a template at the host' => array( 'url' => 'https://{{ data.host }}/' ),
			'url: a template behind the host' => array( 'url' => 'https://endpoint.example{{ data.path }}/' ),
			'url: a template at the port' => array( 'url' => 'https://endpoint.example:{{ data.port }}/' ),
			'url: a template at the scheme' => array( 'url' => '{{ data.scheme }}://endpoint.example/' ),
			'url: a template behind the fragment' => array( 'url' => 'https://endpoint.example/é#{{ data.a }}' ),
			'url: a template without a value' => array( 'url' => 'https://endpoint.example/{{ }}' ),
			'url: a block' => array( 'url' => 'https://endpoint.example/{% if a %}b{% endif %}' ),
			'url: what stands raw' => array( 'url' => 'https://endpoint.example/{%raw%}a{%endraw%}/{{ data.a }}' ),
			'url: a comment' => array( 'url' => 'https://endpoint.example/{# a #}' ),
			'url: a template that takes spaces' => array( 'url' => 'https://endpoint.example/{{- data.a }}' ),
			'url: a template and a space' => array( 'url' => 'https://endpoint.example/a b/{{ data.a }}' ),
			'url: a template and half a percent sign' => array( 'url' => 'https://endpoint.example/%2{{ data.a }}' ),
			'url: a template and a user' => array( 'url' => 'https://u@endpoint.example/{{ data.a }}' ),
			'url: a template with a line' => array( 'url' => "https://endpoint.example/{{ data.a\n }}" ),
			'url: many values' => array( 'url' => 'https://endpoint.example/' . str_repeat( '{{ data.a }}', 21 ) ),
			'url: a long template' => array( 'url' => 'https://endpoint.example/{{ data.a }}' . str_repeat( 'a', 2048 ) ),
			'keys' => array( 'keys' => array( array( 'name' => 'token', 'value' => '1:a' ) ) ),
			'keys: a name' => array( 'keys' => array( array( 'name' => 'Token', 'value' => '1:a' ) ) ),
			'keys: a digit' => array( 'keys' => array( array( 'name' => '1', 'value' => '1:a' ) ) ),
			'keys: twice' => array( 'keys' => array_fill( 0, 2, array( 'name' => 'token', 'value' => '1:a' ) ) ),
			'keys: no value' => array( 'keys' => array( array( 'name' => 'token', 'value' => '' ) ) ),
			'keys: a long value' => array( 'keys' => array( array( 'name' => 'token', 'value' => str_repeat( 'a', 1001 ) ) ) ),
			'keys: a line' => array( 'keys' => array( array( 'name' => 'token', 'value' => "a\nb" ) ) ),
			'keys: many' => array( 'keys' => array_map( static fn( int $number ) => array( 'name' => "k$number", 'value' => 'a' ), range( 1, 21 ) ) ),
			'two mistakes: URL and keys' => array( 'url' => 'x', 'keys' => array( array( 'name' => '', 'value' => 'a' ) ) ),
			'url: letters in a port' => array( 'url' => 'https://endpoint.example:80a/' ),
			'headers: longest name' => array( 'headers' => array( array( 'name' => str_repeat( 'a', 256 ), 'value' => 'a' ) ) ),
			'headers: long name' => array( 'headers' => array( array( 'name' => str_repeat( 'a', 257 ), 'value' => 'a' ) ) ),
			'headers: most' => array( 'headers' => array_fill( 0, 50, array( 'name' => 'X-Key', 'value' => 'a' ) ) ),
			'headers: so many that they ended PHP' => array( 'headers' => array_fill( 0, 40000, array( 'name' => 'X-Key', 'value' => 'a' ) ) ),
			'secrets: most' => array( 'secrets' => array_fill( 0, 20, array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 24 ) ) ) ) ),
			'secrets: many' => array( 'secrets' => array_fill( 0, 21, array( 'secret' => 'whsec_' . base64_encode( str_repeat( 'a', 24 ) ) ) ) ),
			'fields: most' => array( 'fields' => array_fill( 0, 200, 'a' ) ),
			'fields: many' => array( 'fields' => array_fill( 0, 201, 'a' ) ),
			'content_type: a line' => array( 'content_type' => "text/plain\n" ),
			'content_type: another line' => array( 'content_type' => "text/plain; a\nb" ),
			'content_type: a tab' => array( 'content_type' => "text/plain\t; a=b" ),
			'condition: empty' => array( 'condition' => '' ),
			'condition: a space' => array( 'condition' => ' ' ),
			'template: other spaces' => array( 'format' => 'template', 'template' => "\u{2003}" ),
			'two mistakes: secrets, then a header' => array( 'secrets' => array(), 'headers' => array( array( 'name' => 'X Key', 'value' => 'a' ) ) ),
			'two mistakes: URL and events' => array( 'url' => 'x', 'events' => array() ),
			'two mistakes: condition and fields' => array( 'condition' => '', 'fields' => array( '.' ) ),
			'two mistakes: CA file and template' => array( 'ca_file' => 'x', 'format' => 'template' ),
			'two mistakes: name and timeout' => array( 'name' => "\u{200b}", 'timeout' => 0 ),
			'set aside' => array( 'timeout' => 0, 'url' => 'x', 'set_aside' => array( 'field' => 'timeout', 'message' => '0' ) ),
			'set aside, and an id that is none' => array( 'id' => 'no id', 'set_aside' => array( 'field' => 'id', 'message' => 'no' ) ),
			'rate_limit: many' => array( 'rate_limit' => array( 'count' => 10001, 'per' => 'second' ) ),
		);
		return array_map( static fn( array $one ) => array( $one ), $settings );
	}

	/**
	 * @dataProvider judged_ones
	 */
	public function test_without_the_extension_a_save_checked_little( array $settings ): void {
		$webhook = $settings + Webhook::create( 'Judged', 'https://endpoint.example/', 'lesson_finished' )->to_config();
		$wrong   = webhooks_check( array( $webhook ) )[0] ?? null;
		unset( $wrong['number'] );
		$this->assertSame( $wrong ?: null, Webhook_Check::of( $webhook ) );
	}

	/**
	 * Values whose types are wrong: the words differ, the field does not.
	 */
	public static function types(): array {
		$settings = array( 'priority' => 5, 'timeout' => '15', 'retries' => 5, 'name' => 5, 'paused' => 'yes', 'sites' => array( 'only' => array( '3' ) ), 'format' => 'xml', 'signature' => 'v2', 'concurrency' => -1, 'template' => array(), 'rate_limit' => 5 );
		$settings += array( 'url' => "https://endpoint.example/caf\xe9", 'condition' => "data.x == '\xff'", 'fields' => array( "\xff" ), 'ca_file' => "/\xff", 'set_aside' => 'yes', 'content_type' => "text/\xff" );
		return array_map( static fn( string $name, mixed $value ) => array( $name, $value ), array_keys( $settings ), $settings );
	}

	/**
	 * @dataProvider types
	 */
	public function test_without_the_extension_a_type_was_not_checked( string $name, mixed $value ): void {
		$webhook = array( $name => $value ) + Webhook::create( 'Judged', 'https://endpoint.example/', 'lesson_finished' )->to_config();
		$field   = static fn( ?array $wrong ) => preg_replace( '/[\[.].*$/', '', $wrong['field'] ?? 'none' );
		$this->assertSame( $name, $field( webhooks_check( array( $webhook ) )[0] ?? null ) );
		$this->assertSame( $name, $field( Webhook_Check::of( $webhook ) ) );
	}

	public function test_without_the_extension_a_setting_of_null_was_taken(): void {
		foreach ( array( 'id', 'name', 'url', 'events', 'sites', 'network_events', 'include_imports', 'paused', 'secrets', 'signature', 'headers', 'keys', 'format', 'template', 'content_type', 'condition', 'fields', 'timeout', 'retries', 'concurrency', 'rate_limit', 'ordered', 'log_bodies', 'disable_after', 'ca_file', 'set_aside' ) as $name ) {
			$webhook = array( $name => null ) + Webhook::create( 'Judged', 'https://endpoint.example/', 'lesson_finished' )->to_config();
			$this->assertSame( array() === webhooks_check( array( $webhook ) ), null === Webhook_Check::of( $webhook ), $name );
		}
	}

	public function test_without_the_extension_what_it_would_refuse_was_stored(): void {
		$bad = self::with( Webhook::create( 'Bad', 'https://endpoint.example/', 'lesson_finished' ), array( 'timeout' => 61 ) );
		$out = $this->run_process( __DIR__ . '/processes/refused.php', array( wp_json_encode( $bad->to_row() ) ), false );
		$this->assertSame( "webhook \"$bad->id\": timeout: 61: expected 1 to 60 seconds", $out );
		$this->assertNull( $this->plugin()->webhooks()->find( $bad->id ) );
	}

	/**
	 * Values that are of no type that any page expects.
	 */
	public static function broken(): array {
		$odd = array( 'retries' => 'often', 'headers' => 'X-Key: a', 'fields' => 5, 'sites' => 'some', 'rate_limit' => 'fast', 'secrets' => 'abc', 'events' => 'lesson_finished', 'template' => array( 'a' ), 'condition' => 5, 'timeout' => array(), 'disable_after' => 'never', 'format' => array(), 'signature' => 5, 'concurrency' => null, 'ca_file' => array(), 'priority' => 5 );
		$sets = array_map( static fn( string $name, mixed $value ) => array( array( $name => $value ) ), array_keys( $odd ), $odd );
		return array_combine( array_keys( $odd ), $sets ) + array(
			'entries'    => array( array( 'retries' => array( 'x' ), 'headers' => array( 'x' ), 'fields' => array( array() ), 'secrets' => array( 'x', array( 'secret' => 5 ) ), 'events' => array( 5, array() ), 'sites' => array( 'only' => array( 'x' ) ) ) ),
			'everything' => array( $odd ),
		);
	}

	/**
	 * @dataProvider broken
	 */
	public function test_a_webhook_of_wrong_types_broke_the_page_on_which_it_is_corrected( array $settings ): void {
		$bad = $this->put( 'Bad', $settings );
		$this->plugin()->publisher()->publish();
		$this->assertSame( array( $bad ), array_keys( Set_Aside::all() ) );
		$this->assertIsBool( $this->plugin()->webhooks()->find( $bad )->wants( 'lesson_finished', 1 ) );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		foreach ( array( 'network-webhooks', 'network-webhooks-status', "network-webhooks-deliveries&action=recover&webhook=$bad", "network-webhooks&action=edit&webhook=$bad" ) as $page ) {
			$admin->get( "/wp-admin/network/admin.php?page=$page" );
			$this->assertSame( 200, $admin->status, $page );
			$this->assertStringNotContainsString( 'critical error', $admin->page, $page );
		}
		$admin->act( 'save', array( 'webhook' => $bad, 'name' => 'Good', 'url' => self::$endpoint->url . '/200', 'patterns' => 'lesson_finished', 'version' => '1' ) );
		$this->assert_sees( 'The webhook is saved.', $admin );
		wp_cache_flush();
		$this->assertSame( array(), Set_Aside::all() );
	}

	public function test_with_hundreds_of_invalid_webhooks_publishing_takes_a_moment(): void {
		for ( $number = 0; $number < 300; $number++ ) {
			$this->put( "Bad $number", array( 'timeout' => 0 ) );
		}
		$begun = hrtime( true );
		$this->plugin()->publisher()->publish();
		$this->assertLessThan( 10, ( hrtime( true ) - $begun ) / 1e9 );
		$this->assertCount( 300, Set_Aside::all() );
		$this->assertSame( '', Unpublished::here() );
	}

	/**
	 * Writes a webhook into the table past all checks, for the event lesson_finished and the
	 * endpoint, and gives its id.
	 */
	private function put( string $name, array $settings ): string {
		global $wpdb;
		$webhook = Webhook::create( $name, $settings['url'] ?? self::$endpoint->url . '/200', 'lesson_finished' );
		unset( $settings['url'] );
		$row = self::with( $webhook, $settings )->to_row();
		$wpdb->insert( Schema::webhooks(), $row + array( 'created' => current_time( 'mysql', true ), 'modified' => current_time( 'mysql', true ) ) );
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->sitemeta SET meta_value = meta_value + 1 WHERE meta_key = %s", Settings::REVISION ) );
		return $webhook->id;
	}

	/**
	 * A webhook with other settings.
	 */
	private static function with( Webhook $webhook, array $settings ): Webhook {
		return Webhook::from_row( (object) ( array( 'settings' => wp_json_encode( $settings + $webhook->settings ) ) + $webhook->to_row() + array( 'version' => $webhook->version ) ) );
	}
}
