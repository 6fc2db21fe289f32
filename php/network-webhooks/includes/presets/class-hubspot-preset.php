<?php
/**
 * HubSpot.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a contact, or changes it: by a batch of one, as only a batch does either.
 */
final class Hubspot_Preset extends Preset {

	public const GROUP = self::CRM;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'hubspot';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'HubSpot';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In HubSpot open Settings › Integrations › Private apps, make an app with the scopes crm.objects.contacts.read and crm.objects.contacts.write, and copy its token. A contact is made, or changed where the address is there already.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert';
	}

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::secret( 'key', __( 'Access token', 'network-webhooks' ), '' ),
			Preset_Input::field( 'email', __( 'Email address', 'network-webhooks' ), true, 'email' ),
			Preset_Input::field( 'first_name', __( 'First name', 'network-webhooks' ), false, 'first_name' ),
			Preset_Input::field( 'last_name', __( 'Last name', 'network-webhooks' ), false, 'last_name' ),
			Preset_Input::fields( 'more', __( 'Further fields', 'network-webhooks' ), sprintf( /* translators: %s: an example */ __( 'One pair on each line, the property of HubSpot first: %s', 'network-webhooks' ), '<code>phone: customer.phone</code>' ) ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		$key    = $values->secret( 'key' );
		$email  = Expression::at( $values->field( 'email' ), true );
		$fields = array( 'email' => $email ) + array_map( array( Expression::class, 'at' ), array_filter( array( 'firstname' => $values->field( 'first_name' ), 'lastname' => $values->field( 'last_name' ) ), 'strlen' ) ) + $values->fields( 'more' );
		$body   = array(
			'inputs' => array(
				array(
					'idProperty' => 'email',
					'id'         => $email,
					// All of them are texts.
					'properties' => Expression::filled( array_map( static fn( Expression $one ) => new Expression( "$one->text|string" ), $fields ) ),
				),
			),
		);
		return array(
			'url'     => 'https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert',
			'method'  => 'POST',
			'headers' => $values->header( 'Authorization', null === $key ? null : "Bearer $key" ),
		) + self::json( $body );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 10, 'second' );
	}
}
