<?php
/**
 * Events that wait in the database.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps the events that the journal could not take – a PHP without the extension, a spool away, a
 * full disk – until a process comes that can hand them over.
 *
 * Each gets an idempotency key when it comes in, and is claimed by one process before it is
 * handed over: dying half-way makes another process repeat it under the same id, which the worker
 * drops.
 */
final class Outbox {

	/** Rows that a process claims at once. */
	private const BATCH = 50;
	/** Seconds after which a claim counts as abandoned. */
	private const CLAIM = 300;
	/** Refusals in a row after which a process gives up: it is the journal and not the event. */
	private const PATIENCE = 3;

	private const JSON = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
	private const MEND = JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;

	/**
	 * Keeps an event.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 * @throws \RuntimeException Where the database does not take it.
	 */
	public function add( string $event, array|object $data, array $options, string $reason ): void {
		global $wpdb;
		$options += array(
			'timestamp'       => microtime( true ),
			'idempotency_key' => wp_generate_uuid4(),
		);
		$payload  = json_encode( $data, self::JSON | self::MEND );
		if ( ! is_string( $payload ) || ! in_array( $payload[0], array( '{', '[' ), true ) ) {
			throw new \RuntimeException( 'Its payload has no form as JSON: ' . json_last_error_msg() );
		}
		$quiet = $wpdb->suppress_errors();
		$done  = $wpdb->insert(
			Schema::outbox(),
			array(
				'event'   => $event,
				'data'    => $payload,
				'options' => json_encode( $options, self::JSON | self::MEND ),
				'reason'  => mb_substr( wp_check_invalid_utf8( $reason, true ), 0, 1000 ),
				'created' => current_time( 'mysql', true ),
			)
		);
		$wpdb->suppress_errors( $quiet );
		if ( ! $done ) {
			throw new \RuntimeException( "$reason And the database did not keep it either: {$wpdb->last_error}" );
		}
	}

	/**
	 * How many events wait, since when, and why.
	 *
	 * @return array{count: int, oldest: string, reasons: list<string>} `oldest` in UTC; newest reasons first.
	 */
	public function status(): array {
		global $wpdb;
		$table = Schema::outbox();
		$quiet = $wpdb->suppress_errors();
		$total = $wpdb->get_row( "SELECT COUNT(*) AS number, MIN( created ) AS oldest FROM $table" );
		$why   = $wpdb->get_col( "SELECT reason FROM $table GROUP BY reason ORDER BY MAX( id ) DESC LIMIT 3" );
		$wpdb->suppress_errors( $quiet );
		return array(
			'count'   => (int) ( $total->number ?? 0 ),
			'oldest'  => (string) ( $total->oldest ?? '' ),
			// Where none was given, wpdb makes null of it.
			'reasons' => array_values( array_filter( $why ) ),
		);
	}

	/**
	 * Hands over what waits, oldest first, for so many seconds at most.
	 *
	 * @return int How many events the journal took.
	 */
	public function drain( float $seconds = 1.0 ): int {
		if ( ! Environment::has_extension() ) {
			return 0;
		}
		$end   = microtime( true ) + $seconds;
		$taken = 0;
		do {
			$claim   = bin2hex( random_bytes( 16 ) );
			$rows    = $this->claim( $claim );
			$refused = 0;
			foreach ( $rows as $row ) {
				if ( $refused === self::PATIENCE || microtime( true ) > $end ) {
					break;
				}
				if ( $this->hand_over( $row ) ) {
					++$taken;
					$refused = 0;
				} else {
					++$refused;
				}
			}
			$this->release( $claim );
		} while ( self::BATCH === count( $rows ) && $refused < self::PATIENCE && microtime( true ) < $end );
		return $taken;
	}

	/**
	 * Deletes the events in which an e-mail address occurs.
	 *
	 * @return int How many there were.
	 */
	public function forget( string $email ): int {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		$done  = $wpdb->query(
			$wpdb->prepare(
				'DELETE FROM ' . Schema::outbox() . ' WHERE LOWER( CONVERT( data USING utf8mb4 ) ) LIKE %s',
				'%' . $wpdb->esc_like( '"' . strtolower( $email ) . '"' ) . '%'
			)
		);
		$wpdb->suppress_errors( $quiet );
		return (int) $done;
	}

	/**
	 * Claims rows in one statement, so that two processes never hold the same one.
	 *
	 * @return list<object>
	 */
	private function claim( string $claim ): array {
		global $wpdb;
		$table = Schema::outbox();
		$quiet = $wpdb->suppress_errors();
		$free  = $wpdb->prepare( '( claim IS NULL OR claimed < UTC_TIMESTAMP() - INTERVAL %d SECOND )', self::CLAIM );
		$rows  = array();
		// A read first: it is nearly always empty, and a write would take locks.
		if ( $wpdb->get_var( "SELECT 1 FROM $table WHERE $free LIMIT 1" ) ) {
			$wpdb->query( $wpdb->prepare( "UPDATE $table SET claim = %s, claimed = UTC_TIMESTAMP() WHERE $free ORDER BY refusals, id LIMIT %d", $claim, self::BATCH ) );
			$rows = $wpdb->get_results( $wpdb->prepare( "SELECT * FROM $table WHERE claim = %s ORDER BY refusals, id", $claim ) );
		}
		$wpdb->suppress_errors( $quiet );
		return (array) $rows;
	}

	/**
	 * Gives an event to the journal, and only then deletes it here.
	 */
	private function hand_over( object $row ): bool {
		global $wpdb;
		try {
			$options = (array) json_decode( $row->options, true );
			// The fingerprint of where it happened still counts, unless people said that it moved.
			if ( ! Installation::is_elsewhere() ) {
				$options['installation'] = Installation::fingerprint();
			}
			// Objects as objects: as arrays, empty ones would become lists.
			webhooks_dispatch( $row->event, json_decode( $row->data ), $options );
		} catch ( \Throwable $error ) {
			$wpdb->query(
				$wpdb->prepare(
					'UPDATE ' . Schema::outbox() . ' SET refusals = refusals + 1, reason = %s WHERE id = %d',
					mb_substr( wp_check_invalid_utf8( $error->getMessage(), true ), 0, 1000 ),
					$row->id
				)
			);
			Log::write( 'outbox', "The journal still refuses the event {$row->event}: {$error->getMessage()}" );
			return false;
		}
		$wpdb->delete( Schema::outbox(), array( 'id' => $row->id ) );
		return true;
	}

	/**
	 * Gives back what was claimed and not handed over.
	 */
	private function release( string $claim ): void {
		global $wpdb;
		$wpdb->update( Schema::outbox(), array( 'claim' => null ), array( 'claim' => $claim ) );
	}
}
