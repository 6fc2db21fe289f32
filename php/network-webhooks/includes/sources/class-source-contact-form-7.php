<?php
/**
 * Events of Contact Form 7.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Forms that were sent. Contact Form 7 keeps neither entries nor files: an entry's id is there where Flamingo
 * keeps one, and of a file its name. Written from Contact Form 7 6.1.6.
 */
final class Source_Contact_Form_7 extends Form_Source {

	public const NAME = 'contact-form-7';

	public const ORDER = 60;

	public const PLUGIN = 'WPCF7_VERSION';

	/** Results of a form that was sent, whether or not the mail could be. */
	private const SENT = array( 'mail_sent', 'mail_failed' );

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		return self::form_events( array( 'form_submitted' => __( 'At wpcf7_submit, where the form was valid and no spam. Of a file its name is sent: Contact Form 7 keeps none.', 'network-webhooks' ) ) );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'form_submitted', 'wpcf7_submit', $this->submitted( ... ), 2 );
	}

	/**
	 * A form was sent, in whatever state.
	 *
	 * @param mixed $form   WPCF7_ContactForm.
	 * @param mixed $result `status` says what became of it.
	 */
	private function submitted( mixed $form = null, mixed $result = array() ): void {
		if ( ! is_object( $form ) || ! is_array( $result ) || ! in_array( $result['status'] ?? '', self::SENT, true ) ) {
			return;
		}
		$this->tell(
			'form_submitted',
			'',
			static function () use ( $form ): ?array {
				// The fields are in no argument of the hook.
				$submission = class_exists( 'WPCF7_Submission', false ) ? \WPCF7_Submission::get_instance() : null;
				if ( ! is_object( $submission ) ) {
					return null;
				}
				$page = (string) $submission->get_meta( 'url' );
				return array(
					'form'     => array(
						'id'    => (int) $form->id(),
						'title' => (string) $form->title(),
					),
					'entry_id' => (int) ( $submission->get_result()['flamingo_inbound_id'] ?? 0 ) ?: null,
					'fields'   => self::fields( self::typed( $form, $submission ) ),
					'page_url' => '' === $page ? null : $page,
					'user_id'  => (int) $submission->get_meta( 'current_user_id' ) ?: null,
				);
			}
		);
	}

	/**
	 * What was typed into each field of the form.
	 *
	 * @return iterable<array{name: string, label: string, type: string, value: mixed}>
	 */
	private static function typed( object $form, object $submission ): iterable {
		$template = (string) $form->prop( 'form' );
		$files    = (array) $submission->uploaded_files();
		foreach ( $form->scan_form_tags() as $tag ) {
			$name = (string) $tag->name;
			if ( '' === $name ) {
				continue;
			}
			yield array(
				'name'  => $name,
				'label' => self::label( $template, $name ),
				'type'  => (string) $tag->basetype,
				'value' => 'file' === $tag->basetype ? array_map( 'wp_basename', (array) ( $files[ $name ] ?? array() ) ) : $submission->get_posted_data( $name ),
			);
		}
	}

	/**
	 * The text of the label around a field; without one its name.
	 */
	private static function label( string $template, string $name ): string {
		$field = preg_quote( $name, '~' );
		$text  = preg_match( '~<label[^>]*>((?:(?!</label>).)*?\[[^\]\s]+\s+' . $field . '[\s\]].*?)</label>~s', $template, $found )
			? trim( (string) preg_replace( '/\s+/', ' ', html_entity_decode( wp_strip_all_tags( (string) preg_replace( '/\[[^\]]*\]/', ' ', $found[1] ) ), ENT_QUOTES | ENT_HTML5, 'UTF-8' ) ) )
			: '';
		return '' === $text ? $name : $text;
	}
}
