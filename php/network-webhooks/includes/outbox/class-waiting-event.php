<?php
/**
 * An event that is kept in the database.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * An event as the outbox and the table of the refused ones keep it: packed, with what
 * webhooks_dispatch() needs beside it.
 */
final class Waiting_Event {

	/**
	 * @param string|null $data    As Stored_Value packs it; null: it could not be kept.
	 * @param string      $options Likewise.
	 * @param string      $reason  Why it is here, in English.
	 * @param int         $created Unix time at which it happened.
	 */
	public function __construct(
		public readonly string $event,
		public readonly ?string $data,
		public readonly string $options,
		public readonly string $reason,
		public readonly int $created,
		public readonly int $id = 0,
		public readonly int $deaths = 0,
	) {}

	/**
	 * An event that happens.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 * @throws \OverflowException Where it is too large.
	 * @throws \Throwable         What the payload's own code throws.
	 */
	public static function of( string $event, array|object $data, array $options, string $reason ): self {
		return new self( $event, Stored_Value::pack( $data ), self::pack_options( $options ), $reason, time() );
	}

	/**
	 * One without its payload, which could not be kept.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 */
	public static function without_data( string $event, array $options, string $reason ): self {
		// Who did it may be what can't be packed.
		return new self( $event, null, self::pack_options( array( 'actor' => null ) + $options ), $reason, time() );
	}

	/**
	 * One of a row.
	 */
	public static function from_row( object $row ): self {
		return new self( $row->event, $row->data, (string) $row->options, $row->reason, (int) strtotime( "$row->created UTC" ), (int) $row->id, (int) ( $row->deaths ?? 0 ) );
	}

	/**
	 * The same event for another reason.
	 */
	public function with_reason( string $reason ): self {
		return new self( $this->event, $this->data, $this->options, $reason, $this->created, $this->id, $this->deaths );
	}

	/**
	 * Bytes that are kept of it.
	 */
	public function size(): int {
		return strlen( (string) $this->data ) + strlen( $this->options );
	}

	/**
	 * Its payload.
	 *
	 * @throws \UnexpectedValueException Where it was not kept, or can't be read.
	 */
	public function data(): array|object {
		if ( null === $this->data ) {
			throw new \UnexpectedValueException( 'the event\'s data was not kept' );
		}
		return Stored_Value::unpack( $this->data );
	}

	/**
	 * Its options, as they are at a time.
	 *
	 * @return array<string, mixed>
	 * @throws \UnexpectedValueException Where they can't be read.
	 */
	public function options( int $now ): array {
		$options = (array) Stored_Value::unpack( $this->options );
		if ( is_object( $options['site'] ?? null ) ) {
			$options['site'] = (array) $options['site'];
		}
		if ( is_object( $options['actor'] ?? null ) ) {
			$options['actor'] = (array) $options['actor'];
		}
		if ( is_int( $options['delay'] ?? null ) ) {
			// It has waited that long already.
			$options['delay'] = max( 0, $options['delay'] - max( 0, $now - $this->created ) );
		}
		return $options;
	}

	/**
	 * Writes it into a table.
	 *
	 * @param array<string, string> $more Further columns, their values as SQL.
	 * @throws \RuntimeException With the database's own words.
	 */
	public function insert( string $table, array $more = array() ): void {
		global $wpdb;
		// As base64: wpdb makes 66 bytes of each percent sign, and a name of a character set has no
		// say in what are bytes.
		$bytes = static fn( ?string $text ): string => null === $text ? 'NULL' : "FROM_BASE64( '" . base64_encode( $text ) . "' )";
		// Where WordPress has another character set, its texts are stored as if their bytes were of that
		// one, and read back so.
		$is_utf8 = ! preg_match( '/^(?!utf8)\w+$/', (string) $wpdb->charset );
		$values  = array(
			'event'   => $wpdb->prepare( '%s', $this->event ),
			'data'    => $bytes( $this->data ),
			'options' => $bytes( $this->options ),
			'size'    => (string) $this->size(),
			'reason'  => 'CONVERT( ' . $bytes( mb_substr( wp_check_invalid_utf8( $this->reason, true ), 0, $is_utf8 ? 1000 : 250 ) ) . ' USING ' . ( $is_utf8 ? 'utf8mb4' : $wpdb->charset ) . ' )',
			'created' => $wpdb->prepare( '%s', gmdate( 'Y-m-d H:i:s', $this->created ) ),
		) + $more;
		$quiet   = $wpdb->suppress_errors();
		try {
			$statement = "INSERT INTO $table (" . implode( ', ', array_keys( $values ) ) . ') VALUES (' . implode( ', ', $values ) . ')';
			$done      = $wpdb->query( $statement );
			if ( ! $done ) {
				// The plugin may be newer than its tables.
				Schema::migrate();
				$done = $wpdb->query( $statement );
			}
			if ( ! $done ) {
				throw new \RuntimeException( $wpdb->last_error );
			}
		} finally {
			$wpdb->suppress_errors( $quiet );
		}
	}

	/**
	 * Packs options, without what is null.
	 *
	 * @param array<string, mixed> $options
	 */
	private static function pack_options( array $options ): string {
		return Stored_Value::pack( array_filter( $options, static fn( $value ) => null !== $value ) );
	}
}
