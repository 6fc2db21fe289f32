<?php
/**
 * Finds a class's file: Network_Webhooks\Admin\List_Page is admin/class-list-page.php. What serves
 * tests lies beside this folder: Network_Webhooks\Testing\RecordsWebhooks is
 * ../testing/trait-records-webhooks.php.
 *
 * @package Network_Webhooks
 */

defined( 'ABSPATH' ) || exit;

spl_autoload_register(
	static function ( string $name ): void {
		if ( ! str_starts_with( $name, 'Network_Webhooks\\' ) ) {
			return;
		}
		$parts  = explode( '\\', strtolower( preg_replace( '/_|(?<=[a-z])(?=[A-Z])/', '-', $name ) ) );
		$noun   = array_pop( $parts );
		$parts  = array_slice( $parts, 1 );
		$folder = 'testing' === ( $parts[0] ?? '' ) ? dirname( __DIR__ ) : __DIR__;
		foreach ( array( 'class', 'interface', 'trait' ) as $kind ) {
			$file = implode( '/', array( $folder, ...$parts, "$kind-$noun.php" ) );
			if ( is_file( $file ) ) {
				require_once $file;
				return;
			}
		}
	}
);

// What every request needs, those first that others build on: to be looked for by the function above
// costs each of them more than to be loaded.
$network_webhooks_files = array(
	'inbox/class-inbox',
	'inbox/class-receiver',
	'class-plugin',
	'sources/interface-source',
	'sources/class-adapter',
	'sources/core/class-underway',
	'sources/core/class-pending',
	'sources/core/class-accounts',
	'sources/core/class-members',
	'sources/core/class-failed-logins',
	'sources/core/class-sessions',
	'sources/core/class-sites',
	'sources/core/class-posts',
	'sources/core/class-comments',
	'sources/core/class-system',
	'sources/class-source-ultimate-multisite',
	'sources/class-source-wp-ultimo',
	'sources/class-source-woocommerce',
	'sources/class-source-edd',
	'sources/class-source-actions',
	'sources/class-source-worker',
	'class-custom-event',
	'class-custom-events',
	'class-event-memory',
	'class-suspension',
	'class-suppressions',
	'class-outbox',
	'class-webhooks',
	'class-dispatcher',
	'class-catalogue',
	'class-publisher',
	'class-capabilities',
	'class-upkeep',
	'announcements/class-kept',
	'announcements/class-collector',
	'class-privacy',
	'class-hook-stack',
);
foreach ( $network_webhooks_files as $network_webhooks_file ) {
	require_once __DIR__ . "/$network_webhooks_file.php";
}
unset( $network_webhooks_files, $network_webhooks_file );
