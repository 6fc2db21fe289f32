<?php
/**
 * Events of Fluent Forms.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Forms that were sent, and payments by them. Written from Fluent Forms 6.2.2.
 */
final class Source_Fluent_Forms extends Form_Source {

	public const NAME = 'fluent-forms';

	public const ORDER = 61;

	public const PLUGIN = 'FLUENTFORM';

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return self::form_events(
			array(
				'form_submitted'        => __( 'At fluentform/submission_inserted, once for an entry.', 'network-webhooks' ),
				'form_payment_received' => __( 'At fluentform/after_payment_status_change, into “paid”; once for an entry.', 'network-webhooks' ),
				'form_payment_refunded' => __( 'At fluentform/payment_refunded and fluentform/payment_partially-refunded, once for a refund.', 'network-webhooks' ),
			)
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'form_submitted', 'fluentform/submission_inserted', $this->submitted( ... ), 3 );
		$this->on( 'form_payment_received', 'fluentform/after_payment_status_change', $this->paid( ... ), 2 );
		foreach ( array( 'refunded', 'partially-refunded' ) as $status ) {
			$this->on( 'form_payment_refunded', "fluentform/payment_$status", $this->refunded( ... ), 3 );
		}
	}

	/**
	 * A form was sent.
	 *
	 * @param mixed $data Name of a field → what was typed.
	 * @param mixed $form Its model.
	 */
	private function submitted( mixed $id = 0, mixed $data = array(), mixed $form = null ): void {
		$id = (int) $id;
		if ( ! is_object( $form ) || ! is_array( $data ) ) {
			return;
		}
		$this->tell( 'form_submitted', "entry:$id", static fn() => self::entry( $id, $data, $form ) + self::visitor( $id ) );
	}

	/**
	 * The payment of an entry has another status.
	 *
	 * @param mixed $submission Its model.
	 */
	private function paid( mixed $status = '', mixed $submission = null ): void {
		if ( 'paid' !== $status || ! is_object( $submission ) || ! $this->is_wanted_now( 'form_payment_received' ) ) {
			return;
		}
		$id = (int) $submission->id;
		$this->tell( 'form_payment_received', "paid:$id", static fn() => self::payment( $submission, null, null ) );
	}

	/**
	 * Money went back.
	 *
	 * @param mixed $refund      A transaction, as is the payment.
	 * @param mixed $transaction The payment.
	 * @param mixed $submission  The entry's model.
	 */
	private function refunded( mixed $refund = null, mixed $transaction = null, mixed $submission = null ): void {
		if ( ! is_object( $submission ) || ! is_object( $refund ) || ! $this->is_wanted_now( 'form_payment_refunded' ) ) {
			return;
		}
		$this->tell( 'form_payment_refunded', 'refund:' . (int) $refund->id, static fn() => self::payment( $submission, is_object( $transaction ) ? $transaction : null, $refund ) );
	}

	/**
	 * An entry and what was paid for it; amounts are stored in hundredths, of yen too.
	 *
	 * @return array<string, mixed>|null
	 */
	private static function payment( object $submission, ?object $transaction, ?object $refund ): ?array {
		$form = self::find( 'fluentform_forms', (int) $submission->form_id );
		$data = is_array( $submission->response ) ? $submission->response : json_decode( (string) $submission->response, true );
		if ( ! $form ) {
			return null;
		}
		$transaction ??= self::find( 'fluentform_transactions', (int) $submission->id, 'submission_id' );
		return self::entry( (int) $submission->id, is_array( $data ) ? $data : array(), $form ) + array(
			'payment_id'     => $transaction ? (int) $transaction->id : null,
			'amount'         => self::money( $transaction ? $transaction->payment_total : $submission->payment_total ),
			'refund'         => $refund ? self::money( $refund->payment_total ) : '0',
			'currency'       => (string) $submission->currency,
			'payment_method' => (string) $submission->payment_method,
			'transaction_id' => $transaction ? (string) $transaction->charge_id : '',
			'page_url'       => '' === (string) $submission->source_url ? null : (string) $submission->source_url,
			'user_id'        => (int) $submission->user_id ?: null,
		);
	}

	/**
	 * Hundredths as a decimal.
	 */
	private static function money( mixed $hundredths ): string {
		return sprintf( '%d.%02d', intdiv( (int) $hundredths, 100 ), abs( (int) $hundredths ) % 100 );
	}

	/**
	 * An entry.
	 *
	 * @return array<string, mixed>
	 */
	private static function entry( int $id, array $data, object $form ): array {
		return array(
			'form'     => array(
				'id'    => (int) $form->id,
				'title' => (string) $form->title,
			),
			'entry_id' => $id,
			'fields'   => self::fields( self::typed( $form, $data ) ),
		);
	}

	/**
	 * Who sent an entry, and from which page.
	 *
	 * @return array{page_url: string|null, user_id: int|null}
	 */
	private static function visitor( int $id ): array {
		$entry = self::find( 'fluentform_submissions', $id );
		$page  = (string) ( $entry->source_url ?? '' );
		return array(
			'page_url' => '' === $page ? null : $page,
			'user_id'  => (int) ( $entry->user_id ?? 0 ) ?: null,
		);
	}

	/**
	 * What was typed into each field of the form.
	 *
	 * @return iterable<array{name: string, label: string, type: string, value: mixed}>
	 */
	private static function typed( object $form, array $data ): iterable {
		$parser = 'FluentForm\App\Modules\Form\FormFieldsParser';
		$inputs = class_exists( $parser ) ? (array) $parser::getEntryInputs( $form, array( 'admin_label', 'element' ) ) : array();
		foreach ( $inputs as $name => $input ) {
			if ( array_key_exists( $name, $data ) ) {
				yield array(
					'name'  => (string) $name,
					'label' => '' === (string) ( $input['admin_label'] ?? '' ) ? (string) $name : (string) $input['admin_label'],
					'type'  => (string) ( $input['element'] ?? '' ),
					'value' => $data[ $name ],
				);
			}
		}
	}

	/**
	 * A row of a table of Fluent Forms.
	 */
	private static function find( string $table, int $id, string $column = 'id' ): ?object {
		return function_exists( 'wpFluent' ) && $id > 0 ? wpFluent()->table( $table )->where( $column, $id )->first() : null;
	}
}
