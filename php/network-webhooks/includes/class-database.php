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

	/**
	 * What it says of itself, once asked for.
	 *
	 * @var list<string>|null
	 */
	private static ?array $identities = null;

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
			'galera' => (string) ( $said['wsrep_cluster_state_uuid'] ?? '' ),
			'group'  => (string) ( $said['group_replication_group_name'] ?? '' ),
			// MySQL. MariaDB has nothing of that kind that a change of its network card would leave alone.
			'server' => (string) ( $said['server_uuid'] ?? '' ),
		);
		if ( '' === $marks['server'] && isset( $said['hostname'], $said['datadir'] ) ) {
			$marks['server'] = "{$said['hostname']}:{$said['datadir']}";
		}
		$marks            = array_filter( $marks, static fn( string $mark ) => '' !== trim( $mark, '0-' ) );
		self::$identities = array();
		foreach ( $marks as $kind => $mark ) {
			self::$identities[] = substr( hash( 'sha256', "$kind:$mark" ), 0, 32 );
		}
		return self::$identities;
	}

	/**
	 * How wp-config.php calls it, where that says which one it is: a name that leads to the same
	 * database from every server, and after a failover too. Empty for this machine's own.
	 */
	public static function host(): string {
		$host = strtolower( self::configured() );
		return 1 === preg_match( '~^(p:)?(localhost\b|127\.|\[?::1\b|[:/]|$)~', $host ) ? '' : $host;
	}

	/**
	 * How wp-config.php calls it.
	 */
	public static function configured(): string {
		global $wpdb;
		return defined( 'DB_HOST' ) ? (string) DB_HOST : (string) $wpdb->dbhost;
	}
}
