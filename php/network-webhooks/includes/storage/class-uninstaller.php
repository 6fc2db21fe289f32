<?php
/**
 * Uninstalling.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Removes what the plugin made, if people asked for that.
 */
final class Uninstaller {

	public function __construct( private readonly Publisher $publisher ) {}

	/**
	 * Removes tables, options, the schedule, and the published webhooks with their secrets, and
	 * gives the spool up for whoever comes next. Its log stays: it is the server's, not
	 * WordPress's.
	 */
	public function run(): void {
		if ( ! Settings::read( Settings::REMOVE_DATA )[ Settings::REMOVE_DATA ] ) {
			return;
		}
		global $wpdb;
		try {
			$this->publisher->release();
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The published webhooks could not be removed: {$error->getMessage()}" );
		}
		foreach ( array( ...Schema::all(), ...Network_Database::tables() ) as $table ) {
			$wpdb->query( "DROP TABLE IF EXISTS `$table`" );
		}
		Seen_Events::forget_marks();
		foreach ( Settings::ALL as $name ) {
			delete_network_option( get_main_network_id(), $name );
			// Of one that is not there WordPress leaves in the object cache what was once read.
			Settings::uncache( $name );
		}
		Maintenance::unschedule();
	}
}
