<?php
/**
 * Brevo.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a contact, or changes it.
 */
final class Brevo_Preset extends Preset {

	public const GROUP = self::LISTS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'brevo';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Brevo';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In Brevo open SMTP & API › API keys and make a key. The number of a list stands in front of its name under Contacts › Lists. A contact is made, or changed where the address is there already.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://api.brevo.com/v3/contacts';
	}

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::secret( 'key', __( 'API key', 'network-webhooks' ), '' ),
			Preset_Input::text( 'list', __( 'List', 'network-webhooks' ), __( 'Its number, such as 5. Empty: no list.', 'network-webhooks' ), '/^[0-9]{1,12}$/D', false ),
			Preset_Input::field( 'email', __( 'Email address', 'network-webhooks' ), true, 'email' ),
			Preset_Input::field( 'first_name', __( 'First name', 'network-webhooks' ), false, 'first_name' ),
			Preset_Input::field( 'last_name', __( 'Last name', 'network-webhooks' ), false, 'last_name' ),
			Preset_Input::fields( 'more', __( 'Further fields', 'network-webhooks' ), sprintf( /* translators: %s: an example */ __( 'One pair on each line, the attribute of Brevo first: %s', 'network-webhooks' ), '<code>SMS: customer.phone</code>' ) ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		$list   = $values->text( 'list' );
		$email  = $values->field( 'email' );
		$fields = array_map( array( Expression::class, 'at' ), array_filter( array( 'FIRSTNAME' => $values->field( 'first_name' ), 'LASTNAME' => $values->field( 'last_name' ) ), 'strlen' ) ) + $values->fields( 'more' );
		$body   = array( 'email' => Expression::at( $email, true ) )
			+ ( $fields ? array( 'attributes' => Expression::filled( $fields ) ) : array() )
			+ ( '' === $list ? array() : array( 'listIds' => array( (int) $list ) ) )
			+ array( 'updateEnabled' => true );
		return array(
			'url'     => 'https://api.brevo.com/v3/contacts',
			'method'  => 'POST',
			'headers' => $values->header( 'api-key', $values->secret( 'key' ) ),
		) + self::json( $body );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 10, 'second' );
	}
}
