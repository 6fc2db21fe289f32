<?php
/**
 * The stored webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Reads and writes the table of webhooks. Writing is done inside Publisher::change(), so that what
 * is stored and what is published are never two things.
 */
final class Webhooks {

	/** For so long a deleted webhook can be restored, in days. */
	public const UNDO_DAYS = 30;

	private const COLUMNS = 'id, name, url, paused, settings, version, created, modified, modified_by, deleted, deleted_by';

	/**
	 * The webhooks, once read by wants().
	 *
	 * @var list<Webhook>|null
	 */
	private ?array $read = null;

	/**
	 * Ids of the webhooks that were saved and have to be right: see judged().
	 *
	 * @var list<string>
	 */
	private array $judged = array();

	/**
	 * All webhooks, in order of creation.
	 *
	 * @return list<Webhook>
	 */
	public function all(): array {
		return self::select( 'WHERE deleted IS NULL ORDER BY created, id' );
	}

	/**
	 * Those that were deleted and can be restored, the last one first.
	 *
	 * @return list<Webhook>
	 */
	public function deleted(): array {
		return self::select( 'WHERE deleted IS NOT NULL ORDER BY deleted DESC, id' );
	}

	/**
	 * What they are called, deleted ones too, and the ids of those.
	 *
	 * @return array{array<string, string>, list<string>} Names by id, and ids.
	 */
	public function names(): array {
		global $wpdb;
		$rows    = (array) $wpdb->get_results( 'SELECT id, name, deleted IS NOT NULL AS deleted FROM ' . Schema::webhooks() );
		$deleted = array_filter( $rows, static fn( object $row ) => '1' === $row->deleted );
		return array( array_column( $rows, 'name', 'id' ), array_column( $deleted, 'id' ) );
	}

	/**
	 * All of them as a list counts and sorts them, in any order: without their settings, which of a thousand take as
	 * long to read as all the rest of the list, and without who stored them when.
	 *
	 * @return list<Webhook>
	 */
	public function without_settings(): array {
		return self::select( 'WHERE deleted IS NULL', false, "id, name, url, paused, '{}' AS settings" );
	}

	/**
	 * The same with what a list is narrowed by: events and sites. They are cut out of the settings, of which a list
	 * needs nothing else: to decode all of them takes longer.
	 *
	 * @return list<Webhook>
	 */
	public function with_targets(): array {
		global $wpdb;
		$rows  = (array) $wpdb->get_results( 'SELECT id, name, url, paused, settings FROM ' . Schema::webhooks() . ' WHERE deleted IS NULL' );
		$found = array();
		$other = array();
		foreach ( $rows as $row ) {
			$row->settings = self::targets( $row->settings );
			$webhook       = Webhook::from_row( $row, false );
			// Where a bracket stands in a name, or the settings are not as this plugin writes them.
			if ( $webhook->settings ) {
				$found[] = $webhook;
			} else {
				$other[] = $webhook;
			}
		}
		return array( ...$found, ...$this->with_settings( $other ) );
	}

	/**
	 * Some of these with their settings, without their secrets, in the same order; what somebody deleted meanwhile is left
	 * out.
	 *
	 * @param list<Webhook> $webhooks
	 * @return list<Webhook>
	 */
	public function with_settings( array $webhooks ): array {
		global $wpdb;
		$ids = array_column( $webhooks, 'id' );
		if ( ! $ids ) {
			return array();
		}
		$found = self::select( $wpdb->prepare( 'WHERE deleted IS NULL AND id IN (' . implode( ', ', array_fill( 0, count( $ids ), '%s' ) ) . ')', $ids ), false );
		$by_id = array_column( $found, null, 'id' );
		return array_values( array_filter( array_map( static fn( string $id ) => $by_id[ $id ] ?? null, $ids ) ) );
	}

	/**
	 * How many there are.
	 */
	public function count(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::webhooks() . ' WHERE deleted IS NULL' );
	}

	/**
	 * How many can be restored.
	 */
	public function count_deleted(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::webhooks() . ' WHERE deleted IS NOT NULL' );
	}

	/**
	 * A webhook by its id; null for a deleted one too.
	 */
	public function find( string $id ): ?Webhook {
		$webhook = self::stored( $id );
		return null === $webhook?->deleted ? $webhook : null;
	}

	/**
	 * A deleted webhook that can be restored.
	 */
	public function find_deleted( string $id ): ?Webhook {
		$webhook = self::stored( $id );
		return null === $webhook?->deleted ? null : $webhook;
	}

	/**
	 * Stores a webhook, new or changed, and who did what.
	 *
	 * @param string $action What the history calls it; empty: created, paused, resumed or changed,
	 *                       and the webhook has to be right.
	 * @throws \RuntimeException Where somebody deleted it, or with the database's own words.
	 */
	public function save( Webhook $webhook, string $action = '' ): void {
		$old = self::stored( $webhook->id );
		if ( $old ? $old->deleted !== $webhook->deleted : $webhook->version > 0 ) {
			throw new \RuntimeException( __( 'This webhook no longer exists. Somebody deleted it.', 'network-webhooks' ) );
		}
		$row = $webhook->to_row() + self::stamp() + array( 'version' => ( $old->version ?? 0 ) + 1 );
		$this->write( $row, $old );
		$changes = History::difference( $old, $webhook );
		if ( '' === $action ) {
			$this->judged[] = $webhook->id;
			$action         = match ( true ) {
				! $old => History::CREATED,
				array( 'paused' ) === array_keys( $changes ) => $webhook->paused ? History::PAUSED : History::RESUMED,
				default => History::CHANGED,
			};
		}
		if ( $changes || History::CHANGED !== $action ) {
			History::record( $webhook->id, $action, $changes );
		}
	}

	/**
	 * Stores a webhook as it is, but paused or not. Also one that was set aside: who pauses it, or
	 * resumes it before it is mended, changes nothing of what is wrong with it.
	 */
	public function pause( string $id, bool $paused ): void {
		// As it is now: under the lock of the change nobody else saves.
		$webhook = $this->find( $id );
		if ( $webhook && $webhook->paused !== $paused ) {
			$this->save( $webhook->with_paused( $paused ), $paused ? History::PAUSED : History::RESUMED );
		}
	}

	/**
	 * The webhooks that were saved since this was last asked, whose values the one who saved them
	 * answers for. Others that are wrong keep nobody from saving.
	 *
	 * @return list<Webhook>
	 */
	public function judged(): array {
		list( $ids, $this->judged ) = array( array_unique( $this->judged ), array() );
		return array_values( array_filter( array_map( array( $this, 'find' ), $ids ) ) );
	}

	/**
	 * Deletes a webhook, so that restore() can undo it.
	 */
	public function delete( string $id ): void {
		$old = $this->find( $id );
		if ( $old ) {
			$stamp = self::stamp();
			$marks = array(
				'deleted'    => $stamp['modified'],
				'deleted_by' => $stamp['modified_by'],
			);
			$this->write( array( 'version' => $old->version + 1 ) + $marks + $stamp, $old );
			History::record( $id, History::DELETED, array() );
		}
	}

	/**
	 * Undoes the deleting of a webhook.
	 */
	public function restore( string $id ): void {
		$old = $this->find_deleted( $id );
		if ( $old ) {
			$marks = array(
				'deleted'    => null,
				'deleted_by' => 0,
			);
			$this->write( array( 'version' => $old->version + 1 ) + $marks + self::stamp(), $old );
			History::record( $id, History::RESTORED, array() );
		}
	}

	/**
	 * Removes a webhook and its history for good.
	 */
	public function forget( string $id ): void {
		global $wpdb;
		Transaction::keep( Schema::webhooks(), array( 'id' => $id ) );
		$wpdb->delete( Schema::webhooks(), array( 'id' => $id ) );
		History::forget( $id );
		$this->read = null;
	}

	/**
	 * Removes for good what can't be restored any more.
	 */
	public function forget_deleted(): void {
		global $wpdb;
		$before = gmdate( 'Y-m-d H:i:s', time() - self::UNDO_DAYS * DAY_IN_SECONDS );
		$ids    = $wpdb->get_col( $wpdb->prepare( 'SELECT id FROM ' . Schema::webhooks() . ' WHERE deleted < %s', $before ) );
		array_map( array( $this, 'forget' ), $ids );
	}

	/**
	 * Whether any webhook gets an event: for a process that can't ask the extension. One query per
	 * process.
	 *
	 * @param int|null $site_id The site it is about; null: the whole network.
	 * @param bool     $import  Whether it is part of an import.
	 */
	public function wants( string $event, ?int $site_id, bool $import = false ): bool {
		if ( null === $this->read ) {
			global $wpdb;
			// Before the first visit to Network Admin there is no table, and no webhook either.
			$quiet      = $wpdb->suppress_errors();
			$this->read = $this->all();
			$wpdb->suppress_errors( $quiet );
		}
		foreach ( $this->read as $webhook ) {
			if ( $webhook->wants( $event, $site_id, $import ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Writes a row.
	 *
	 * @param array<string, scalar|null> $row
	 * @param Webhook|null               $old What the row holds; null: there is none yet.
	 * @throws \RuntimeException With the database's own words.
	 */
	private function write( array $row, ?Webhook $old ): void {
		global $wpdb;
		Transaction::keep( Schema::webhooks(), array( 'id' => $old->id ?? $row['id'] ) );
		if ( isset( $row['settings'] ) ) {
			$row['settings'] = (string) wp_json_encode( Kept_Secrets::seal( (array) json_decode( (string) $row['settings'], true ) ) );
		}
		// Not without formats: wpdb takes any column `deleted` for the number that wp_blogs has there.
		$done = $old
			? $wpdb->update( Schema::webhooks(), $row, array( 'id' => $old->id ), '%s' )
			: $wpdb->insert( Schema::webhooks(), $row + array( 'created' => $row['modified'] ), '%s' );
		if ( false === $done ) {
			/* translators: %s: message of the database */
			throw new \RuntimeException( sprintf( __( 'The database did not take the webhook: %s', 'network-webhooks' ), $wpdb->last_error ) );
		}
		$this->read = null;
	}

	/**
	 * Who writes, and when.
	 *
	 * @return array{modified: string, modified_by: int}
	 */
	private static function stamp(): array {
		return array(
			'modified'    => current_time( 'mysql', true ),
			'modified_by' => get_current_user_id(),
		);
	}

	/**
	 * A webhook by its id, deleted or not.
	 */
	private static function stored( string $id ): ?Webhook {
		global $wpdb;
		return self::select( $wpdb->prepare( 'WHERE id = %s', $id ) )[0] ?? null;
	}

	/**
	 * Events and sites of a webhook, of its settings as JSON; where they can't be cut out, it is none.
	 */
	private static function targets( string $settings ): string {
		return '{"events":' . self::cut( $settings, '"events":[', ']', '?' ) . ',"sites":' . self::cut( $settings, '"sites":{', '}', '"all"' ) . '}';
	}

	/**
	 * A list or an object of the settings, up to its first bracket that closes. Inside of a string of JSON there is no
	 * quotation mark without a backslash, so what looks like the key is the key.
	 *
	 * @param string $key       With the bracket that opens.
	 * @param string $otherwise What there is where the settings have none.
	 */
	private static function cut( string $settings, string $key, string $close, string $otherwise ): string {
		$from = strpos( $settings, $key );
		if ( false === $from ) {
			return $otherwise;
		}
		$from += strlen( $key ) - 1;
		$to    = strpos( $settings, $close, $from );
		return false === $to ? '?' : substr( $settings, $from, $to + 1 - $from );
	}

	/**
	 * Webhooks of the table.
	 *
	 * @param string $clauses Prepared.
	 * @return list<Webhook>
	 */
	private static function select( string $clauses, bool $with_secrets = true, string $columns = self::COLUMNS ): array {
		global $wpdb;
		$rows = $wpdb->get_results( "SELECT $columns FROM " . Schema::webhooks() . ' ' . $clauses );
		return array_map( static fn( object $row ) => Webhook::from_row( $row, $with_secrets ), $rows ?? array() );
	}
}
