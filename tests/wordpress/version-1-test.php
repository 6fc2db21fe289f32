<?php
/**
 * The eight events of WP Ultimo 1: which hook of which source feeds them, and what becomes of the
 * keys that version 1 sent. docs/events.md has this as tables.
 */

use Network_Webhooks\Sources\Legacy_Mapping;
use Network_Webhooks\Webhook;

require_once __DIR__ . '/class-order.php';

final class Version_1_Test extends Network_Test_Case {

	private ?Endpoint $endpoint = null;

	protected function tearDown(): void {
		$this->endpoint?->remove();
		parent::tearDown();
	}

	/** Event → source → hook. A source that is not here has the event by no hook. */
	private const HOOKS = array(
		'account_created'    => array(
			'core'               => 'user_register',
			'ultimate-multisite' => 'wu_checkout_done',
			'wp-ultimo'          => 'wp_ultimo_registration',
		),
		'account_deleted'    => array( 'core' => 'deleted_user' ),
		'new_domain_mapping' => array(
			'core'      => 'wp_update_site',
			'wp-ultimo' => 'wu_after_domain_mapping',
		),
		'payment_received'   => array(
			'ultimate-multisite'     => 'wu_event',
			'wp-ultimo'              => 'wp_ultimo_payment_completed',
			'woocommerce'            => 'woocommerce_order_status_changed',
			'easy-digital-downloads' => 'edd_complete_purchase',
			'lifterlms'              => 'lifterlms_transaction_status_succeeded',
			'tutor-lms'              => 'tutor_order_payment_status_changed',
			'paid-memberships-pro'   => 'pmpro_order_status_success',
		),
		'payment_successful' => array( 'wp-ultimo' => 'wp_ultimo_payment_completed' ),
		'payment_failed'     => array(
			'ultimate-multisite'     => 'wu_event',
			'wp-ultimo'              => 'wp_ultimo_payment_failed',
			'woocommerce'            => 'woocommerce_order_status_changed',
			'easy-digital-downloads' => 'edd_transition_order_status',
			'lifterlms'              => 'lifterlms_transaction_status_failed',
			'tutor-lms'              => 'tutor_order_payment_status_changed',
			'paid-memberships-pro'   => 'pmpro_subscription_payment_failed',
		),
		'refund_issued'      => array(
			'wp-ultimo'              => 'wp_ultimo_payment_refunded',
			'woocommerce'            => 'woocommerce_order_refunded',
			'easy-digital-downloads' => 'edd_refund_order',
			'lifterlms'              => 'save_post_llms_transaction',
			'tutor-lms'              => 'tutor_after_order_refund',
			'paid-memberships-pro'   => 'pmpro_order_status_refunded',
		),
		'plan_change'        => array( 'wp-ultimo' => 'wu_subscription_change_plan' ),
	);

	public function test_every_source_feeds_each_of_the_eight_by_one_hook_or_none(): void {
		$mappings = $this->plugin()->catalogue()->legacy_mappings();
		$this->assertSame( self::HOOKS, array_map( static fn( array $of ) => array_map( static fn( Legacy_Mapping $mapping ) => $mapping->hook, $of ), $mappings ) );
		foreach ( $mappings as $slug => $of ) {
			// The catalogue names these sources, each with an example, and may have others that version 1 never had.
			$event = $this->plugin()->catalogue()->find( $slug );
			$this->assertSame( array(), array_diff( array_keys( $of ), $event->sources() ), $slug );
			foreach ( $of as $source => $mapping ) {
				$this->assertStringContainsString( $mapping->hook, $event->when[ $source ], "$slug of $source" );
			}
		}
	}

	public function test_the_hooks_are_listened_to_and_wp_ultimo_s_only_where_it_runs(): void {
		foreach ( self::HOOKS as $slug => $of ) {
			foreach ( $of as $source => $hook ) {
				$this->assertSame( 'wp-ultimo' !== $source, (bool) $this->listeners( $hook ), "$slug of $source" );
			}
		}
	}

	public function test_every_key_of_version_1_has_an_origin_in_the_data_or_is_left_empty(): void {
		foreach ( $this->plugin()->catalogue()->legacy_mappings() as $slug => $of ) {
			foreach ( $of as $source => $mapping ) {
				$this->assertSame( array(), array_diff( array_keys( $mapping->origins ), Legacy_Mapping::VERSION_1[ $slug ] ), "$slug of $source" );
				$example = $this->plugin()->catalogue()->find( $slug )->examples[ $source ];
				foreach ( Legacy_Mapping::VERSION_1[ $slug ] as $key ) {
					$path = $mapping->path( $key );
					if ( null === $path ) {
						continue;
					}
					$value = $example;
					foreach ( explode( '.', $path ) as $member ) {
						$this->assertIsArray( $value, "$slug of $source: $key" );
						$this->assertArrayHasKey( $member, $value, "$slug of $source: $key" );
						$value = $value[ $member ];
					}
					$this->assertNotNull( $value, "$slug of $source: $key" );
				}
			}
		}
	}

	public function test_the_format_v1_has_version_1_s_keys_whoever_raises_the_event(): void {
		$this->endpoint = new Endpoint();
		$row             = (object) Webhook::create( 'Old', $this->endpoint->url . '/200', 'payment_received', 'payment_failed' )->to_row();
		$row->settings   = json_encode( array( 'format' => 'v1' ) + json_decode( $row->settings, true ) );
		$this->store( Webhook::from_row( $row ) );
		( new Order( random_int( 1000, 1000000000 ) ) )->change( 'processing' );
		do_action( 'wu_event', 'payment_failed', $this->plugin()->catalogue()->find( 'payment_failed' )->examples['ultimate-multisite'] );
		network_webhooks_dispatch( 'payment_received', array( 'anything' => 'of a plugin' ), array( 'source' => 'another' ) );
		$this->plugin()->request_end_events()->send();
		$this->wait_for( fn() => 3 === count( $this->endpoint->received() ) );
		$forms = array();
		foreach ( $this->endpoint->received() as $request ) {
			parse_str( $request['body'], $form );
			// When it was paid is now.
			$forms[] = array_diff_key( $form['data'], array( 'date' => true ) ) + array( 'type' => $form['type'] );
		}
		usort( $forms, static fn( $a, $b ) => count( $b ) <=> count( $a ) ?: strcmp( $a['type'], $b['type'] ) );
		$this->assertSame(
			array(
				array( 'user_id' => '7', 'amount' => '49', 'gateway' => 'stripe', 'status' => 'failed', 'type' => 'payment_failed' ),
				array( 'user_id' => '7', 'amount' => '59.29', 'gateway' => 'bacs', 'status' => 'successful', 'type' => 'payment_received' ),
				array( 'anything' => 'of a plugin', 'type' => 'payment_received' ),
			),
			$forms
		);
	}

	/**
	 * @dataProvider gateways
	 */
	public function test_one_payment_seen_by_two_plugins_is_one_event( callable $announce, string $first ): void {
		$webhook = $this->subscribe( 'payment_received' );
		$id      = random_int( 1000, 1000000000 );
		$listen  = static fn( $order_id ) => $announce( $order_id );
		add_action( 'woocommerce_order_status_completed', $listen );
		try {
			( new Order( $id ) )->change( 'completed' );
		} finally {
			remove_action( 'woocommerce_order_status_completed', $listen );
		}
		$this->assertSame( array( $first ), array_column( $this->events_of( $webhook ), 'source' ) );
		// The next payment is another one, and what its gateway says in the same request is the same one.
		( new Order( $id + 1 ) )->change( 'completed' );
		do_action( 'wu_event', 'payment_received', array( 'payment_gateway' => 'stripe' ) );
		do_action( 'wu_event', 'payment_received', array( 'payment_gateway' => 'woocommerce' ) );
		$this->assertSame( array( $first, 'woocommerce', 'ultimate-multisite' ), array_column( $this->events_of( $webhook ), 'source' ) );
	}

	public static function gateways(): array {
		return array(
			'while the order is being marked as paid' => array( static fn() => do_action( 'wu_event', 'payment_received', array( 'payment_id' => 812, 'payment_gateway' => 'woocommerce' ) ), 'woocommerce' ),
		);
	}

	public function test_one_payment_told_later_by_the_reference_that_the_shop_left_is_one_event(): void {
		$webhook = $this->subscribe( 'payment_received' );
		$id      = random_int( 1000, 1000000000 );
		( new Order( $id ) )->change( 'processing' );
		self::$reference = (string) $id;
		do_action( 'wu_event', 'payment_received', array( 'payment_id' => 812, 'payment_gateway' => 'woocommerce' ) );
		$this->assertSame( array( 'woocommerce' ), array_column( $this->events_of( $webhook ), 'source' ) );
		self::$reference = '';
	}

	public function test_wp_ultimo_1_and_its_shop_tell_one_payment(): void {
		$webhook = $this->subscribe( 'payment_received', 'payment_successful' );
		$this->run_process( __DIR__ . '/processes/wp-ultimo.php', array( '1.10.13', 'shop', (string) random_int( 1000, 1000000000 ) ) );
		$events = array_map( static fn( array $event ) => array( $event['type'], $event['source'], $event['data']['gateway'] ?? '' ), $this->events_of( $webhook ) );
		$this->assertSame( array( array( 'payment_received', 'wp-ultimo', 'stripe' ), array( 'payment_successful', 'wp-ultimo', 'stripe' ), array( 'payment_received', 'wp-ultimo', 'woocommerce' ), array( 'payment_successful', 'wp-ultimo', 'woocommerce' ) ), $events );
	}

	/** What the gateway left in the payment of Ultimate Multisite. */
	public static string $reference = '';

	/**
	 * How many of the sources' handlers a hook has.
	 */
	private function listeners( string $hook ): int {
		$handlers = array_merge( ...array_values( $GLOBALS['wp_filter'][ $hook ]->callbacks ?? array( array() ) ) );
		return count( array_filter( $handlers, static fn( array $handler ) => $handler['function'] instanceof Closure && str_contains( ( new ReflectionFunction( $handler['function'] ) )->getFileName(), 'class-abstract-source.php' ) ) );
	}
}

/** A payment of Ultimate Multisite, as far as the source asks. */
function wu_get_payment( int $id ): object|false {
	return '' === Version_1_Test::$reference ? false : new class() {
		public function get_gateway_payment_id(): string {
			return Version_1_Test::$reference;
		}
	};
}
