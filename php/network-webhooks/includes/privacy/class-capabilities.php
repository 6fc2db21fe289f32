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

	/** Seconds to wait for another process that changes who may see them. */
	private const PATIENCE = 10;

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
	public static function forget( mixed $user_id ): void {
		try {
			self::set_viewer( (int) $user_id, false );
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The history has no entry of a deleted user: {$error->getMessage()}" );
		}
	}

	/**
	 * What a user needs for a capability. WordPress hands on whatever it was asked for, such as the
	 * null of a post type without that capability, and what other plugins return.
	 *
	 * @param mixed $needed     List of capabilities, as it is returned where the capability is none of ours.
	 * @param mixed $capability Its name.
	 * @param mixed $user_id    Whose.
	 */
	public static function map( mixed $needed, mixed $capability, mixed $user_id ): mixed {
		$user_id = is_numeric( $user_id ) ? (int) $user_id : 0;
		$may     = match ( $capability ) {
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
	 *
	 * @throws \RuntimeException Where another process changes them for too long.
	 */
	public static function set_viewer( int $user_id, bool $may ): void {
		// Nearly always there is nothing to change, and nobody need wait for that.
		$stored = array_map( 'intval', (array) Settings::read( Settings::VIEWERS )[ Settings::VIEWERS ] );
		if ( in_array( $user_id, $stored, true ) === $may ) {
			return;
		}
		$before = null;
		$done   = Settings::change(
			Settings::VIEWERS,
			self::PATIENCE,
			static function ( mixed $stored ) use ( $user_id, $may, &$before ): array {
				$viewers = array_map( 'intval', (array) $stored );
				$before  = in_array( $user_id, $viewers, true );
				$others  = array_diff( $viewers, array( $user_id ) );
				return array_values( $may ? array( ...$others, $user_id ) : $others );
			}
		);
		if ( ! $done ) {
			throw new \RuntimeException( __( 'Who may see webhooks is being changed by another process. Try again.', 'network-webhooks' ) );
		}
		if ( $before === $may ) {
			return;
		}
		$user = get_userdata( $user_id );
		History::record( History::NETWORK, $may ? History::VIEWER_ADDED : History::VIEWER_REMOVED, array( 'user' => array( null, $user->user_login ?? "#$user_id" ) ) );
	}

	/**
	 * Ids of the users who were chosen.
	 *
	 * @return list<int>
	 */
	public static function viewers(): array {
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
