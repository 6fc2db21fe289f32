<?php
/**
 * Which database this is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What a database server says of itself, and how wp-config.php calls it. One database has many
 * names (`localhost`, a socket, an address), and many databases have one name (`localhost`).
 */
final class Database {

	/** Kind of the mark that names the machine and the folder of the data. */
	private const MACHINE = 'machine';

	/**
	 * What it says of itself, once asked for.
	 *
	 * @var list<string>|null
	 */
	private static ?array $identities = null;

	/**
	 * See host(), once read.
	 */
	private static ?string $host = null;

	/**
	 * Marks by which the server, or the cluster of which it is a node, can be known again: one that
	 * is the same suffices. Empty where it says nothing. Two queries once a process.
	 *
	 * @return list<string>
	 */
	public static function identities(): array {
		if ( null !== self::$identities ) {
			return self::$identities;
		}
		global $wpdb;
		// HyperDB and LudicrousDB: a replica has marks of its own.
		if ( method_exists( $wpdb, 'send_reads_to_masters' ) ) {
			$wpdb->send_reads_to_masters();
		}
		$quiet     = $wpdb->suppress_errors();
		$variables = $wpdb->get_results( "SHOW GLOBAL VARIABLES WHERE Variable_name IN ( 'hostname', 'datadir', 'server_uuid', 'group_replication_group_name' )", ARRAY_N );
		$states    = $wpdb->get_results( "SHOW GLOBAL STATUS WHERE Variable_name = 'wsrep_cluster_state_uuid'", ARRAY_N );
		$wpdb->suppress_errors( $quiet );
		$said  = array_column( array( ...(array) $variables, ...(array) $states ), 1, 0 );
		$marks = array(
			// Galera, and MySQL's group replication: every node says the same.
			'galera'      => (string) ( $said['wsrep_cluster_state_uuid'] ?? '' ),
			'group'       => (string) ( $said['group_replication_group_name'] ?? '' ),
			// MySQL: kept beside the data.
			'server'      => (string) ( $said['server_uuid'] ?? '' ),
			// MariaDB has nothing like it.
			self::MACHINE => isset( $said['hostname'], $said['datadir'] ) ? "{$said['hostname']}:{$said['datadir']}" : '',
		);

		self::$identities = array();
		foreach ( array_filter( $marks, static fn( string $mark ) => '' !== trim( $mark, '0-' ) ) as $kind => $mark ) {
			self::$identities[] = "$kind:" . substr( hash( 'sha256', $mark ), 0, 32 );
		}
		return self::$identities;
	}

	/**
	 * Whether two lists of marks are those of two databases for certain. The name of a machine may
	 * change, as that of a container does; what is kept beside the data does not.
	 *
	 * @param list<string> $one
	 * @param list<string> $other
	 */
	public static function are_two( array $one, array $other ): bool {
		$lasting = static fn( string $mark ) => ! str_starts_with( $mark, self::MACHINE . ':' );
		return ! array_intersect( $one, $other ) && array_filter( $one, $lasting ) && array_filter( $other, $lasting );
	}

	/**
	 * Whether the name by which it is reached is one that every machine has for its own.
	 */
	public static function is_local(): bool {
		return 1 === preg_match( '~^(p:)?(localhost\b|127\.|\[?::1\b|[:/]|$)~', self::host() );
	}

	/**
	 * How wp-config.php calls it, in small letters.
	 */
	public static function host(): string {
		return self::$host ??= strtolower( self::configured() );
	}

	/**
	 * How wp-config.php calls it.
	 */
	public static function configured(): string {
		global $wpdb;
		return defined( 'DB_HOST' ) ? (string) DB_HOST : (string) $wpdb->dbhost;
	}
}
