<?php
/**
 * The form of a webhook: every setting, and nothing typed is lost. Over HTTP, without JavaScript.
 */

use Network_Webhooks\Duration;
use Network_Webhooks\History;
use Network_Webhooks\Webhook;

final class Form_Test extends Network_Test_Case {

	/** Something for every input, none of it the default. */
	private const ALL = array(
		'name'            => 'All & everything &amp; "more"',
		'url'             => 'https://endpoint.example/a%20b?c=d&e&amp;f',
		'events'          => array( '', 'payment_received', 'account_created' ),
		'patterns'        => 'refund_*, lesson_finished',
		'sites'           => 'only',
		'site_list'       => '1',
		'network_events'  => '',
		'include_imports' => '1',
		'condition'       => 'site.id in [1, 2]',
		'method'          => 'PATCH',
		'format'          => 'template',
		'template'        => "\n{\"a\": {{ type ~ \" <b> &amp; \" }},\n\t\"b\": {{ id }}}\n",
		'content_type'    => 'application/vnd.example+json',
		'fields'          => "id\nitems.*.price",
		'signature'       => 'v1a',
		'headers'         => "Authorization: Bearer abc:def\nX-Team: a b",
		'keys'            => "token: 1:abc def\nother: b",
		'ca_file'         => '/etc/ssl/own.pem',
		'timeout'         => '30',
		'retries'         => '10s 1m 2h 3d',
		'disable_after'   => '2d',
		'rate_limit'      => '20',
		'rate_per'        => 'minute',
		'concurrency'     => '2',
		'ordered'         => '1',
		'log_bodies'      => '',
		'paused'          => '1',
		'mail_to'         => "books@network.example\nops@network.example",
	);

	private static ?Browser $admin = null;
	private Webhook_Form $form;

	public static function setUpBeforeClass(): void {
		self::$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
	}

	protected function setUp(): void {
		parent::setUp();
		$this->form = new Webhook_Form( self::$admin );
	}

	public function test_every_setting_is_stored_as_typed_and_shown_again(): void {
		$this->form->open_new()->post( array( 'headers' => 'Authorization: Bearer abc:def' ) + self::ALL );
		$this->assert_sees( 'The webhook is set up.', self::$admin );
		$webhook = $this->one();
		$this->assertSame( self::ALL['name'], $webhook->name );
		$this->assertSame( self::ALL['url'], $webhook->url );
		$this->assertTrue( $webhook->paused );
		$expected = array(
			'events'          => array( 'payment_received', 'account_created', 'refund_*', 'lesson_finished' ),
			'sites'           => array( 'only' => array( 1 ) ),
			'network_events'  => false,
			'include_imports' => true,
			'condition'       => 'site.id in [1, 2]',
			'method'          => 'PATCH',
			'format'          => 'template',
			'template'        => self::ALL['template'],
			'content_type'    => 'application/vnd.example+json',
			'fields'          => array( 'id', 'items.*.price' ),
			'signature'       => 'v1a',
			'headers'         => array( array( 'name' => 'Authorization', 'value' => 'Bearer abc:def' ) ),
			'keys'            => array( array( 'name' => 'token', 'value' => '1:abc def' ), array( 'name' => 'other', 'value' => 'b' ) ),
			'ca_file'         => '/etc/ssl/own.pem',
			'timeout'         => 30,
			'retries'         => array( 10, 60, 7200, 259200 ),
			'disable_after'   => 172800,
			'rate_limit'      => array( 'count' => 20, 'per' => 'minute' ),
			'concurrency'     => 2,
			'ordered'         => true,
			'log_bodies'      => false,
			'mail_to'         => array( 'books@network.example', 'ops@network.example' ),
			'site_addresses'  => array( 1 => untrailingslashit( get_site( 1 )->domain . get_site( 1 )->path ) ),
		);
		$stored   = $webhook->settings;
		$this->assertStringStartsWith( 'whsk_', $webhook->secret() );
		unset( $stored['secrets'] );
		ksort( $expected );
		ksort( $stored );
		$this->assertSame( $expected, $stored );

		// Shown, and saved once more without a change: nothing is lost, nothing is altered.
		$this->form->edit( $webhook->id );
		foreach ( array( 'name', 'url', 'patterns', 'condition', 'template', 'fields', 'retries', 'rate_limit', 'timeout', 'mail_to' ) as $input ) {
			$typed = 'patterns' === $input ? 'refund_* lesson_finished' : self::ALL[ $input ];
			$this->assertSame( $typed, $this->form->text( $input ), $input );
		}
		$this->form->post();
		$this->assert_sees( 'The webhook is saved.', self::$admin );
		$again = $this->one();
		$this->assertSame( array( $webhook->name, $webhook->url, $webhook->paused, $webhook->settings ), array( $again->name, $again->url, $again->paused, $again->settings ) );
		$this->assertCount( 1, History::of( $webhook->id, 10 ), 'Saving without a change is no change.' );
	}

	public function test_defaults_are_not_stored(): void {
		$this->form->open_new()->post( array( 'name' => 'A', 'url' => 'https://endpoint.example/', 'events' => array( 'payment_received' ) ) );
		$this->assertSame( array( 'events', 'secrets' ), array_keys( $this->one()->settings ) );
		$this->form->edit( $this->one()->id );
		$this->assertSame( '15', $this->form->text( 'timeout' ) );
		$this->assertSame( '5s 5m 30m 2h 5h 10h 14h 20h 24h', $this->form->text( 'retries' ) );
	}

	/**
	 * @dataProvider mistakes
	 */
	public function test_a_mistake_is_said_at_its_field_and_everything_else_stays( string $input, string $typed, string $error ): void {
		$this->form->open_new()->post( array( $input => $typed ) + self::ALL );
		$this->assertStringContainsString( $error, $this->form->error( $input ) );
		$this->assert_sees( 'Not saved yet', self::$admin );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
		$this->assertSame( array( 'true' ), self::$admin->values( "//*[@id='network-webhooks-$input']/@aria-invalid" ) );
		$described = self::$admin->values( "//*[@id='network-webhooks-$input']/@aria-describedby" )[0];
		$this->assertContains( "network-webhooks-$input-error", explode( ' ', $described ) );
		foreach ( array( $input => $typed ) + self::ALL as $name => $value ) {
			$this->assertSame( is_array( $value ) ? $value : str_replace( "\r\n", "\n", $value ), is_array( $value ) ? $this->form->fields[ $name ] : $this->form->text( $name ), $name );
		}
		// The next new form is a clean one.
		$this->assertSame( '', $this->form->open_new()->text( 'name' ) );
	}

	public static function mistakes(): array {
		return array(
			'no name'                             => array( 'name', '', 'Give the webhook a name' ),
			'no URL'                              => array( 'url', 'endpoint.example', 'has to be a whole one' ),
			'a port that the extension judges'    => array( 'url', 'https://endpoint.example:99999/', 'port' ),
			'a pattern that none can be'          => array( 'patterns', 'Payment Received', 'is no name of events' ),
			'a site that is not there'            => array( 'site_list', "1\n4711\nshop.example", '4711' ),
			'no site at all'                      => array( 'site_list', " \n", 'List at least one site' ),
			'a condition with a mistake'          => array( 'condition', 'data.total >', 'line 1' ),
			'a template with a mistake'           => array( 'template', "{\n  {{ data. }}", 'line 2' ),
			'a template for data of another event' => array( 'template', '{"course": {{ data.course.id }}}', 'with the example of payment_received' ),
			'an empty template'                   => array( 'template', ' ', 'template' ),
			'a content type that is none'         => array( 'content_type', 'json', 'is no content type' ),
			'a path that names nothing'           => array( 'fields', 'a..b', 'a..b' ),
			'a header without a value'            => array( 'headers', 'Authorization', 'is written as' ),
			'a header that the delivery sets'     => array( 'headers', 'Webhook-Id: 1', 'set by the delivery itself' ),
			'a header of which none is stored'    => array( 'headers', 'X-Key: ••••••••', 'No value is stored' ),
			'a timeout that is no number'         => array( 'timeout', 'long', 'is no whole number' ),
			'a timeout that is too long'          => array( 'timeout', '61', '1 to 60' ),
			'retries that are no lengths of time' => array( 'retries', '5m soon', 'is no length of time' ),
			'a retry after too long'              => array( 'retries', '8d', '604800' ),
			'a rate that is too high'             => array( 'rate_limit', '10001', '1 to 10000' ),
			'too many at once'                    => array( 'concurrency', '65', '1 to 64' ),
			'a path that is not absolute'         => array( 'ca_file', 'own.pem', 'absolute path' ),
			'an address that is none'             => array( 'mail_to', "books@network.example\nbooks <b>", 'Not a valid email address: books, <b>.' ),
			'too many addresses'                  => array( 'mail_to', implode( ' ', array_map( static fn( int $number ) => "a$number@network.example", range( 1, 21 ) ) ), 'more than 20 addresses' ),
			'disabled after too long'             => array( 'disable_after', '31d', '2592000' ),
		);
	}

	public function test_without_an_event_it_says_so_at_the_events_and_keeps_the_rest(): void {
		foreach ( array( 'save', 'test_form', 'preview' ) as $action ) {
			$this->form->open_new()->post( array( 'events' => array( '' ), 'patterns' => " ,\n" ) + self::ALL, $action );
			$this->assertSame( 'Choose an event.', $this->form->error( 'events' ), $action );
			$this->assertSame( array( array( 'true' ), array( '-1' ) ), array( self::$admin->values( '//*[@id="network-webhooks-events"]/@aria-invalid' ), self::$admin->values( '//*[@id="network-webhooks-events"][@autofocus]/@tabindex' ) ) );
			$this->assertSame( self::ALL['template'], $this->form->text( 'template' ) );
			$this->assertSame( array(), $this->plugin()->webhooks()->all() );
		}
	}

	public function test_a_box_that_is_no_event_is_refused(): void {
		$this->form->open_new()->post( array( 'name' => 'A', 'url' => 'https://endpoint.example/', 'events' => array( 'payment_received', '<b>' ) ) );
		$this->assertStringContainsString( '“<b>” is no name of events', $this->form->error( 'events' ) );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
	}

	public function test_events_keep_their_order_and_new_ones_follow(): void {
		$events  = array( 'refund_*', 'account_created', 'payment_received', 'lesson_finished' );
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'x' )->with_form( 'A', 'https://endpoint.example/', false, array( 'events' => $events ) + Webhook::create( '', '' )->settings ) );
		$this->form->edit( $webhook->id );
		$this->assertSame( array( 'payment_received', 'account_created' ), array_values( array_filter( $this->form->fields['events'] ) ) );
		$this->assertSame( 'refund_* lesson_finished', $this->form->text( 'patterns' ) );
		$this->form->post();
		$this->assertSame( $events, $this->one()->events() );
		$this->form->edit( $webhook->id )->post( array( 'events' => array( '', 'site_created', 'account_created' ), 'patterns' => 'user_* refund_*' ) );
		$this->assertSame( array( 'refund_*', 'account_created', 'site_created', 'user_*' ), $this->one()->events() );
	}

	public function test_every_event_has_a_box_in_its_category_and_what_cannot_happen_here_says_so(): void {
		$this->form->open_new( '&event=site_created' );
		$registry = $this->plugin()->catalogue();
		foreach ( $registry->by_category() as $category => $events ) {
			$slugs = self::$admin->values( "//details[summary/span[@class='network-webhooks-category']='$category']//input[@name='events[]']/@value" );
			// Those that can't happen here come last.
			$this->assertEqualsCanonicalizing( array_column( $events, 'slug' ), $slugs, $category );
		}
		$this->assertSame( array( 'site_created' ), self::$admin->values( '//input[@name="events[]"][@checked]/@value' ) );
		$this->assertSame( array( 'Sites' ), self::$admin->values( '//form//details[@open]//span[@class="network-webhooks-category"]' ) );
		foreach ( array( 'payment_received', 'site_created', 'certificate_earned' ) as $slug ) {
			$this->assertSame( array( "#network-webhooks-manual-$slug" ), self::$admin->values( "//a[@data-network-webhooks-payload='$slug']/@href" ) );
			$this->assertCount( 1, self::$admin->values( "//*[@id='network-webhooks-manual-$slug']/@id" ), 'It leads somewhere.' );
		}
		$said = static fn( string $slug ) => self::$admin->values( "//li[.//*[@id='network-webhooks-about-$slug']]/parent::ul/preceding-sibling::p" );
		$this->assertStringContainsString( 'active on this network: ', $said( 'certificate_earned' )[0] );
		$this->assertSame( array(), $said( 'site_created' ) );
		$all = self::$admin->values( '//*[@id="network-webhooks-events"]//p[contains(@class,"network-webhooks-missing")]/@id' );
		$this->assertSame( array_unique( $all ), $all, 'Of each group it is said once.' );
	}

	public function test_the_payload_beside_the_list_is_what_really_happened_or_else_the_example(): void {
		$ask = static function ( string $event ): WP_REST_Response {
			$request = new WP_REST_Request( 'GET', '/network-webhooks/v1/payload' );
			$request->set_query_params( array( 'event' => $event ) );
			return rest_do_request( $request );
		};
		wp_set_current_user( 1 );
		$this->assertStringContainsString( '"customer_name": "Jane Doe"', htmlspecialchars_decode( $ask( 'payment_received' )->get_data()['html'] ) );
		$this->assertStringContainsString( 'Payment Received', $ask( 'payment_received' )->get_data()['html'] );
		$this->store( Webhook::create( 'A', 'http://127.0.0.1:9/', 'payment_received' ) );
		$id = network_webhooks_dispatch( 'payment_received', array( 'payment_id' => 'really-41' ) );
		$this->wait_for( static fn() => webhooks_deliveries( array( 'event_id' => $id ) )['deliveries'] );
		$html = $ask( 'payment_received' )->get_data()['html'];
		$this->assertStringContainsString( 'As it really happened at', $html );
		$this->assertStringContainsString( 'really-41', $html );
		$this->assertStringContainsString( 'There is no event “&lt;b&gt;”.', $ask( '<b>' )->get_data()['html'] );
		wp_set_current_user( 0 );
		$this->assertSame( 401, $ask( 'payment_received' )->get_status() );
	}

	public function test_a_preview_without_an_event_asks_for_one(): void {
		wp_set_current_user( 1 );
		$request = new WP_REST_Request( 'POST', '/network-webhooks/v1/preview' );
		$request->set_body_params( array( 'name' => 'A', 'url' => 'https://endpoint.example/' ) );
		$seen = rest_do_request( $request )->get_data();
		$this->assertStringContainsString( 'Choose an event: then its request is shown here.', $seen['html'] );
		$this->assertStringNotContainsString( '<pre', $seen['html'] );
		$this->assertSame( array( 'events' => 'Choose an event.' ), (array) $seen['errors'] );
	}

	public function test_what_was_typed_survives_a_nonce_that_is_too_old(): void {
		$this->form->open_new()->post( array( '_wpnonce' => 'too old' ) + self::ALL );
		$this->assert_sees( 'What you typed is here again, and not saved yet.', self::$admin );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
		$this->assertSame( self::ALL['template'], $this->form->text( 'template' ) );
		$this->form->post();
		$this->assert_sees( 'The webhook is set up.', self::$admin );
		$this->assertSame( self::ALL['name'], $this->one()->name );
	}

	public function test_what_was_typed_survives_the_end_of_the_session(): void {
		$browser = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$form    = ( new Webhook_Form( $browser ) )->open_new();
		$browser->forget_cookies();
		$form->post( self::ALL );
		$this->assertStringContainsString( 'wp-login.php', $browser->url );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
		$kept = get_site_transient( 'network_webhooks_form_1' );
		$this->assertIsString( $kept );
		$this->assertStringNotContainsString( 'endpoint.example', $kept . base64_decode( $kept ), 'It does not lie there in plain.' );
		$browser->log_in( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$this->assertStringContainsString( 'page=network-webhooks-new', $browser->url );
		$this->assert_sees( 'Your session had ended.', $browser );
		$form->read();
		foreach ( array( 'name', 'url', 'template', 'headers', 'retries' ) as $input ) {
			$this->assertSame( self::ALL[ $input ], $form->text( $input ), $input );
		}
	}

	public function test_what_one_user_typed_is_never_another_s(): void {
		$other = $this->make_user( 'administrator' );
		grant_super_admin( $other->ID );
		try {
			$first = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
			$form  = ( new Webhook_Form( $first ) )->open_new();
			$first->forget_cookies();
			$form->post( self::ALL );
			$first->log_in( $other->user_login, $other->user_login );
			$this->assertSame( '', $form->read()->text( 'name' ) );
			// And nobody puts words into somebody else's form: neither with one's own note nor with an invented one.
			foreach ( array( $form->fields['issued'], '1.' . time() . '.' . str_repeat( '0', 64 ), '' ) as $note ) {
				delete_site_transient( 'network_webhooks_form_1' );
				$admin = ( new Webhook_Form( self::$admin ) )->open_new();
				$admin->post( array( '_wpnonce' => 'too old', 'issued' => $note ) + self::ALL );
				$this->assertSame( 403, self::$admin->status );
				$this->assertFalse( get_site_transient( 'network_webhooks_form_1' ) );
			}
		} finally {
			revoke_super_admin( $other->ID );
		}
	}

	public function test_of_two_who_save_the_second_hears_of_the_first(): void {
		$webhook = $this->store( Webhook::create( 'Before', 'https://endpoint.example/', 'payment_received' ) );
		$other   = $this->make_user( 'administrator' );
		grant_super_admin( $other->ID );
		try {
			$second = new Browser( $other->user_login, $other->user_login );
			$theirs = ( new Webhook_Form( $second ) )->edit( $webhook->id );
			$this->form->edit( $webhook->id );
			$theirs->post( array( 'name' => 'Theirs', 'timeout' => '20', 'mail_to' => 'theirs@network.example' ) );
			$this->form->post( array( 'name' => 'Mine', 'headers' => 'X-Key: my-own-secret' ) );
			$this->assert_sees( 'Somebody else saved this webhook', self::$admin );
			$this->assert_sees( "$other->user_login saved this webhook at", self::$admin );
			$cells = self::$admin->values( '//*[contains(@class, "network-webhooks-conflict")]//tbody/tr/*' );
			$this->assertSame( array( 'Name', 'Theirs', 'Mine', 'Headers', '—', 'X-Key', 'Timeout', '20', '15', 'Mail for this webhook', 'theirs@network.example', '—' ), $cells );
			$this->assertSame( 'Theirs', $this->one()->name );
			$this->assertSame( 'Mine', $this->form->text( 'name' ) );
			// Asked, and said again: now it counts.
			$this->form->post();
			$this->assert_sees( 'The webhook is saved.', self::$admin );
			$this->assertSame( array( 'Mine', 15 ), array( $this->one()->name, $this->one()->setting( 'timeout' ) ) );
		} finally {
			revoke_super_admin( $other->ID );
		}
	}

	public function test_addresses_for_mail_are_wordpress_s_own_and_in_the_history(): void {
		$this->form->open_new()->post( array( 'name' => 'A', 'url' => 'https://endpoint.example/', 'events' => array( 'payment_received' ), 'mail_to' => 'books@network.example, books@network.example;ops@network.example' ) );
		$webhook = $this->one();
		$this->assertSame( array( 'books@network.example', 'ops@network.example' ), $webhook->mail_to() );
		$published = file_get_contents( getenv( 'SPOOL' ) . '/config.json' );
		$this->assertStringContainsString( $webhook->id, $published );
		$this->assertStringNotContainsString( 'network.example', $published, 'The worker sends no mail.' );
		$this->form->edit( $webhook->id )->post( array( 'mail_to' => 'jane@network.example' ) );
		$this->assert_sees( 'Mail: books@network.example, ops@network.example → jane@network.example', self::$admin );
		$this->assertSame( array( 'mail_to' ), array_keys( History::of( $webhook->id, 1 )[0]->changes ) );
		$this->assertSame( array( 'jane@network.example' ), $this->one()->duplicate( 'B' )->mail_to() );
		$this->form->edit( $webhook->id )->post( array( 'mail_to' => '' ) );
		$this->assertArrayNotHasKey( 'mail_to', $this->one()->settings );
	}

	public function test_a_form_of_a_webhook_that_was_deleted_meanwhile_becomes_a_new_one(): void {
		$webhook = $this->store( Webhook::create( 'Before', 'https://endpoint.example/', 'payment_received' ) );
		$this->form->edit( $webhook->id );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $webhook->id ) );
		$this->form->post( array( 'name' => 'Typed for long' ) );
		$this->assert_sees( 'Somebody deleted this webhook while you had the form open.', self::$admin );
		$this->assertSame( array( 'Typed for long', '' ), array( $this->form->text( 'name' ), $this->form->text( 'webhook' ) ) );
		$this->form->post();
		$this->assertSame( 'Typed for long', $this->one()->name );
		$this->assertNotSame( $webhook->id, $this->one()->id );
	}

	public function test_the_secret_is_shown_when_it_is_new_and_then_only_to_those_who_ask(): void {
		$this->form->open_new()->post( array( 'name' => 'A', 'url' => 'https://endpoint.example/', 'events' => array( 'payment_received' ) ) );
		$webhook = $this->one();
		$this->assertSame( array( $webhook->secret() ), self::$admin->values( '//input[@id="network-webhooks-secret"]/@value' ) );
		$this->form->edit( $webhook->id );
		$this->assertStringNotContainsString( $webhook->secret(), self::$admin->page );
		$this->form->post( array( 'name' => 'Not saved yet' ), 'reveal' );
		$this->assertSame( array( $webhook->secret() ), self::$admin->values( '//input[@id="network-webhooks-secret"]/@value' ) );
		$this->assertSame( 'Not saved yet', $this->form->text( 'name' ) );
		$this->assertSame( array( History::SECRET_SHOWN, History::CREATED ), array_column( History::of( $webhook->id, 10 ), 'action' ) );
		$this->form->edit( $webhook->id );
		$this->assertStringNotContainsString( $webhook->secret(), self::$admin->page );
	}

	public function test_a_secret_is_rotated_with_an_overlap(): void {
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'payment_received' ) );
		$this->form->edit( $webhook->id )->post( array( 'secret_change' => 'new', 'secret_overlap' => '1h' ) );
		$secrets = $this->one()->settings['secrets'];
		$this->assertCount( 2, $secrets );
		$this->assertNotSame( $webhook->secret(), $secrets[0]['secret'] );
		$this->assertSame( $webhook->secret(), $secrets[1]['secret'] );
		$this->assertEqualsWithDelta( time() + 3600, $secrets[1]['until'], 60 );
		$this->form->edit( $webhook->id )->post( array( 'secret_change' => 'own', 'secret_own' => $webhook->secret(), 'secret_overlap' => '0' ) );
		$this->assertSame( array( array( 'secret' => $webhook->secret() ) ), $this->one()->settings['secrets'] );
		$this->form->edit( $webhook->id )->post( array( 'secret_change' => 'own', 'secret_own' => 'whsec_short' ) );
		$this->assertNotSame( '', $this->form->error( 'secret_own' ) );
		$this->form->edit( $webhook->id )->post( array( 'signature' => 'v1a' ) );
		$this->assertCount( 1, $this->one()->settings['secrets'] );
		$this->assertStringStartsWith( 'whsk_', $this->one()->secret() );
	}

	public function test_stored_headers_are_masked_and_stay(): void {
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'payment_received' ) );
		$this->form->edit( $webhook->id )->post( array( 'headers' => "X-One: one-secret\nX-Two: two-secret" ) );
		$this->form->edit( $webhook->id );
		$this->assertStringNotContainsString( 'one-secret', self::$admin->page );
		$this->assertSame( "X-One: ••••••••\nX-Two: ••••••••", $this->form->text( 'headers' ) );
		$this->form->post( array( 'headers' => "X-Two: ••••••••\nX-Three: 3" ) );
		$this->assertSame( array( 'X-Two' => 'two-secret', 'X-Three' => '3' ), array_column( $this->one()->setting( 'headers' ), 'value', 'name' ) );
		foreach ( History::of( $webhook->id, 10 ) as $entry ) {
			$this->assertStringNotContainsString( 'secret', wp_json_encode( $entry->changes['headers'] ?? '' ) );
		}
	}

	public function test_of_two_headers_of_one_name_the_first_got_the_value_of_the_second(): void {
		$webhook = $this->store( Webhook::create( 'A', 'https://endpoint.example/', 'payment_received' ) );
		$this->form->edit( $webhook->id )->post( array( 'headers' => "X-Key: one\nx-key: two" ) );
		$this->form->edit( $webhook->id )->post( array( 'headers' => $this->form->text( 'headers' ), 'name' => 'B' ) );
		$this->assertSame( array( 'one', 'two' ), array_column( $this->one()->setting( 'headers' ), 'value' ) );
	}

	public function test_a_deleted_site_stays_listed_with_its_last_address(): void {
		$site = $this->make_site();
		$path = trim( get_site( $site )->path, '/' );
		$this->form->open_new()->post( array( 'name' => 'A', 'url' => 'https://endpoint.example/', 'events' => array( 'payment_received' ), 'sites' => 'except', 'site_list' => get_site( $site )->domain . "/$path" ) );
		$this->assertSame( array( 'except' => array( $site ) ), $this->one()->setting( 'sites' ) );
		$this->form->edit( $this->one()->id );
		$this->assertStringContainsString( "$site ", $this->form->text( 'site_list' ) );
		$this->assertStringContainsString( 'A site', $this->form->text( 'site_list' ) );
		wp_delete_site( $site );
		$this->form->edit( $this->one()->id );
		$this->assertStringContainsString( "$path (deleted)", $this->form->text( 'site_list' ) );
		$this->form->post( array( 'name' => 'B' ) );
		$this->assertSame( array( 'B', array( 'except' => array( $site ) ) ), array( $this->one()->name, $this->one()->setting( 'sites' ) ) );
	}

	public function test_a_preset_that_takes_a_url_leaves_the_rest_to_the_form(): void {
		$presets = array_filter( Network_Webhooks\Presets\Presets::all(), static fn( $preset ) => $preset->takes_url() );
		foreach ( $presets as $id => $preset ) {
			$this->form->open_new( "&preset=$id" );
			$this->assertSame( $id, $this->form->text( 'service' ) );
			$this->assert_sees( $preset->steps(), self::$admin );
			$this->form->post( array( 'name' => $preset->name(), 'url' => "https://endpoint.example/$id", 'events' => array( 'payment_received' ) ) );
			$this->assert_sees( 'The webhook is set up.', self::$admin );
			$this->assertSame( $preset->defaults()['rate_limit'] ?? '', $this->form->text( 'rate_limit' ) );
		}
		$this->assertCount( 3, $this->plugin()->webhooks()->all() );
	}

	public function test_nothing_typed_becomes_markup(): void {
		$evil = '"\'></textarea></select><script>alert(1)</script><img src=x onerror=alert(2)>';
		$form = array_map( static fn( $value ) => is_array( $value ) ? array( $evil ) : $evil, self::ALL );
		$this->form->open_new()->post( $form );
		$this->assert_no_markup();
		$this->assertSame( $evil, $this->form->text( 'template' ) );
		// And where the database holds it.
		$webhook = Webhook::create( $evil, 'https://endpoint.example/?' . rawurlencode( $evil ), 'payment_received' );
		$webhook = $webhook->with_form(
			$evil,
			$webhook->url,
			false,
			array(
				'format'         => 'template',
				'template'       => $evil,
				'condition'      => wp_json_encode( $evil ),
				'fields'         => array( $evil ),
				'headers'        => array( array( 'name' => 'X-A', 'value' => $evil ) ),
				'ca_file'        => "/$evil",
				'content_type'   => 'text/plain',
				'sites'          => array( 'only' => array( 4711 ) ),
				'site_addresses' => array( 4711 => $evil ),
			) + $webhook->settings
		);
		$this->store( $webhook );
		$this->form->edit( $webhook->id );
		$this->assert_no_markup();
		$this->assertSame( $evil, $this->form->text( 'name' ) );
		foreach ( array( 'preset', 'event', 's' ) as $parameter ) {
			foreach ( array( '-new', '-events' ) as $page ) {
				self::$admin->get( "/wp-admin/network/admin.php?page=network-webhooks$page&$parameter=" . rawurlencode( $evil ) );
				$this->assert_no_markup();
			}
		}
	}

	public function test_lengths_of_time(): void {
		foreach ( array( '30' => 30, '30s' => 30, '5m' => 300, ' 1H ' => 3600, '2d' => 172800, '1h30m' => 5400, '0' => 0 ) as $text => $seconds ) {
			$this->assertSame( $seconds, Duration::parse( (string) $text ), $text );
		}
		foreach ( array( '', 'm', '5 weeks', '-5', '1.5h', '5m!', '9999999999' ) as $text ) {
			$this->assertNull( Duration::parse( $text ), $text );
		}
		foreach ( array( ...Webhook::DEFAULTS['retries'], 0, 1, 90, 5400, 86401, 604800 ) as $seconds ) {
			$this->assertSame( $seconds, Duration::parse( Duration::format( $seconds ) ) );
		}
	}

	private function one(): Webhook {
		$all = $this->plugin()->webhooks()->all();
		$this->assertCount( 1, $all, implode( "\n", self::$admin->values( '//*[contains(@class, "notice")]' ) ) );
		return $all[0];
	}

	private function assert_no_markup(): void {
		$this->assertSame( 200, self::$admin->status );
		$this->assertStringNotContainsString( '<script>alert(', self::$admin->page );
		$this->assertSame( array(), self::$admin->values( '//img[@onerror]' ) );
	}
}
