<?php
/**
 * What a redirect must not lose.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Encrypted_Values;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps an error, and what was typed, for the same user's next page. Apart from each other, since
 * the first page may be one without the form. What was typed may hold secrets: it lies there
 * sealed, and for an hour.
 */
final class Flash {

	/**
	 * The error that this request took.
	 */
	private static ?string $error = null;

	/**
	 * The form that this request took.
	 *
	 * @var array<string, mixed>|null
	 */
	private static ?array $form = null;

	/**
	 * Keeps it.
	 *
	 * @param string                             $error  Empty: nothing is wrong.
	 * @param array<string, string|list<string>> $typed  With the id in `webhook`; empty for a new one.
	 * @param array<string, string>              $errors Name of an input → what is wrong with it.
	 * @param int                                $user   Whose it is; 0: the current user's.
	 */
	public static function put( string $error, array $typed = array(), array $errors = array(), int $user = 0 ): void {
		$user = $user ? $user : get_current_user_id();
		if ( '' !== $error ) {
			set_site_transient( self::name( 'flash', $user ), $error, HOUR_IN_SECONDS );
		}
		// What was typed may be a secret.
		if ( $typed && Encrypted_Values::is_possible() ) {
			$form = array(
				'typed'  => $typed,
				'errors' => $errors,
			);
			set_site_transient( self::name( 'form', $user ), Encrypted_Values::seal( $form ), HOUR_IN_SECONDS );
		}
	}

	/**
	 * The error; empty where all went well.
	 */
	public static function error(): string {
		self::$error ??= (string) self::take( 'flash' );
		return self::$error;
	}

	/**
	 * What was typed into the form of a webhook that is not saved.
	 *
	 * @param string $webhook Its id; empty for a new one.
	 * @return array<string, string|list<string>>|null
	 */
	public static function typed( string $webhook ): ?array {
		$typed = self::form()['typed'] ?? array();
		return ( $typed['webhook'] ?? null ) === $webhook ? $typed : null;
	}

	/**
	 * What is wrong with the inputs of that form.
	 *
	 * @return array<string, string>
	 */
	public static function errors(): array {
		return self::form()['errors'] ?? array();
	}

	/**
	 * Lets the next page of a webhook's form show its secret.
	 */
	public static function reveal( string $webhook ): void {
		set_site_transient( self::name( 'secret', get_current_user_id() ), $webhook, MINUTE_IN_SECONDS );
	}

	/**
	 * Whether this page may show the secret of a webhook, once.
	 */
	public static function reveals( string $webhook ): bool {
		return self::take( 'secret' ) === $webhook;
	}

	/**
	 * The form, once.
	 *
	 * @return array<string, mixed>
	 */
	private static function form(): array {
		self::$form ??= Encrypted_Values::open( (string) self::take( 'form' ) ) ?? array();
		return self::$form;
	}

	/**
	 * Takes what was kept.
	 */
	private static function take( string $what ): string|false {
		$name = self::name( $what, get_current_user_id() );
		$kept = get_site_transient( $name );
		if ( false !== $kept ) {
			delete_site_transient( $name );
		}
		return is_string( $kept ) ? $kept : false;
	}

	/**
	 * Name of a transient.
	 */
	private static function name( string $what, int $user ): string {
		return "network_webhooks_{$what}_{$user}";
	}
}
