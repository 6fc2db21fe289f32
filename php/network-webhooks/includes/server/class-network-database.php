<?php
/**
 * The network's own database, for a log that lies in it.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Hands what wp-config.php says of the database over to the extension, where `webhooks.store` is
 * `mysql:`: to each request before its first read of the log, and with what is published to the worker.
 */
final class Network_Database {

	/** The setting of php.ini, where the log lies in the network's own database. */
	private const ADDRESS = 'mysql:';

	/** Constants that name a file of certificate authorities; the first that is defined counts. */
	private const AUTHORITIES = array( 'DB_SSL_CA', 'MYSQL_SSL_CA' );

	/**
	 * Whether the log lies in the network's own database.
	 */
	public static function has_log(): bool {
		return self::ADDRESS === trim( (string) ini_get( 'webhooks.store' ) );
	}

	/**
	 * Tells the extension of it, for this request. It opens no connection.
	 */
	public static function hand_over(): void {
		if ( ! self::has_log() || ! Environment::has_extension() ) {
			return;
		}
		try {
			webhooks_database( self::credentials() );
		} catch ( \Webhooks\Exception $error ) {
			Log::write( 'database', "The log of deliveries can't be read from the network's database: {$error->getMessage()}" );
		}
	}

	/**
	 * What is published of it; null where the log lies elsewhere.
	 *
	 * @return array<string, mixed>|null
	 */
	public static function document(): ?array {
		return self::has_log() ? self::credentials() : null;
	}

	/**
	 * The log's tables, which the worker made; none where the log lies elsewhere. The first is the one without which
	 * there is no log for whoever looks while they are removed.
	 *
	 * @return list<string>
	 */
	public static function tables(): array {
		global $wpdb;
		if ( ! self::has_log() ) {
			return array();
		}
		$tables = $wpdb->get_col( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( "{$wpdb->base_prefix}webhooks_store_" ) . '%' ) );
		usort( $tables, static fn( string $a, string $b ) => str_ends_with( $b, '_schema' ) <=> str_ends_with( $a, '_schema' ) );
		return $tables;
	}

	/**
	 * What wp-config.php says.
	 *
	 * @return array{host: string, user: string, password: string, name: string, prefix: string, flags: int, ca: string|null, default_socket: string}
	 */
	private static function credentials(): array {
		global $wpdb;
		$authorities = null;
		foreach ( self::AUTHORITIES as $name ) {
			$authorities ??= defined( $name ) && '' !== (string) constant( $name ) ? (string) constant( $name ) : null;
		}
		return array(
			'host'           => (string) DB_HOST,
			'user'           => (string) DB_USER,
			'password'       => (string) DB_PASSWORD,
			'name'           => (string) DB_NAME,
			'prefix'         => (string) $wpdb->base_prefix,
			'flags'          => defined( 'MYSQL_CLIENT_FLAGS' ) ? (int) MYSQL_CLIENT_FLAGS : 0,
			'ca'             => $authorities,
			'default_socket' => (string) ini_get( 'mysqli.default_socket' ),
		);
	}
}
