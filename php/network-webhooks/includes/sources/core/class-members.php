<?php
/**
 * Members of the sites.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;

defined( 'ABSPATH' ) || exit;

/**
 * Who joins and leaves a site, and in which role. What belongs to the making or deleting of a
 * site or of an account is told there.
 */
final class Members extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 11;

	/**
	 * User and site whose role was set last where there was none before.
	 */
	private string $first_role = '';

	/**
	 * Roles given (1) and taken (-1) of who was changed last, by key in Request_End_Events.
	 *
	 * @var array<string, array<string, int>>
	 */
	private array $steps = array();

	public function __construct( private readonly Request_End_Events $request_end_events, private readonly Request_Context $request_context ) {}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$user   = Payload::example_user();
		$lookup = array( 'user_id', 'user_email', 'user_login' );
		$roles  = array(
			'site_id' => 3,
			'roles'   => array( 'editor' ),
		);
		return array(
			Event::of(
				self::NAME,
				'role_changed',
				'users',
				__( 'Role Changed', 'network-webhooks' ),
				__( 'A member of a site has another role there.', 'network-webhooks' ),
				__( 'At add_user_role and remove_user_role, once for a request. Not for a member’s first role, and not where the roles end as they were.', 'network-webhooks' ),
				$user + $roles + array( 'old_roles' => array( 'subscriber' ) ),
				array(),
				$lookup
			),
			Event::of(
				self::NAME,
				'user_added_to_site',
				'users',
				__( 'User Added to Site', 'network-webhooks' ),
				__( 'A user became a member of a site.', 'network-webhooks' ),
				__( 'At add_user_to_blog. Not for those who are members already, and not for the first administrator of a new site.', 'network-webhooks' ),
				$user + $roles,
				array(),
				$lookup
			),
			Event::of(
				self::NAME,
				'user_removed_from_site',
				'users',
				__( 'User Removed from Site', 'network-webhooks' ),
				__( 'A user is no longer a member of a site. The account is still there.', 'network-webhooks' ),
				__( 'At remove_user_from_blog. Not where the account or the site is deleted.', 'network-webhooks' ),
				$user + $roles,
				array(),
				$lookup
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'role_changed', 'add_user_role', fn( $id = 0, $role = '' ) => $this->role_changed( (int) $id, (string) $role, true ), 2 );
		$this->on( 'role_changed', 'remove_user_role', fn( $id = 0, $role = '' ) => $this->role_changed( (int) $id, (string) $role, false ), 2 );
		$this->on( 'user_added_to_site', 'set_user_role', $this->role_set( ... ), 3 );
		$this->on( 'user_added_to_site', 'add_user_to_blog', $this->added( ... ), 3 );
		$this->on( 'user_removed_from_site', 'remove_user_from_blog', $this->removed( ... ), 2 );
	}

	/**
	 * The role was set, after roles were taken and given one by one. Somebody without any before
	 * may be a new member.
	 */
	private function role_set( mixed $id = 0, mixed $role = '', mixed $old = array() ): void {
		$this->first_role = (array) $old ? '' : get_current_blog_id() . ':' . (int) $id;
	}

	/**
	 * A member of the current site has one role more, or one less. Whether it stays so shows later.
	 */
	private function role_changed( int $id, string $role, bool $is_given ): void {
		$this->first_role_given( $id );
		$user = ! isset( $this->request_context->new_sites[ get_current_blog_id() ] ) && $this->is_wanted_now( 'role_changed' ) ? get_userdata( $id ) : false;
		if ( ! $user ) {
			return;
		}
		$key = "role:$id:" . get_current_blog_id() . ':';
		if ( ! isset( $this->steps[ $key ] ) ) {
			// Somebody else is changed now: a bulk action must not hold all of them.
			$this->request_end_events->send( 'role:*' );
		}
		$held = $this->request_end_events->data( $key );
		$now  = array_values( $user->roles );
		// What was given and taken since the first change, so that it can be undone in thought.
		$steps          = $held ? $this->steps[ $key ] ?? array() : array();
		$steps[ $role ] = ( $steps[ $role ] ?? 0 ) + ( $is_given ? 1 : -1 );
		$this->steps    = array( $key => $steps );
		$before         = array_diff( $now, array_keys( $steps, 1, true ) );
		$before         = array_values( array_unique( array( ...$before, ...array_map( 'strval', array_keys( $steps, -1, true ) ) ) ) );
		if ( ! $before || ! array_filter( $steps ) ) {
			$this->request_end_events->drop( $key );
			return;
		}
		$data = Payload::user( $user ) + array(
			'site_id'   => get_current_blog_id(),
			'roles'     => $now,
			'old_roles' => $before,
		);
		$this->request_end_events->hold( $key, 'role_changed', $data );
	}

	/**
	 * The REST API makes a member without a role, and gives it one then.
	 */
	private function first_role_given( int $id ): void {
		$key  = "added:$id:" . get_current_blog_id() . ':';
		$held = $this->request_end_events->data( $key );
		$user = $held ? get_userdata( $id ) : false;
		if ( $user ) {
			$this->request_end_events->hold( $key, 'user_added_to_site', array_replace( $held, array( 'roles' => array_values( $user->roles ) ) ) );
		}
	}

	/**
	 * A user was added to a site, or was one of its members already: WordPress sets the role
	 * first, and only somebody new had none.
	 */
	private function added( mixed $id = 0, mixed $role = '', mixed $site_id = 0 ): void {
		$id               = (int) $id;
		$site_id          = (int) $site_id;
		$is_new           = "$site_id:$id" === $this->first_role;
		$this->first_role = '';
		if ( ! $is_new || isset( $this->request_context->new_sites[ $site_id ] ) ) {
			return;
		}
		if ( '' === (string) $role && get_current_blog_id() === $site_id ) {
			$user = $this->is_wanted_now( 'user_added_to_site' ) ? Payload::user_of( $id ) : null;
			if ( $user ) {
				$this->request_end_events->hold( "added:$id:$site_id:", 'user_added_to_site', $user + self::membership( $site_id, '' ) );
			}
			return;
		}
		$this->send(
			'user_added_to_site',
			static function () use ( $id, $role, $site_id ): ?array {
				$user = Payload::user_of( $id );
				return $user ? $user + self::membership( $site_id, (string) $role ) : null;
			},
			array( 'site' => $site_id )
		);
	}

	/**
	 * A new member's site and roles.
	 *
	 * @return array{site_id: int, roles: list<string>}
	 */
	private static function membership( int $site_id, string $role ): array {
		return array(
			'site_id' => $site_id,
			'roles'   => '' === $role ? array() : array( $role ),
		);
	}

	/**
	 * A user is being removed from a site, for itself or because more is being deleted.
	 */
	private function removed( mixed $id = 0, mixed $site_id = 0 ): void {
		$id      = (int) $id;
		$site_id = (int) $site_id;
		if ( isset( $this->request_context->lost_members[ $site_id ] ) ) {
			++$this->request_context->lost_members[ $site_id ];
			return;
		}
		if ( isset( $this->request_context->left_sites[ $id ] ) ) {
			$this->request_context->left_sites[ $id ][] = $site_id;
			return;
		}
		if ( ! $this->is_wanted_now( 'user_removed_from_site' ) && ! $this->is_wanted( 'account_deleted' ) ) {
			return;
		}
		// Who came in the same request was never told to have come.
		$this->request_end_events->send( "added:$id:$site_id:" );
		global $wpdb;
		$roles = get_user_meta( $id, $wpdb->get_blog_prefix( $site_id ) . 'capabilities', true );
		$user  = is_array( $roles ) ? get_userdata( $id ) : false;
		if ( $user ) {
			$data = Payload::user( $user ) + array(
				'site_id' => $site_id,
				'roles'   => array_map( 'strval', array_keys( array_filter( $roles ) ) ),
			);
			$this->request_end_events->hold( "removed:$id:$site_id:", 'user_removed_from_site', $data );
			$this->request_end_events->drop( "role:$id:$site_id:" );
		}
	}
}
