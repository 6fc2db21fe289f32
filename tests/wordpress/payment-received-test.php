<?php
/**
 * payment_received: from each plugin that takes payments, by its own hook and arguments.
 */

require_once __DIR__ . '/class-order.php';

final class Payment_Received_Test extends Network_Test_Case {

	public function test_ultimate_multisite_passes_untouched(): void {
		$webhook = $this->subscribe( 'payment_received' );
		$payload = json_decode( file_get_contents( dirname( __DIR__ ) . '/payloads/ultimate-multisite-payment_received.json' ), true );
		do_action( 'wu_event', 'payment_received', $payload );
		do_action( 'wu_event_payment_received', $payload );
		$events = $this->events_of( $webhook );
		$this->assertCount( 1, $events );
		$this->assertSame( 'ultimate-multisite', $events[0]['source'] );
		$this->assertSame( $payload, $events[0]['data'] );
		$this->assertSame( array_keys( $payload ), array_keys( $this->plugin()->catalogue()->find( 'payment_received' )->examples['ultimate-multisite'] ) );
	}

	public function test_wp_ultimo_is_not_listened_to_unless_version_1_runs(): void {
		$this->assertFalse( has_action( 'wp_ultimo_payment_completed' ) );
		$this->assertSame( 'no', $this->run_process( __DIR__ . '/processes/wp-ultimo.php', array( '2.14.2' ) ) );
	}

	public function test_wp_ultimo_1_sends_its_payments(): void {
		$webhook = $this->subscribe( 'payment_received' );
		$this->assertSame( 'yes', $this->run_process( __DIR__ . '/processes/wp-ultimo.php', array( '1.10.13' ) ) );
		$events = $this->events_of( $webhook );
		$this->assertCount( 1, $events );
		$this->assertSame( 'wp-ultimo', $events[0]['source'] );
		$date = $events[0]['data']['date'];
		$this->assertSame(
			array(
				'user_id'      => 1,
				'amount'       => '49.90',
				'amount_minor' => 4990,
				'currency'     => 'EUR',
				'gateway'      => 'stripe',
				'status'       => 'successful',
				'date'         => $date,
			),
			$events[0]['data']
		);
		$this->assertSame( array_keys( $events[0]['data'] ), array_keys( $this->plugin()->catalogue()->find( 'payment_received' )->examples['wp-ultimo'] ) );
	}

	public function test_woocommerce_s_first_entry_into_a_paid_status_is_the_payment(): void {
		$webhook = $this->subscribe( 'payment_received' );
		$site    = $this->make_site();
		switch_to_blog( $site );
		$order = new Order( 1234 );
		foreach ( array( 'on-hold', 'processing', 'completed', 'on-hold', 'processing', 'refunded' ) as $status ) {
			$order->change( $status );
		}
		restore_current_blog();
		$events = $this->events_of( $webhook );
		$this->assertCount( 1, $events );
		$this->assertSame( 'woocommerce', $events[0]['source'] );
		$this->assertSame( $site, $events[0]['site']['id'] );
		$data = $events[0]['data'];
		$this->assertSame( array( 1234, 'R-1234', 'processing', $site ), array( $data['order_id'], $data['order_number'], $data['status'], $data['site_id'] ) );
		$this->assertSame( array( '59.29', 5929, 'EUR' ), array( $data['amount'], $data['amount_minor'], $data['currency'] ) );
		$this->assertSame( '2026-11-20T09:58:41Z', $data['created_at'] );
		$this->assertMatchesRegularExpression( '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/D', $data['paid_at'] );
		$this->assertSame( 'jane@example.com', $data['customer']['email'] );
		$example = $this->plugin()->catalogue()->find( 'payment_received' )->examples['woocommerce'];
		$this->assertSame( array_keys( $example ), array_keys( $data ) );
		$this->assertSame( array_keys( $example['customer'] ), array_keys( $data['customer'] ) );
		$this->assertSame( array_keys( $example['items'][0] ), array_keys( $data['items'][0] ) );
	}

	public function test_orders_of_two_sites_with_one_number_are_two_payments(): void {
		$webhook = $this->subscribe( 'payment_received' );
		foreach ( array( $this->make_site(), $this->make_site() ) as $site ) {
			switch_to_blog( $site );
			( new Order( 1234 ) )->change( 'processing' );
			restore_current_blog();
		}
		$this->assertCount( 2, $this->events_of( $webhook ) );
	}

	public function test_a_broken_order_does_not_break_the_shop(): void {
		$webhook = $this->subscribe( 'payment_received' );
		$log     = ini_set( 'error_log', '/dev/null' );
		do_action( 'woocommerce_order_status_changed', 5, 'pending', 'processing', new stdClass() );
		do_action( 'woocommerce_order_status_changed', 5, 'pending', 'processing' );
		ini_set( 'error_log', $log );
		$this->assertSame( array(), $this->events_of( $webhook ) );
	}

	/**
	 * @dataProvider amounts
	 */
	public function test_amounts_have_the_digits_of_their_currency( mixed $amount, string $currency, string $decimal, ?int $minor ): void {
		$this->assertSame(
			array(
				'amount'       => $decimal,
				'amount_minor' => $minor,
			),
			Network_Webhooks\Money::fields( 'amount', $amount, $currency )
		);
	}

	public static function amounts(): array {
		return array(
			array( '59.29', 'EUR', '59.29', 5929 ),
			array( 0.1 + 0.2, 'USD', '0.30', 30 ),
			array( 1.005, 'KWD', '1.005', 1005 ),
			array( '1200', 'jpy', '1200', 1200 ),
			array( -4.5, '', '-4.50', -450 ),
			array( 'free', 'EUR', '0.00', 0 ),
			'0.00012345 BTC was sent as 0.00' => array( '0.00012345', 'BTC', '0.00012345', 12345 ),
			'0.015 BTC was sent as 0.02'      => array( '0.015', 'BTC', '0.01500000', 1500000 ),
			'0.0125 USD was sent as 0.01'     => array( '0.0125', 'USD', '0.0125', null ),
			'half a yen was rounded away'     => array( '1000.50', 'JPY', '1000.50', null ),
			'an unknown currency was rounded' => array( '1.23456789', 'XYZ', '1.23456789', null ),
			'a float of BTC was rounded'      => array( 0.00012345, 'BTC', '0.00012345', 12345 ),
			'a tiny float was rounded away'   => array( 1e-12, 'ETH', '0.000000000001', null ),
			'a sum of floats'                 => array( array_sum( array_fill( 0, 1000, 0.1 ) ), 'EUR', '100.00', 10000 ),
			'a column of nine digits'         => array( '59.290000000', 'EUR', '59.29', 5929 ),
			'a large amount was rounded'      => array( '12345678901234567.89', 'EUR', '12345678901234567.89', 1234567890123456789 ),
			'no integer is that large'        => array( '92233720368547758.08', 'EUR', '92233720368547758.08', null ),
			'an exponent'                     => array( '1.5E-3', 'EUR', '0.0015', null ),
			'nothing has no sign'             => array( '-0.00', 'EUR', '0.00', 0 ),
			'a text with digits was sent as 0' => array( '1.234,56', 'EUR', '1.234,56', null ),
			'no finite number'                => array( INF, 'EUR', '0.00', 0 ),
			'four digits had minor units of two' => array( '12.34', 'CLF', '12.3400', 123400 ),
			'four digits had no minor units'  => array( '12.3456', 'UYW', '12.3456', 123456 ),
			'an object that is a text was 0'  => array( new SimpleXMLElement( '<a>1,234.50</a>' ), 'EUR', '1,234.50', null ),
			'an object that is a number'      => array( new SimpleXMLElement( '<a>12.5</a>' ), 'EUR', '12.50', 1250 ),
			'digits of another script were 0' => array( '٣٫٥', 'EUR', '٣٫٥', null ),
			'a float of 16 digits lost one'   => array( 1234567890123457.0, 'JPY', '1234567890123457', 1234567890123457 ),
			'digits behind the point, too'    => array( 123456789012.3456, 'USD', '123456789012.3456', null ),
			'a float too large for money'     => array( 1e300, 'EUR', '1.00000000000000e+300', null ),
		);
	}
}
