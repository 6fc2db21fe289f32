<?php
/**
 * A change of the database that is made whole or not at all.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Runs work in a transaction. What a table can't roll back is put back row by row: Schema turns the
 * plugin's own tables into ones that can, but a database may refuse that, and the options stand in a
 * table of WordPress's.
 */
final class Transaction {

	/** Seconds that a change waits for another one where the database has no locks of rows. */
	private const PATIENCE = 10;

	/**
	 * The one that runs.
	 */
	private static ?self $current = null;

	/**
	 * How to put back what was written, the first write first.
	 *
	 * @var list<\Closure(): void>
	 */
	private array $undo = array();

	/**
	 * Options that were written: the object cache knows of no rollback.
	 *
	 * @var array<string, true>
	 */
	private array $options = array();

	/**
	 * Takes what can't be rolled back.
	 *
	 * @param list<string> $loose Tables without transactions.
	 */
	private function __construct( private readonly array $loose ) {}

	/**
	 * Does work: all of it, or where it throws, nothing.
	 *
	 * @param callable(): void $work Announces its writes with keep().
	 * @throws \Throwable What it threw, or what the database refused.
	 */
	public static function run( callable $work ): void {
		if ( self::$current ) {
			$work();
			return;
		}
		$loose = Schema::make_transactional();
		if ( ! $loose ) {
			( new self( $loose ) )->attempt( $work );
		} elseif ( ! Lock::try( 'change', self::PATIENCE, static fn() => ( new self( $loose ) )->attempt( $work ) ) ) {
			throw new \RuntimeException( __( 'Another process is still changing the webhooks. Try again in a minute.', 'network-webhooks' ) );
		}
	}

	/**
	 * Keeps rows as they are before they are written, should they have to be put back.
	 *
	 * @param array<string, int|string> $where Column → value of those that are written.
	 * @param bool                      $new   Whether they have just been added.
	 */
	public static function keep( string $table, array $where, bool $new = false ): void {
		global $wpdb;
		$current = self::$current;
		if ( ! $current || ! in_array( $table, $current->loose, true ) ) {
			return;
		}
		$parts = array();
		foreach ( $where as $column => $value ) {
			$parts[] = $wpdb->prepare( "`$column` = %s", $value );
		}
		$rows = $new ? array() : (array) $wpdb->get_results( "SELECT * FROM `$table` WHERE " . implode( ' AND ', $parts ), ARRAY_A );

		$current->undo[] = static function () use ( $wpdb, $table, $where, $rows ): void {
			$wpdb->delete( $table, $where, '%s' );
			foreach ( $rows as $row ) {
				$wpdb->insert( $table, $row, '%s' );
			}
		};
	}

	/**
	 * As keep(), for one of the plugin's options.
	 */
	public static function keep_option( string $name ): void {
		global $wpdb;
		if ( self::$current && ! isset( self::$current->options[ $name ] ) ) {
			self::$current->options[ $name ] = true;
			self::keep(
				$wpdb->sitemeta,
				array(
					'site_id'  => get_main_network_id(),
					'meta_key' => $name, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key -- a row of site meta.
				)
			);
		}
	}

	/**
	 * Does the work.
	 *
	 * @param callable(): void $work
	 */
	private function attempt( callable $work ): void {
		global $wpdb;
		self::$current = $this;
		$wpdb->query( 'START TRANSACTION' );
		try {
			$work();
			if ( false === $wpdb->query( 'COMMIT' ) ) {
				/* translators: %s: message of the database */
				throw new \RuntimeException( sprintf( __( 'The database did not take the change: %s', 'network-webhooks' ), $wpdb->last_error ) );
			}
		} catch ( \Throwable $error ) {
			$wpdb->query( 'ROLLBACK' );
			foreach ( array_reverse( $this->undo ) as $put_back ) {
				$put_back();
			}
			array_map( array( Settings::class, 'uncache' ), array_keys( $this->options ) );
			throw $error;
		} finally {
			self::$current = null;
		}
	}
}
