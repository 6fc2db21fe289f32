<?php
/**
 * MailerLite.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Adds a subscriber, or changes it.
 */
final class Mailerlite_Preset extends Preset {

	public const GROUP = self::LISTS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'mailerlite';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'MailerLite';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In MailerLite open Integrations › API and make a token. The id of a group stands at the end of its page’s address. A subscriber is added, or changed where the address is there already.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://connect.mailerlite.com/api/subscribers';
	}

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::secret( 'key', __( 'API token', 'network-webhooks' ), '' ),
			Preset_Input::text( 'list', __( 'Group', 'network-webhooks' ), __( 'Its id, a long number. Empty: no group.', 'network-webhooks' ), '/^[0-9]{1,30}$/D', false ),
			Preset_Input::field( 'email', __( 'Email address', 'network-webhooks' ), true, 'email' ),
			Preset_Input::field( 'first_name', __( 'First name', 'network-webhooks' ), false, 'first_name' ),
			Preset_Input::field( 'last_name', __( 'Last name', 'network-webhooks' ), false, 'last_name' ),
			Preset_Input::fields( 'more', __( 'Further fields', 'network-webhooks' ), sprintf( /* translators: %s: an example */ __( 'One pair on each line, the field of MailerLite first: %s', 'network-webhooks' ), '<code>city: customer.city</code>' ) ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		$key    = $values->secret( 'key' );
		$group  = $values->text( 'list' );
		$email  = $values->field( 'email' );
		$fields = array_map( array( Expression::class, 'at' ), array_filter( array( 'name' => $values->field( 'first_name' ), 'last_name' => $values->field( 'last_name' ) ), 'strlen' ) ) + $values->fields( 'more' );
		$body   = array( 'email' => Expression::at( $email, true ) )
			+ ( $fields ? array( 'fields' => Expression::filled( $fields ) ) : array() )
			+ ( '' === $group ? array() : array( 'groups' => array( $group ) ) );
		return array(
			'url'     => 'https://connect.mailerlite.com/api/subscribers',
			'method'  => 'POST',
			'headers' => $values->header( 'Authorization', null === $key ? null : "Bearer $key" ),
		) + self::json( $body );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 120, 'minute' );
	}
}
