<?php
/**
 * What is told of objects while they are saved for the first time, and of what is taken back.
 */

require_once __DIR__ . '/class-order.php';

/** An order that has no total before it is filled, as by code and by the REST API. */
final class Empty_Order extends Order {

	public string $total  = '0';
	public string $method = 'bacs';
	public bool $is_paid  = true;

	public function get_total(): string {
		return $this->total;
	}

	public function get_payment_method(): string {
		return $this->method;
	}

	public function get_date_paid(): ?DateTime {
		return $this->is_paid ? parent::get_date_paid() : null;
	}

	public function get_items( string $type = 'line_item' ): array {
		return '0' === $this->total ? array() : parent::get_items( $type );
	}

	/**
	 * Its first save, with a status that was set before.
	 */
	public function save_first( string $status ): void {
		$this->begin( $status );
		Commerce_Test::$orders[ $this->get_id() ] = $this;
		do_action( 'woocommerce_new_order', $this->get_id(), $this );
	}

	/**
	 * The status that was set before the first save is told in it.
	 */
	public function tell_status( string $status ): void {
		$this->pay();
		do_action( 'woocommerce_order_status_changed', $this->get_id(), 'pending', $status, $this );
	}
}

final class First_Save_Test extends Network_Test_Case {

	protected function tearDown(): void {
		Commerce_Test::$orders = array();
		parent::tearDown();
	}

	private function order(): Empty_Order {
		return new Empty_Order( random_int( 100000, PHP_INT_MAX ) );
	}

	public function test_an_order_of_the_rest_api_was_empty_and_its_payment_was_nought(): void {
		$webhook = $this->subscribe( 'order_*', 'payment_received' );
		$order   = $this->order();
		$order->save_first( 'processing' );
		$order->tell_status( 'processing' );
		$order->total = '149.50';
		do_action( 'woocommerce_update_order', $order->get_id(), $order );
		$events = $this->events_of( $webhook );
		// Nobody saw the status that it had before it was there.
		$this->assertSame( array( 'order_created', 'payment_received' ), array_column( $events, 'type' ) );
		$this->assertSame( array( '149.50', '149.50' ), array_column( array_column( $events, 'data' ), 'amount' ) );
		$this->assertSame( array( 1, 1 ), array_map( static fn( array $event ): int => count( $event['data']['items'] ), $events ) );
		array_map( array( $this, 'assert_described' ), $events );
	}

	public function test_cash_on_delivery_was_paid_when_it_was_ordered_and_not_when_it_was_paid(): void {
		$webhook        = $this->subscribe( 'payment_received' );
		$order          = $this->order();
		$order->method  = 'cod';
		$order->is_paid = false;
		$order->total   = '49.00';
		$order->change( 'processing' );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		$order->is_paid = true;
		$order->change( 'completed' );
		$this->assertSame( array( 'payment_received' ), array_column( $this->events_of( $webhook ), 'type' ) );
	}

	/**
	 * That the key outlives the log by three years is the store's: an_idempotency_key_is_spent_for_three_years_….
	 */
	public function test_an_order_that_enters_a_paid_status_again_paid_again(): void {
		$webhook = $this->subscribe( 'payment_received' );
		$order   = $this->order();
		foreach ( array( 'processing', 'on-hold', 'processing', 'completed' ) as $status ) {
			$order->change( $status );
			$this->plugin()->request_end_events()->send();
		}
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_a_user_that_a_transaction_took_back_was_told(): void {
		global $wpdb;
		$webhook = $this->subscribe( 'account_created' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		$wpdb->query( 'START TRANSACTION' );
		$id = wp_insert_user( array( 'user_login' => $login, 'user_email' => "$login@network.example", 'user_pass' => $login ) );
		$wpdb->query( 'ROLLBACK' );
		$this->assertIsInt( $id );
		$this->assertSame( array(), $this->events_of( $webhook ) );
		clean_user_cache( $id );
		$this->make_user();
		$this->assertCount( 1, $this->events_of( $webhook ) );
	}

	public function test_a_fatal_error_lost_what_waited_for_the_end(): void {
		$webhook = $this->subscribe( 'lesson_read' );
		$login   = 'user' . bin2hex( random_bytes( 5 ) );
		exec( escapeshellarg( PHP_BINARY ) . ' ' . escapeshellarg( __DIR__ . '/processes/fatal.php' ) . ' ' . escapeshellarg( $login ) . ' 2>&1', $output, $status );
		$this->assertSame( 255, $status, implode( "\n", $output ) );
		$this->assertSame( array( $login ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'login' ) );
	}

	public function test_a_process_that_goes_on_kept_its_orders_until_its_end(): void {
		$webhook = $this->subscribe( 'lesson_read' );
		$held    = $this->plugin()->request_end_events();
		foreach ( array( 'old', 'new' ) as $name ) {
			$held->take_later( "lesson:$name", 'lesson_read', 'school', static fn(): array => array( 'name' => $name ) );
		}
		do_action( 'updated_option' );
		$this->assertTrue( $held->holds( 'lesson:old' ) );
		// As if the first waited for long.
		$property               = new ReflectionProperty( $held, 'held' );
		$all                    = $property->getValue( $held );
		$all['lesson:old']['since'] = 1;
		$property->setValue( $held, $all );
		( new ReflectionProperty( $held, 'oldest' ) )->setValue( $held, 1 );
		do_action( 'updated_option' );
		$this->assertFalse( $held->holds( 'lesson:old' ) );
		$this->assertTrue( $held->holds( 'lesson:new' ) );
		$this->assertSame( array( 'old', 'new' ), array_column( array_column( $this->events_of( $webhook ), 'data' ), 'name' ) );
	}

	public function test_a_guest_was_a_customer_with_the_id_0(): void {
		$webhook = $this->subscribe( 'shop_customer_*' );
		do_action( 'woocommerce_created_customer', 0, array(), '' );
		do_action( 'woocommerce_update_customer', 0, new stdClass() );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	public function test_a_domain_was_about_the_main_site(): void {
		$site    = $this->make_site();
		$webhook = $this->subscribe( 'domain_deleted' );
		$domain  = new class( $site ) {
			public function __construct( private int $site ) {}
			public function get_id(): int {
				return 5;
			}
			public function get_blog_id(): int {
				return $this->site;
			}
		};
		do_action( 'wu_domain_post_delete', 1, $domain );
		$this->assertSame( array( $site ), array_map( static fn( array $event ): int => $event['site']['id'], $this->events_of( $webhook ) ) );
	}

	public function test_a_star_made_the_body_of_woocommerce_s_format(): void {
		$star = $this->subscribe( '*' );
		$own  = $this->subscribe( 'woocommerce.*' );
		network_webhooks_dispatch( 'woocommerce.order.created', array( 'id' => 1 ) );
		network_webhooks_dispatch( 'order_created', array( 'id' => 2 ) );
		$this->assertSame( array( 'order_created' ), array_column( $this->events_of( $star ), 'type' ) );
		$this->assertSame( array( 'woocommerce.order.created' ), array_column( $this->events_of( $own ), 'type' ) );
	}
}
