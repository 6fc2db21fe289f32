<?php
/**
 * What is sent.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Limits;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Method, format, template and the parts of the data.
 */
final class Body_Group implements Field_Group {

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string>
	 */
	public function show( Webhook $webhook ): array {
		return array(
			'method'       => (string) $webhook->setting( 'method' ),
			'format'       => (string) $webhook->setting( 'format' ),
			'template'     => (string) $webhook->setting( 'template' ),
			'content_type' => (string) $webhook->setting( 'content_type' ),
			'fields'       => implode( "\n", $webhook->setting( 'fields' ) ),
		);
	}

	/**
	 * What its inputs say. A template is kept where another format is tried.
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$content_type = trim( $typed->text( 'content_type' ) );
		$template     = $typed->text( 'template' );
		if ( '' !== $content_type && 1 !== preg_match( '~^[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(;[\x20-\x7e]*)?$~D', $content_type ) ) {
			/* translators: %s: what was typed */
			$errors->add( 'content_type', sprintf( __( '“%s” is no content type, such as application/json.', 'network-webhooks' ), $content_type ) );
		}
		return array(
			'method'       => $typed->text( 'method' ),
			'format'       => $typed->text( 'format' ),
			'template'     => '' === trim( $template ) ? null : $template,
			'content_type' => '' === $content_type ? Webhook::DEFAULTS['content_type'] : $content_type,
			'fields'       => $typed->lines( 'fields' ),
		);
	}

	/**
	 * Prints its inputs.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$fields->select(
			'method',
			__( 'Method', 'network-webhooks' ),
			array_combine( Limits::choices( 'methods' ), Limits::choices( 'methods' ) ),
			__( 'Default: POST. Some services want PUT or PATCH, to add or change what the URL names.', 'network-webhooks' )
		);
		$fields->select(
			'format',
			__( 'Format', 'network-webhooks' ),
			self::formats(),
			__( 'Default: standard.', 'network-webhooks' )
		);
		$fields->lines(
			'template',
			__( 'Template', 'network-webhooks' ),
			__( 'For the format “template”: the body as the receiver wants it. <code>{{ data.total }}</code> writes a value; in JSON it brings its own quotes, as in <code>{"text": {{ "Paid: " ~ data.total }}}</code>. There are <code>type</code>, <code>data</code>, <code>site</code>, <code>source</code>, <code>actor</code>, <code>timestamp</code> and <code>id</code>.', 'network-webhooks' ),
			array( 'rows' => 10 )
		);
		$fields->text(
			'content_type',
			__( 'Content type', 'network-webhooks' ),
			__( 'Of a template’s body. Default: <code>application/json</code>.', 'network-webhooks' ),
			array( 'class' => 'regular-text code' )
		);
		$fields->lines(
			'fields',
			__( 'Fields', 'network-webhooks' ),
			__( 'The only parts of <code>data</code> that are sent, one path on each line: <code>customer.email</code>, or <code>items.*.price</code> for every item of a list. Empty: everything.', 'network-webhooks' )
		);
	}

	/**
	 * The formats.
	 *
	 * @return array<string, string>
	 */
	private static function formats(): array {
		return array(
			'standard'           => __( 'Standard: the event’s data with its id, type, time and site', 'network-webhooks' ),
			'flat'               => __( 'Flat: the data alone, as Ultimate Multisite 2 sends it', 'network-webhooks' ),
			'woocommerce'        => __( 'WooCommerce: as its own webhooks send it', 'network-webhooks' ),
			'v1'                 => __( 'Form fields, as WP Ultimo 1 sent them', 'network-webhooks' ),
			'cloudevents'        => __( 'CloudEvents 1.0, structured', 'network-webhooks' ),
			'cloudevents-binary' => __( 'CloudEvents 1.0, binary', 'network-webhooks' ),
			'template'           => __( 'Template: a body of your own', 'network-webhooks' ),
		);
	}
}
