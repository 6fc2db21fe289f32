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

	private const COLUMNS = 'id, name, url, paused, settings';

	/**
	 * The webhooks, once read by wants().
	 *
	 * @var list<Webhook>|null
	 */
	private ?array $read = null;

	/**
	 * All webhooks, in order of creation.
	 *
	 * @return list<Webhook>
	 */
	public function all(): array {
		global $wpdb;
		return self::from_rows( $wpdb->get_results( 'SELECT ' . self::COLUMNS . ' FROM ' . Schema::webhooks() . ' ORDER BY created, id' ) );
	}

	/**
	 * One page of the list.
	 *
	 * @return list<Webhook>
	 */
	public function page( int $number, int $size ): array {
		global $wpdb;
		return self::from_rows(
			$wpdb->get_results(
				$wpdb->prepare(
					'SELECT ' . self::COLUMNS . ' FROM ' . Schema::webhooks() . ' ORDER BY name, id LIMIT %d OFFSET %d',
					$size,
					max( 0, $number - 1 ) * $size
				)
			)
		);
	}

	/**
	 * How many there are.
	 */
	public function count(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::webhooks() );
	}

	/**
	 * A webhook by its id.
	 */
	public function find( string $id ): ?Webhook {
		global $wpdb;
		$row = $wpdb->get_row( $wpdb->prepare( 'SELECT ' . self::COLUMNS . ' FROM ' . Schema::webhooks() . ' WHERE id = %s', $id ) );
		return $row ? Webhook::from_row( $row ) : null;
	}

	/**
	 * Stores a webhook, new or changed.
	 *
	 * @throws \RuntimeException With the database's own words.
	 */
	public function save( Webhook $webhook ): void {
		global $wpdb;
		$row = $webhook->to_row() + array(
			'modified'    => current_time( 'mysql', true ),
			'modified_by' => get_current_user_id(),
		);
		if ( $this->find( $webhook->id ) ) {
			$done = $wpdb->update( Schema::webhooks(), $row, array( 'id' => $webhook->id ) );
		} else {
			$done = $wpdb->insert( Schema::webhooks(), $row + array( 'created' => $row['modified'] ) );
		}
		if ( false === $done ) {
			/* translators: %s: message of the database */
			throw new \RuntimeException( sprintf( __( 'The database did not take the webhook: %s', 'network-webhooks' ), $wpdb->last_error ) );
		}
		$this->read = null;
	}

	/**
	 * Deletes a webhook.
	 */
	public function delete( string $id ): void {
		global $wpdb;
		$wpdb->delete( Schema::webhooks(), array( 'id' => $id ) );
		$this->read = null;
	}

	/**
	 * Whether any webhook gets an event: for a process that can't ask the extension. One query per
	 * process.
	 *
	 * @param int|null $site_id The site it is about; null: the whole network.
	 */
	public function wants( string $event, ?int $site_id ): bool {
		if ( null === $this->read ) {
			global $wpdb;
			// Before the first visit to Network Admin there is no table, and no webhook either.
			$quiet      = $wpdb->suppress_errors();
			$this->read = $this->all();
			$wpdb->suppress_errors( $quiet );
		}
		foreach ( $this->read as $webhook ) {
			if ( $webhook->wants( $event, $site_id ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Webhooks of rows.
	 *
	 * @param list<object>|null $rows
	 * @return list<Webhook>
	 */
	private static function from_rows( ?array $rows ): array {
		return array_map( array( Webhook::class, 'from_row' ), $rows ?? array() );
	}
}
