<?php
/**
 * The events that were heard.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps the events that were recorded while somebody listened, in a table of the whole network:
 * the newest ones, and for a day.
 */
final class Captured_Events {

	/** How many are kept. */
	public const KEPT = 500;
	/** Bytes of a payload that are kept, about. */
	public const LARGEST = 64 * KB_IN_BYTES;
	/** Bytes of a statement that writes several, about. */
	private const STATEMENT = 512 * KB_IN_BYTES;
	/** Seconds after which one is removed. */
	public const LIFETIME = DAY_IN_SECONDS;

	/** Whether one of the same id was heard before: such a one is dropped by the worker. */
	private const IS_AGAIN = 'event_id IS NOT NULL AND EXISTS ( SELECT 1 FROM %1$s AS earlier WHERE earlier.event_id = heard.event_id AND earlier.id < heard.id ) AS is_again FROM %1$s AS heard';

	/**
	 * Keeps some, and lets go of the oldest where there are too many.
	 *
	 * @param list<array{at: int, event: string, site_id: int, event_id: string|null, data: string|null, is_whole: bool, details: array<string, mixed>}> $captured
	 *        `at`: Unix milliseconds; `data`: JSON, null: none was made.
	 * @param int $left_out How many more there were.
	 * @throws \RuntimeException With the database's own words.
	 */
	public static function add( array $captured, int $left_out ): void {
		global $wpdb;
		$rows = array_map( array( self::class, 'values' ), $captured );
		while ( $rows ) {
			// Whatever their number: the database takes no statement of any size.
			$some = array();
			$size = 0;
			do {
				$row    = array_shift( $rows );
				$some[] = $row;
				$size  += strlen( $row );
			} while ( $rows && $size + strlen( $rows[0] ) <= self::STATEMENT );
			if ( false === $wpdb->query( 'INSERT INTO ' . Schema::heard() . ' (at, event, site_id, event_id, data, is_whole, details) VALUES ' . implode( ', ', $some ) ) ) {
				throw new \RuntimeException( $wpdb->last_error );
			}
		}
		$oldest = $wpdb->get_var( $wpdb->prepare( 'SELECT id FROM ' . Schema::heard() . ' ORDER BY id DESC LIMIT 1 OFFSET %d', self::KEPT ) );
		if ( $oldest ) {
			$left_out += (int) $wpdb->query( $wpdb->prepare( 'DELETE FROM ' . Schema::heard() . ' WHERE id <= %d', $oldest ) );
		}
		if ( $left_out ) {
			self::leave_out( $left_out );
		}
	}

	/**
	 * A page of them, newest first.
	 *
	 * @param string $event  Of this name alone; empty: of any.
	 * @param int    $before Older than the one of this id; 0: from the newest.
	 * @return list<Captured_Event>
	 */
	public static function page( int $limit, string $event = '', int $before = 0 ): array {
		global $wpdb;
		$where  = '' === $event ? '' : $wpdb->prepare( ' AND event = %s', $event );
		$where .= $before ? $wpdb->prepare( ' AND id < %d', $before ) : '';
		// Without payloads, which a list does not show.
		$rows = $wpdb->get_results( $wpdb->prepare( 'SELECT id, at, event, site_id, event_id, data IS NOT NULL AS has_data, is_whole, details, ' . sprintf( self::IS_AGAIN, Schema::heard() ) . " WHERE 1 = 1$where ORDER BY id DESC LIMIT %d", $limit ) );
		return array_map( array( Captured_Event::class, 'from_row' ), (array) $rows );
	}

	/**
	 * One of them, with its payload.
	 */
	public static function find( int $id ): ?Captured_Event {
		global $wpdb;
		Schema::migrate();
		$row = $wpdb->get_row( $wpdb->prepare( 'SELECT heard.*, data IS NOT NULL AS has_data, ' . sprintf( self::IS_AGAIN, Schema::heard() ) . ' WHERE id = %d', $id ) );
		return $row ? Captured_Event::from_row( $row ) : null;
	}

	/**
	 * How many there are.
	 */
	public static function count( string $event = '' ): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::heard() . ( '' === $event ? '' : $wpdb->prepare( ' WHERE event = %s', $event ) ) );
	}

	/**
	 * How many more there were since the listening began.
	 */
	public static function left_out(): int {
		return (int) Settings::read( Settings::LEFT_OUT )[ Settings::LEFT_OUT ];
	}

	/**
	 * Forgets all of them.
	 */
	public static function clear(): void {
		global $wpdb;
		$wpdb->query( 'DELETE FROM ' . Schema::heard() );
		// Not 0, which update_network_option() takes for what is there where nothing is.
		Settings::set( Settings::LEFT_OUT, '0' );
		Settings::set( Settings::LISTEN_PROBLEM, '' );
	}

	/**
	 * Forgets those whose time is over.
	 */
	public static function remove_old( int $now ): void {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		$wpdb->query( $wpdb->prepare( 'DELETE FROM ' . Schema::heard() . ' WHERE at < %d', ( $now - self::LIFETIME ) * 1000 ) );
		$wpdb->suppress_errors( $quiet );
	}

	/**
	 * Forgets those in which a person occurs.
	 *
	 * @param int $user_id 0: not known.
	 * @return int How many there were.
	 */
	public static function forget( string $email, int $user_id ): int {
		global $wpdb;
		$count = 0;
		$quiet = $wpdb->suppress_errors();
		foreach ( self::look_for( new Person( $email, $user_id ) ) as $id => $row ) {
			$count += $row ? (int) $wpdb->delete( Schema::heard(), array( 'id' => $id ) ) : 0;
		}
		$wpdb->suppress_errors( $quiet );
		return $count;
	}

	/**
	 * Looks through what was heard for that in which a person occurs, one at a time: a payload may be
	 * large.
	 *
	 * @param int $after Id of the last one that was looked at.
	 * @return \Generator<int, object|null> By id: `at`, `event`, `data` and `details`; null: the person
	 *                                      does not occur in it.
	 */
	public static function look_for( Person $person, int $after = 0 ): \Generator {
		global $wpdb;
		$table = Schema::heard();
		foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT id FROM $table WHERE id > %d ORDER BY id", $after ) ) as $id ) {
			$row   = $wpdb->get_row( $wpdb->prepare( "SELECT at, event, data, details FROM $table WHERE id = %d", $id ) );
			$parts = $row ? array( $row->data, $row->details ) : array();
			$found = array_filter( $parts, static fn( ?string $part ) => null !== $part && $person->is_in_text( $part ) );
			yield (int) $id => $found ? $row : null;
		}
	}

	/**
	 * The values of a row, prepared.
	 *
	 * @param array<string, mixed> $one
	 */
	private static function values( array $one ): string {
		global $wpdb;
		$details = (string) wp_json_encode( $one['details'], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR );
		$null    = static fn( ?string $text ): string => null === $text ? 'NULL' : $wpdb->prepare( '%s', $text );
		return $wpdb->prepare( '(%d, %s, %d, ', $one['at'], $one['event'], $one['site_id'] ) . $null( $one['event_id'] ) . ', ' . $null( $one['data'] ) . $wpdb->prepare( ', %d, %s)', (int) $one['is_whole'], $details );
	}

	/**
	 * Counts those that are not kept. Past wpdb's options: many processes count at once.
	 */
	private static function leave_out( int $count ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->sitemeta} SET meta_value = CAST( meta_value AS UNSIGNED ) + %d WHERE site_id = %d AND meta_key = %s", $count, get_main_network_id(), Settings::LEFT_OUT ) );
	}
}
