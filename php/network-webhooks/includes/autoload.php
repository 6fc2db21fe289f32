<?php
/**
 * Finds a class's file. A namespace is a folder, and its classes lie there or in one of its rooms, the
 * folders by subject: Network_Webhooks\Webhook is webhooks/class-webhook.php, and
 * Network_Webhooks\Admin\List_Table is admin/webhooks/class-list-table.php. A file's name is there once,
 * so that a class can move to another room. What serves tests lies beside this folder:
 * Network_Webhooks\Testing\RecordsWebhooks is ../testing/trait-records-webhooks.php.
 *
 * @package Network_Webhooks
 */

defined( 'ABSPATH' ) || exit;

spl_autoload_register(
	static function ( string $name ): void {
		if ( ! str_starts_with( $name, 'Network_Webhooks\\' ) ) {
			return;
		}
		static $files = array();
		$parts        = explode( '\\', strtolower( preg_replace( '/_|(?<=[a-z])(?=[A-Z])/', '-', $name ) ) );
		$noun         = array_pop( $parts );
		$parts        = array_slice( $parts, 1 );
		$folder       = implode( '/', array( 'testing' === ( $parts[0] ?? '' ) ? dirname( __DIR__ ) : __DIR__, ...$parts ) );
		// Each folder is read once: to ask for a file in one room after another takes longer.
		if ( ! isset( $files[ $folder ] ) ) {
			$files[ $folder ] = array();
			foreach ( is_dir( $folder ) ? array_diff( scandir( $folder ), array( '..' ) ) : array() as $room ) {
				foreach ( is_dir( "$folder/$room" ) ? preg_grep( '/^(?:class|interface|trait)-.+\.php$/D', scandir( "$folder/$room" ) ) : array() as $file ) {
					$files[ $folder ][ substr( $file, strpos( $file, '-' ) + 1, -4 ) ] ??= "$folder/$room/$file";
				}
			}
		}
		if ( isset( $files[ $folder ][ $noun ] ) ) {
			require_once $files[ $folder ][ $noun ];
		}
	}
);

// What every request needs: to be looked for by the function above costs more than to be loaded.
foreach ( array( 'inbox/class-inbox', 'inbox/class-receiver', 'class-plugin', 'events/class-seen-events', 'sources/class-sources', 'custom-events/class-custom-events', 'privacy/class-capabilities', 'publishing/class-maintenance', 'privacy/class-privacy', 'server/class-network-database' ) as $network_webhooks_file ) {
	require_once __DIR__ . "/$network_webhooks_file.php";
}
unset( $network_webhooks_file );
