<?php
/**
 * One process at a time.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Locks of the database, which a process that dies gives back by itself.
 */
final class Lock {

	/**
	 * Does something that one process of all servers may do at a time.
	 *
	 * @param int              $seconds How long to wait for another one.
	 * @param callable(): void $work
	 * @return bool Whether it was done; false: another process is still at it.
	 */
	public static function try( string $what, int $seconds, callable $work ): bool {
		global $wpdb;
		// Names of locks are shared by all databases of a server.
		$name = 'network_webhooks_' . md5( "$wpdb->dbname/$wpdb->base_prefix/$what" );
		if ( ! $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK( %s, %d )', $name, $seconds ) ) ) {
			return false;
		}
		try {
			$work();
		} finally {
			$wpdb->query( $wpdb->prepare( 'SELECT RELEASE_LOCK( %s )', $name ) );
		}
		return true;
	}
}
