<?php
/**
 * In place of WooCommerce's order, which can't be installed here: the methods that the source
 * calls, by their real names, and a change of status that fires the real hook.
 */

class Order {

	private string $status = 'pending';

	public function __construct( private int $id ) {}

	public function change( string $status ): void {
		$from         = $this->status;
		$this->status = $status;
		do_action( "woocommerce_order_status_$status", $this->id, $this );
		do_action( 'woocommerce_order_status_changed', $this->id, $from, $status, $this );
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
		return null;
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

	public function get_items(): array {
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
		};
		return array( 3 => $item );
	}
}
