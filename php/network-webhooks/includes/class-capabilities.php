<?php
/**
 * Who may do what.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * The capabilities, resolved here and never by a role: a site's administrator can give a role any
 * name as a primitive capability.
 */
final class Capabilities {

	/** To see and change webhooks: super admins of the main network. */
	public const MANAGE = 'manage_network_webhooks';

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_filter( 'map_meta_cap', array( $this, 'map' ), 10, 3 );
	}

	/**
	 * What a user needs for a capability.
	 *
	 * @param list<string> $needed
	 * @return list<string>
	 */
	public function map( array $needed, string $capability, int $user_id ): array {
		if ( self::MANAGE !== $capability ) {
			return $needed;
		}
		return is_main_network() && is_super_admin( $user_id ) ? array( 'exist' ) : array( 'do_not_allow' );
	}
}
