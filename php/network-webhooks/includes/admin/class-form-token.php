<?php
/**
 * For whom a form was made.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * A signed note in a form: to whom it was given, and when. It outlives nonce and session, and
 * permits nothing but to keep what that same user typed until the user is back. A form that
 * somebody else made has none, so nobody can put words into an admin's form.
 */
final class Form_Token {

	/** How long a form may stay open. */
	private const LIFETIME = 7 * DAY_IN_SECONDS;

	/**
	 * Prints the note.
	 */
	public static function print(): void {
		$user = get_current_user_id();
		$time = time();
		printf( '<input type="hidden" name="issued" value="%s">', esc_attr( "$user.$time." . self::signature( $user, $time ) ) );
	}

	/**
	 * To whom a form was given; 0: to nobody, or too long ago.
	 */
	public static function user( string $note ): int {
		if ( 1 !== preg_match( '/^(\d{1,19})\.(\d{1,11})\.([0-9a-f]{64})$/D', $note, $parts ) ) {
			return 0;
		}
		list( $user, $time ) = array( (int) $parts[1], (int) $parts[2] );
		$fresh               = $time <= time() && $time > time() - self::LIFETIME;
		return $fresh && hash_equals( self::signature( $user, $time ), $parts[3] ) ? $user : 0;
	}

	/**
	 * The signature.
	 */
	private static function signature( int $user, int $time ): string {
		return hash_hmac( 'sha256', "network-webhooks form $user $time", wp_salt( 'nonce' ) );
	}
}
