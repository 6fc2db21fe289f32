<?php
/**
 * Events of memberships on a site.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * Somebody joins, changes, renews or leaves a membership of a site: the same keys from every plugin that
 * sells such a thing.
 */
final class Membership_Events {

	/** Keys of an event's own, with an example each. */
	private const OWN = array(
		'old_membership' => array(
			'id'   => 1,
			'name' => 'Basic',
		),
		'via'            => 'order_1234',
		'order_id'       => 1234,
		'reason'         => 'cancelled',
		'ends_at'        => '2027-11-20T10:00:00Z',
	);

	/**
	 * The events: name, description, keys of their own, and the key of the time.
	 *
	 * @return array<string, array{string, string, list<string>, string}>
	 */
	private static function kinds(): array {
		return array(
			'membership_joined'        => array( __( 'Membership Joined', 'network-webhooks' ), __( 'Somebody became a member of a site.', 'network-webhooks' ), array( 'via', 'order_id', 'ends_at' ), 'joined_at' ),
			'membership_left'          => array( __( 'Membership Left', 'network-webhooks' ), __( 'Somebody is no longer a member of a site.', 'network-webhooks' ), array( 'reason' ), 'left_at' ),
			'membership_level_changed' => array( __( 'Membership Level Changed', 'network-webhooks' ), __( 'A member of a site has another level.', 'network-webhooks' ), array( 'old_membership', 'ends_at' ), 'changed_at' ),
			'membership_renewed'       => array( __( 'Membership Renewed', 'network-webhooks' ), __( 'A membership was renewed.', 'network-webhooks' ), array( 'order_id', 'ends_at' ), 'renewed_at' ),
			'membership_expired'       => array( __( 'Membership Expired', 'network-webhooks' ), __( 'A membership ended, as it was not renewed.', 'network-webhooks' ), array(), 'expired_at' ),
		);
	}

	/**
	 * The events of members that a plugin has.
	 *
	 * @param array<string, string> $when Slug → which hook raises it, and when not.
	 * @return list<Event>
	 */
	public static function events( string $source, array $when ): array {
		$events = array();
		foreach ( $when as $slug => $hook ) {
			list( $name, $description, $own, $time ) = self::kinds()[ $slug ];

			$example  = array(
				'trigger'    => $slug,
				'site_id'    => 3,
				'member'     => array(
					'id'         => 7,
					'email'      => 'jane@example.com',
					'first_name' => 'Jane',
					'last_name'  => 'Doe',
					'name'       => 'Jane Doe',
				),
				'membership' => array(
					'id'   => 2,
					'name' => 'Premium',
				),
			);
			$events[] = Event::of( $source, $slug, 'crm', $name, $description, $hook, $example + array_intersect_key( self::OWN, array_flip( $own ) ) + array( $time => '2026-11-20T10:00:00Z' ), array_values( array_diff( $own, array( 'old_membership' ) ) ), array( 'member.email', 'member.id' ) );
		}
		return $events;
	}

	/**
	 * An event's payload.
	 *
	 * @param array{id: int, name: string} $membership
	 * @param array<string, mixed>         $own        Keys of the event's own; those that are missing are null.
	 * @return array<string, mixed>
	 */
	public static function payload( string $slug, int $user_id, array $membership, array $own = array() ): array {
		list( , , $keys, $time ) = self::kinds()[ $slug ];

		$user = get_userdata( $user_id );
		$data = array(
			'trigger'    => $slug,
			'site_id'    => get_current_blog_id(),
			'member'     => array(
				'id'         => $user_id,
				'email'      => $user ? (string) $user->user_email : '',
				'first_name' => $user ? (string) $user->first_name : '',
				'last_name'  => $user ? (string) $user->last_name : '',
				'name'       => $user ? (string) $user->display_name : '',
			),
			'membership' => $membership,
		);
		foreach ( array_keys( array_intersect_key( self::OWN, array_flip( $keys ) ) ) as $key ) {
			$data[ $key ] = $own[ $key ] ?? null;
		}
		return $data + array( $time => Payload::time( time() ) );
	}
}
