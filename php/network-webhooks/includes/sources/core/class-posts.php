<?php
/**
 * Posts.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;

defined( 'ABSPATH' ) || exit;

/**
 * Posts of the public types that are published, changed, trashed and deleted.
 */
final class Posts extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 14;

	protected const IS_CONTENT = true;

	protected const HTML = array( 'excerpt' );

	/** Fields of a post whose change is worth telling. */
	private const FIELDS = array( 'post_title', 'post_content', 'post_excerpt', 'post_name', 'post_author', 'post_parent', 'post_date_gmt', 'post_type', 'comment_status', 'menu_order' );

	/**
	 * The post that changed last, by site and id → what of it beside its own fields.
	 *
	 * @var array<string, list<string>>
	 */
	private array $changed = array();

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$post   = array(
			'post_id'      => 42,
			'post_type'    => 'post',
			'post_status'  => 'publish',
			'title'        => 'Light and Shadow',
			'slug'         => 'light-and-shadow',
			'url'          => 'https://network.example/photography/light-and-shadow/',
			'excerpt'      => '',
			'author_id'    => 7,
			'parent_id'    => 0,
			'published_at' => '2026-11-20T10:00:00Z',
			'modified_at'  => '2026-11-20T10:00:00Z',
			'site_id'      => 3,
		);
		$lookup = array( 'post_id', 'slug' );
		$null   = array( 'published_at' );
		return array(
			Event::of( self::NAME, 'post_published', 'content', __( 'Post Published', 'network-webhooks' ), __( 'A post, page or other public content was published.', 'network-webhooks' ), __( 'At wp_after_insert_post, when the status becomes “publish”.', 'network-webhooks' ), $post, $null, $lookup ),
			Event::of( self::NAME, 'post_updated', 'content', __( 'Post Updated', 'network-webhooks' ), __( 'A published post was changed.', 'network-webhooks' ), __( 'At wp_after_insert_post, where a field, a term or the featured image changed.', 'network-webhooks' ), $post + array( 'changed' => array( 'post_title' ) ), $null, $lookup ),
			Event::of( self::NAME, 'post_trashed', 'content', __( 'Post Trashed', 'network-webhooks' ), __( 'A post was put into the trash.', 'network-webhooks' ), __( 'At trashed_post.', 'network-webhooks' ), $post, $null, $lookup ),
			Event::of( self::NAME, 'post_deleted', 'content', __( 'Post Deleted', 'network-webhooks' ), __( 'A post was deleted for good. Not for the posts of a site that is deleted.', 'network-webhooks' ), __( 'At after_delete_post.', 'network-webhooks' ), $post, $null, $lookup ),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * The hook wp_after_insert_post is fired when terms and meta are saved too, in the editor as well.
	 */
	protected function listen(): void {
		$this->on( 'post_updated', 'set_object_terms', $this->terms_set( ... ), 6 );
		foreach ( array( 'added_post_meta', 'updated_post_meta', 'deleted_post_meta' ) as $hook ) {
			$this->on( 'post_updated', $hook, fn( $meta_id = 0, $id = 0, $key = '' ) => '_thumbnail_id' === $key && $this->note( (int) $id, 'featured_image' ), 3 );
		}
		$this->on( 'post_published', 'wp_after_insert_post', $this->saved( ... ), 4 );
		$this->on( 'post_trashed', 'trashed_post', fn( $id = 0 ) => $this->is_wanted_now( 'post_trashed' ) && $this->gone( 'post_trashed', get_post( (int) $id ) ) );
		$this->on( 'post_deleted', 'after_delete_post', fn( $id = 0, $post = null ) => $this->gone( 'post_deleted', $post ), 2 );
	}

	/**
	 * Terms of an object were set, often to what they were.
	 */
	private function terms_set( mixed $id = 0, mixed $terms = array(), mixed $now = array(), mixed $taxonomy = '', mixed $append = false, mixed $before = array() ): void {
		$now = array_map( 'intval', (array) $now );
		$old = array_map( 'intval', (array) $before );
		if ( array_diff( $now, $old ) || ( ! $append && array_diff( $old, $now ) ) ) {
			$this->note( (int) $id, (string) $taxonomy );
		}
	}

	/**
	 * Keeps in mind what changed of a post; of the last one only.
	 */
	private function note( int $id, string $what ): void {
		$key           = get_current_blog_id() . ":$id";
		$this->changed = array( $key => array( ...( $this->changed[ $key ] ?? array() ), $what ) );
	}

	/**
	 * A post was saved, with all that belongs to it.
	 */
	private function saved( mixed $id = 0, mixed $post = null, mixed $update = false, mixed $before = null ): void {
		$key     = get_current_blog_id() . ':' . (int) $id;
		$changed = $this->changed[ $key ] ?? array();
		// Saving a post saves its revision on the way, so others' are left alone.
		unset( $this->changed[ $key ] );
		if ( ! $post instanceof \WP_Post || 'publish' !== $post->post_status || ! self::is_told( $post ) ) {
			return;
		}
		if ( ! $before instanceof \WP_Post || 'publish' !== $before->post_status ) {
			$this->send( 'post_published', static fn(): array => self::payload( $post ) );
			return;
		}
		$fields  = array_filter( self::FIELDS, static fn( string $key ) => (string) $post->$key !== (string) $before->$key );
		$changed = array_values( array_unique( array( ...array_values( $fields ), ...$changed ) ) );
		if ( $changed ) {
			$this->send( 'post_updated', static fn(): array => self::payload( $post ) + array( 'changed' => $changed ) );
		}
	}

	/**
	 * A post went into the trash, or out of the database.
	 */
	private function gone( string $event, mixed $post ): void {
		if ( $post instanceof \WP_Post && 'auto-draft' !== $post->post_status && self::is_told( $post ) ) {
			$this->send( $event, static fn(): array => self::payload( $post ) );
		}
	}

	/**
	 * Whether posts of this one's type are told.
	 */
	private static function is_told( \WP_Post $post ): bool {
		$type = get_post_type_object( $post->post_type );
		/**
		 * Whether what happens to posts of a type is told: by default that of public types,
		 * attachments aside.
		 *
		 * @since 0.1.0
		 *
		 * @param bool     $is_told
		 * @param \WP_Post $post
		 */
		return (bool) apply_filters( 'network_webhooks_tell_post', $type && $type->public && 'attachment' !== $post->post_type, $post );
	}

	/**
	 * A post, without its content, which may be long and is one request away.
	 *
	 * @return array<string, mixed>
	 */
	private static function payload( \WP_Post $post ): array {
		return array(
			'post_id'      => (int) $post->ID,
			'post_type'    => (string) $post->post_type,
			'post_status'  => (string) $post->post_status,
			'title'        => (string) $post->post_title,
			'slug'         => (string) $post->post_name,
			'url'          => (string) get_permalink( $post ),
			'excerpt'      => '' === $post->post_password ? (string) $post->post_excerpt : '',
			'author_id'    => (int) $post->post_author,
			'parent_id'    => (int) $post->post_parent,
			'published_at' => 'publish' === $post->post_status || ! self::is_open( $post->post_date_gmt ) ? self::time( $post->post_date_gmt, $post->post_date ) : null,
			'modified_at'  => self::time( $post->post_modified_gmt, $post->post_modified ),
			'site_id'      => get_current_blog_id(),
		);
	}

	/**
	 * A time of a post. wp_publish_post() leaves a draft's times in UTC open.
	 */
	private static function time( string $utc, string $local ): string {
		return Payload::time( self::is_open( $utc ) ? get_gmt_from_date( $local ) : $utc );
	}

	/**
	 * Whether a time is one that WordPress has yet to set.
	 */
	private static function is_open( string $time ): bool {
		return str_starts_with( $time, '0000' );
	}
}
