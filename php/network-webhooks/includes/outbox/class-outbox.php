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
 * full disk – until a process comes that can hand them over. They arrive as if they had gone
 * directly: see Stored_Value.
 *
 * Each gets an idempotency key when it comes in, and is claimed by one process before it is
 * handed over: dying half-way makes another process repeat it under the same id, which the worker
 * drops. What the journal will never take goes to Refused_Events at once, and what has waited for
 * too long does so too; so does a new event while the outbox is full.
 */
final class Outbox {

	/** What the outbox may hold; what is beyond is announced before, from WARNS of it on. */
	public const MOST_EVENTS = 100_000;
	public const MOST_BYTES  = 256 * MB_IN_BYTES;
	/** Seconds that an event may wait: what a receiver gets after a month it can't use any more. */
	public const LONGEST = 30 * DAY_IN_SECONDS;
	/** Seconds after which an event that still waits is one that the journal does not take. */
	private const WAITS = 4 * MINUTE_IN_SECONDS;
	/** Part of these limits from which on people are told. */
	private const WARNS = 0.75;

	/** Rows that a process claims at once. */
	private const BATCH = 50;
	/** Seconds after which a claim counts as abandoned. */
	private const CLAIM = 300;
	/** Refusals in a row after which a process gives up: it is the journal and not the event. */
	private const PATIENCE = 3;
	/** Times that PHP may end while one event alone is handed over. */
	private const DEATHS = 2;
	/** Events that are too old and leave at once. */
	private const OLD = 100;
	/** Nanoseconds for which it is known how full the outbox is. */
	private const KNOWN = 1_000_000_000;

	/**
	 * Events and bytes that were there when this process looked, and came from it since.
	 *
	 * @var array{events: int, bytes: int, until: int}|null
	 */
	private ?array $fill = null;

	/**
	 * Whether an event will never be taken as it is: then it is the event and not the journal.
	 */
	public static function is_final( \Throwable $error ): bool {
		return ! is_a( $error, 'Webhooks\Exception' ) || 1 === $error->getCode();
	}

	/**
	 * Keeps an event.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 * @throws \Throwable Where it can't be kept: nothing is left of it but an entry in Refused_Events.
	 */
	public function add( string $event, array|object $data, array $options, string $reason ): void {
		$options += array(
			'timestamp'       => microtime( true ),
			'idempotency_key' => wp_generate_uuid4(),
		);
		try {
			$waiting = Waiting_Event::of( $event, $data, $options, $reason );
			if ( ! $this->has_room( $waiting->size() ) ) {
				throw new \OverflowException( 'the outbox is full: no more events can wait in the database' );
			}
			try {
				$waiting->insert( Schema::outbox() );
			} catch ( \RuntimeException $error ) {
				throw new \RuntimeException( "$reason And the database did not keep it either: {$error->getMessage()}", 0, $error );
			}
		} catch ( \Throwable $error ) {
			try {
				Refused_Events::add( Waiting_Event::without_data( $event, $options, $error->getMessage() ) );
			} catch ( \Throwable ) {
				throw $error; // The database takes nothing: the log has it.
			}
			throw $error;
		}
		++$this->fill['events'];
		$this->fill['bytes'] += $waiting->size();
	}

	/**
	 * Keeps an event that the journal will never take where people see it.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 * @throws \RuntimeException Where the database does not keep it.
	 */
	public function refuse( string $event, array|object $data, array $options, string $reason ): void {
		$options += array( 'timestamp' => microtime( true ) );
		try {
			$refused = Waiting_Event::of( $event, $data, $options, $reason );
			Refused_Events::add( $refused );
		} catch ( \Throwable ) {
			Refused_Events::add( Waiting_Event::without_data( $event, $options, $reason ) );
		}
	}

	/**
	 * Has an event that was refused wait once more: what was wrong may be mended.
	 *
	 * @return bool Whether it can; false: it is not there any more, or its data was not kept.
	 */
	public function retry( int $id ): bool {
		$event = Refused_Events::find( $id );
		if ( null === $event?->data ) {
			return false;
		}
		$options = $event->options( $event->created ) + array( 'idempotency_key' => wp_generate_uuid4() );
		Waiting_Event::of( $event->event, $event->data(), $options, '' )->insert( Schema::outbox() );
		Refused_Events::discard( $id );
		$this->drain();
		return true;
	}

	/**
	 * How many events wait, how large they are, since when, and why.
	 *
	 * @return array{count: int, bytes: int, oldest: string, reasons: list<string>} `oldest` in UTC; newest reasons first.
	 */
	public function status(): array {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		$why   = $wpdb->get_col( 'SELECT reason FROM ' . Schema::outbox() . ' GROUP BY reason ORDER BY MAX( id ) DESC LIMIT 3' );
		$wpdb->suppress_errors( $quiet );
		// Where no reason was given, wpdb makes null of it.
		return $this->total() + array( 'reasons' => array_values( array_filter( $why ) ) );
	}

	/**
	 * What people have to know before events are lost, and of those that were.
	 *
	 * @return array<string, string> Condition → sentence: see Announcements\Health_Checks.
	 */
	public function warnings(): array {
		$status   = $this->total();
		$warnings = array();
		$bytes    = (string) size_format( self::MOST_BYTES );
		$events   = number_format_i18n( self::MOST_EVENTS );
		if ( $status['count'] >= self::MOST_EVENTS * self::WARNS || $status['bytes'] >= self::MOST_BYTES * self::WARNS ) {
			$warnings['outbox_full'] = sprintf(
				/* translators: 1: number of events, 2: the most that there may be, 3: amount such as 80 MB, 4: the most that it may be */
				__( 'Events that wait in the database: %1$s of at most %2$s, and %3$s of at most %4$s. What comes when one of these is reached is lost. Fix what keeps them from being sent: Site Health says what that is.', 'network-webhooks' ),
				number_format_i18n( $status['count'] ),
				$events,
				(string) size_format( $status['bytes'] ),
				$bytes
			);
		}
		if ( '' !== $status['oldest'] && strtotime( "{$status['oldest']} UTC" ) < time() - self::LONGEST * self::WARNS ) {
			$warnings['outbox_old'] = sprintf(
				/* translators: %s: date and time in UTC */
				__( 'An event waits in the database since %s (UTC). After 30 days it is not sent any more. Fix what keeps it from being sent: Site Health says what that is.', 'network-webhooks' ),
				$status['oldest']
			);
		}
		if ( '' !== $status['oldest'] && strtotime( "{$status['oldest']} UTC" ) < time() - self::WAITS ) {
			$warnings['outbox_waits'] = sprintf(
				/* translators: %s: date and time in UTC */
				__( 'Events wait in the database since %s (UTC). The journal did not take them. They are sent by themselves as soon as it does: Site Health says what is in the way.', 'network-webhooks' ),
				$status['oldest']
			);
		}
		if ( Refused_Events::count() ) {
			$warnings['refused'] = __( 'Events were refused and are not sent by themselves. Each is shown on the page Webhooks › Settings › Status, with the reason: try it again, or discard it.', 'network-webhooks' );
		}
		return $warnings;
	}

	/**
	 * Hands over what waits, oldest first, for so many seconds at most.
	 *
	 * @return int How many events the journal took.
	 */
	public function drain( float $seconds = 1.0 ): int {
		$this->let_go_of_old();
		if ( ! Environment::has_extension() ) {
			return 0;
		}
		$end     = microtime( true ) + $seconds;
		$taken   = 0;
		$refused = 0;
		$behind  = array();
		do {
			$claim = bin2hex( random_bytes( 16 ) );
			$ids   = $this->claim( $claim );
			try {
				foreach ( $ids as $id ) {
					if ( $refused >= self::PATIENCE || microtime( true ) > $end ) {
						break;
					}
					$outcome = $this->attempt( $id );
					if ( false === $outcome ) {
						++$refused;
						$behind[] = $id;
					} elseif ( true === $outcome ) {
						++$taken;
						// It was not the journal: those that it did not take must not hold up the others.
						$this->put_behind( $behind );
						$refused = 0;
						$behind  = array();
					}
				}
			} finally {
				$this->release( $claim );
			}
		} while ( $ids && $refused < self::PATIENCE && microtime( true ) < $end );
		$this->fill = null;
		return $taken;
	}

	/**
	 * Deletes the events in which a person occurs, those that were refused too.
	 *
	 * @param int $user_id 0: not known.
	 * @return int How many there were.
	 */
	public function forget( string $email, int $user_id = 0 ): int {
		global $wpdb;
		$person = new Person( $email, $user_id );
		$count  = 0;
		$quiet  = $wpdb->suppress_errors();
		foreach ( array( Schema::outbox(), Schema::refused() ) as $table ) {
			foreach ( self::look_for( $person, $table ) as $id => $event ) {
				$count += $event ? (int) $wpdb->delete( $table, array( 'id' => $id ) ) : 0;
			}
		}
		$wpdb->suppress_errors( $quiet );
		return $count;
	}

	/**
	 * Looks through events for those in which a person occurs, one at a time: a payload may be large.
	 *
	 * @param string $table Schema::outbox() or Schema::refused().
	 * @param int    $after Id of the last one that was looked at.
	 * @return \Generator<int, Waiting_Event|null> By id; null: the person does not occur in it.
	 */
	public static function look_for( Person $person, string $table, int $after = 0 ): \Generator {
		global $wpdb;
		while ( true ) {
			$quiet = $wpdb->suppress_errors();
			$row   = $wpdb->get_row( $wpdb->prepare( "SELECT * FROM $table WHERE id > %d ORDER BY id LIMIT 1", $after ) );
			$wpdb->suppress_errors( $quiet );
			if ( ! $row ) {
				return;
			}
			$after = (int) $row->id;
			$event = Waiting_Event::from_row( $row );
			yield $after => $person->is_in( $event ) ? $event : null;
		}
	}

	/**
	 * How many events wait, their bytes, and since when. Two looks at indexes, whatever the rows hold.
	 *
	 * @return array{count: int, bytes: int, oldest: string}
	 */
	private function total(): array {
		global $wpdb;
		$table  = Schema::outbox();
		$quiet  = $wpdb->suppress_errors();
		$total  = $wpdb->get_row( "SELECT COUNT(*) AS number, SUM( size ) AS bytes FROM $table" );
		$oldest = $wpdb->get_var( "SELECT MIN( created ) FROM $table" );
		$wpdb->suppress_errors( $quiet );
		return array(
			'count'  => (int) ( $total->number ?? 0 ),
			'bytes'  => (int) ( $total->bytes ?? 0 ),
			'oldest' => (string) $oldest,
		);
	}

	/**
	 * Whether there is room for an event of so many bytes. Others may take it at the same time: the
	 * limits are passed by what all processes add within a second.
	 */
	private function has_room( int $size ): bool {
		$now = hrtime( true );
		if ( ! $this->fill || $now > $this->fill['until'] ) {
			$total      = $this->total();
			$this->fill = array(
				'events' => $total['count'],
				'bytes'  => $total['bytes'],
				'until'  => $now + self::KNOWN,
			);
		}
		return $this->fill['events'] < self::MOST_EVENTS && $this->fill['bytes'] + $size <= self::MOST_BYTES;
	}

	/**
	 * Claims rows in one statement, so that two processes never hold the same one. Those at which a
	 * process died, or which the journal did not take while it took others, come last, each alone.
	 *
	 * @return list<int> Ids.
	 */
	private function claim( string $claim ): array {
		global $wpdb;
		$table = Schema::outbox();
		$quiet = $wpdb->suppress_errors();
		$dead  = $wpdb->prepare( 'claimed < UTC_TIMESTAMP() - INTERVAL %d SECOND', self::CLAIM );
		$ways  = array(
			'claim IS NULL AND refusals = 0 AND deaths = 0 ORDER BY id' => self::BATCH,
			"( claim IS NULL OR $dead ) ORDER BY deaths, refusals, id" => 1,
		);
		$ids   = array();
		foreach ( $ways as $free => $limit ) {
			// A read first: it is nearly always empty, and a write would take locks.
			if ( ! $ids && $wpdb->get_var( "SELECT 1 FROM $table WHERE $free LIMIT 1" ) ) {
				$wpdb->query( $wpdb->prepare( "UPDATE $table SET deaths = deaths + ( claim IS NOT NULL ), claim = %s, claimed = UTC_TIMESTAMP() WHERE $free LIMIT %d", $claim, $limit ) );
				$ids = $wpdb->get_col( $wpdb->prepare( "SELECT id FROM $table WHERE claim = %s ORDER BY id", $claim ) );
			}
		}
		$wpdb->suppress_errors( $quiet );
		return array_map( 'intval', $ids );
	}

	/**
	 * Hands an event over. One that the database neither gives nor takes must not hold up the others.
	 *
	 * @return bool|null As hand_over() says; false: the database was it.
	 */
	private function attempt( int $id ): ?bool {
		try {
			return $this->hand_over( $id );
		} catch ( \Throwable $error ) {
			$this->put_behind( array( $id ) );
			Log::write( 'outbox', "The event number $id of the outbox can neither be handed over nor taken out: {$error->getMessage()}" );
			return false;
		}
	}

	/**
	 * Gives an event to the journal, and only then deletes it here.
	 *
	 * @return bool|null Whether the journal took it; null: it never will, or another process was
	 *                   faster.
	 * @throws \RuntimeException With the database's own words.
	 */
	private function hand_over( int $id ): ?bool {
		global $wpdb;
		$row = $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . Schema::outbox() . ' WHERE id = %d', $id ) );
		if ( ! $row ) {
			return '' === $wpdb->last_error ? null : throw new \RuntimeException( $wpdb->last_error );
		}
		$event = Waiting_Event::from_row( $row );
		if ( $event->deaths >= self::DEATHS ) {
			$this->give_up( $event, 'PHP ended each time that this event was handed over, as where its memory does not suffice' );
			return null;
		}
		try {
			$options = $event->options( time() );
			// The fingerprint of where it happened still counts, unless people said that it moved.
			if ( ! Installation::is_elsewhere() ) {
				$options['installation'] = Installation::fingerprint();
			}
			webhooks_dispatch( $event->event, $event->data(), $options );
		} catch ( \Throwable $error ) {
			if ( self::is_final( $error ) ) {
				$this->give_up( $event, $error->getMessage() );
				return null;
			}
			$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::outbox() . ' SET reason = %s WHERE id = %d', mb_substr( wp_check_invalid_utf8( $error->getMessage(), true ), 0, 1000 ), $id ) );
			Log::write( 'outbox', "The journal still refuses the event {$event->event}: {$error->getMessage()}" );
			return false;
		}
		$wpdb->delete( Schema::outbox(), array( 'id' => $id ) );
		return true;
	}

	/**
	 * Takes an event out of the outbox to where people see it.
	 */
	private function give_up( Waiting_Event $event, string $reason ): void {
		global $wpdb;
		Refused_Events::add( $event->with_reason( $reason ) );
		$wpdb->delete( Schema::outbox(), array( 'id' => $event->id ) );
		Log::write( 'outbox', "The event {$event->event} leaves the outbox and is not sent: $reason" );
	}

	/**
	 * Takes out what has waited for too long, whether or not this PHP could hand it over.
	 */
	private function let_go_of_old(): void {
		global $wpdb;
		$quiet = $wpdb->suppress_errors();
		$ids   = $wpdb->get_col( $wpdb->prepare( 'SELECT id FROM ' . Schema::outbox() . ' WHERE created < UTC_TIMESTAMP() - INTERVAL %d SECOND ORDER BY id LIMIT %d', self::LONGEST, self::OLD ) );
		$wpdb->suppress_errors( $quiet );
		foreach ( $ids as $id ) {
			$row = $wpdb->get_row( $wpdb->prepare( 'SELECT * FROM ' . Schema::outbox() . ' WHERE id = %d', $id ) );
			try {
				if ( $row ) {
					$this->give_up( Waiting_Event::from_row( $row ), 'it waited in the database for more than 30 days' );
				}
			} catch ( \Throwable $error ) {
				Log::write( 'outbox', "The event number $id of the outbox has waited for too long and can't be taken out: {$error->getMessage()}" );
				return; // The next one can't either, as far as one can tell.
			}
		}
		Refused_Events::prune();
	}

	/**
	 * Has events come after all others from now on.
	 *
	 * @param list<int> $ids
	 */
	private function put_behind( array $ids ): void {
		global $wpdb;
		if ( $ids ) {
			$wpdb->query( 'UPDATE ' . Schema::outbox() . ' SET refusals = refusals + 1 WHERE id IN ( ' . implode( ', ', array_map( 'intval', $ids ) ) . ' )' );
		}
	}

	/**
	 * Gives back what was claimed and not handed over.
	 */
	private function release( string $claim ): void {
		global $wpdb;
		$wpdb->update( Schema::outbox(), array( 'claim' => null ), array( 'claim' => $claim ) );
	}
}
