<?php
/**
 * What the test inbox holds.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Inbox;

use Network_Webhooks\Person;
use Network_Webhooks\Schema;

defined( 'ABSPATH' ) || exit;

/**
 * The table of the requests: the last hundred, for a day.
 */
final class Requests {

	/** Most requests that are kept. */
	public const KEPT = 100;

	/** How long they are kept, in seconds. */
	public const LIFETIME = DAY_IN_SECONDS;

	/** Requests in so many seconds after which further ones are turned away. */
	public const BURST  = 30;
	public const WINDOW = 10;

	/** All but the bodies, of which only the beginning is read. */
	private const COLUMNS = 'id, received, method, query, headers, parsed, size, address, event_id, verdict, webhook, seconds, status, delay';

	/**
	 * @param int|null $now Unix milliseconds; null: now.
	 */
	public function __construct( private readonly ?int $now = null ) {}

	/**
	 * Keeps a request, and forgets what is too much or too old. What the database does not take with
	 * its body is kept without: every request is one row, and is counted.
	 *
	 * @param int $status How it is answered.
	 * @param int $delay  After how many seconds.
	 * @throws \RuntimeException With the database's own words.
	 */
	public function add( Request $request, Signature $signature, int $status, int $delay ): void {
		global $wpdb;
		// Else wpdb prints the whole statement, body and all, into PHP's error log.
		$quiet = $wpdb->suppress_errors();
		try {
			$body  = $request->body ?? $request->fields;
			$done  = $this->insert( $request, $signature, $status, $delay, $body );
			$error = $done ? '' : $wpdb->last_error;
			if ( ! $done && null !== $body ) {
				$this->insert( $request, $signature, 500, $delay, null );
			}
			$this->prune();
		} finally {
			$wpdb->suppress_errors( $quiet );
		}
		if ( ! $done ) {
			throw new \RuntimeException( "The database did not take the request: $error" );
		}
	}

	/**
	 * Inserts a row; false where the database does not take it.
	 *
	 * @param string|null $body null: it has none.
	 */
	private function insert( Request $request, Signature $signature, int $status, int $delay, ?string $body ): bool {
		global $wpdb;
		// As hexadecimal digits: no character set may judge or convert a body.
		$body = null === $body ? 'NULL' : $wpdb->prepare( 'UNHEX( %s )', bin2hex( $body ) );
		$done = $wpdb->query(
			$wpdb->prepare(
				'INSERT INTO ' . Schema::inbox() . ' ( received, method, query, headers, parsed, size, address, event_id, verdict, webhook, seconds, status, delay, body ) VALUES ( %d, %s, %s, %s, %d, %d, %s, %s, %s, %s, %d, %d, %d, ',
				$this->now(),
				$request->method,
				$request->query,
				(string) wp_json_encode( (object) $request->headers, JSON_UNESCAPED_SLASHES ),
				(int) ( null !== $request->fields ),
				$request->size,
				$request->address,
				substr( $request->header( 'webhook-id' ), 0, 100 ),
				$signature->verdict,
				$signature->webhook,
				$signature->seconds,
				$status,
				$delay
			) . "$body )"
		);
		return (bool) $done;
	}

	/**
	 * Requests, newest first, with the beginnings of their bodies.
	 *
	 * @param int $after  Only those that came after this one.
	 * @param int $before Only those that came before this one; 0: the newest.
	 * @param int $shown  How much of a body is read, in bytes.
	 * @return list<object>
	 */
	public function read( int $limit, int $after = 0, int $before = 0, int $shown = 0 ): array {
		global $wpdb;
		return (array) $wpdb->get_results(
			$wpdb->prepare(
				'SELECT ' . self::COLUMNS . ', LEFT( body, %d ) AS body FROM ' . Schema::inbox() . ' WHERE received > %d AND id > %d AND id < %d ORDER BY id DESC LIMIT %d',
				$shown,
				$this->oldest(),
				$after,
				$before ? $before : PHP_INT_MAX,
				$limit
			)
		);
	}

	/**
	 * The whole body of one; null where it was not kept.
	 */
	public function body( int $id ): ?string {
		global $wpdb;
		return $wpdb->get_var( $wpdb->prepare( 'SELECT body FROM ' . Schema::inbox() . ' WHERE id = %d AND received > %d', $id, $this->oldest() ) );
	}

	/**
	 * Whether so many came just now that the next one is turned away.
	 *
	 * @throws \RuntimeException With the database's own words: what can't be counted is not taken.
	 */
	public function are_too_many(): bool {
		global $wpdb;
		$recent = $this->now() - self::WINDOW * 1000;
		$quiet  = $wpdb->suppress_errors();
		$count  = $wpdb->get_var( $wpdb->prepare( 'SELECT COUNT(*) FROM ' . Schema::inbox() . ' WHERE received > %d', $recent ) );
		$error  = $wpdb->last_error;
		$wpdb->suppress_errors( $quiet );
		if ( null === $count ) {
			throw new \RuntimeException( "The database does not say how many requests came: $error" );
		}
		return self::BURST <= (int) $count;
	}

	/**
	 * Whether the request of an event came.
	 */
	public function has_event( string $event_id ): bool {
		global $wpdb;
		return (bool) $wpdb->get_var( $wpdb->prepare( 'SELECT 1 FROM ' . Schema::inbox() . ' WHERE event_id = %s LIMIT 1', $event_id ) );
	}

	/**
	 * Deletes all but the last hundred of the last day.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::inbox();
		// The newest of those that are too many; MySQL can't limit what it deletes by an offset.
		$surplus = (int) $wpdb->get_var( $wpdb->prepare( "SELECT id FROM $table ORDER BY id DESC LIMIT 1 OFFSET %d", self::KEPT ) );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE id <= %d OR received <= %d", $surplus, $this->oldest() ) );
	}

	/**
	 * Deletes all.
	 */
	public function delete_all(): void {
		global $wpdb;
		$wpdb->query( 'DELETE FROM ' . Schema::inbox() );
	}

	/**
	 * Deletes those in which a person occurs: as a body, its query or a header has it.
	 *
	 * @param int $user_id 0: not known.
	 * @return int How many there were.
	 */
	public function forget( string $email, int $user_id = 0 ): int {
		global $wpdb;
		$count = 0;
		foreach ( self::look_for( new Person( $email, $user_id ) ) as $id => $row ) {
			$count += $row ? (int) $wpdb->delete( Schema::inbox(), array( 'id' => $id ) ) : 0;
		}
		return $count;
	}

	/**
	 * Looks through requests for those in which a person occurs, one at a time: a body may be large.
	 *
	 * @param int $after Id of the last one that was looked at.
	 * @return \Generator<int, object|null> By id: `received`, `query`, `headers` and `body`; null: the
	 *                                      person does not occur in it.
	 */
	public static function look_for( Person $person, int $after = 0 ): \Generator {
		global $wpdb;
		$table = Schema::inbox();
		foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT id FROM $table WHERE id > %d ORDER BY id", $after ) ) as $id ) {
			$row   = $wpdb->get_row( $wpdb->prepare( "SELECT received, query, headers, body FROM $table WHERE id = %d", $id ) );
			$parts = $row ? array( $row->query, $row->headers, $row->body ) : array();
			$found = array_filter( $parts, static fn( ?string $part ) => null !== $part && $person->is_in_text( $part ) );
			yield (int) $id => $found ? $row : null;
		}
	}

	/**
	 * Unix milliseconds of what is too old.
	 */
	private function oldest(): int {
		return $this->now() - self::LIFETIME * 1000;
	}

	/**
	 * Unix milliseconds.
	 */
	private function now(): int {
		return $this->now ?? (int) ( microtime( true ) * 1000 );
	}
}
