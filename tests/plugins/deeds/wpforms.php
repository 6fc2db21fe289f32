<?php
/**
 * What people do with forms of WPForms, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-sent-form.php';

$is    = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
$typed = array(
	'0' => array(
		'first' => 'Jane',
		'last'  => 'Doe',
	),
	'1' => 'jane@example.com',
	'2' => 'Tom & Jerry',
	'3' => array( 'Light', 'Printing' ),
	'4' => 'canary-password',
	'5' => '49.00',
);

return array(
	'plugins' => array( 'wpforms-lite/wpforms.php' => false ),
	'sources' => array( 'wpforms' ),
	'setup'   => static function (): array {
		wp_set_current_user( 1 );
		$form   = Deed::must( wpforms()->obj( 'form' )->add( 'Ask & answer' ) );
		$choice = static fn( string $label ): array => array( 'label' => $label, 'value' => '' );
		wp_update_post(
			array(
				'ID'           => $form,
				'post_content' => wpforms_encode(
					array(
						'id'       => $form,
						'field_id' => 6,
						'fields'   => array(
							0 => array( 'id' => 0, 'type' => 'name', 'label' => 'Your name', 'format' => 'first-last' ),
							1 => array( 'id' => 1, 'type' => 'email', 'label' => 'Your e-mail', 'required' => '1' ),
							2 => array( 'id' => 2, 'type' => 'textarea', 'label' => 'Message' ),
							3 => array( 'id' => 3, 'type' => 'checkbox', 'label' => 'Topics', 'choices' => array( 1 => $choice( 'Light' ), 2 => $choice( 'Printing' ) ) ),
							4 => array( 'id' => 4, 'type' => 'text', 'label' => 'Your password' ),
							5 => array( 'id' => 5, 'type' => 'payment-single', 'label' => 'Course', 'format' => 'single', 'price' => '49.00' ),
						),
						'settings' => array( 'form_title' => 'Ask & answer', 'submit_text' => 'Send', 'notification_enable' => '0', 'confirmations' => array( 1 => array( 'type' => 'message', 'message' => 'Thanks' ) ) ),
					)
				),
			)
		);
		return array( 'form' => $form, 'page' => wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Form', 'post_content' => "[wpforms id=\"$form\"]" ) ) );
	},
	'deeds'   => array(
		'a visitor sends a form, and no password comes with it' => array(
			'do'     => static fn( array $known ) => Sent_Form::wpforms( $known, $typed ),
			'events' => array(
				array(
					'form_submitted',
					array(
						'form.id'        => $is( 'form' ),
						'form.title'     => 'Ask & answer',
						'entry_id'       => null,
						'fields.0.name'  => 'field_0',
						'fields.0.label' => 'Your name',
						'fields.0.value' => 'Jane Doe',
						'values.field_1'       => 'jane@example.com',
						'values.field_2'       => 'Tom & Jerry',
						'values.field_3'       => array( 'Light', 'Printing' ),
						'values.field_4'       => '(missing)',
					),
				),
			),
		),
		'the form lacks an address: it was not sent'            => array(
			'do'     => static fn( array $known ) => Sent_Form::wpforms( $known, array( '1' => '' ) + $typed ),
			'events' => array(),
		),
		'the form is spam'                                      => array(
			'do'     => static function ( array $known ) use ( $typed ): void {
				Deed::must( 1 );
				$entry = array( 'id' => $known['form'], 'fields' => $typed );
				add_filter( 'wpforms_process_honeypot', '__return_true' );
				add_filter( 'wpforms_process_initial_errors', static fn( $errors ) => array( $known['form'] => array( 'header' => 'Spam' ) ) );
				$_POST['wpforms'] = $entry;
				wpforms()->obj( 'process' )->process( $entry );
			},
			'events' => array(),
		),
		'a form is paid for'                                    => array(
			'do'     => static function ( array $known ) use ( $typed ): void {
				$entry = array( 'id' => $known['form'], 'fields' => $typed );
				add_filter( 'wpforms_forms_submission_prepare_payment_data', static fn() => array( 'form_id' => $known['form'], 'subtotal_amount' => '49.00', 'total_amount' => '49.00', 'currency' => 'EUR', 'status' => 'completed', 'gateway' => 'stripe', 'type' => 'one-time', 'mode' => 'test', 'transaction_id' => 'ch_1', 'customer_id' => 'canary-customer', 'title' => 'Jane' ) );
				$_POST['wpforms'] = $entry;
				wpforms()->obj( 'process' )->process( $entry );
			},
			'events' => array(
				array( 'form_payment_received', array( 'amount' => '49.00', 'amount_minor' => 4900, 'currency' => 'EUR', 'payment_method' => 'stripe', 'transaction_id' => 'ch_1', 'values.field_1' => 'jane@example.com' ) ),
				array( 'form_submitted' ),
			),
		),
		'the payment of a form is still pending'                => array(
			'do'     => static function ( array $known ) use ( $typed ): void {
				$entry = array( 'id' => $known['form'], 'fields' => $typed );
				add_filter( 'wpforms_forms_submission_prepare_payment_data', static fn() => array( 'form_id' => $known['form'], 'subtotal_amount' => '49.00', 'total_amount' => '49.00', 'currency' => 'EUR', 'status' => 'pending', 'gateway' => 'paypal_standard', 'type' => 'one-time', 'mode' => 'test', 'transaction_id' => '', 'title' => 'Jane' ) );
				$_POST['wpforms'] = $entry;
				wpforms()->obj( 'process' )->process( $entry );
			},
			'events' => array( array( 'form_submitted' ) ),
		),
	),
);
