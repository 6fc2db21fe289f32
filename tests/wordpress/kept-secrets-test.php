<?php
/**
 * Secrets, values of headers and keys of URLs are sealed in the database; and after a change of the key nothing is
 * sent without them.
 */

use Network_Webhooks\Encrypted_Values;
use Network_Webhooks\History;
use Network_Webhooks\Kept_Secrets;
use Network_Webhooks\Schema;
use Network_Webhooks\Set_Aside;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhook;

final class Kept_Secrets_Test extends Network_Test_Case {

	private const VALUE = 'Bearer canary-of-a-header';

	private static ?Endpoint $endpoint = null;
	private ?Closure $salt             = null;

	public static function setUpBeforeClass(): void {
		self::$endpoint = new Endpoint();
	}

	public static function tearDownAfterClass(): void {
		self::$endpoint->remove();
	}

	protected function tearDown(): void {
		$this->change_key( null );
		parent::tearDown();
		foreach ( array( Settings::SET_ASIDE, Settings::MAILED_AT, Settings::CONDITIONS ) as $name ) {
			delete_network_option( get_main_network_id(), $name );
		}
		Settings::set( Settings::SEALED_BY, Encrypted_Values::mark() );
	}

	public function test_secrets_and_headers_stood_in_plain_in_the_database(): void {
		global $wpdb;
		$webhook = $this->webhook();
		$this->plugin()->webhooks()->delete( $webhook->id );
		$this->plugin()->webhooks()->restore( $webhook->id );
		$this->assertSame( array( $webhook->secret(), self::VALUE ), array( $this->stored( $webhook )->secret(), $this->stored( $webhook )->setting( 'headers' )[0]['value'] ) );
		$dump = '';
		foreach ( array( ...Schema::all(), $wpdb->sitemeta, $wpdb->options, $wpdb->usermeta ) as $table ) {
			$dump .= json_encode( $wpdb->get_results( "SELECT * FROM $table" ), JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_UNESCAPED_SLASHES );
		}
		$this->assertStringContainsString( $webhook->id, $dump );
		$this->assertStringContainsString( 'Authorization', $dump );
		foreach ( array( $webhook->secret(), substr( $webhook->secret(), 6 ), 'canary-of-a-header' ) as $secret ) {
			$this->assertStringNotContainsString( $secret, $dump );
		}
	}

	public function test_rows_of_an_older_version_stayed_in_plain(): void {
		global $wpdb;
		$webhook = $this->webhook();
		$plain   = wp_json_encode( $webhook->settings );
		$wpdb->update( Schema::webhooks(), array( 'settings' => $plain, 'modified' => '2020-01-01 00:00:00' ), array( 'id' => $webhook->id ) );
		$this->assertSame( $webhook->settings, $this->stored( $webhook )->settings, 'What is in plain is read as well.' );
		$revision = Settings::read( Settings::REVISION );
		Settings::set( Settings::SCHEMA, 7 );
		Schema::migrate();
		$row = $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . Schema::webhooks() . ' WHERE id = %s', $webhook->id ) );
		$this->assertStringNotContainsString( 'canary', $row->settings );
		$this->assertStringNotContainsString( $webhook->secret(), stripslashes( $row->settings ) );
		// The form that somebody has open is not overtaken by it.
		$this->assertSame( array( (string) $webhook->version, '2020-01-01 00:00:00', $revision ), array( (string) $row->version, $row->modified, Settings::read( Settings::REVISION ) ) );
		$this->assertSame( $webhook->settings, $this->stored( $webhook )->settings );
	}

	public function test_after_a_change_of_the_key_secrets_are_taken_back_from_this_server(): void {
		$webhook = $this->webhook();
		$this->change_key( 'another' );
		$this->assertSame( array( '', 'secrets[0]' ), array( $this->stored( $webhook )->secret(), $this->stored( $webhook )->lost() ) );
		$this->plugin()->publisher()->publish();
		$this->assertSame( $webhook->settings, $this->stored( $webhook )->settings );
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
		$this->assertSame( History::TAKEN_BACK, History::of( $webhook->id, 1 )[0]->action );
		$this->assert_delivered( $webhook, network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ) );
		// Once: what was looked after is not looked after again.
		$revision = webhooks_revision();
		$this->plugin()->publisher()->publish();
		$this->assertSame( $revision, webhooks_revision() );
	}

	public function test_what_one_server_could_not_take_back_another_one_has(): void {
		global $wpdb;
		$webhook = $this->webhook();
		// As that server left the database.
		$wpdb->update( Schema::webhooks(), array( 'modified' => '2020-01-01 00:00:00' ), array( 'id' => $webhook->id ) );
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->sitemeta SET meta_value = meta_value + 1 WHERE meta_key = %s", Settings::REVISION ) );
		$this->change_key( 'another' );
		Settings::set( Settings::SEALED_BY, Encrypted_Values::mark() );
		Settings::set( Settings::SET_ASIDE, array( $webhook->id => array( 'webhook_id' => $webhook->id, 'name' => 'Sealed', 'field' => 'secrets[0]', 'message' => Kept_Secrets::LOST ) ) );
		$this->plugin()->publisher()->publish();
		$this->assertSame( $webhook->settings, $this->stored( $webhook )->settings );
		$this->assertSame( array(), Set_Aside::all() );
		$this->assert_delivered( $webhook, network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ) );
	}

	public function test_a_change_that_is_saved_first_published_without_the_secrets(): void {
		$webhook = $this->webhook();
		$this->change_key( 'another' );
		$this->store( Webhook::create( 'Other', 'https://endpoint.example/', 'another_event' ) );
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
		$this->assertSame( $webhook->settings, $this->stored( $webhook )->settings );
	}

	public function test_a_secret_of_an_older_state_was_taken_for_the_one_that_is_stored(): void {
		$webhook = $this->webhook();
		$this->save_elsewhere( $webhook );
		$this->plugin()->publisher()->publish();
		$this->assertNotNull( $this->stored( $webhook )->lost() );
		$this->assert_held( $webhook );
		// The old key is put back: nobody has to type anything.
		$this->change_key( null );
		$this->plugin()->publisher()->publish();
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
		$this->assertNull( $this->stored( $webhook )->lost() );
	}

	public function test_while_the_revision_ran_ahead_of_the_clock_each_older_secret_counted(): void {
		global $wpdb;
		$webhook = $this->webhook();
		// As a restored database or a clock that was set back leaves it.
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->sitemeta SET meta_value = meta_value + 60000 WHERE meta_key = %s", Settings::REVISION ) );
		$this->plugin()->publisher()->publish();
		$this->assertGreaterThan( ( time() + 30 ) * 1000, webhooks_revision() );
		$this->save_elsewhere( $webhook );
		$this->plugin()->publisher()->publish();
		$this->assertNotNull( $this->stored( $webhook )->lost() );
		$this->assert_held( $webhook );
	}

	public function test_what_is_lost_is_asked_for_and_its_events_wait(): void {
		$webhook = $this->webhook();
		$this->save_elsewhere( $webhook, 'the other server' );
		$this->change_key( null );
		$this->plugin()->publisher()->publish();
		$event = $this->assert_held( $webhook );
		$admin = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		$admin->get( '/wp-admin/network/admin.php?page=network-webhooks' );
		$this->assert_sees( 'It can’t be read any more', $admin );
		$form = ( new Webhook_Form( $admin ) )->edit( $webhook->id );
		$this->assert_sees( 'Secret: It can’t be read any more', $admin );
		$this->assertStringContainsString( 'Authorization: ', $form->fields['headers'] );
		// Keeping it is no answer, nor is a new one made by itself.
		$form->post();
		$this->assert_sees( 'Not saved yet: 3 fields have to be changed.', $admin );
		$this->assertNotNull( $this->stored( $webhook )->lost() );
		foreach ( array( 'preview', 'test_form' ) as $action ) {
			( new Webhook_Form( $admin ) )->edit( $webhook->id )->post( array(), $action );
			$this->assert_sees( 'It can’t be read any more', $admin );
		}
		$own = Webhook::new_secret();
		( new Webhook_Form( $admin ) )->edit( $webhook->id )->post( array( 'secret_change' => 'own', 'secret_own' => $own, 'headers' => 'Authorization: ' . self::VALUE, 'keys' => 'token: ' . self::VALUE ) );
		$this->assert_sees( 'The webhook is saved.', $admin );
		$this->plugin()->publisher()->publish();
		$this->assertSame( $own, $this->stored( $webhook )->secret() );
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
		$this->assert_delivered( $this->stored( $webhook ), $event );
	}

	public function test_a_test_event_went_to_a_webhook_whose_secret_is_lost(): void {
		$webhook = $this->webhook();
		$this->save_elsewhere( $webhook );
		$this->plugin()->publisher()->publish();
		foreach ( array( fn() => $this->plugin()->test_event()->send( $this->stored( $webhook ) ), fn() => $this->plugin()->drafts()->add( $this->stored( $webhook ) ) ) as $send ) {
			try {
				$send();
				$this->fail( 'It was sent.' );
			} catch ( \RuntimeException | \Webhooks\Exception $error ) {
				$this->assertStringContainsString( 'read any more', $error->getMessage() );
			}
		}
		$this->assertArrayNotHasKey( 'secrets', array_filter( $this->stored( $webhook )->to_config() ) );
	}

	public function test_a_deleted_webhook_comes_back_without_what_is_lost(): void {
		$webhook = $this->webhook();
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->delete( $webhook->id ) );
		$this->change_key( 'another' );
		$this->plugin()->publisher()->publish();
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->restore( $webhook->id ) );
		$this->assert_held( $webhook );
	}

	public function test_a_copy_has_secrets_of_its_own_and_asks_for_its_headers(): void {
		$webhook = $this->webhook();
		$this->save_elsewhere( $webhook );
		$this->plugin()->publisher()->change( fn() => $this->plugin()->webhooks()->save( $this->stored( $webhook )->with_paused( true )->with_new_secret(), History::COPIED ) );
		$copy = $this->stored( $webhook );
		$this->assertStringStartsWith( 'whsec_', $copy->secret() );
		$this->assertNotSame( $webhook->secret(), $copy->secret() );
		$this->assertSame( 'headers[0]', $copy->lost() );
		$this->assertSame( array( $webhook->id ), array_keys( Set_Aside::all() ) );
	}

	public function test_a_key_of_its_own_opens_what_the_salts_sealed_and_outlives_them(): void {
		$webhook = $this->webhook();
		$process = fn( string ...$arguments ) => json_decode( $this->run_process( __DIR__ . '/processes/kept-secrets.php', array( $webhook->id, ...$arguments ) ), true );
		$found   = array( 'secret' => $webhook->secret(), 'lost' => null, 'obstacle' => '' );
		$this->assertSame( $found, $process( 'a key of its own' ) );
		$this->assertSame( $found, $process( 'a key of its own', 'other salts' ) );
		$this->assertSame( 'secrets[0]', $process( '', '' )['lost'] ?? 'none' );
	}

	public function test_a_php_without_sodium_published_webhooks_without_their_secrets(): void {
		$webhook = $this->webhook();
		$file    = __DIR__ . '/processes/kept-secrets.php';
		$command = array( PHP_BINARY, '-d', 'disable_functions=sodium_crypto_secretbox', $file, $webhook->id );
		$process = proc_open( $command, array( array( 'file', '/dev/null', 'r' ), array( 'pipe', 'w' ), array( 'redirect', 1 ) ), $pipes );
		$found   = json_decode( $this->finish_process( array( $process, $pipes[1] ) ), true );
		$this->assertStringContainsString( 'sodium', $found['obstacle'] );
		$this->assertSame( array(), webhooks_status()['config']['set_aside'] );
		$this->assert_delivered( $webhook, network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ) );
	}

	public function test_a_damaged_seal_opens_nothing(): void {
		$sealed = Encrypted_Values::seal_text( 'text' );
		$this->assertSame( 'text', Encrypted_Values::open_text( $sealed ) );
		foreach ( array( '', 'abc', strrev( $sealed['sealed'] ), substr( $sealed['sealed'], 4 ) ) as $damaged ) {
			$this->assertSame( array( 'sealed' => $damaged ), Encrypted_Values::open_text( array( 'sealed' => $damaged ) ) );
		}
		$this->assertSame( array( 'secrets' => 'no list' ), Kept_Secrets::open( array( 'secrets' => 'no list' ) ) );
	}

	/**
	 * A webhook with a secret and a header.
	 */
	private function webhook(): Webhook {
		$webhook = Webhook::create( 'Sealed', self::$endpoint->url . '/200', 'lesson_finished' );
		$headers = array(
			'headers' => array( array( 'name' => 'Authorization', 'value' => self::VALUE ) ),
			'keys'    => array( array( 'name' => 'token', 'value' => self::VALUE ) ),
		);
		return $this->store( Webhook::from_row( (object) ( array( 'settings' => wp_json_encode( $headers + $webhook->settings ) ) + $webhook->to_row() ) ) );
	}

	private function stored( Webhook $webhook ): Webhook {
		return $this->plugin()->webhooks()->find( $webhook->id );
	}

	/**
	 * As if wp-config.php had other salts, for this process alone; null: its own.
	 */
	private function change_key( ?string $salt ): void {
		$this->salt && remove_filter( 'salt', $this->salt );
		$this->salt = null === $salt ? null : static fn() => $salt;
		$this->salt && add_filter( 'salt', $this->salt );
	}

	/**
	 * As if another server, or a backup, had left a row with a newer secret that this one has never
	 * published; and this process has another key than the one that sealed it.
	 */
	private function save_elsewhere( Webhook $webhook, ?string $key = null ): void {
		global $wpdb;
		$this->change_key( $key );
		$settings = Kept_Secrets::seal( array( 'secrets' => array( array( 'secret' => Webhook::new_secret() ) ) ) + $webhook->settings );
		$wpdb->update( Schema::webhooks(), array( 'settings' => wp_json_encode( $settings ), 'modified' => gmdate( 'Y-m-d H:i:s', time() + 5 ) ), array( 'id' => $webhook->id ) );
		$wpdb->query( $wpdb->prepare( "UPDATE $wpdb->sitemeta SET meta_value = meta_value + 1 WHERE meta_key = %s", Settings::REVISION ) );
		Settings::set( Settings::SEALED_BY, Encrypted_Values::mark() );
		$this->change_key( 'this server' );
	}

	/**
	 * That an event of it is kept, and that people can see why.
	 */
	private function assert_held( Webhook $webhook ): string {
		$this->assertSame( array( $webhook->id ), array_column( webhooks_status()['config']['set_aside'], 'id' ) );
		$this->assertSame( array( $webhook->id ), array_keys( Set_Aside::all() ) );
		$this->assertStringContainsString( 'It can’t be read any more', Set_Aside::of( $webhook->id )->sentence() );
		$before = count( self::$endpoint->received() );
		$event  = network_webhooks_dispatch( 'lesson_finished', array( 'number' => 2 ) );
		$this->assertSame( 'held', webhooks_wait( $event, self::DEADLINE )[0]['state'] );
		$this->assertCount( $before, self::$endpoint->received() );
		return $event;
	}

	/**
	 * That an event came, with the header, and signed with the secret.
	 */
	private function assert_delivered( Webhook $webhook, string $event ): void {
		$this->wait_for( static fn() => 'delivered' === ( webhooks_deliveries( array( 'event_id' => $event ) )['deliveries'][0]['state'] ?? '' ) );
		$requests = array_filter( self::$endpoint->received(), static fn( array $request ) => $event === $request['headers']['webhook-id'] );
		$this->assertCount( 1, $requests );
		$request = current( $requests );
		$this->assertSame( self::VALUE, $request['headers']['authorization'] );
		$this->assertTrue( webhooks_verify( $webhook->secret(), $request['headers'], $request['body'] ) );
	}
}
