<?php
/**
 * The plugin's tables.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Names the tables and brings them to the version of the code.
 */
final class Schema {

	public const VERSION = 8;

	/** Seconds that a process waits for another one's migration. */
	private const PATIENCE = 30;

	/**
	 * Table of the webhooks.
	 */
	public static function webhooks(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks';
	}

	/**
	 * Table of the events that the journal could not take.
	 */
	public static function outbox(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_outbox';
	}

	/**
	 * Table of who changed which webhook.
	 */
	public static function history(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_history';
	}

	/**
	 * Table of the events beside the built-in ones.
	 */
	public static function events(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_events';
	}

	/**
	 * Table of which event happened on which site.
	 */
	public static function sightings(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_sightings';
	}

	/**
	 * Table of the requests that came to the test inbox.
	 */
	public static function inbox(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_inbox';
	}

	/**
	 * Table of the events that were recorded while somebody listened.
	 */
	public static function heard(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_heard';
	}

	/**
	 * Table of the events that the journal will never take.
	 */
	public static function refused(): string {
		global $wpdb;
		return $wpdb->base_prefix . 'network_webhooks_refused';
	}

	/**
	 * All of them.
	 *
	 * @return list<string>
	 */
	public static function all(): array {
		return array( self::webhooks(), self::history(), self::outbox(), self::refused(), self::events(), self::sightings(), self::inbox(), self::heard() );
	}

	/**
	 * Brings the tables up to date. Costs one query of a process where they are.
	 *
	 * @throws \RuntimeException Where the database refuses, or another process takes too long.
	 */
	public static function migrate(): void {
		// As this process first read it: it only grows.
		if ( (int) Settings::get( Settings::SCHEMA ) >= self::VERSION ) {
			return;
		}
		$done = Lock::try(
			'schema',
			self::PATIENCE,
			static function (): void {
				for ( $version = self::version() + 1; $version <= self::VERSION; $version++ ) {
					match ( $version ) {
						1 => self::create(),
						2 => self::add_history(),
						3 => self::add_events(),
						4 => self::add_inbox(),
						5 => self::add_captured(),
						6 => self::add_refused(),
						7 => self::make_transactional(),
						8 => Kept_Secrets::seal_all(),
					};
					Settings::set( Settings::SCHEMA, $version );
				}
			}
		);
		Settings::uncache( Settings::SCHEMA );
		if ( ! $done ) {
			throw new \RuntimeException( __( 'Another process is still updating the tables of Network Webhooks. Try again in a minute.', 'network-webhooks' ) );
		}
	}

	/**
	 * Version that the database has.
	 */
	private static function version(): int {
		return (int) Settings::read( Settings::SCHEMA )[ Settings::SCHEMA ];
	}

	/**
	 * Version 1. What a webhook has besides name, URL and pausing stands in `settings` as JSON, in
	 * the words of webhooks_configure(), so that a further setting needs no further column.
	 */
	private static function create(): void {
		global $wpdb;
		$charset = $wpdb->get_charset_collate();
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::webhooks() . " (
				id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				name varchar(200) NOT NULL,
				url text NOT NULL,
				paused tinyint(1) NOT NULL DEFAULT 0,
				settings longtext NOT NULL,
				created datetime NOT NULL,
				modified datetime NOT NULL,
				modified_by bigint(20) unsigned NOT NULL DEFAULT 0,
				PRIMARY KEY  (id),
				KEY name (name(100))
			) ENGINE=InnoDB $charset"
		);
		// Payloads are bytes: no collation may judge or convert them.
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::outbox() . " (
				id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				event varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				data longblob NOT NULL,
				options longblob NOT NULL,
				reason varchar(1000) NOT NULL,
				created datetime NOT NULL,
				refusals int(10) unsigned NOT NULL DEFAULT 0,
				claim char(32) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
				claimed datetime DEFAULT NULL,
				PRIMARY KEY  (id),
				KEY claim (claim)
			) ENGINE=InnoDB $charset"
		);
		$known = Settings::read( Settings::REVISION, Settings::INSTALLATION );
		if ( null === $known[ Settings::REVISION ] ) {
			Settings::set( Settings::REVISION, (string) Publisher::now() );
		}
		if ( null === $known[ Settings::INSTALLATION ] ) {
			Installation::found();
		}
	}

	/**
	 * Version 2: who changed what, which version a form was opened with, and deleting that can be
	 * undone. A migration that was cut off is run again, and MySQL has no ADD COLUMN IF NOT EXISTS.
	 */
	private static function add_history(): void {
		global $wpdb;
		$present = $wpdb->get_col( 'SHOW COLUMNS FROM ' . self::webhooks() );
		if ( ! in_array( 'version', $present, true ) ) {
			self::run(
				'ALTER TABLE ' . self::webhooks() . '
					ADD COLUMN version int(10) unsigned NOT NULL DEFAULT 1,
					ADD COLUMN deleted datetime DEFAULT NULL,
					ADD COLUMN deleted_by bigint(20) unsigned NOT NULL DEFAULT 0,
					ADD KEY deleted (deleted)'
			);
		}
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::history() . " (
				id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				webhook_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				user_id bigint(20) unsigned NOT NULL DEFAULT 0,
				at datetime NOT NULL,
				action varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				changes longtext NOT NULL,
				PRIMARY KEY  (id),
				KEY webhook (webhook_id, id)
			) ENGINE=InnoDB {$wpdb->get_charset_collate()}"
		);
	}

	/**
	 * Version 3: what other plugins registered, and where events happened.
	 */
	private static function add_events(): void {
		global $wpdb;
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::events() . " (
				event varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				definition longtext NOT NULL,
				PRIMARY KEY  (event)
			) ENGINE=InnoDB {$wpdb->get_charset_collate()}"
		);
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::sightings() . ' (
				event varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				site_id bigint(20) unsigned NOT NULL,
				PRIMARY KEY  (event, site_id),
				KEY site_id (site_id)
			) ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_bin'
		);
	}

	/**
	 * Version 4: what came to the test inbox. Times are Unix milliseconds, so that a request has its
	 * place among others of its second; `query` and `headers` are text, the body any bytes.
	 */
	private static function add_inbox(): void {
		global $wpdb;
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::inbox() . " (
				id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				received bigint(20) unsigned NOT NULL,
				method varchar(20) NOT NULL,
				query text NOT NULL,
				headers longtext NOT NULL,
				body mediumblob DEFAULT NULL,
				parsed tinyint(1) NOT NULL DEFAULT 0,
				size bigint(20) unsigned NOT NULL,
				address varchar(45) NOT NULL,
				event_id varchar(100) NOT NULL,
				verdict varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				webhook varchar(200) NOT NULL,
				seconds bigint(20) NOT NULL DEFAULT 0,
				status smallint(5) unsigned NOT NULL,
				delay smallint(5) unsigned NOT NULL DEFAULT 0,
				PRIMARY KEY  (id),
				KEY received (received)
			) ENGINE=InnoDB {$wpdb->get_charset_collate()}"
		);
	}

	/**
	 * Version 5: what was recorded while somebody listened. A payload is bytes, as in the outbox.
	 */
	private static function add_captured(): void {
		global $wpdb;
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::heard() . " (
				id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				at bigint(20) unsigned NOT NULL,
				event varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				site_id bigint(20) unsigned NOT NULL,
				event_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
				data longblob DEFAULT NULL,
				is_whole tinyint(1) NOT NULL DEFAULT 1,
				details longblob NOT NULL,
				PRIMARY KEY  (id)
			) ENGINE=InnoDB {$wpdb->get_charset_collate()}"
		);
	}

	/**
	 * Version 6: the events that the journal will never take; and of those that wait, how large they
	 * are, and how often PHP ended while one was handed over.
	 */
	private static function add_refused(): void {
		global $wpdb;
		if ( ! in_array( 'size', $wpdb->get_col( 'SHOW COLUMNS FROM ' . self::outbox() ), true ) ) {
			self::run(
				'ALTER TABLE ' . self::outbox() . '
					ADD COLUMN size int(10) unsigned NOT NULL DEFAULT 0,
					ADD COLUMN deaths int(10) unsigned NOT NULL DEFAULT 0,
					ADD KEY size (size),
					ADD KEY created (created)'
			);
		}
		self::run( 'UPDATE ' . self::outbox() . ' SET size = LENGTH( data ) + LENGTH( options ) WHERE size = 0' );
		self::run(
			'CREATE TABLE IF NOT EXISTS ' . self::refused() . " (
				id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				event varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				data longblob DEFAULT NULL,
				options longblob DEFAULT NULL,
				size int(10) unsigned NOT NULL DEFAULT 0,
				reason varchar(1000) NOT NULL,
				created datetime NOT NULL,
				refused datetime NOT NULL,
				PRIMARY KEY  (id),
				KEY size (size),
				KEY refused (refused)
			) ENGINE=InnoDB {$wpdb->get_charset_collate()}"
		);
	}

	/**
	 * Version 7, and before each change: turns tables that can't roll back (MyISAM, Aria) into ones
	 * that can, since a server's default may have made them, or somebody later.
	 *
	 * @return list<string> What stays without transactions: a table that the database did not
	 *                      convert, or that of WordPress's network options, which is not ours.
	 */
	public static function make_transactional(): array {
		global $wpdb;
		$loose = self::without_transactions();
		$ours  = array_intersect( $loose, self::all() );
		if ( ! $ours ) {
			return $loose;
		}
		$quiet = $wpdb->suppress_errors();
		foreach ( $ours as $table ) {
			if ( false === $wpdb->query( "ALTER TABLE `$table` ENGINE=InnoDB" ) ) {
				Log::write( 'schema', "The table $table could not be converted to InnoDB: $wpdb->last_error" );
			}
		}
		$wpdb->suppress_errors( $quiet );
		return self::without_transactions();
	}

	/**
	 * The plugin's tables, and that of the network's options, whose engine has no transactions.
	 *
	 * @return list<string>
	 */
	public static function without_transactions(): array {
		global $wpdb;
		$tables = array( ...self::all(), $wpdb->sitemeta );
		$marks  = implode( ', ', array_fill( 0, count( $tables ), '%s' ) );
		$quiet  = $wpdb->suppress_errors();
		$found  = $wpdb->get_col(
			$wpdb->prepare(
				"SELECT t.TABLE_NAME FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
				WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN ( $marks ) AND COALESCE( e.TRANSACTIONS, 'NO' ) <> 'YES'",
				...$tables
			)
		);
		$wpdb->suppress_errors( $quiet );
		// Where the server folds the case of names, ours are those that were asked for.
		return array_values( array_filter( $tables, static fn( string $table ) => in_array( strtolower( $table ), array_map( 'strtolower', $found ), true ) ) );
	}

	/**
	 * Runs a statement.
	 *
	 * @throws \RuntimeException With the database's own words.
	 */
	private static function run( string $statement ): void {
		global $wpdb;
		if ( false === $wpdb->query( $statement ) ) {
			/* translators: %s: message of the database */
			throw new \RuntimeException( sprintf( __( 'The database did not make the tables of Network Webhooks: %s', 'network-webhooks' ), $wpdb->last_error ) );
		}
	}
}
