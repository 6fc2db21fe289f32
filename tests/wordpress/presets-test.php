<?php
/**
 * Straight to services: what the form asks for, what is stored of it, and the request that the worker sends, held
 * against what the services document. The services themselves are never asked.
 */

use Network_Webhooks\Presets\Expression;
use Network_Webhooks\Presets\Preset;
use Network_Webhooks\Presets\Presets;
use Network_Webhooks\Schema;
use Network_Webhooks\Webhook;

final class Presets_Test extends Network_Test_Case {

	private const SECRET = 'k3y0fTheService';

	/** What the event says. */
	private const DATA = array(
		'order_number' => '1001',
		'amount'       => '49.00',
		'amount_minor' => 4900,
		'note'         => '<b>&</b> @everyone {{ data.amount }}',
		'customer'     => array(
			'email'      => 'Jane.Doe@Example.com',
			'first_name' => 'Jané "J"',
			'last_name'  => '',
			'phone'      => '+31 6 123',
		),
	);

	private static ?Browser $admin     = null;
	private static ?Endpoint $endpoint = null;
	private Webhook_Form $form;

	public static function setUpBeforeClass(): void {
		self::$admin    = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	protected function setUp(): void {
		parent::setUp();
		$this->form = new Webhook_Form( self::$admin );
	}

	/**
	 * Service → what is typed, the request’s path, headers and body.
	 */
	public static function services(): array {
		$key  = self::SECRET;
		$text = "Order 1001: 49.00 <b>&</b> @everyone {{ data.amount }} payment_received";
		$card = static fn( string $text ) => array(
			'type'        => 'message',
			'attachments' => array(
				array(
					'contentType' => 'application/vnd.microsoft.card.adaptive',
					'contentUrl'  => null,
					'content'     => array(
						'$schema' => 'http://adaptivecards.io/schemas/adaptive-card.json',
						'type'    => 'AdaptiveCard',
						'version' => '1.4',
						'body'    => array(
							array(
								'type' => 'TextBlock',
								'wrap' => true,
								'text' => $text,
							),
						),
					),
				),
			),
		);
		$message  = array( 'message' => 'Order {order_number}: {amount} {note} {event}' );
		$services = array(
			'mailchimp'  => array(
				array( 'key' => "$key-us21", 'list' => 'a1b2c3', 'status' => 'pending', 'more' => "PHONE: customer.phone\nCITY: customer.city" ),
				'PUT /3.0/lists/a1b2c3/members/' . md5( 'jane.doe@example.com' ) . '?skip_merge_validation=true',
				array( 'authorization' => 'Basic ' . base64_encode( "network-webhooks:$key-us21" ) ),
				array( 'email_address' => 'Jane.Doe@Example.com', 'status_if_new' => 'pending', 'merge_fields' => array( 'FNAME' => 'Jané "J"', 'PHONE' => '+31 6 123' ) ),
			),
			'brevo'      => array(
				array( 'key' => $key, 'list' => '5' ),
				'POST /v3/contacts',
				array( 'api-key' => $key ),
				array( 'email' => 'Jane.Doe@Example.com', 'attributes' => array( 'FIRSTNAME' => 'Jané "J"' ), 'listIds' => array( 5 ), 'updateEnabled' => true ),
			),
			'mailerlite' => array(
				array( 'key' => $key, 'list' => '31897397363737859' ),
				'POST /api/subscribers',
				array( 'authorization' => "Bearer $key" ),
				array( 'email' => 'Jane.Doe@Example.com', 'fields' => array( 'name' => 'Jané "J"' ), 'groups' => array( '31897397363737859' ) ),
			),
			'hubspot'    => array(
				array( 'key' => $key, 'more' => "phone: {customer.phone}\ncents: amount_minor" ),
				'POST /crm/v3/objects/contacts/batch/upsert',
				array( 'authorization' => "Bearer $key" ),
				array( 'inputs' => array( array( 'idProperty' => 'email', 'id' => 'Jane.Doe@Example.com', 'properties' => array( 'email' => 'Jane.Doe@Example.com', 'firstname' => 'Jané "J"', 'phone' => '+31 6 123', 'cents' => '4900' ) ) ) ),
			),
			'pipedrive'  => array(
				array( 'key' => $key, 'company' => 'acme', 'name' => 'customer.name, customer.first_name', 'phone' => 'customer.phone' ),
				'POST /api/v2/persons',
				array( 'x-api-token' => $key ),
				array(
					'name'   => 'Jané "J"',
					'emails' => array( array( 'value' => 'Jane.Doe@Example.com', 'primary' => true, 'label' => 'work' ) ),
					'phones' => array( array( 'value' => '+31 6 123', 'primary' => true, 'label' => 'work' ) ),
				),
			),
			'telegram'   => array(
				array( 'token' => "123456:$key", 'chat' => '-1001234' ) + $message,
				"POST /bot123456:$key/sendMessage",
				array(),
				array( 'chat_id' => '-1001234', 'text' => $text, 'link_preview_options' => array( 'is_disabled' => true ) ),
			),
			'slack'      => array(
				array( 'address' => "https://hooks.slack.com/services/T000/B000/$key" ) + $message,
				"POST /services/T000/B000/$key",
				array(),
				array( 'text' => 'Order 1001: 49.00 &lt;b&gt;&amp;&lt;/b&gt; @everyone {{ data.amount }} payment_received' ),
			),
			'discord'    => array(
				array( 'address' => "https://discord.com/api/webhooks/4711/$key" ) + $message,
				"POST /api/webhooks/4711/$key",
				array(),
				array( 'content' => $text, 'allowed_mentions' => array( 'parse' => array() ) ),
			),
			'teams'      => array(
				array( 'address' => "https://a.b.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=$key" ) + $message,
				"POST /powerautomate/automations/direct/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=$key",
				array(),
				$card( $text ),
			),
			'sheets'     => array(
				array( 'address' => "https://script.google.com/macros/s/AKfy-cb_1/exec?key=$key" ),
				"POST /macros/s/AKfy-cb_1/exec?key=$key",
				array(),
				null,
			),
		);
		return array_map( static fn( string $id, array $one ) => array( $id, ...$one ), array_keys( $services ), $services );
	}

	/**
	 * @dataProvider services
	 */
	public function test_the_worker_sends_what_the_service_documents( string $id, array $typed, string $line, array $headers, ?array $body ): void {
		$webhook = $this->add( $id, $typed );
		$sent    = $this->send( $webhook );
		$this->assertSame( $line, "{$sent['method']} {$sent['path']}" );
		foreach ( $headers + array( 'content-type' => 'application/json' ) as $name => $value ) {
			$this->assertSame( $value, $sent['headers'][ $name ] ?? null, $name );
		}
		$this->assertSame( array(), Service_Schema::faults( $id, $sent ) );
		if ( null !== $body ) {
			$this->assertSame( $body, json_decode( $sent['body'], true ) );
		}
	}

	/**
	 * @dataProvider services
	 */
	public function test_a_key_is_a_secret_and_stays_where_it_is_not_typed_anew( string $id, array $typed ): void {
		global $wpdb;
		$webhook = $this->add( $id, $typed );
		$row     = wp_json_encode( $wpdb->get_row( 'SELECT * FROM ' . Schema::webhooks() ) );
		$history = wp_json_encode( $wpdb->get_results( 'SELECT * FROM ' . Schema::history() ) );
		foreach ( array( self::SECRET, base64_encode( self::SECRET ), substr( base64_encode( 'network-webhooks:' . self::SECRET . '-us21' ), 0, 40 ) ) as $secret ) {
			$this->assertStringNotContainsString( $secret, $row );
			$this->assertStringNotContainsString( $secret, $history );
		}
		$this->form->edit( $webhook->id );
		$this->assertStringNotContainsString( self::SECRET, self::$admin->page );
		$this->assertSame( $id, $this->form->text( 'service' ) );
		$this->form->post( array( 'name' => 'Renamed' ) );
		$this->assert_sees( 'The webhook is saved.', self::$admin );
		$again = $this->plugin()->webhooks()->find( $webhook->id );
		$this->assertSame( 'Renamed', $again->name );
		$this->assertEquals( $webhook->settings, $again->settings );
		$this->assertSame( $webhook->url, $again->url );
		// The log has it as little.
		$sent = $this->send( $again );
		$this->assertStringContainsString( self::SECRET, wp_json_encode( $sent ) . base64_decode( substr( $sent['headers']['authorization'] ?? '', 6 ) ) );
		$delivery = webhooks_deliveries( array( 'webhook_id' => $again->id ) )['deliveries'][0]['id'];
		$attempt  = webhooks_delivery( $delivery )['attempts_made'][0];
		$this->assertSame( $sent['method'], $attempt['method'] );
		$this->assertStringNotContainsString( self::SECRET, wp_json_encode( $attempt ) );
		self::$admin->get( "/wp-admin/network/admin.php?page=network-webhooks-deliveries&delivery=$delivery" );
		$this->assertStringNotContainsString( self::SECRET, self::$admin->page );
		$this->assert_sees( "{$sent['method']} " . self::$endpoint->url, self::$admin );
		// The request keeps its method, whatever the webhook's is now.
		$this->store( Webhook::from_row( (object) ( array( 'settings' => wp_json_encode( array( 'method' => 'PATCH' ) + $again->settings ) ) + $again->to_row() ) ) );
		self::$admin->get( "/wp-admin/network/admin.php?page=network-webhooks-deliveries&delivery=$delivery" );
		$this->assert_sees( "{$sent['method']} " . self::$endpoint->url, self::$admin );
		$this->assertSame( 'PUT' === $sent['method'], str_contains( html_entity_decode( self::$admin->page, ENT_QUOTES ), "-X 'PUT'" ) );
		$this->assertStringNotContainsString( 'PATCH', self::$admin->page );
	}

	public function test_without_a_message_the_whole_event_is_told_and_cut_to_what_the_service_takes(): void {
		foreach ( array( 'telegram' => 4096, 'slack' => 4000, 'discord' => 2000, 'teams' => 6000 ) as $id => $most ) {
			$typed = array_column( self::services(), null, 0 )[ $id ][1];
			foreach ( array( '', 'Long: {note}' ) as $message ) {
				$sent = $this->send( $this->add( $id, array( 'message' => $message ) + $typed ), array( 'note' => str_repeat( 'aé😀', 3000 ) ) + self::DATA );
				$this->assertSame( array(), Service_Schema::faults( $id, $sent ), "$id $message" );
				// It was cut, and as little as it has to be.
				$body = json_decode( $sent['body'] );
				$text = $body->text ?? $body->content ?? $body->attachments[0]->content->body[0]->text;
				$this->assertStringEndsWith( '…', $text, "$id $message" );
				$this->assertEqualsWithDelta( $most, strlen( mb_convert_encoding( $text, 'UTF-16LE', 'UTF-8' ) ) / 2, 1, "$id $message" );
				$this->forget_webhooks();
			}
		}
	}

	public function test_of_an_event_without_an_address_nothing_is_sent(): void {
		$typed   = array_column( self::services(), null, 0 );
		$webhook = $this->add( 'mailchimp', $typed['mailchimp'][1] );
		$before  = count( self::$endpoint->received() );
		$at      = $this->at_endpoint( $webhook );
		$id      = network_webhooks_dispatch( 'payment_received', array( 'customer' => array( 'email' => '' ) ) );
		$done    = webhooks_wait( $id, self::DEADLINE );
		$this->assertSame( array( 'failed', 'url' ), array( $done[0]['state'], $done[0]['last_failure'] ) );
		$attempt = webhooks_delivery( $done[0]['id'] )['attempts_made'][0];
		$this->assertStringContainsString( 'path found no value, and one is required', $attempt['failure']['message'] );
		$this->assertNull( $attempt['url'] );
		$this->assertNull( $attempt['method'] );
		$this->assertCount( $before, self::$endpoint->received() );
		// Sent to another webhook it is made for that one.
		$other = $this->store( Webhook::create( 'Other', self::$endpoint->url . '/other/{{ data.customer.email ~ "x" }}', 'lesson_finished' ) );
		$this->assertNotNull( $at );
		$again = webhooks_dispatch( 'payment_received', array( 'customer' => array( 'email' => 'a/b' ) ), array( 'only' => array( $other->id ) ) );
		webhooks_wait( $again, self::DEADLINE );
		$this->assertSame( '/other/a%2Fbx', self::last()['path'] );
	}

	public function test_what_is_missing_or_wrong_is_said_at_its_input(): void {
		$this->form->open_new()->post( array( 'service' => 'mailchimp' ), 'choose_service' );
		$this->form->post( array( 'name' => 'A', 'events' => array( 'payment_received' ), 'service_mailchimp_key' => 'no key', 'service_mailchimp_more' => 'nothing', 'service_mailchimp_email' => 'a b!' ) );
		$this->assert_sees( 'Not saved yet', self::$admin );
		$this->assertSame( 'Audience ID is missing.', $this->form->error( 'service_mailchimp_list' ) );
		$this->assertSame( 'This can’t be right: API key.', $this->form->error( 'service_mailchimp_key' ) );
		$this->assertStringContainsString( '“nothing” is no pair', $this->form->error( 'service_mailchimp_more' ) );
		$this->assertStringContainsString( '“b!” is no field', $this->form->error( 'service_mailchimp_email' ) );
		$this->assertSame( '', $this->form->error( 'url' ) );
		// An event that has no such field.
		$this->form->open_new()->post( array( 'service' => 'brevo' ), 'choose_service' );
		$this->form->post( array( 'name' => 'A', 'events' => array( 'payment_received' ), 'service_brevo_key' => 'k', 'service_brevo_email' => 'nobody.email' ) );
		$this->assertStringContainsString( 'path found no value', $this->form->error( 'service' ) );
		// No event has an address to guess.
		$this->form->post( array( 'name' => 'A', 'events' => array( 'plugin_activated' ), 'service_brevo_email' => '' ) );
		$this->assertStringContainsString( 'Choose the field of the event', $this->form->error( 'service_brevo_email' ) );
		$this->assertSame( array(), $this->plugin()->webhooks()->all() );
	}

	public function test_what_somebody_typed_never_becomes_a_part_of_the_template(): void {
		$evil = '"}} {% for x in range(9) %}x{% endfor %} {{ keys.key }} {# no #} \\ {not a field} {customer.email}';
		$typed = array_column( self::services(), null, 0 )['discord'][1];
		$sent = $this->send( $this->add( 'discord', array( 'message' => $evil ) + $typed ) );
		$this->assertSame( str_replace( '{customer.email}', 'Jane.Doe@Example.com', $evil ), json_decode( $sent['body'] )->content );
		$this->assertSame( '{{ "{{ 1 }}" }}', Expression::json( '{{ 1 }}' ) );
	}

	public function test_edit_as_template_shows_what_the_service_filled_in(): void {
		$typed   = array_column( self::services(), null, 0 )['telegram'][1];
		$webhook = $this->add( 'telegram', $typed );
		$before  = $this->send( $webhook );
		$this->form->edit( $webhook->id )->post( array(), 'as_template' );
		$this->assertSame( '', $this->form->text( 'service' ) );
		$this->assertSame( 'https://api.telegram.org/bot123456:{{ keys.key }}/sendMessage', $this->form->text( 'url' ) );
		$this->assertStringContainsString( '"chat_id": "-1001234"', $this->form->text( 'template' ) );
		$this->assertStringNotContainsString( self::SECRET, self::$admin->page );
		$this->form->post();
		$this->assert_sees( 'The webhook is saved.', self::$admin );
		$again = $this->plugin()->webhooks()->find( $webhook->id );
		$this->assertSame( '', $again->service()['id'] );
		$after = $this->send( $again );
		$this->assertSame( array( $before['path'], $before['body'] ), array( $after['path'], $after['body'] ) );
	}

	public function test_another_service_fills_in_anew_and_an_own_endpoint_is_the_default(): void {
		$this->form->open_new();
		$this->assertSame( '', $this->form->text( 'service' ) );
		$services = array_column( self::services(), null, 0 );
		$webhook  = $this->add( 'telegram', $services['telegram'][1] );
		$this->form->edit( $webhook->id )->post( array( 'service' => 'brevo' ), 'choose_service' );
		$this->form->post( array( 'service_brevo_key' => 'new-key' ) );
		$this->assert_sees( 'The webhook is saved.', self::$admin );
		$again = $this->plugin()->webhooks()->find( $webhook->id );
		$this->assertSame( 'https://api.brevo.com/v3/contacts', $again->url );
		$this->assertSame( array(), $again->setting( 'keys' ) );
		$this->assertSame( array( array( 'name' => 'api-key', 'value' => 'new-key' ) ), $again->setting( 'headers' ) );
	}

	public function test_a_plugin_adds_a_preset_and_what_is_none_is_left_out(): void {
		$mine = new class() extends Preset {
			public function id(): string {
				return 'mine';
			}
			public function name(): string {
				return 'Mine';
			}
			public function steps(): string {
				return 'Nothing to do.';
			}
			public function example(): string {
				return 'https://mine.example/';
			}
		};
		$add = static fn( array $presets ) => array( ...$presets, $mine, 'nothing' );
		add_filter( 'network_webhooks_presets', $add );
		$all = Presets::all();
		remove_filter( 'network_webhooks_presets', $add );
		$this->assertSame( 'Mine', $all['mine']->name() );
		$this->assertCount( 14, $all );
		$this->assertSame( array(), array_diff( array_map( static fn( Preset $preset ) => $preset::GROUP, $all ), array_keys( Presets::groups() ) ) );
	}

	public function test_chips_are_the_fields_that_all_chosen_events_have(): void {
		wp_set_current_user( 1 );
		$fields = static function ( string $events ): array {
			$request = new WP_REST_Request( 'GET', '/network-webhooks/v1/fields' );
			$request->set_param( 'events', $events );
			return (array) rest_do_request( $request )->get_data()['fields'];
		};
		$this->assertArrayHasKey( 'customer.email', $fields( 'payment_received' ) );
		$this->assertArrayNotHasKey( 'customer.email', $fields( 'payment_received,account_created' ) );
		$this->assertSame( array(), $fields( 'payment_*' ) );
	}

	/**
	 * Adds a webhook as a browser without JavaScript does.
	 */
	private function add( string $id, array $typed ): Webhook {
		$this->form->open_new()->post( array( 'service' => $id ), 'choose_service' );
		$this->assertSame( $id, $this->form->text( 'service' ) );
		$inputs = array();
		foreach ( $typed as $name => $value ) {
			$inputs[ "service_{$id}_$name" ] = $value;
		}
		$this->form->post( array( 'name' => 'A service', 'events' => array( '', 'payment_received' ) ) + $inputs );
		$this->assert_sees( 'The webhook is set up.', self::$admin );
		$all = $this->plugin()->webhooks()->all();
		$this->assertCount( 1, $all );
		return reset( $all );
	}

	/**
	 * What arrives where the service’s host is the endpoint.
	 */
	private function send( Webhook $webhook, array $data = self::DATA ): array {
		$before = count( self::$endpoint->received() );
		$this->at_endpoint( $webhook );
		$id = network_webhooks_dispatch( 'payment_received', $data );
		$this->assertSame( 'delivered', webhooks_wait( $id, self::DEADLINE )[0]['state'] );
		$this->assertCount( $before + 1, self::$endpoint->received() );
		// The form goes on with the service's own.
		$this->store( $webhook );
		return self::last();
	}

	/**
	 * Stores it with the endpoint for the service’s host.
	 */
	private function at_endpoint( Webhook $webhook ): Webhook {
		$url = preg_replace( '~^https://[^/]+~', self::$endpoint->url, $webhook->url );
		return $this->store( $webhook->with_target( $webhook->name, $url, ...$webhook->events() ) );
	}

	private static function last(): array {
		$received = self::$endpoint->received();
		return end( $received );
	}
}
