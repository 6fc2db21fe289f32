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
	/** To see them and what was sent, bodies and secrets apart: they, and the chosen users. */
	public const VIEW = 'view_network_webhooks';

	/**
	 * Adds the hooks.
	 */
	public static function add_hooks(): void {
		add_filter( 'map_meta_cap', array( self::class, 'map' ), 10, 3 );
		add_action( 'wpmu_delete_user', array( self::class, 'forget' ) );
	}

	/**
	 * A user is being deleted, and the database may give the id to somebody else one day.
	 */
	public static function forget( int $user_id ): void {
		try {
			self::set_viewer( $user_id, false );
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The history has no entry of a deleted user: {$error->getMessage()}" );
		}
	}

	/**
	 * What a user needs for a capability.
	 *
	 * @param list<string> $needed
	 * @return list<string>
	 */
	public static function map( array $needed, string $capability, int $user_id ): array {
		$may = match ( $capability ) {
			self::MANAGE => self::may_manage( $user_id ),
			self::VIEW => self::may_manage( $user_id ) || ( is_main_network() && self::is_viewer( $user_id ) ),
			default => null,
		};
		return match ( $may ) {
			null => $needed,
			true => array( 'exist' ),
			false => array( 'do_not_allow' ),
		};
	}

	/**
	 * Whether a user was chosen to see webhooks.
	 */
	public static function is_viewer( int $user_id ): bool {
		return $user_id > 0 && in_array( $user_id, self::viewers(), true );
	}

	/**
	 * Lets a user see webhooks, or not any more, and records it.
	 */
	public static function set_viewer( int $user_id, bool $may ): void {
		if ( self::is_viewer( $user_id ) === $may ) {
			return;
		}
		$others = array_diff( self::viewers(), array( $user_id ) );
		Settings::set( Settings::VIEWERS, array_values( $may ? array( ...$others, $user_id ) : $others ) );
		$user = get_userdata( $user_id );
		History::record( History::NETWORK, $may ? History::VIEWER_ADDED : History::VIEWER_REMOVED, array( 'user' => array( null, $user->user_login ?? "#$user_id" ) ) );
	}

	/**
	 * Ids of the users who were chosen.
	 *
	 * @return list<int>
	 */
	private static function viewers(): array {
		return array_map( 'intval', (array) Settings::get( Settings::VIEWERS, array() ) );
	}

	/**
	 * Whether a user may change webhooks.
	 */
	private static function may_manage( int $user_id ): bool {
		// is_super_admin( 0 ) would answer for the current user.
		return $user_id > 0 && is_main_network() && is_super_admin( $user_id );
	}
}
