<?php
/**
 * Posts and comments.
 */

return array(
	'post_published'   => array(
		'before' => static fn(): int => Deeds::post( 'draft' ),
		'act'    => static fn( int $site, int $post ) => wp_publish_post( $post ),
	),
	'post_updated'     => array(
		'before' => static fn(): int => Deeds::post( 'publish' ),
		'act'    => static fn( int $site, int $post ) => Deeds::must(
			wp_update_post(
				array(
					'ID'         => $post,
					'post_title' => 'Another title',
				),
				true
			)
		),
	),
	'post_trashed'     => array(
		'before' => static fn(): int => Deeds::post( 'publish' ),
		'act'    => static fn( int $site, int $post ) => Deeds::must( wp_trash_post( $post ) ),
	),
	'post_deleted'     => array(
		'before' => static fn(): int => Deeds::post( 'publish' ),
		'act'    => static fn( int $site, int $post ) => Deeds::must( wp_delete_post( $post, true ) ),
	),
	'comment_created'  => array(
		'before' => static fn(): int => Deeds::post( 'publish' ),
		'act'    => static fn( int $site, int $post ) => Deeds::must(
			wp_new_comment(
				array(
					'comment_post_ID'      => $post,
					'comment_author'       => 'Jane Doe',
					'comment_author_email' => Deeds::name() . '@network.example',
					'comment_author_url'   => '',
					// Another visitor each time: one may not write twice in 15 seconds.
					'comment_author_IP'    => '2001:db8::' . bin2hex( random_bytes( 2 ) ) . ':' . bin2hex( random_bytes( 2 ) ),
					'comment_content'      => Deeds::name(),
				),
				true
			)
		),
	),
	'comment_approved' => array(
		'before' => static fn(): int => Deeds::must(
			wp_insert_comment(
				array(
					'comment_post_ID'  => Deeds::post( 'publish' ),
					'comment_author'   => 'Jane Doe',
					'comment_content'  => 'Beautiful!',
					'comment_approved' => 0,
				)
			)
		),
		'act'    => static fn( int $site, int $comment ) => Deeds::must( wp_set_comment_status( $comment, 'approve', true ) ),
	),
);
