<?php
/**
 * Events that the journal will never take.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps, for people to see, the events that were not sent and are not tried again by themselves: too
 * large, with data that has no form, or more than the outbox may hold. Each can be tried again, or
 * discarded. The newest ones are kept, and for a month.
 */
final class Refused_Events {

	/** How many are kept. */
	public const KEPT = 1000;
	/** Bytes that are kept of all of them. */
	private const BYTES = 64 * MB_IN_BYTES;
	/** Seconds after which one is removed. */
	public const LIFETIME = 30 * DAY_IN_SECONDS;

	/**
	 * Keeps one.
	 *
	 * @throws \RuntimeException With the database's own words.
	 */
	public static function add( Waiting_Event $event ): void {
		$event->insert( Schema::refused(), array( 'refused' => 'UTC_TIMESTAMP()' ) );
		self::prune();
	}

	/**
	 * How many there are.
	 */
	public static function count(): int {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		$count = $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::refused() );
		$wpdb->suppress_errors( $quiet );
		return (int) $count;
	}

	/**
	 * The newest ones, without their payload.
	 *
	 * @return list<Waiting_Event>
	 */
	public static function newest( int $limit ): array {
		global $wpdb;
		$rows = $wpdb->get_results( $wpdb->prepare( 'SELECT id, event, NULL AS data, options, reason, created FROM ' . Schema::refused() . ' ORDER BY id DESC LIMIT %d', $limit ) );
		return array_map( array( Waiting_Event::class, 'from_row' ), (array) $rows );
	}

	/**
	 * One of them.
	 */
	public static function find( int $id ): ?Waiting_Event {
		global $wpdb;
		$row = $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . Schema::refused() . ' WHERE id = %d', $id ) );
		return $row ? Waiting_Event::from_row( $row ) : null;
	}

	/**
	 * Forgets one, or all.
	 *
	 * @param int|null $id null: all of them.
	 * @return int How many there were.
	 */
	public static function discard( ?int $id ): int {
		global $wpdb;
		return (int) $wpdb->query( 'DELETE FROM ' . Schema::refused() . ( null === $id ? '' : $wpdb->prepare( ' WHERE id = %d', $id ) ) );
	}

	/**
	 * Forgets those whose time is over, and the oldest where there are too many.
	 */
	public static function prune(): void {
		global $wpdb;
		$table = Schema::refused();
		$quiet = $wpdb->suppress_errors();
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE refused < UTC_TIMESTAMP() - INTERVAL %d SECOND", self::LIFETIME ) );
		$size = 0;
		$last = 0;
		foreach ( (array) $wpdb->get_results( $wpdb->prepare( "SELECT id, size FROM $table ORDER BY id DESC LIMIT %d", self::KEPT + 1 ) ) as $place => $row ) {
			$size += (int) $row->size;
			if ( self::KEPT === $place || $size > self::BYTES ) {
				$last = (int) $row->id;
				break;
			}
		}
		if ( $last ) {
			$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE id <= %d", $last ) );
		}
		$wpdb->suppress_errors( $quiet );
	}
}
