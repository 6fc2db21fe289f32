<?php
/**
 * Which hooks are being fired.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Puts WordPress's list of hooks under way back after an exception out of one of them: WordPress
 * takes a hook off only when it ends, and whoever catches the exception would leave
 * current_filter() and doing_action() wrong for the rest of the request. There is no function for
 * that: this is the only place that writes into a global of WordPress's own.
 */
final class Hook_Stack {

	/**
	 * How many hooks are being fired, within each other.
	 */
	public static function depth(): int {
		return count( $GLOBALS['wp_current_filter'] ?? array() );
	}

	/**
	 * Forgets those that were begun since.
	 */
	public static function restore( int $depth ): void {
		if ( self::depth() > $depth ) {
			$GLOBALS['wp_current_filter'] = array_slice( $GLOBALS['wp_current_filter'], 0, $depth ); // phpcs:ignore WordPress.WP.GlobalVariablesOverride.Prohibited -- see above.
		}
	}
}
