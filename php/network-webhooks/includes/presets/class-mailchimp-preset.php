<?php
/**
 * Mailchimp.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * Adds a member to an audience, or changes it.
 */
final class Mailchimp_Preset extends Preset {

	public const GROUP = self::LISTS;

	/**
	 * {@inheritDoc}
	 */
	public function id(): string {
		return 'mailchimp';
	}

	/**
	 * {@inheritDoc}
	 */
	public function name(): string {
		return 'Mailchimp';
	}

	/**
	 * {@inheritDoc}
	 */
	public function steps(): string {
		return __( 'In Mailchimp open Profile › Extras › API keys and make a key; the audience’s id stands in its settings. A member is added, or changed where the address is there already.', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function example(): string {
		return 'https://us21.api.mailchimp.com/3.0/lists/…/members/…';
	}

	/**
	 * {@inheritDoc}
	 */
	public function inputs(): array {
		return array(
			Preset_Input::secret( 'key', __( 'API key', 'network-webhooks' ), __( 'It ends with the name of a server, such as -us21.', 'network-webhooks' ), '/^[0-9A-Za-z]+-[a-z]{2,4}[0-9]{1,3}$/D' ),
			Preset_Input::text( 'list', __( 'Audience ID', 'network-webhooks' ), __( 'Letters and digits, such as a1b2c3d4e5.', 'network-webhooks' ), '/^[0-9A-Za-z]{1,40}$/D' ),
			Preset_Input::choice(
				'status',
				__( 'New members', 'network-webhooks' ),
				array(
					'subscribed' => __( 'are subscribed at once', 'network-webhooks' ),
					'pending'    => __( 'get a mail to confirm', 'network-webhooks' ),
				)
			),
			Preset_Input::field( 'email', __( 'Email address', 'network-webhooks' ), true, 'email' ),
			Preset_Input::field( 'first_name', __( 'First name', 'network-webhooks' ), false, 'first_name' ),
			Preset_Input::field( 'last_name', __( 'Last name', 'network-webhooks' ), false, 'last_name' ),
			Preset_Input::fields( 'more', __( 'Further fields', 'network-webhooks' ), sprintf( /* translators: %s: an example */ __( 'One pair on each line, the merge tag of Mailchimp first: %s', 'network-webhooks' ), '<code>PHONE: customer.phone</code>' ) ),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function fill( Preset_Values $values ): array {
		$key    = $values->secret( 'key' );
		$server = $values->remember( 'server', null === $key ? null : (string) preg_replace( '/^.*-/s', '', $key ) );
		$email  = $values->field( 'email' );
		$fields = array_map( array( Expression::class, 'at' ), array_filter( array( 'FNAME' => $values->field( 'first_name' ), 'LNAME' => $values->field( 'last_name' ) ), 'strlen' ) ) + $values->fields( 'more' );
		$value  = Expression::at( $email, true );
		$body   = array(
			'email_address' => $value,
			'status_if_new' => $values->choice( 'status' ),
		) + ( $fields ? array( 'merge_fields' => Expression::filled( $fields ) ) : array() );
		return array(
			// The id of a member is the hash of its address in small letters.
			'url'     => "https://$server.api.mailchimp.com/3.0/lists/{$values->text( 'list' )}/members/{{ $value->text|lower|md5 }}?skip_merge_validation=true",
			'method'  => 'PUT',
			'headers' => $values->header( 'Authorization', null === $key ? null : 'Basic ' . base64_encode( "network-webhooks:$key" ) ),
		) + self::json( $body );
	}

	/**
	 * {@inheritDoc}
	 */
	public function defaults(): array {
		return array( 'concurrency' => '5' );
	}
}
