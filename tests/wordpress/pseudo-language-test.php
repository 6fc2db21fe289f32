<?php
/**
 * What no page shows, or only when something fails, can be translated too: mails, errors of the
 * REST API, the sentences for every code, privacy, Site Health. In a language in which every text
 * of the plugin stands in ⟦brackets⟧.
 */

use Network_Webhooks\Admin\Deliveries\Delivery_State;
use Network_Webhooks\Admin\Listen\Match_Text;
use Network_Webhooks\Admin\Notices;
use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Dispatcher;
use Network_Webhooks\Environment;
use Network_Webhooks\Failure;
use Network_Webhooks\Presets\Presets;
use Network_Webhooks\Privacy;
use Network_Webhooks\Refused_Hooks;
use Network_Webhooks\Settings;
use Network_Webhooks\Site_Health;
use Network_Webhooks\Status;
use Network_Webhooks\Suppressions;

final class Pseudo_Language_Test extends Network_Test_Case {

	use Other_Language;

	/** Names that are the same in every language. */
	private const NAMES = 'Zapier|Make|n8n|Slack|Discord|Telegram|Microsoft Teams|Google Sheets|WordPress|PHP|Network|corrupt';

	protected function setUp(): void {
		parent::setUp();
		$texts      = new Translation( __DIR__ . '/../../php/network-webhooks/languages/network-webhooks.pot' );
		$messages   = array();
		$in_bracket = static fn( string $text ) => "⟦{$text}⟧";
		foreach ( $texts->entries as $entry ) {
			$key              = ( null === $entry->context ? '' : $entry->context . "\4" ) . $entry->singular;
			$messages[ $key ] = implode( "\0", array_map( $in_bracket, array_filter( array( $entry->singular, $entry->plural ) ) ) );
		}
		$this->speak( 'xx_XX', $messages );
		// What was made in another language.
		$this->plugin()->catalogue()->renew();
	}

	protected function tearDown(): void {
		$this->speak_english();
		$this->plugin()->catalogue()->renew();
		parent::tearDown();
	}

	public function test_a_text_without_brackets_is_seen(): void {
		$this->assertSame( 'forgotten', $this->untranslated( '⟦One⟧ forgotten ⟦two⟧ https://endpoint.example/x' ) );
		$this->assertSame( '', $this->untranslated( '⟦Outside ⟦and inside⟧ 1⟧ payment_received 2026' ) );
		$this->assertSame( '⟦cut', $this->untranslated( '⟦cut' ) );
	}

	public function test_every_way_to_fail_is_translated(): void {
		preg_match( '~/// A code: (.*?)pub code~s', (string) file_get_contents( __DIR__ . '/../../src/domain/attempt.rs' ), $list );
		preg_match_all( '/`(\w+)`/', $list[1], $codes );
		$this->assertGreaterThan( 20, count( $codes[1] ) );
		foreach ( array_diff( $codes[1], array( 'status', 'redirect', 'gone' ) ) as $code ) {
			$this->assert_translated( Failure::sentence( array( 'status' => null, 'failure' => array( 'code' => $code ) ) ), Failure::cause( $code ) );
		}
		foreach ( array( 301, 401, 403, 404, 405, 410, 413, 418, 429, 500, 503 ) as $status ) {
			$this->assert_translated( Failure::sentence( array( 'status' => $status, 'failure' => array( 'code' => 'status' ) ) ) );
		}
		foreach ( array( 'prepare', 'resolve', 'connect', 'send_request', 'send_body', 'recv_response', 'recv_body' ) as $phase ) {
			$this->assert_translated( Failure::phase( $phase ) );
		}
		$this->assert_translated( ...array_values( Delivery_State::labels() ) );
		foreach ( array( 'paused', 'disabled', 'deleted', 'cancelled', 'condition', 'plugin_deactivated', 'network_elsewhere', 'the template is empty' ) as $reason ) {
			$this->assert_translated( Delivery_State::reason( $reason ) );
		}
		$this->assert_translated( ...array_values( Status::labels() ) );
	}

	public function test_every_reason_not_to_send_is_translated(): void {
		$codes = array( 'paused', 'disabled', 'held', 'site', 'network', 'import', 'only', 'condition', 'error', 'address', 'unpublished', 'large', 'unjudged' );
		foreach ( ( new ReflectionClass( Suppressions::class ) )->getConstants() + ( new ReflectionClass( Dispatcher::class ) )->getConstants() as $constant ) {
			$codes[] = $constant;
		}
		$verdict = array(
			'reason'    => 'network_elsewhere',
			'by'        => array( 'Όνομα' ),
			'message'   => 'the template is empty',
			'condition' => '',
			'values'    => array(),
		);
		foreach ( array_filter( $codes, 'is_string' ) as $code ) {
			$this->assert_translated( Match_Text::of( array( 'code' => $code ) + $verdict, 'Όνομα', true ), Match_Text::of( array( 'code' => $code ) + $verdict, 'Όνομα', false ) );
			$this->assert_translated( Match_Text::of_all( $code, array( 'Όνομα' ), 'the template is empty', true ) );
		}
	}

	public function test_what_came_of_a_click_is_translated(): void {
		$text = new ReflectionMethod( Notices::class, 'text' );
		preg_match( '/function text\(.*?default =>/s', (string) file_get_contents( $text->getFileName() ), $source );
		preg_match_all( "/^\t+'(\w+)' =>/m", $source[0], $messages );
		$this->assertGreaterThan( 12, count( $messages[1] ) );
		foreach ( $messages[1] as $message ) {
			$this->assert_translated( $text->invoke( null, $message, 1 ), $text->invoke( null, $message, 2 ) );
		}
		foreach ( array( 'all', 'init', 'network_webhooks_wake', 'password_reset', 'wp_head', 'the_title', 'not a hook' ) as $hook ) {
			$this->assert_translated( Refused_Hooks::reason( $hook ) );
		}
	}

	public function test_every_announcement_and_its_mail_is_translated(): void {
		$conditions = array( 'extension', 'spool', 'store', 'journal', 'worker', 'allow', 'config', 'version', 'disk', 'outbox_full', 'outbox_old', 'refused' );
		$this->assert_translated( ...array_map( array( Health_Checks::class, 'title' ), $conditions ) );
		$params        = array(
			'webhook_id'      => 'whk_1',
			'webhook_name'    => 'Όνομα',
			'event'           => 'payment_received',
			'failures_in_row' => 7,
			'bytes'           => 5,
			'kept_as'         => '1.seg',
			'condition'       => 'disk',
			'reason'          => '/spool/store.sqlite is damaged: 11',
			'message'         => 'the disk of the spool /spool is full: make room on it; events are accepted again once the worker has its reserve back',
		);
		$announcements = array();
		foreach ( ( new ReflectionClass( Announcement::class ) )->getConstants() as $name => $code ) {
			if ( is_string( $code ) ) {
				$announcements[ $name ] = new Announcement( $code, $params, time(), (string) count( $announcements ) );
				$this->assert_translated( $announcements[ $name ]->title(), $announcements[ $name ]->text() );
			}
		}
		$this->assertGreaterThan( 5, count( $announcements ) );
		$this->assert_translated( ( new Announcement( Announcement::DISABLED, array( 'reason' => 'gone' ) + $params, time() ) )->text() );

		$mails = array();
		add_filter(
			'pre_wp_mail',
			$keep = static function ( $done, $mail ) use ( &$mails ) {
				$mails[] = $mail;
				return true;
			},
			5,
			2
		);
		delete_network_option( get_main_network_id(), Settings::MAILED_AT );
		// To somebody who is no user, and reads the network's language.
		Settings::set( Settings::MAIL_TO, array( 'somebody@else.example' ) );
		( new Announcement_Store() )->add( ...array_values( $announcements ) );
		do_action( 'network_webhooks_wake' );
		remove_filter( 'pre_wp_mail', $keep, 5 );
		Settings::set( Settings::MAIL_TO, array() );
		$this->assertCount( 1, $mails );
		$this->assert_translated( $mails[0]['subject'], $mails[0]['message'] );
	}

	public function test_the_catalogue_and_the_presets_are_translated(): void {
		$events = $this->plugin()->catalogue()->built_in();
		$this->assertGreaterThan( 60, count( $events ) );
		foreach ( $events as $event ) {
			$this->assert_translated( $event->name, $event->description, ...array_values( $event->when ) );
		}
		$this->assert_translated( ...array_values( Network_Webhooks\Event_Registry::categories() ) );
		foreach ( Presets::all() as $preset ) {
			$this->assert_translated( $preset->steps() );
			foreach ( $preset->inputs() as $input ) {
				$this->assert_translated( $input->label, wp_strip_all_tags( (string) preg_replace( '~<code>.*?</code>~', '', $input->help ) ), ...array_values( $input->options ) );
			}
		}
	}

	public function test_errors_of_the_rest_api_are_translated(): void {
		$paths = array_filter( array_keys( rest_get_server()->get_routes( 'network-webhooks/v1' ) ), static fn( $path ) => '/network-webhooks/v1' !== $path );
		$this->assertGreaterThan( 3, count( $paths ) );
		$seen = 0;
		// What came to the inbox in other tests is no text of ours.
		( new Network_Webhooks\Inbox\Requests() )->delete_all();
		// Everybody who may not, and what can't be meant.
		foreach ( array( 0, $this->make_user( 'administrator' )->ID, 1 ) as $user ) {
			wp_set_current_user( $user );
			foreach ( $paths as $path ) {
				foreach ( array( 'GET', 'POST', 'DELETE' ) as $method ) {
					$request = new WP_REST_Request( $method, preg_replace( '/\(\?P<\w+>[^)]*\)/', 'x7', $path ) );
					$request->set_query_params( array( 'state' => '☠', 'since' => '☠', 'before' => '☠', 'last' => '1' ) );
					$request->set_body_params( array( 'name' => '☠', 'url' => '☠', 'events' => array( '☠' ), 'sites' => 'only', 'format' => 'template', 'timeout' => '☠' ) );
					$answer = (array) rest_do_request( $request )->get_data();
					// Others are WordPress's own, of which this language knows nothing.
					$ours = str_starts_with( (string) ( $answer['code'] ?? '' ), 'network_webhooks' ) ? array( $answer['message'] ) : array();
					$said = array_filter( array( ...$ours, ...array_values( (array) ( $answer['errors'] ?? array() ) ), wp_strip_all_tags( $answer['html'] ?? '' ) ) );
					$this->assert_translated( ...$said );
					$seen += count( $said );
				}
			}
		}
		$this->assertGreaterThan( 10, $seen );
	}

	public function test_privacy_and_site_health_are_translated(): void {
		wp_set_current_user( 1 );
		$privacy = new Privacy( $this->plugin()->webhooks(), $this->plugin()->outbox() );
		foreach ( array( 'exporter' => $privacy->add_exporter( array() ), 'eraser' => $privacy->add_eraser( array() ) ) as $name => $added ) {
			$this->assertNotEmpty( $added );
			foreach ( $added as $one ) {
				$this->assert_translated( $one[ "{$name}_friendly_name" ] );
			}
		}
		$health = new Site_Health( $this->plugin()->publisher(), $this->plugin()->outbox(), $this->plugin()->webhooks() );
		$states = array( $health->test(), $health->test_deliveries() );
		$this->plugin()->outbox()->add( 'lesson_finished', array( 'number' => 1 ), array(), Environment::extension_problem() );
		$states[] = $health->test();
		foreach ( $states as $state ) {
			$this->assert_translated( $state['label'], wp_strip_all_tags( $state['description'] ), wp_strip_all_tags( $state['actions'] ), $state['badge']['label'] );
		}
		foreach ( $health->add_tests( array() ) as $tests ) {
			$this->assert_translated( ...array_column( $tests, 'label' ) );
		}
		foreach ( $health->add_information( array() )['network-webhooks']['fields'] as $field ) {
			$this->assert_translated( $field['label'] );
		}
	}

	private function assert_translated( string ...$texts ): void {
		foreach ( $texts as $text ) {
			$this->assertSame( '', $this->untranslated( $text ), $text );
		}
	}

	/**
	 * What of a text stands in no brackets, and is no data: addresses, names as they are stored,
	 * numbers.
	 */
	private function untranslated( string $text ): string {
		do {
			$before = $text;
			$text   = preg_replace( '/⟦[^⟦⟧]*⟧/u', ' ', $text );
		} while ( $text !== $before );
		$rest = preg_replace( array( '~https?://\S+|\S+@\S+|\b\w+(_\w+)+\b~', '~\b[A-Z][a-z]+ \d{1,2}, \d{4}\b|\d+:\d+ [ap]m~', '~\b(' . self::NAMES . ')\b~' ), ' ', $text );
		return preg_match( '/[A-Za-z]{2}|[⟦⟧]/u', $rest ) ? trim( $rest ) : '';
	}
}
