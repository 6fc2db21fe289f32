<?php
/**
 * In place of WooCommerce's order: the methods that the source
 * calls, by their real names, and a change of status that fires the real hook.
 */

class Order {

	private string $status  = 'pending';
	private ?DateTime $paid = null;

	public function __construct( private int $id ) {}

	public function change( string $status ): void {
		$from         = $this->status;
		$this->status = $status;
		if ( in_array( $status, array( 'processing', 'completed' ), true ) ) {
			$this->pay();
		}
		do_action( 'woocommerce_update_order', $this->id, $this );
		do_action( "woocommerce_order_status_$status", $this->id, $this );
		do_action( 'woocommerce_order_status_changed', $this->id, $from, $status, $this );
	}

	protected function pay(): void {
		$this->paid ??= new DateTime( '@' . time() );
	}

	/**
	 * As it is before it is placed.
	 */
	public function begin( string $status ): void {
		$this->status = $status;
	}

	public function get_id(): int {
		return $this->id;
	}

	public function get_order_number(): string {
		return "R-$this->id";
	}

	public function get_status(): string {
		return $this->status;
	}

	public function get_total(): string {
		return '59.29';
	}

	public function get_currency(): string {
		return 'EUR';
	}

	public function get_payment_method(): string {
		return 'bacs';
	}

	public function get_payment_method_title(): string {
		return 'Direct bank transfer';
	}

	public function get_transaction_id(): string {
		return '';
	}

	public function get_date_created(): DateTime {
		return new DateTime( '2026-11-20 10:58:41', new DateTimeZone( 'Europe/Amsterdam' ) );
	}

	public function get_date_paid(): ?DateTime {
		return $this->paid;
	}

	public function get_date_modified(): ?DateTime {
		return null;
	}

	public function get_date_completed(): ?DateTime {
		return null;
	}

	public function get_parent_id(): int {
		return 0;
	}

	public function get_created_via(): string {
		return 'checkout';
	}

	public function get_customer_note(): string {
		return '';
	}

	public function get_customer_ip_address(): string {
		return '192.0.2.1';
	}

	public function get_customer_user_agent(): string {
		return 'Mozilla/5.0';
	}

	public function get_prices_include_tax(): bool {
		return false;
	}

	public function get_discount_total(): string {
		return '0';
	}

	public function get_discount_tax(): string {
		return '0';
	}

	public function get_shipping_total(): string {
		return '0';
	}

	public function get_shipping_tax(): string {
		return '0';
	}

	public function get_cart_tax(): string {
		return '10.29';
	}

	public function get_total_tax(): string {
		return '10.29';
	}

	public function get_address( string $type ): array {
		return array(
			'first_name' => 'Jane',
			'city'       => 'Amsterdam',
		);
	}

	public function get_refunds(): array {
		return array();
	}

	public function get_meta_data(): array {
		return array();
	}

	public function needs_payment(): bool {
		return false;
	}

	public function get_customer_id(): int {
		return 7;
	}

	public function get_billing_email(): string {
		return 'jane@example.com';
	}

	public function get_billing_first_name(): string {
		return 'Jane';
	}

	public function get_billing_last_name(): string {
		return 'Doe';
	}

	public function get_billing_phone(): string {
		return '';
	}

	public function get_items( string $type = 'line_item' ): array {
		if ( 'line_item' !== $type ) {
			return array();
		}
		$item = new class() {
			public function get_product(): object|false {
				return false;
			}

			public function get_product_id(): int {
				return 56;
			}

			public function get_variation_id(): int {
				return 0;
			}

			public function get_name(): string {
				return 'Course: Photography';
			}

			public function get_quantity(): int {
				return 1;
			}

			public function get_total(): string {
				return '49';
			}

			public function get_subtotal(): string {
				return '49';
			}

			public function get_subtotal_tax(): string {
				return '10.29';
			}

			public function get_total_tax(): string {
				return '10.29';
			}

			public function get_taxes(): array {
				return array( 'total' => array( 1 => '10.29' ) );
			}

			public function get_meta_data(): array {
				return array();
			}
		};
		return array( 3 => $item );
	}
}
