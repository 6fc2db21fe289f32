<?php
/**
 * Accounts of the network.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;
use Network_Webhooks\Sources\Legacy_Mapping;

defined( 'ABSPATH' ) || exit;

/**
 * Accounts that are made, changed and deleted.
 */
final class Accounts extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 10;

	/** Columns of a user whose change is worth telling. */
	private const COLUMNS = array( 'user_login', 'user_email', 'user_nicename', 'user_url', 'display_name' );
	/** Fields of a profile that are stored as meta. */
	private const META = array( 'first_name', 'last_name', 'nickname', 'description', 'locale' );
	/** What version 1 of WP Ultimo tells of an account's site and plan, where there is none. */
	private const NO_SITE = array(
		'user_site_id'      => null,
		'user_site_url'     => null,
		'user_site_name'    => null,
		'user_site_slug'    => null,
		'plan_id'           => null,
		'plan_name'         => null,
		'price'             => null,
		'price_minor'       => null,
		'currency'          => null,
		'billing_frequency' => null,
		'trial_days'        => null,
		'template_id'       => null,
	);

	/**
	 * User whose creation was told last: both hooks fire for one.
	 */
	private int $told = 0;

	/**
	 * Users that are being deleted → their payload, taken while they exist.
	 *
	 * @var array<int, array>
	 */
	private array $leaving = array();

	/**
	 * Meta fields that changed of the user who was changed last.
	 *
	 * @var array<int, list<string>>
	 */
	private array $changed_meta = array();

	public function __construct( private readonly Request_End_Events $request_end_events, private readonly Request_Context $request_context ) {}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$user   = Payload::example_user();
		$lookup = array( 'user_id', 'user_email', 'user_login' );
		return array(
			self::account_created( self::NAME, __( 'At user_register or wpmu_new_user, once. Where the same request goes on to make a site for the account, it is sent then, with the keys of site and plan; otherwise at the end of the request, and they are null.', 'network-webhooks' ) ),
			Event::of(
				self::NAME,
				'account_deleted',
				'users',
				__( 'Account Deleted', 'network-webhooks' ),
				__( 'A user account was deleted from the whole network. The sites it was removed from are listed; there is no event for each of them.', 'network-webhooks' ),
				__( 'At deleted_user after wpmu_delete_user. Not for the removal of a user from one site.', 'network-webhooks' ),
				$user + array(
					'user_name' => 'jane',
					'date'      => '2026-11-20T10:00:00Z',
					'sites'     => array( 1, 3 ),
				),
				array(),
				$lookup
			),
			Event::of(
				self::NAME,
				'profile_updated',
				'users',
				__( 'Profile Updated', 'network-webhooks' ),
				__( 'A user’s name, email address or password was changed.', 'network-webhooks' ),
				__( 'At profile_update, where something changed. A password is named, never sent. What the request saves that made the account belongs to account_created.', 'network-webhooks' ),
				$user + array(
					'display_name' => 'Jane Doe',
					'old_email'    => 'jane@old.example',
					'changed'      => array( 'user_email', 'first_name' ),
				),
				array(),
				array( ...$lookup, 'old_email' )
			),
			Event::of( self::NAME, 'user_spammed', 'users', __( 'User Marked as Spam', 'network-webhooks' ), __( 'A user of the network was marked as spam.', 'network-webhooks' ), __( 'At make_spam_user.', 'network-webhooks' ), $user, array(), $lookup ),
			Event::of( self::NAME, 'user_unspammed', 'users', __( 'User Not Spam', 'network-webhooks' ), __( 'The mark as spam was taken from a user of the network.', 'network-webhooks' ), __( 'At make_ham_user.', 'network-webhooks' ), $user, array(), $lookup ),
			Event::of( self::NAME, 'super_admin_granted', 'users', __( 'Super Admin Granted', 'network-webhooks' ), __( 'A user became a super admin.', 'network-webhooks' ), __( 'At granted_super_admin.', 'network-webhooks' ), $user, array(), $lookup ),
			Event::of( self::NAME, 'super_admin_revoked', 'users', __( 'Super Admin Revoked', 'network-webhooks' ), __( 'A user is no longer a super admin.', 'network-webhooks' ), __( 'At revoked_super_admin.', 'network-webhooks' ), $user, array(), $lookup ),
		);
	}

	/**
	 * The event of a new account, which the source that makes its site completes and sends.
	 */
	public static function account_created( string $source, string $when ): Event {
		return Event::of(
			$source,
			'account_created',
			'users',
			__( 'Account Created', 'network-webhooks' ),
			__( 'A user account was created: by signing up, by an administrator, or by a plugin.', 'network-webhooks' ),
			$when,
			Payload::example_user() + array(
				'created_at'        => '2026-11-20T10:00:00Z',
				'user_site_id'      => 3,
				'user_site_url'     => 'https://network.example/photography',
				'user_site_name'    => 'Photography',
				'user_site_slug'    => 'photography',
				'plan_id'           => 12,
				'plan_name'         => 'Premium plan',
				'price'             => '49.00',
				'price_minor'       => 4900,
				'currency'          => 'EUR',
				'billing_frequency' => 1,
				'trial_days'        => 14,
				'template_id'       => 2,
			),
			array_keys( self::NO_SITE ),
			array( 'user_id', 'user_email', 'user_login' )
		);
	}

	/**
	 * How a source feeds account_created.
	 *
	 * @param array<string, string> $plan Keys of the plan → what they are read from.
	 */
	public static function account_mapping( string $hook, array $plan ): Legacy_Mapping {
		return new Legacy_Mapping(
			$hook,
			array(
				'user_id'        => 'the user',
				'user_login'     => 'the user',
				'user_email'     => 'the user',
				'user_firstname' => 'the user’s meta',
				'user_lastname'  => 'the user’s meta',
				'created_at'     => 'the user’s user_registered',
				'user_site_id'   => 'the site that the request made',
				'user_site_url'  => 'the site’s home',
				'user_site_name' => 'the site’s blogname',
				'user_site_slug' => 'the site’s path, or its subdomain',
			) + $plan
		);
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		return array(
			'account_created' => self::account_mapping( 'user_register', array() ),
			'account_deleted' => new Legacy_Mapping(
				'deleted_user',
				array(
					'user_id'    => 'the user, read at wpmu_delete_user',
					'user_name'  => 'the user’s login, read at wpmu_delete_user',
					'user_email' => 'the user, read at wpmu_delete_user',
					'date'       => 'the time of the hook',
				)
			),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * A network's own sign-up fires both of the first hooks for one user, wp_insert_user() only the
	 * first, and a plugin may fire only the second.
	 */
	protected function listen(): void {
		$this->on( 'account_created', 'user_register', $this->created( ... ) );
		$this->on( 'account_created', 'wpmu_new_user', $this->created( ... ) );
		$this->on( 'account_created', 'wpmu_activate_blog', $this->got_site( ... ), 2 );
		$this->on( 'account_deleted', 'wpmu_delete_user', $this->leaves( ... ), 1, 1 );
		$this->on( 'account_deleted', 'deleted_user', $this->deleted( ... ) );
		$this->on( 'profile_updated', 'added_user_meta', $this->meta_changed( ... ), 3 );
		$this->on( 'profile_updated', 'updated_user_meta', $this->meta_changed( ... ), 3 );
		$this->on( 'profile_updated', 'profile_update', $this->updated( ... ), 2 );
		$flags = array(
			'user_spammed'        => 'make_spam_user',
			'user_unspammed'      => 'make_ham_user',
			'super_admin_granted' => 'granted_super_admin',
			'super_admin_revoked' => 'revoked_super_admin',
		);
		foreach ( $flags as $event => $hook ) {
			$this->on( $event, $hook, fn( $id = 0 ) => $this->send( $event, static fn() => Payload::user_of( $id ), array( 'scope' => 'network' ) ) );
		}
	}

	/**
	 * A user was created. It waits for its site.
	 */
	private function created( mixed $id = 0 ): void {
		$id = (int) $id;
		if ( $id === $this->told ) {
			return;
		}
		$this->told         = $id;
		$this->changed_meta = array();
		// Its request goes on with another user, so this one gets no site any more.
		$this->request_end_events->send( 'account:*' );
		// Held for profile_updated too, which is none before its account is told.
		$user = $this->is_wanted_now( 'account_created' ) || $this->is_wanted( 'profile_updated' ) ? get_userdata( $id ) : false;
		if ( $user ) {
			$created = array( 'created_at' => Payload::time( $user->user_registered ) );
			$this->request_end_events->hold( "account:$id:", 'account_created', Payload::user( $user ) + $created + self::NO_SITE, static fn(): bool => Payload::user_exists( $id ) );
		}
	}

	/**
	 * The signup of the user was one with a site.
	 */
	private function got_site( mixed $site_id = 0, mixed $user_id = 0 ): void {
		$this->complete( (int) $user_id, (int) $site_id, self::NAME );
	}

	/**
	 * Sends a waiting account_created with its site, and with what a plugin knows of its plan.
	 *
	 * @param array<string, mixed> $plan Keys as in the example, for a plugin's own words.
	 */
	public function complete( int $user_id, int $site_id, string $source, array $plan = array() ): void {
		$this->request_end_events->complete(
			"account:$user_id:",
			$source,
			static function () use ( $site_id, $plan ): array {
				$site = $site_id > 0 ? get_site( $site_id ) : null;
				return $plan + ( $site ? array(
					'user_site_id'   => $site_id,
					'user_site_url'  => Payload::address( $site ),
					'user_site_name' => (string) get_blog_option( $site_id, 'blogname' ),
					'user_site_slug' => is_subdomain_install() ? (string) strtok( $site->domain, '.' ) : trim( $site->path, '/' ),
				) : array() );
			}
		);
	}

	/**
	 * Adds what a plugin knows of the plan to a waiting account_created, which waits on: what made the
	 * account may be taken back.
	 *
	 * @param array<string, mixed> $plan Keys as in the example.
	 */
	public function amend( int $user_id, string $source, array $plan ): void {
		$this->request_end_events->amend( "account:$user_id:", $source, $plan );
	}

	/**
	 * The network begins to delete a user. Network Admin removed it from its sites before.
	 */
	private function leaves( mixed $id = 0 ): void {
		$id = (int) $id;
		// Whom the same request made was there all the same.
		$this->request_end_events->send( "account:$id:" );
		$gone = array_column( $this->request_end_events->drop( "removed:$id:*" ), 'site_id' );
		$this->request_end_events->drop( "role:$id:*" );
		$this->request_context->left_sites[ $id ] = $gone;
		$user                                     = $this->is_wanted_now( 'account_deleted' ) ? get_userdata( $id ) : false;
		if ( $user ) {
			$this->leaving[ $id ] = Payload::user( $user ) + array( 'user_name' => (string) $user->user_login );
		}
	}

	/**
	 * A user was deleted. Without wpmu_delete_user it only left a site: it still exists.
	 */
	private function deleted( mixed $id = 0 ): void {
		$id   = (int) $id;
		$data = $this->leaving[ $id ] ?? null;
		if ( $data ) {
			$sites = array_values( array_unique( array_map( 'intval', $this->request_context->left_sites[ $id ] ?? array() ) ) );
			sort( $sites );
			$this->send(
				'account_deleted',
				$data + array(
					'date'  => Payload::time( time() ),
					'sites' => $sites,
				),
				array( 'scope' => 'network' )
			);
		}
		unset( $this->leaving[ $id ], $this->request_context->left_sites[ $id ] );
	}

	/**
	 * A field of somebody's profile has another value.
	 */
	private function meta_changed( mixed $meta_id = 0, mixed $user_id = 0, mixed $key = '' ): void {
		if ( in_array( $key, self::META, true ) ) {
			$user_id            = (int) $user_id;
			$this->changed_meta = array( $user_id => array( ...( $this->changed_meta[ $user_id ] ?? array() ), $key ) );
		}
	}

	/**
	 * A user was saved, changed or not. The old object reads the new meta, so its columns only.
	 */
	private function updated( mixed $id = 0, mixed $old = null ): void {
		$id                 = (int) $id;
		$changed            = array_values( array_unique( $this->changed_meta[ $id ] ?? array() ) );
		$this->changed_meta = array();
		$key                = "account:$id:";
		$held               = $this->request_end_events->data( $key );
		if ( $held ) {
			// The REST API and others make an account with few words, and save the rest at once.
			$user = get_userdata( $id );
			$this->request_end_events->hold( $key, 'account_created', ( $user ? Payload::user( $user ) : array() ) + $held );
			return;
		}
		$this->send(
			'profile_updated',
			static function () use ( $id, $old, $changed ): ?array {
				$user = get_userdata( $id );
				if ( ! $user || ! is_object( $old ) ) {
					return null;
				}
				$columns = array_filter( self::COLUMNS, static fn( string $key ) => (string) $old->$key !== (string) $user->$key );
				$changed = array( ...array_values( $columns ), ...$changed );
				if ( (string) $old->user_pass !== (string) $user->user_pass ) {
					$changed[] = 'password';
				}
				return $changed ? Payload::user( $user ) + array(
					'display_name' => (string) $user->display_name,
					'old_email'    => (string) $old->user_email,
					'changed'      => $changed,
				) : null;
			},
			array( 'scope' => 'network' )
		);
	}
}
