<?php
/**
 * Who is told.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Invisible;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Addresses for mail about one webhook, where not those of the network are meant.
 */
final class Email_Group implements Field_Group {

	/** Most addresses: each gets a mail of its own. */
	private const MOST = 20;

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string>
	 */
	public function show( Webhook $webhook ): array {
		return array( 'mail_to' => implode( "\n", $webhook->mail_to() ) );
	}

	/**
	 * What its inputs say. Nothing is the default, and is not stored.
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$addresses = self::addresses( $typed->text( 'mail_to' ) );
		$wrong     = self::wrong( $addresses );
		if ( $wrong ) {
			/* translators: %s: what was typed */
			$errors->add( 'mail_to', sprintf( __( 'Not a valid email address: %s.', 'network-webhooks' ), implode( ', ', $wrong ) ) );
		} elseif ( count( $addresses ) > self::MOST ) {
			/* translators: %s: number of addresses */
			$errors->add( 'mail_to', sprintf( _n( 'This is more than %s address: take one that leads to all of them.', 'These are more than %s addresses: take one that leads to all of them.', self::MOST, 'network-webhooks' ), number_format_i18n( self::MOST ) ) );
		}
		return $addresses ? array( Webhook::MAIL_TO => $addresses ) : array();
	}

	/**
	 * Prints its inputs.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$fields->lines(
			'mail_to',
			__( 'Mail for this webhook', 'network-webhooks' ),
			__( 'Who is told when it is disabled or a delivery fails for good: email addresses, one on each line. Empty: those under Webhooks › Settings › Mail.', 'network-webhooks' ),
			array( 'rows' => 2 )
		);
	}

	/**
	 * The addresses in a text, each once.
	 *
	 * @return list<string>
	 */
	public static function addresses( string $text ): array {
		return array_values( array_unique( preg_split( '/[\s,;]+/u', $text, -1, PREG_SPLIT_NO_EMPTY ) ) );
	}

	/**
	 * Those that are none, with everything in them to be seen.
	 *
	 * @param list<string> $addresses
	 * @return array<string>
	 */
	public static function wrong( array $addresses ): array {
		return array_map( array( Invisible::class, 'show' ), array_filter( $addresses, static fn( string $one ) => ! is_email( $one ) || null !== Invisible::find( $one ) ) );
	}
}
