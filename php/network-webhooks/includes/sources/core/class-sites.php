<?php
/**
 * Sites of the network.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;
use Network_Webhooks\Sources\Legacy_Mapping;

defined( 'ABSPATH' ) || exit;

/**
 * Sites that are made, changed and deleted.
 */
final class Sites extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 13;

	/** Fields whose change is an update; the others have events of their own, or are noise. */
	private const FIELDS = array( 'domain', 'path', 'site_id', 'lang_id', 'mature' );

	/** Flags that have a hook for each of their values: event → hook. */
	private const FLAG_HOOKS = array(
		'site_archived'    => 'archive_blog',
		'site_unarchived'  => 'unarchive_blog',
		'site_spammed'     => 'make_spam_blog',
		'site_unspammed'   => 'make_ham_blog',
		'site_deactivated' => 'make_delete_blog',
		'site_reactivated' => 'make_undelete_blog',
	);

	/**
	 * Sites that are being deleted → their payload, taken while their tables exist.
	 *
	 * @var array<int, array>
	 */
	private array $leaving = array();

	public function __construct( private readonly Request_End_Events $request_end_events, private readonly Request_Context $request_context ) {}

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$site   = Payload::example_site();
		$lookup = array( 'site_id', 'site_url', 'domain' );
		$events = array(
			Event::of(
				self::NAME,
				'site_created',
				'sites',
				__( 'Site Created', 'network-webhooks' ),
				__( 'A site was created and is ready. Its first administrator is part of this event.', 'network-webhooks' ),
				__( 'At wp_initialize_site, when its tables exist.', 'network-webhooks' ),
				$site + array(
					'public' => true,
					'admin'  => Payload::example_user(),
				),
				array( 'admin' ),
				array( ...$lookup, 'admin.user_id', 'admin.user_email' )
			),
			Event::of(
				self::NAME,
				'site_updated',
				'sites',
				__( 'Site Updated', 'network-webhooks' ),
				__( 'A site’s title, address or network was changed.', 'network-webhooks' ),
				__( 'At wp_update_site and update_option_blogname, where something changed. Not when a post is saved, and not for what has an event of its own.', 'network-webhooks' ),
				$site + array( 'changed' => array( 'title' ) ),
				array(),
				$lookup
			),
			Event::of(
				self::NAME,
				'site_deleted',
				'sites',
				__( 'Site Deleted', 'network-webhooks' ),
				__( 'A site was deleted for good. How many members it had is part of this event; there is no event for each of them.', 'network-webhooks' ),
				__( 'At wp_delete_site, with what was there at wp_uninitialize_site.', 'network-webhooks' ),
				$site + array( 'members' => 25 ),
				array(),
				$lookup
			),
			Event::of(
				self::NAME,
				'new_domain_mapping',
				'sites',
				__( 'New Domain Mapping', 'network-webhooks' ),
				__( 'A site got a domain of its own.', 'network-webhooks' ),
				__( 'At wp_update_site, where a site’s domain became one outside the network’s own.', 'network-webhooks' ),
				array(
					'user_id'       => 7,
					'user_site_id'  => 3,
					'mapped_domain' => 'photography.example',
					'user_site_url' => 'https://photography.example',
					'network_ip'    => '192.0.2.1',
				),
				array( 'user_id', 'network_ip' ),
				array( 'user_site_id', 'mapped_domain', 'user_id' )
			),
		);
		foreach ( self::flags() as $slug => list( $name, $description ) ) {
			/* translators: %s: name of a WordPress action */
			$when     = sprintf( __( 'At %s, where the site was there before.', 'network-webhooks' ), self::FLAG_HOOKS[ $slug ] ?? 'update_blog_public' );
			$events[] = Event::of( self::NAME, $slug, 'sites', $name, $description, $when, $site, array(), $lookup );
		}
		return $events;
	}

	/**
	 * {@inheritDoc}
	 */
	public function legacy_mappings(): array {
		return array(
			'new_domain_mapping' => new Legacy_Mapping(
				'wp_update_site',
				array(
					'user_id'       => 'the user of the site’s admin_email',
					'user_site_id'  => 'the site',
					'mapped_domain' => 'the site’s domain',
					'user_site_url' => 'the site’s home',
					'network_ip'    => 'the server’s SERVER_ADDR',
				)
			),
		);
	}

	/**
	 * Flags of a site: event → name and description.
	 *
	 * @return array<string, array{string, string}>
	 */
	private static function flags(): array {
		return array(
			'site_archived'    => array( __( 'Site Archived', 'network-webhooks' ), __( 'A site was archived.', 'network-webhooks' ) ),
			'site_unarchived'  => array( __( 'Site Unarchived', 'network-webhooks' ), __( 'A site is no longer archived.', 'network-webhooks' ) ),
			'site_spammed'     => array( __( 'Site Marked as Spam', 'network-webhooks' ), __( 'A site was marked as spam.', 'network-webhooks' ) ),
			'site_unspammed'   => array( __( 'Site Not Spam', 'network-webhooks' ), __( 'The mark as spam was taken from a site.', 'network-webhooks' ) ),
			'site_deactivated' => array( __( 'Site Deactivated', 'network-webhooks' ), __( 'A site was marked as deleted. Its content is still there.', 'network-webhooks' ) ),
			'site_reactivated' => array( __( 'Site Reactivated', 'network-webhooks' ), __( 'A site is no longer marked as deleted.', 'network-webhooks' ) ),
			'site_made_public' => array( __( 'Site Made Public', 'network-webhooks' ), __( 'A site may be found by search engines now.', 'network-webhooks' ) ),
			'site_made_hidden' => array( __( 'Site Made Hidden', 'network-webhooks' ), __( 'A site asks search engines to stay away now.', 'network-webhooks' ) ),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * Core makes a site's tables at priority 10 of wp_initialize_site, and drops them at 10 of
	 * wp_uninitialize_site. The hooks of flags run when the row is inserted too.
	 */
	protected function listen(): void {
		$this->on( 'site_created', 'wp_insert_site', fn( $site = null ) => $site instanceof \WP_Site && $this->request_context->new_sites[ (int) $site->blog_id ] = true, 1, 1 );
		$this->on( 'site_created', 'wp_initialize_site', $this->created( ... ), 2, 1000 );
		$this->on( 'site_deleted', 'wp_uninitialize_site', $this->leaves( ... ), 1, 1 );
		$this->on( 'site_deleted', 'wp_delete_site', $this->deleted( ... ) );
		$this->on( 'site_updated', 'wp_update_site', $this->updated( ... ), 2 );
		$this->on( 'site_updated', 'update_option_blogname', fn() => $this->changed( get_site(), array( 'title' ) ), 0 );
		foreach ( self::FLAG_HOOKS as $event => $hook ) {
			$this->on( $event, $hook, fn( $id = 0 ) => $this->flag( $event, (int) $id ) );
		}
		$this->on( 'site_made_public', 'update_blog_public', fn( $id = 0, $public = 1 ) => $this->flag( (int) $public ? 'site_made_public' : 'site_made_hidden', (int) $id ), 2 );
	}

	/**
	 * A site is ready.
	 */
	private function created( mixed $site = null, mixed $arguments = array() ): void {
		if ( ! $site instanceof \WP_Site ) {
			return;
		}
		$id = (int) $site->blog_id;
		unset( $this->request_context->new_sites[ $id ] );
		$this->send(
			'site_created',
			static fn(): array => Payload::site( $site ) + array(
				'public' => (bool) (int) $site->public,
				'admin'  => Payload::user_of( is_array( $arguments ) ? $arguments['user_id'] ?? 0 : 0 ),
			),
			array( 'site' => $id )
		);
	}

	/**
	 * A site is about to be deleted.
	 */
	private function leaves( mixed $site = null ): void {
		if ( ! $site instanceof \WP_Site ) {
			return;
		}
		$id = (int) $site->blog_id;
		$this->request_context->lost_members[ $id ] = 0;
		if ( $this->is_wanted_now( 'site_deleted' ) ) {
			$this->leaving[ $id ] = Payload::site( $site );
		}
	}

	/**
	 * A site was deleted.
	 */
	private function deleted( mixed $site = null ): void {
		$id   = $site instanceof \WP_Site ? (int) $site->blog_id : 0;
		$data = $this->leaving[ $id ] ?? null;
		if ( $data ) {
			$this->send(
				'site_deleted',
				$data + array( 'members' => $this->request_context->lost_members[ $id ] ?? 0 ),
				array(
					'site' => array(
						'id'  => $id,
						'url' => $data['site_url'],
					),
				)
			);
		}
		unset( $this->leaving[ $id ], $this->request_context->lost_members[ $id ] );
	}

	/**
	 * A site's row was saved: also whenever one of its posts is, for `last_updated`.
	 */
	private function updated( mixed $site = null, mixed $old = null ): void {
		if ( ! $site instanceof \WP_Site || ! $old instanceof \WP_Site ) {
			return;
		}
		$changed = array_values( array_filter( self::FIELDS, static fn( string $key ) => (string) $site->$key !== (string) $old->$key ) );
		if ( in_array( 'domain', $changed, true ) && ! str_ends_with( ".$site->domain", '.' . get_network()->domain ) ) {
			$this->mapped( $site );
			$changed = array_values( array_diff( $changed, array( 'domain', 'path' ) ) );
		}
		$this->changed( $site, array_map( static fn( string $key ) => array( 'site_id' => 'network_id' )[ $key ] ?? $key, $changed ) );
	}

	/**
	 * A site changed.
	 *
	 * @param list<string> $changed What of it.
	 */
	private function changed( ?\WP_Site $site, array $changed ): void {
		if ( $site && $changed && ! isset( $this->request_context->new_sites[ (int) $site->blog_id ] ) ) {
			$this->send( 'site_updated', static fn(): array => Payload::site( $site ) + array( 'changed' => $changed ), array( 'site' => (int) $site->blog_id ) );
		}
	}

	/**
	 * A site got a domain outside the network's own.
	 */
	private function mapped( \WP_Site $site ): void {
		$id = (int) $site->blog_id;
		$this->send(
			'new_domain_mapping',
			static function () use ( $site, $id ): array {
				$admin = get_user_by( 'email', (string) get_blog_option( $id, 'admin_email' ) );
				return array(
					'user_id'       => $admin ? (int) $admin->ID : null,
					'user_site_id'  => $id,
					'mapped_domain' => (string) $site->domain,
					'user_site_url' => Payload::address( $site ),
					'network_ip'    => isset( $_SERVER['SERVER_ADDR'] ) ? sanitize_text_field( wp_unslash( $_SERVER['SERVER_ADDR'] ) ) : null,
				);
			},
			array( 'site' => $id )
		);
	}

	/**
	 * A flag of a site changed.
	 */
	private function flag( string $event, int $id ): void {
		if ( isset( $this->request_context->new_sites[ $id ] ) ) {
			return;
		}
		if ( 'site_deactivated' === $event ) {
			// wpmu_delete_blog() takes all members out of a site before it marks it as deleted.
			$this->request_end_events->drop( "removed:*:$id:" );
		}
		$this->send(
			$event,
			static function () use ( $id ): ?array {
				$site = get_site( $id );
				return $site ? Payload::site( $site ) : null;
			},
			array( 'site' => $id )
		);
	}
}
