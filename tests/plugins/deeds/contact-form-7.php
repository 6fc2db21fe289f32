<?php
/**
 * What people do with forms of Contact Form 7, and which events come of it.
 */

require_once dirname( __DIR__ ) . '/class-sent-form.php';

$is    = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];
$typed = array(
	'your-name'   => 'Jane Doe',
	'your-email'  => 'jane@example.com',
	'topics[]'    => array( 'Light', 'Tom & Jerry' ),
	'my-password' => 'canary-password',
	'message'     => 'When does it begin? <b>Soon</b>',
);

return array(
	'plugins' => array( 'contact-form-7/wp-contact-form-7.php' => false ),
	'sources' => array( 'contact-form-7' ),
	'setup'   => static function (): array {
		$form = WPCF7_ContactForm::get_template( array( 'title' => 'Ask & answer' ) );
		$form->set_properties( array( 'form' => "<label> Your name\n [text* your-name] </label>\n<label>Your e-mail <em>address</em> [email* your-email]</label>\n[checkbox topics \"Light\" \"Tom & Jerry\"]\n[text my-password]\n<label>Message [textarea message]</label>\n[file picture filetypes:txt]\n[submit \"Send\"]" ) );
		$form->save();
		update_option( 'disallowed_keys', 'casino' );
		// Made by this process, and written by the server's.
		wpcf7_init_uploads();
		chmod( wpcf7_upload_tmp_dir(), 0777 );
		return array( 'form' => $form->id() );
	},
	'deeds'   => array(
		'a visitor sends a form with a file, and no password comes with it' => array(
			'do'     => static fn( array $known ) => Sent_Form::contact_form_7( $known, $typed, true ),
			'events' => array(
				array(
					'form_submitted',
					array(
						'form.id'           => $is( 'form' ),
						'form.title'        => 'Ask & answer',
						'entry_id'          => null,
						'fields.0.name'     => 'your-name',
						'fields.0.label'    => 'Your name',
						'fields.0.value'    => 'Jane Doe',
						'fields.1.label'    => 'Your e-mail address',
						'values.your-email' => 'jane@example.com',
						'values.topics'     => array( 'Light', 'Tom & Jerry' ),
						'values.message'    => 'When does it begin? <b>Soon</b>',
						'values.picture'    => array( 'picture.txt' ),
						'values.my-password' => '(missing)',
						'user_id'           => null,
					),
				),
			),
		),
		'the form lacks a name: it was not sent'       => array(
			'do'     => static fn( array $known ) => Sent_Form::contact_form_7( $known, array( 'your-name' => '' ) + $typed ),
			'events' => array(),
		),
		'the form is spam'                             => array(
			'do'     => static fn( array $known ) => Sent_Form::contact_form_7( $known, array( 'message' => 'casino' ) + $typed ),
			'events' => array(),
		),
		'the same is sent twice, which is two of them' => array(
			'do'     => static function ( array $known ) use ( $typed ): void {
				Sent_Form::contact_form_7( $known, $typed );
				Sent_Form::contact_form_7( $known, $typed );
			},
			'events' => array( array( 'form_submitted' ), array( 'form_submitted' ) ),
		),
	),
);
