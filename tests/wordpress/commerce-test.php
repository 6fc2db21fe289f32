<?php
/**
 * What shops do that no run on the real plugins does: drafts of every kind, amounts and quantities that are rare, and
 * subscriptions, which nobody could run. Stand-ins answer as the recorded objects do, see Recorded_Traps_Test; what
 * shops do every day is in their traces, see Traces_Test.
 */

require_once __DIR__ . '/class-order.php';

/** The order of an id, as both shops have a function for it. */
function wc_get_order( int $id ): object|false {
	return Commerce_Test::$orders[ $id ] ?? false;
}

function edd_get_order( int $id ): object|false {
	return Commerce_Test::$orders[ $id ] ?? false;
}

final class Commerce_Test extends Network_Test_Case {

	public static array $orders = array();

	protected function tearDown(): void {
		self::$orders = array();
		parent::tearDown();
	}

	/**
	 * @dataProvider drafts
	 */
	public function test_an_order_was_told_while_it_was_a_draft_and_again_when_it_was_placed( string $draft ): void {
		$webhook = $this->subscribe( 'order_*', 'payment_received' );
		$order   = new Order( random_int( 100000, PHP_INT_MAX ) );
		$id      = $order->get_id();
		self::$orders = array( $id => $order );
		$order->begin( $draft );
		do_action( 'woocommerce_new_order', $id, $order );
		do_action( 'woocommerce_new_order', $id );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		// Some versions fire the first when a draft is placed, and some leave it out.
		$order->change( 'pending' );
		do_action( 'woocommerce_new_order', $id, $order );
		$order->change( 'processing' );
		$events = $this->events_of( $webhook );
		$this->assertSame( array( 'order_created', 'order_status_changed', 'payment_received' ), array_column( $events, 'type' ) );
		$this->assertSame( array( 'pending', 'pending' ), array( $events[0]['data']['status'], $events[1]['data']['old_status'] ) );
	}

	public static function drafts(): array {
		return array( array( 'auto-draft' ), array( 'draft' ), array( 'checkout-draft' ), array( 'new' ) );
	}

	public function test_a_draft_that_becomes_another_draft_was_told(): void {
		$webhook = $this->subscribe( 'order_*', 'subscription_*', 'payment_status_changed', 'membership_status_changed', 'subsite_woocommerce_order' );
		$order   = new Order( random_int( 100000, PHP_INT_MAX ) );
		$order->begin( 'auto-draft' );
		$order->change( 'draft' );
		$order->change( 'checkout-draft' );
		do_action( 'woocommerce_subscription_status_updated', $order, 'draft', 'auto-draft' );
		do_action( 'edd_transition_order_status', 'new', 'pending', 5 );
		do_action( 'wu_transition_payment_status', 'new', 'pending', 5 );
		do_action( 'wu_transition_membership_status', 'new', 'pending', 5 );
		do_action( 'wu_event_post_save', array(), $this->logged_order( 'checkout-draft' ), true );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		do_action( 'wu_event_post_save', array(), $this->logged_order( 'pending' ), true );
		$this->assertSame( array( 'subsite_woocommerce_order' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	private function logged_order( string $status ): object {
		return new class( $status ) {
			public function __construct( private string $status ) {}
			public function get_slug(): string {
				return 'subsite_woocommerce_order';
			}
			public function get_payload(): array {
				return array( 'order_id' => 5, 'order_status' => $this->status );
			}
		};
	}

	public function test_a_quantity_of_one_and_a_half_was_sent_as_one(): void {
		$webhook = $this->subscribe( 'order_created', 'payment_received' );
		$order   = new class( random_int( 100000, PHP_INT_MAX ) ) extends Order {
			public function get_items( string $type = 'line_item' ): array {
				$items = array();
				foreach ( 'line_item' !== $type ? array() : array( 1.5, '0.25', 2.0, '3' ) as $quantity ) {
					$items[] = new class( $quantity ) {
						public function __construct( private mixed $quantity ) {}
						public function get_quantity(): mixed {
							return $this->quantity;
						}
						public function get_name(): string {
							return 'Bread &amp; butter';
						}
						public function get_total(): string {
							return '0.333333';
						}
						public function get_taxes(): array {
							return array();
						}
						public function get_meta_data(): array {
							return array();
						}
						public function __call( string $name, array $arguments ): int {
							return 0;
						}
					};
				}
				return $items;
			}
		};
		self::$orders = array( $order->get_id() => $order );
		do_action( 'woocommerce_new_order', $order->get_id(), $order );
		$event = $this->only( $webhook );
		$this->assertSame( array( 1.5, 0.25, 2, 3 ), array_column( $event['data']['items'], 'quantity' ) );
		$this->assertSame( array( 'Bread & butter', '0.333333', null ), array( $event['data']['items'][0]['name'], $event['data']['items'][0]['total'], $event['data']['items'][0]['total_minor'] ) );
	}

	public function test_subscriptions(): void {
		$webhook      = $this->subscribe( 'subscription_*' );
		$subscription = new class( 77 ) extends Order {
			public function get_time( string $date ): int {
				return 'next_payment' === $date ? 1797760800 : 0;
			}
		};
		do_action( 'woocommerce_subscription_status_updated', $subscription, 'active', 'pending' );
		do_action( 'woocommerce_subscription_payment_complete', $subscription );
		do_action( 'woocommerce_subscription_payment_failed', $subscription, 'on-hold' );
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'subscription_status_changed', 'subscription_payment_received', 'subscription_payment_failed' ), array_column( $events, 'type' ) );
		$this->assertSame( array( 77, 'pending', '2026-12-20T10:00:00Z' ), array( $events[0]['data']['subscription_id'], $events[0]['data']['old_status'], $events[0]['data']['next_payment_at'] ) );
	}

	public function test_amounts_of_easy_digital_downloads_have_nine_digits_and_quantities_are_texts(): void {
		$webhook = $this->subscribe( 'payment_*', 'order_*', 'refund_issued', 'shop_customer_created' );
		$make    = static fn( int $id, string $total ) => new class( $id, $total ) {
			public string $status         = 'complete';
			public string $currency       = 'JPY';
			public string $gateway        = 'stripe';
			public string $date_created   = '2026-11-20 09:58:41';
			public ?string $date_completed = null;
			public string $customer_id    = '41';
			public string $user_id        = '0';
			public string $email          = 'jane@example.com';

			public function __construct( public string|int $id, public string $total ) {}

			public function get_number(): string {
				return "EDD-$this->id";
			}

			public function get_items(): array {
				return array(
					(object) array(
						'product_id'   => '56',
						'product_name' => 'Light &amp; Shadow',
						'quantity'     => '1.5',
						'total'        => '5929.500000000',
					),
				);
			}
		};
		self::$orders = array(
			5 => $make( 5, '5929.000000000' ),
			6 => $make( 6, '-5929.250000000' ),
		);
		switch_to_blog( $this->make_site() );
		do_action( 'edd_customer_post_create', 41, array( 'email' => 'jane@example.com', 'name' => 'Jane Doe', 'user_id' => 0 ) );
		do_action( 'edd_transition_order_status', 'new', 'pending', 5 );
		do_action( 'edd_transition_order_status', 'pending', 'failed', 5 );
		do_action( 'edd_transition_order_status', 'failed', 'complete', 5 );
		do_action( 'edd_complete_purchase', 5, new stdClass(), new stdClass() );
		do_action( 'edd_complete_purchase', 5, new stdClass(), new stdClass() );
		do_action( 'edd_refund_order', 5, 6, true );
		restore_current_blog();
		$events = $this->events_of( $webhook );
		array_map( array( $this, 'assert_described' ), $events );
		$this->assertSame( array( 'shop_customer_created', 'order_created', 'order_status_changed', 'payment_failed', 'order_status_changed', 'payment_received', 'refund_issued' ), array_column( $events, 'type' ) );
		$this->assertSame( array( array( 'pending', 'failed' ), array( 'failed', 'complete' ) ), array_map( static fn( int $number ): array => array( $events[ $number ]['data']['old_status'], $events[ $number ]['data']['status'] ), array( 2, 4 ) ) );
		unset( $events[1] );
		$events = array_values( $events );
		$this->assertSame( array( '5929', 5929, '2026-11-20T09:58:41Z', null ), array( $events[4]['data']['amount'], $events[4]['data']['amount_minor'], $events[4]['data']['created_at'], $events[4]['data']['paid_at'] ) );
		$this->assertSame( array( 'Light & Shadow', 1.5, '5929.50', null ), array_values( array_intersect_key( $events[4]['data']['items'][0], array_flip( array( 'name', 'quantity', 'total', 'total_minor' ) ) ) ) );
		$this->assertSame( array( 6, '5929.25', true ), array( $events[5]['data']['refund_id'], $events[5]['data']['refund'], $events[5]['data']['is_whole'] ) );
	}
}
