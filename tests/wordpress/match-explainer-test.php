<?php
/**
 * Why a webhook did not get an event that was heard: every reason, with the extension and worker.
 */

use Network_Webhooks\Publisher;
use Network_Webhooks\Settings;
use Network_Webhooks\Suppressions;
use Network_Webhooks\Webhook;

final class Match_Explainer_Test extends Capture_Test_Case {

	private ?Endpoint $endpoint = null;

	protected function tearDown(): void {
		$this->endpoint?->remove();
		parent::tearDown();
		delete_network_option( get_main_network_id(), Settings::SUPPRESSED );
	}

	public function test_what_each_webhook_is_told_of(): void {
		$this->endpoint = new Endpoint();
		$site           = $this->make_site();
		$this->webhook( 'Sent', $this->endpoint->url . '/200', array(), 'lesson_*' );
		$this->webhook( 'Paused', 'http://127.0.0.1:9/', array(), 'lesson_finished' );
		$paused = array_column( $this->plugin()->webhooks()->all(), null, 'name' )['Paused'];
		$this->store( $paused->with_paused( true ) );
		$this->webhook( 'Elsewhere', 'http://127.0.0.1:9/', array( 'sites' => array( 'except' => array( $site ) ) ), 'lesson_finished' );
		$this->webhook( 'Rich', 'http://127.0.0.1:9/', array( 'condition' => 'data.amount > 100 and data.city == "Rome"' ), 'lesson_finished' );
		$this->webhook( 'Inside', 'http://10.1.2.3/', array(), 'lesson_finished' );
		$this->webhook( 'Other', 'http://127.0.0.1:9/', array(), 'payment_received' );

		$id       = $this->listen()->dispatch( 'lesson_finished', array( 'amount' => 19.0 ), array( 'site' => $site ) );
		$captured = $this->only_captured( 'lesson_finished' );
		$this->assertSame( array( $id, $site ), array( $captured->event_id, $captured->site_id ) );
		$said = implode( "\n", $this->sentences( $captured ) );
		$this->assertStringContainsString( 'It is sent to the webhook “Sent”.', $said );
		$this->assertStringContainsString( 'The webhook “Paused” did not get it yet: it is paused.', $said );
		$this->assertStringContainsString( 'The webhook “Elsewhere” did not get it: it is not for this site.', $said );
		$this->assertStringContainsString( 'The webhook “Rich” did not get it: its condition `data.amount > 100 and data.city == "Rome"` is false with data.amount = 19.0', $said );
		$this->assertStringContainsString( 'The webhook “Inside” does not get it: its address is refused.', $said );
		$this->assertStringContainsString( '1 webhook is not subscribed.', $said );
		$this->assertStringNotContainsString( '“Other”', $said );

		// What was said is what the worker did.
		webhooks_wait( $id, self::DEADLINE );
		$states = array();
		foreach ( webhooks_deliveries( array( 'event_id' => $id ) )['deliveries'] as $delivery ) {
			$states[ $this->plugin()->webhooks()->find( $delivery['webhook_id'] )->name ] = $delivery['state'];
		}
		ksort( $states );
		$this->assertSame( array( 'Inside', 'Paused', 'Rich', 'Sent' ), array_keys( $states ) );
		$this->assertSame( array( 'held', 'skipped', 'delivered' ), array( $states['Paused'], $states['Rich'], $states['Sent'] ) );
	}

	public function test_a_disabled_webhook(): void {
		$this->endpoint = new Endpoint();
		$webhook        = $this->webhook( 'Gone', $this->endpoint->url . '/410', array(), 'lesson_finished' );
		webhooks_wait( (string) network_webhooks_dispatch( 'lesson_finished' ), self::DEADLINE );
		$this->wait_for( static fn() => webhooks_stats( array( 'webhook_ids' => array( $webhook->id ) ) )['webhooks'][ $webhook->id ]['disabled'] );
		$this->listen()->dispatch( 'lesson_finished', array() );
		$this->assertStringContainsString( 'it was disabled after failures', $this->sentences( $this->only_captured( 'lesson_finished' ) )[0] );
	}

	public function test_the_whole_network_is_held(): void {
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array(), 'lesson_finished' );
		$dispatcher = $this->listen();
		( new Publisher( $this->plugin()->webhooks(), $this->plugin()->catalogue() ) )->hold();
		try {
			$dispatcher->dispatch( 'lesson_finished', array() );
			$this->assertStringContainsString( 'nothing is sent by the whole network. The plugin was deactivated.', $this->sentences( $this->only_captured( 'lesson_finished' ) )[0] );
		} finally {
			$this->plugin()->publisher()->publish();
		}
	}

	public function test_events_of_the_network_imports_and_named_webhooks(): void {
		$one        = $this->webhook( 'One', 'http://127.0.0.1:9/', array( 'network_events' => false ), 'lesson_finished' );
		$dispatcher = $this->listen();
		foreach ( array( array( 'scope' => 'network' ), array( 'import' => true ), array( 'only' => array( 'whk_another' ) ), array( 'only' => array( $one->id ) ) ) as $options ) {
			$dispatcher->dispatch( 'lesson_finished', array(), $options );
		}
		$said = array_map( fn( $captured ) => implode( ' ', $this->sentences( $captured ) ), array_reverse( $this->captured() ) );
		foreach ( array( 'it is not for events of the network as a whole', 'the event is part of an import', 'named other webhooks', 'It is sent to the webhook “One”' ) as $number => $text ) {
			$this->assertStringContainsString( $text, $said[ $number ] );
		}
		$this->assertSame( 0, array_reverse( $this->captured() )[0]->site_id );
	}

	public function test_code_that_keeps_an_event_from_being_sent_is_named(): void {
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array(), 'lesson_*' );
		$dispatcher = $this->listen();
		$dispatcher->suspension()->during( fn() => $dispatcher->dispatch( 'lesson_suspended', fn() => $this->fail( 'Its payload was made.' ) ), '*' );
		$plugin = WP_PLUGIN_DIR . '/silencer/silencer.php';
		wp_mkdir_p( dirname( $plugin ) );
		file_put_contents( $plugin, '<?php return static fn() => null;' );
		$silencer = require $plugin;
		unlink( $plugin );
		rmdir( dirname( $plugin ) );
		add_filter( 'network_webhooks_should_dispatch', $silencer );
		$dispatcher->dispatch( 'lesson_suppressed', array( 'secret' => 'not to be kept' ) );
		// Also where nobody subscribes: adding a webhook would not help.
		$dispatcher->dispatch( 'nobody.wants', array() );
		remove_all_filters( 'network_webhooks_should_dispatch' );
		add_filter( 'network_webhooks_payload', $silencer );
		$dispatcher->dispatch( 'lesson_dropped', array() );
		remove_all_filters( 'network_webhooks_payload' );
		add_filter(
			'network_webhooks_payload',
			static function () {
				throw new LogicException( 'A bug in a filter.' );
			}
		);
		$dispatcher->dispatch( 'lesson_lost', array() );

		$said = array( 'lesson_suspended' => '.php suspended such events', 'lesson_suppressed' => 'silencer suppressed it with the filter network_webhooks_should_dispatch', 'nobody.wants' => 'silencer suppressed it', 'lesson_dropped' => 'silencer dropped its payload', 'lesson_lost' => 'A bug in a filter.' );
		foreach ( $said as $event => $text ) {
			$captured = $this->only_captured( $event );
			$this->assertStringContainsString( $text, $this->sentences( $captured )[0], $event );
			$this->assertFalse( $captured->has_data, $event );
		}
		$dispatcher->suppressions()->save();
		$this->assertNotContains( 'nobody.wants', array_column( Suppressions::all(), 'event' ), 'Nobody was kept from it.' );
	}

	public function test_an_error_in_a_source_is_told(): void {
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array(), 'post_published' );
		$this->listen();
		$this->wait_for( fn() => $this->plugin()->dispatcher()->place() );
		$bug = static function () {
			throw new LogicException( 'A bug in another plugin.' );
		};
		add_filter( 'network_webhooks_tell_post', $bug );
		try {
			$this->fire( 'wp_after_insert_post', 1, new WP_Post( (object) array( 'ID' => 1, 'post_status' => 'publish', 'post_type' => 'post' ) ), false, null );
		} finally {
			remove_filter( 'network_webhooks_tell_post', $bug );
		}
		$this->keep_all();
		$this->assertSame( array( 'The webhook “CRM” did not get it: an error came between. A bug in another plugin.' ), $this->sentences( $this->only_captured( 'post_published' ) ) );
	}

	public function test_the_constant_is_named(): void {
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array(), 'lesson_finished' );
		$this->listen();
		$this->run_process( __DIR__ . '/processes/suspended.php', array( 'constant', 'true' ) );
		$this->assertStringContainsString( 'the constant NETWORK_WEBHOOKS_SUSPEND', $this->sentences( $this->only_captured( 'lesson_finished' ) )[0] );
	}

	public function test_a_process_without_the_extension_keeps_it_in_the_database(): void {
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array( 'condition' => 'data.number > 5' ), 'lesson_finished' );
		$this->listen();
		$this->run_process( __DIR__ . '/processes/dispatch.php', array( 'lesson_finished', '1' ), false );
		$said = $this->sentences( $this->only_captured( 'lesson_finished' ) )[0];
		$this->assertStringContainsString( 'The webhook “CRM” did not get it yet: the event waits in the database.', $said );
		$this->assertStringContainsString( 'does not load the extension', $said );
	}

	public function test_a_webhook_that_this_server_does_not_know_yet(): void {
		$dispatcher = $this->listen();
		// As another server would store it.
		$this->plugin()->webhooks()->save( Webhook::create( 'New', 'http://127.0.0.1:9/', 'lesson_finished' ) );
		$dispatcher->dispatch( 'lesson_finished', array() );
		$this->assertStringContainsString( 'did not know the webhook yet', $this->sentences( $this->only_captured( 'lesson_finished' ) )[0] );
	}

	public function test_a_request_that_can_not_be_made(): void {
		$this->webhook( 'Bad', 'http://127.0.0.1:9/', array( 'format' => 'template', 'template' => '{"number": {{ data.amount + 1 }}}' ), 'lesson_finished' );
		$this->listen()->dispatch( 'lesson_finished', array( 'amount' => array( 'a' => 1 ) ) );
		$said = $this->sentences( $this->only_captured( 'lesson_finished' ) )[0];
		$this->assertMatchesRegularExpression( '/^The webhook “Bad” does not get it: no request can be made of it\. ./', $said );
	}

	public function test_the_second_of_an_idempotency_key(): void {
		$this->webhook( 'CRM', 'http://127.0.0.1:9/', array(), 'lesson_finished' );
		$dispatcher = $this->listen();
		foreach ( array( 1, 2 ) as $number ) {
			$dispatcher->dispatch( 'lesson_finished', array( 'number' => $number ), array( 'idempotency_key' => 'a' ) );
		}
		list( $second, $first ) = $this->captured( 'lesson_finished' );
		$this->assertSame( $first->event_id, $second->event_id );
		$this->assertStringContainsString( 'It is sent', $this->sentences( $first )[0] );
		$this->assertSame( array( 'It is not sent again: an event with the same idempotency key came before.' ), $this->sentences( $second ) );
	}

	/**
	 * The rule stands in PHP too, so that a hundred webhooks cost nothing: it has to be the worker's.
	 */
	public function test_whom_an_event_is_not_for_is_what_the_extension_says(): void {
		$reasons = array();
		foreach ( array( array(), array( 'sites' => array( 'only' => array( 3 ) ) ), array( 'sites' => array( 'except' => array( 3 ) ), 'include_imports' => true ), array( 'network_events' => false ) ) as $settings ) {
			foreach ( array( 'lesson_*', 'payment_received' ) as $pattern ) {
				$row           = (object) Webhook::create( 'A', 'http://127.0.0.1:9/', $pattern )->to_row();
				$row->settings = wp_json_encode( $settings + json_decode( $row->settings, true ) );
				$webhook       = Webhook::from_row( $row );
				foreach ( array( 3, 4, null ) as $site ) {
					foreach ( array( false, true ) as $import ) {
						foreach ( array( null, array( $webhook->id ), array( 'whk_other' ) ) as $only ) {
							$options = array( 'import' => $import ) + ( $only ? array( 'only' => $only ) : array() ) + ( $site ? array( 'site' => array( 'id' => $site, 'url' => 'http://127.0.0.1:9' ) ) : array( 'scope' => 'network' ) );
							$seen    = webhooks_preview( $webhook->to_config(), 'lesson_finished', array(), $options );
							$this->assertSame( $seen['wanted'] ? null : $seen['reason'], $webhook->turns_away( 'lesson_finished', $site, $import, $only ), wp_json_encode( array( $settings, $pattern, $options ) ) );
							$reasons[ (string) $seen['reason'] ] = true;
						}
					}
				}
			}
		}
		ksort( $reasons );
		$this->assertSame( array( '', 'event', 'import', 'network', 'only', 'site' ), array_keys( $reasons ) );
	}

	public function test_a_payload_too_large_to_be_judged_says_so(): void {
		$this->webhook( 'Rich', 'http://127.0.0.1:9/', array( 'condition' => 'data.amount > 100' ), 'lesson_finished' );
		$this->webhook( 'All', 'http://127.0.0.1:9/', array(), 'lesson_finished' );
		$this->listen()->dispatch( 'lesson_finished', array( 'text' => str_repeat( 'ä', 100000 ), 'amount' => 1 ) );
		$captured = $this->only_captured( 'lesson_finished' );
		$said     = implode( "\n", $this->sentences( $captured ) );
		$this->assertStringContainsString( 'for the webhook “Rich”, but too large to try its condition here', $said );
		$this->assertStringContainsString( 'It is sent to the webhook “All”.', $said );
		$this->assertFalse( $captured->is_whole );
		$this->assertFalse( $captured->is_testable() );
		$this->assertNotNull( $captured->data() );
	}
}
