<?php
/**
 * What people do with forms of Fluent Forms, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-sent-form.php';

$is    = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
$typed = array(
	'names'    => array(
		'first_name' => 'Jane',
		'last_name'  => 'Doe',
	),
	'email'    => 'jane@example.com',
	'topics'   => array( 'Light', 'Printing' ),
	'password' => 'canary-password',
	'message'  => 'Tom & Jerry',
);
$field = static fn( string $element, string $name, string $label, array $settings = array(), array $more = array() ): array => array(
	'index'          => 0,
	'element'        => $element,
	'attributes'     => array( 'name' => $name, 'type' => 'text', 'value' => '' ),
	'settings'       => $settings + array( 'label' => $label, 'admin_field_label' => $label, 'container_class' => '', 'validation_rules' => array( 'required' => array( 'value' => 'email' === $name, 'message' => 'Required' ) ) ),
	'editor_options' => array(),
) + $more;

return array(
	'plugins' => array( 'fluentform/fluentform.php' => false ),
	'sources' => array( 'fluent-forms' ),
	'setup'   => static function () use ( $field ): array {
		// What an admin does who turns payments on.
		FluentForm\App\Modules\Payments\Migrations\Migration::migrate();
		FluentForm\Database\Migrations\Submissions::migrate( true );
		$name   = static fn( string $name, string $label ): array => $field( 'input_text', $name, $label, array( 'visible' => true ) );
		$fields = array(
			$field( 'input_name', 'names', 'Your name', array(), array( 'fields' => array( 'first_name' => $name( 'first_name', 'First name' ), 'last_name' => $name( 'last_name', 'Last name' ) ) ) ),
			$field( 'input_email', 'email', 'Your e-mail' ),
			$field( 'input_checkbox', 'topics', 'Topics', array( 'advanced_options' => array( array( 'label' => 'Light', 'value' => 'Light' ), array( 'label' => 'Printing', 'value' => 'Printing' ) ) ) ),
			$field( 'input_password', 'password', 'Choose one' ),
			$field( 'textarea', 'message', 'Message' ),
		);
		$id     = wpFluent()->table( 'fluentform_forms' )->insertGetId(
			array(
				'title'       => 'Ask & answer',
				'status'      => 'published',
				'type'        => 'form',
				'has_payment' => 0,
				'created_by'  => 1,
				'created_at'  => current_time( 'mysql' ),
				'updated_at'  => current_time( 'mysql' ),
				'form_fields' => wp_json_encode( array( 'fields' => $fields, 'submitButton' => array( 'uniqElKey' => 'el_1', 'element' => 'button', 'attributes' => array( 'type' => 'submit', 'class' => '' ), 'settings' => array() ) ) ),
			)
		);
		wpFluent()->table( 'fluentform_form_meta' )->insert( array( 'form_id' => $id, 'meta_key' => 'formSettings', 'value' => wp_json_encode( array( 'confirmation' => array( 'redirectTo' => 'samePage', 'messageToShow' => 'Thanks', 'samePageFormBehavior' => 'hide_form' ) ) ) ) );
		return array( 'form' => (int) $id );
	},
	'deeds'   => array(
		'a visitor sends a form, and no password comes with it' => array(
			'do'     => static function ( array $known ) use ( $typed ): array {
				$answer = json_decode( Sent_Form::fluent_form( $known, $typed ), true );
				return array( 'entry' => Deed::must( $answer['data']['insert_id'] ?? null, wp_json_encode( $answer ) ) );
			},
			'events' => array(
				array(
					'form_submitted',
					array(
						'form.id'           => $is( 'form' ),
						'form.title'        => 'Ask & answer',
						'entry_id'          => $is( 'entry' ),
						'fields.0.name'     => 'names',
						'values.names'      => array( 'first_name' => 'Jane', 'last_name' => 'Doe' ),
						'fields.1.label'    => 'Your e-mail',
						'values.email'      => 'jane@example.com',
						'values.topics'     => array( 'Light', 'Printing' ),
						'values.message'    => 'Tom & Jerry',
						'values.password'   => '(missing)',
						'user_id'           => null,
					),
				),
			),
		),
		'the form lacks an address: it was not sent'            => array(
			'do'     => static function ( array $known ) use ( $typed ): void {
				Sent_Form::fluent_form( $known, array( 'email' => '' ) + $typed );
			},
			'events' => array(),
		),
		'an admin marks the payment of an entry as made'        => array(
			'do'     => static function ( array $known ): array {
				wpFluent()->table( 'fluentform_submissions' )->where( 'id', $known['entry'] )->update( array( 'payment_status' => 'pending', 'payment_total' => 4900, 'currency' => 'EUR', 'payment_method' => 'test' ) );
				$transaction = wpFluent()->table( 'fluentform_transactions' )->insertGetId( array( 'form_id' => $known['form'], 'submission_id' => $known['entry'], 'payment_total' => 4900, 'currency' => 'EUR', 'status' => 'pending', 'payment_method' => 'test', 'charge_id' => 'ch_1', 'transaction_type' => 'onetime', 'created_at' => current_time( 'mysql' ), 'updated_at' => current_time( 'mysql' ) ) );
				$payment     = Sent_Form::fluent_payment( $known['entry'] );
				$payment->changeSubmissionPaymentStatus( 'paid' );
				$payment->changeTransactionStatus( $transaction, 'paid' );
				return array( 'transaction' => (int) $transaction );
			},
			'events' => array( array( 'form_payment_received', array( 'entry_id' => $is( 'entry' ), 'payment_id' => $is( 'transaction' ), 'amount' => '49.00', 'amount_minor' => 4900, 'currency' => 'EUR', 'payment_method' => 'test', 'transaction_id' => 'ch_1', 'values.email' => 'jane@example.com', 'values.password' => '(missing)' ) ) ),
		),
		'it is marked as made once more'                        => array(
			'do'     => static function ( array $known ): void {
				Sent_Form::fluent_payment( $known['entry'] )->changeSubmissionPaymentStatus( 'paid' );
			},
			'events' => array(),
		),
		'ten of it are refunded'                                => array(
			'do'     => static function ( array $known ): void {
				$payment = Sent_Form::fluent_payment( $known['entry'] );
				$payment->refund( 1000, FluentForm\App\Models\Transaction::find( $known['transaction'] ), $payment->getSubmission(), 'test', 're_1', 'Too dark' );
			},
			'events' => array( array( 'form_payment_refunded', array( 'entry_id' => $is( 'entry' ), 'amount' => '49.00', 'refund' => '10.00', 'refund_minor' => 1000 ) ) ),
		),
	),
);
