<?php
/**
 * Pipedrive.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Makes a person.
 */
final class Pipedrive_Preset extends Preset {

	public const GROUP = self::CRM;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'pipedrive';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Pipedrive';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In Pipedrive open Personal preferences › API and copy your token. A person is made for each event; Pipedrive looks for none that is there already.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://yourcompany.pipedrive.com/api/v2/persons';
	}

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::secret( 'key', __( 'API token', 'network-webhooks' ), '' ),
			Preset_Input::text( 'company', __( 'Company domain', 'network-webhooks' ), __( 'What stands before .pipedrive.com in your address bar.', 'network-webhooks' ), '/^[a-z0-9][a-z0-9-]{0,60}$/D' ),
			Preset_Input::field( 'email', __( 'Email address', 'network-webhooks' ), true, 'email' ),
			Preset_Input::field( 'name', __( 'Full name', 'network-webhooks' ), false, 'customer_name', 'display_name', 'student.name', 'first_name' ),
			Preset_Input::field( 'phone', __( 'Phone', 'network-webhooks' ), false, 'phone' ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		$company = $values->text( 'company' );
		$email   = $values->field( 'email' );
		$name    = $values->field( 'name' );
		$phone   = $values->field( 'phone' );
		$body    = array(
			// A person needs a name; of whom none is known it is the address.
			'name'   => Expression::at( "$name, $email", true ),
			'emails' => array(
				array(
					'value'   => Expression::at( $email, true ),
					'primary' => true,
					'label'   => 'work',
				),
			),
		);
		if ( '' !== $phone ) {
			$number         = Expression::at( $phone )->text;
			$body['phones'] = new Expression( "[{\"value\": $number, \"primary\": true, \"label\": \"work\"}] if $number else []" );
		}
		return array(
			'url'     => "https://$company.pipedrive.com/api/v2/persons",
			'method'  => 'POST',
			'headers' => $values->header( 'x-api-token', $values->secret( 'key' ) ),
		) + self::json( $body );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return self::rate( 2, 'second' );
	}
}
