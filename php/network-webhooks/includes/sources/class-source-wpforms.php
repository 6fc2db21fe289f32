<?php
/**
 * Events of WPForms.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Forms that were sent, and payments by them. The Lite version keeps no entries, and so has no ids of them.
 * Written from WPForms Lite 2.0.0.
 */
final class Source_Wpforms extends Form_Source {

	public const NAME = 'wpforms';

	public const ORDER = 62;

	public const PLUGIN = 'WPFORMS_VERSION';

	/** Statuses of a payment that was made. */
	private const PAID = array( 'completed', 'processed' );

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return self::form_events(
			array(
				'form_submitted'        => __( 'At wpforms_process_complete, which is not fired for spam. A field’s name is “field_” and its number.', 'network-webhooks' ),
				'form_payment_received' => __( 'At wpforms_process_payment_saved, where the payment was made; once for a payment.', 'network-webhooks' ),
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'form_submitted', 'wpforms_process_complete', $this->submitted( ... ), 4 );
		$this->on( 'form_payment_received', 'wpforms_process_payment_saved', $this->paid( ... ), 3 );
	}

	/**
	 * A form was sent. The raw entry, the second argument, may hold what was typed as a secret.
	 */
	private function submitted( mixed $fields = array(), mixed $raw = array(), mixed $form = array(), mixed $id = 0 ): void {
		if ( ! is_array( $fields ) || ! is_array( $form ) ) {
			return;
		}
		$id = (int) $id;
		$this->tell( 'form_submitted', $id ? "entry:$id" : '', static fn() => self::entry( $fields, $form, $id ) );
	}

	/**
	 * A payment was stored.
	 */
	private function paid( mixed $id = 0, mixed $fields = array(), mixed $form = array() ): void {
		$id = (int) $id;
		if ( ! is_array( $fields ) || ! is_array( $form ) ) {
			return;
		}
		$this->tell(
			'form_payment_received',
			"payment:$id",
			static function () use ( $id, $fields, $form ): ?array {
				$payments = function_exists( 'wpforms' ) ? wpforms()->obj( 'payment' ) : null;
				$payment  = is_object( $payments ) ? $payments->get( $id, array( 'cap' => false ) ) : null;
				if ( ! is_object( $payment ) || ! in_array( $payment->status, self::PAID, true ) ) {
					return null;
				}
				return self::entry( $fields, $form, (int) $payment->entry_id ) + array(
					'payment_id'     => $id,
					'amount'         => $payment->total_amount,
					'currency'       => (string) $payment->currency,
					'payment_method' => (string) $payment->gateway,
					'transaction_id' => (string) $payment->transaction_id,
				);
			}
		);
	}

	/**
	 * An entry.
	 *
	 * @return array<string, mixed>
	 */
	private static function entry( array $fields, array $form, int $id ): array {
		$page = wp_get_referer();
		return array(
			'form'     => array(
				'id'    => (int) ( $form['id'] ?? 0 ),
				'title' => (string) ( $form['settings']['form_title'] ?? '' ),
			),
			'entry_id' => $id ?: null,
			'fields'   => self::fields( self::typed( $fields ) ),
			'page_url' => $page ? home_url( $page ) : null,
			'user_id'  => get_current_user_id() ?: null,
		);
	}

	/**
	 * What was typed into each field of the form. Several choices, and the addresses of files, are lines.
	 *
	 * @return iterable<array{name: string, label: string, type: string, value: mixed}>
	 */
	private static function typed( array $fields ): iterable {
		foreach ( $fields as $id => $field ) {
			if ( is_array( $field ) ) {
				$type  = (string) ( $field['type'] ?? '' );
				$value = $field['value'] ?? '';
				yield array(
					'name'  => 'field_' . ( $field['id'] ?? $id ),
					'label' => (string) ( $field['name'] ?? '' ),
					'type'  => $type,
					'value' => in_array( $type, array( 'checkbox', 'file-upload', 'payment-checkbox' ), true ) && is_string( $value ) ? array_values( array_filter( explode( "\n", $value ), 'strlen' ) ) : $value,
				);
			}
		}
	}
}
