<?php
/**
 * What people do with contacts of FluentCRM, and which events come of it.
 */

$is = static fn( string $what ): Closure => static fn( array $known ): mixed => $known[ $what ];

return array(
	'plugins' => array( 'fluent-crm/fluent-crm.php' => false ),
	'sources' => array( 'fluentcrm' ),
	'setup'   => static fn(): array => array(
		'tag'   => (int) FluentCrm\App\Models\Tag::create( array( 'title' => 'Student & more', 'slug' => 'student' ) )->id,
		'tag_2' => (int) FluentCrm\App\Models\Tag::create( array( 'title' => 'Prospect', 'slug' => 'prospect' ) )->id,
		'list'  => (int) FluentCrm\App\Models\Lists::create( array( 'title' => 'News', 'slug' => 'news' ) )->id,
	),
	'deeds'   => array(
		'a contact is added'                      => array(
			'do'     => static fn(): array => array( 'contact' => (int) Deed::must( FluentCrmApi( 'contacts' )->createOrUpdate( array( 'email' => 'jane@example.com', 'first_name' => 'Jane', 'last_name' => 'Doe', 'phone' => '+31 20 1234567', 'status' => 'subscribed' ) ) )->id ),
			'events' => array( array( 'contact_created', array( 'contact.id' => $is( 'contact' ), 'contact.email' => 'jane@example.com', 'contact.first_name' => 'Jane', 'contact.phone' => '+31 20 1234567', 'contact.status' => 'subscribed', 'contact.user_id' => null ) ) ),
		),
		'the contact is stored again'             => array(
			'do'     => static function (): void {
				Deed::must( FluentCrmApi( 'contacts' )->createOrUpdate( array( 'email' => 'jane@example.com', 'first_name' => 'Joan' ) ) );
			},
			'events' => array(),
		),
		'the contact gets two tags at once'       => array(
			'do'     => static function ( array $known ): void {
				FluentCrm\App\Models\Subscriber::find( $known['contact'] )->attachTags( array( $known['tag'], $known['tag_2'] ) );
			},
			'events' => array( array( 'contact_tags_changed', array( 'contact.id' => $is( 'contact' ), 'added.0.id' => $is( 'tag' ), 'added.0.title' => 'Student & more', 'added.1.id' => $is( 'tag_2' ), 'removed' => array(), 'tags.1.title' => 'Prospect' ) ) ),
		),
		'the contact gets a tag that it has'      => array(
			'do'     => static function ( array $known ): void {
				FluentCrm\App\Models\Subscriber::find( $known['contact'] )->attachTags( array( $known['tag'] ) );
			},
			'events' => array(),
		),
		'the contact loses a tag'                 => array(
			'do'     => static function ( array $known ): void {
				FluentCrm\App\Models\Subscriber::find( $known['contact'] )->detachTags( array( $known['tag_2'] ) );
			},
			'events' => array( array( 'contact_tags_changed', array( 'removed.0.title' => 'Prospect', 'added' => array(), 'tags.0.id' => $is( 'tag' ), 'tags.1' => '(missing)' ) ) ),
		),
		'the contact is put on a list and taken off' => array(
			'do'     => static function ( array $known ): void {
				FluentCrm\App\Models\Subscriber::find( $known['contact'] )->attachLists( array( $known['list'] ) );
				FluentCrm\App\Models\Subscriber::find( $known['contact'] )->detachLists( array( $known['list'] ) );
			},
			'events' => array(
				array( 'contact_lists_changed', array( 'added.0.title' => 'News', 'lists.0.id' => $is( 'list' ) ) ),
				array( 'contact_lists_changed', array( 'removed.0.id' => $is( 'list' ), 'lists' => array() ) ),
			),
		),
		'a contact is added with a tag and a list' => array(
			'do'        => static function ( array $known ): void {
				Deed::must( FluentCrmApi( 'contacts' )->createOrUpdate( array( 'email' => 'john@example.com', 'tags' => array( $known['tag'] ), 'lists' => array( $known['list'] ) ) ) );
			},
			'any_order' => true,
			'events'    => array( array( 'contact_created' ), array( 'contact_tags_changed' ), array( 'contact_lists_changed' ) ),
		),
	),
);
