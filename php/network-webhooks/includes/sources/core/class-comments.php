<?php
/**
 * Comments.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;

defined( 'ABSPATH' ) || exit;

/**
 * What readers write. Other plugins' notes are stored as comments of other types, and are none.
 */
final class Comments extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 15;

	protected const IS_CONTENT = true;

	protected const HTML = array( 'content' );

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$comment = array(
			'comment_id'   => 99,
			'post_id'      => 42,
			'parent_id'    => 0,
			'site_id'      => 3,
			'status'       => 'approved',
			'author_name'  => 'Jane Doe',
			'author_email' => 'jane@example.com',
			'user_id'      => 7,
			'content'      => 'Beautiful!',
			'created_at'   => '2026-11-20T10:00:00Z',
		);
		$lookup  = array( 'comment_id', 'post_id', 'author_email' );
		return array(
			Event::of( self::NAME, 'comment_created', 'content', __( 'Comment Created', 'network-webhooks' ), __( 'Somebody wrote a comment. It may still have to be approved.', 'network-webhooks' ), __( 'At wp_insert_comment, also for the REST API. Not for spam.', 'network-webhooks' ), $comment, array( 'user_id' ), $lookup ),
			Event::of( self::NAME, 'comment_approved', 'content', __( 'Comment Approved', 'network-webhooks' ), __( 'A comment that waited, or was thought to be spam, was approved.', 'network-webhooks' ), __( 'At transition_comment_status.', 'network-webhooks' ), $comment, array( 'user_id' ), $lookup ),
		);
	}

	/**
	 * {@inheritDoc}
	 *
	 * `comment_post` is not fired by the REST API.
	 */
	protected function listen(): void {
		$this->on( 'comment_created', 'wp_insert_comment', fn( $id = 0, $comment = null ) => $this->tell( 'comment_created', $comment, array( '0', '1' ) ), 2 );
		$this->on( 'comment_approved', 'transition_comment_status', fn( $now = '', $old = '', $comment = null ) => 'approved' === $now && $now !== $old && $this->tell( 'comment_approved', $comment ), 3 );
	}

	/**
	 * Sends an event of a comment.
	 *
	 * @param list<string>|null $states Values of comment_approved that are told.
	 */
	private function tell( string $event, mixed $comment, ?array $states = null ): void {
		if ( ! $comment instanceof \WP_Comment || ! in_array( $comment->comment_type, array( '', 'comment' ), true ) ) {
			return;
		}
		if ( $states && ! in_array( (string) $comment->comment_approved, $states, true ) ) {
			return;
		}
		$this->send(
			$event,
			static fn(): array => array(
				'comment_id'   => (int) $comment->comment_ID,
				'post_id'      => (int) $comment->comment_post_ID,
				'parent_id'    => (int) $comment->comment_parent,
				'site_id'      => get_current_blog_id(),
				'status'       => 'comment_approved' === $event || '1' === (string) $comment->comment_approved ? 'approved' : 'pending',
				'author_name'  => (string) $comment->comment_author,
				'author_email' => (string) $comment->comment_author_email,
				'user_id'      => (int) $comment->user_id ?: null,
				'content'      => (string) $comment->comment_content,
				'created_at'   => Payload::time( $comment->comment_date_gmt ),
			)
		);
	}
}
