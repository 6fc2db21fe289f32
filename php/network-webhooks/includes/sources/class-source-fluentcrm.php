<?php
/**
 * Events of FluentCRM.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * Contacts, their tags and their lists. Written from FluentCRM 2.9.84.
 */
final class Source_Fluentcrm extends Abstract_Source {

	public const NAME = 'fluentcrm';

	public const ORDER = 65;

	public const PLUGIN = 'FLUENTCRM';

	/** Where a contact's tags and lists are. */
	private const KINDS = array(
		'tags'  => 'FluentCrm\App\Models\Tag',
		'lists' => 'FluentCrm\App\Models\Lists',
	);

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$contact = array(
			'id'         => 33,
			'user_id'    => 7,
			'email'      => 'jane@example.com',
			'first_name' => 'Jane',
			'last_name'  => 'Doe',
			'phone'      => '+31 20 1234567',
			'status'     => 'subscribed',
		);
		$student = array(
			'id'    => 4,
			'title' => 'Student',
		);
		$changed = static fn( string $slug, string $key ): array => self::compose( $slug, 3, $contact, array( $key => array( $student ), 'added' => array( $student ), 'removed' => array( array( 'id' => 2, 'title' => 'Prospect' ) ) ), 'changed_at', '2026-11-20T10:00:00Z' );
		return array(
			self::event( 'contact_created', __( 'Contact Created', 'network-webhooks' ), __( 'A contact was added.', 'network-webhooks' ), __( 'At fluent_crm/contact_created, once for a contact; its tags and lists are told after it.', 'network-webhooks' ), self::compose( 'contact_created', 3, $contact, array(), 'created_at', '2026-11-20T10:00:00Z' ) ),
			self::event( 'contact_tags_changed', __( 'Contact Tags Changed', 'network-webhooks' ), __( 'A contact got tags or lost some.', 'network-webhooks' ), __( 'At fluent_crm/contact_added_to_tags and fluent_crm/contact_removed_from_tags.', 'network-webhooks' ), $changed( 'contact_tags_changed', 'tags' ) ),
			self::event( 'contact_lists_changed', __( 'Contact Lists Changed', 'network-webhooks' ), __( 'A contact was put on lists or taken off some.', 'network-webhooks' ), __( 'At fluent_crm/contact_added_to_lists and fluent_crm/contact_removed_from_lists.', 'network-webhooks' ), $changed( 'contact_lists_changed', 'lists' ) ),
		);
	}

	/**
	 * An event of a contact.
	 */
	private static function event( string $slug, string $name, string $description, string $when, array $example ): Event {
		return Event::of( self::NAME, $slug, 'crm', $name, $description, $when, $example, array( 'contact.user_id' ), array( 'contact.email', 'contact.id' ) );
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'contact_created', 'fluent_crm/contact_created', $this->created( ... ) );
		foreach ( array_keys( self::KINDS ) as $kind ) {
			$this->on( "contact_{$kind}_changed", "fluent_crm/contact_added_to_$kind", fn( $contact = null, $ids = array() ) => $this->changed( $kind, $contact, $ids, array() ), 2 );
			$this->on( "contact_{$kind}_changed", "fluent_crm/contact_removed_from_$kind", fn( $contact = null, $ids = array() ) => $this->changed( $kind, $contact, array(), $ids ), 2 );
		}
	}

	/**
	 * A contact was added. Its old name is fired beside this hook.
	 */
	private function created( mixed $contact = null ): void {
		if ( ! is_object( $contact ) || ! $this->is_wanted_now( 'contact_created' ) ) {
			return;
		}
		$this->send( 'contact_created', static fn() => self::compose( 'contact_created', get_current_blog_id(), self::contact( $contact ), array(), 'created_at', Payload::time( time() ) ), array( 'idempotency_key' => self::NAME . ':contact:' . (int) $contact->id ) );
	}

	/**
	 * A contact got tags or lists, or lost some.
	 *
	 * @param string $kind    `tags` or `lists`.
	 * @param mixed  $added   Ids.
	 * @param mixed  $removed Ids.
	 */
	private function changed( string $kind, mixed $contact, mixed $added, mixed $removed ): void {
		if ( ! is_object( $contact ) ) {
			return;
		}
		$slug = "contact_{$kind}_changed";
		$this->send(
			$slug,
			static fn() => self::compose(
				$slug,
				get_current_blog_id(),
				self::contact( $contact ),
				array(
					$kind     => self::titled( $contact->$kind ),
					'added'   => self::found( $kind, (array) $added ),
					'removed' => self::found( $kind, (array) $removed ),
				),
				'changed_at',
				Payload::time( time() )
			)
		);
	}

	/**
	 * A payload.
	 *
	 * @param array<string, list<array{id: int, title: string}>> $more
	 * @return array<string, mixed>
	 */
	private static function compose( string $slug, int $site_id, array $contact, array $more, string $key, string $time ): array {
		return array(
			'trigger' => $slug,
			'site_id' => $site_id,
			'contact' => $contact,
		) + $more + array( $key => $time );
	}

	/**
	 * A contact.
	 *
	 * @return array<string, int|string|null>
	 */
	private static function contact( object $contact ): array {
		return array(
			'id'         => (int) $contact->id,
			'user_id'    => (int) $contact->user_id ?: null,
			'email'      => (string) $contact->email,
			'first_name' => (string) $contact->first_name,
			'last_name'  => (string) $contact->last_name,
			'phone'      => (string) $contact->phone,
			'status'     => (string) $contact->status,
		);
	}

	/**
	 * Tags or lists by their ids.
	 *
	 * @return list<array{id: int, title: string}>
	 */
	private static function found( string $kind, array $ids ): array {
		$model = self::KINDS[ $kind ];
		$ids   = array_values( array_filter( array_map( 'intval', $ids ) ) );
		return $ids && class_exists( $model ) ? self::titled( $model::whereIn( 'id', $ids )->get() ) : array();
	}

	/**
	 * Tags or lists as they are sent.
	 *
	 * @return list<array{id: int, title: string}>
	 */
	private static function titled( mixed $models ): array {
		$titled = array();
		foreach ( is_iterable( $models ) ? $models : array() as $model ) {
			$titled[] = array(
				'id'    => (int) $model->id,
				'title' => (string) $model->title,
			);
		}
		usort( $titled, static fn( array $one, array $other ): int => $one['id'] <=> $other['id'] );
		return $titled;
	}
}
