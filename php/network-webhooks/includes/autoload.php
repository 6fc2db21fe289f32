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

// What every request needs: to be looked for by the function above costs more than to be loaded.
foreach ( array( 'inbox/class-inbox', 'inbox/class-receiver', 'class-plugin', 'class-event-memory', 'sources/class-sources', 'class-custom-events', 'class-capabilities', 'class-upkeep', 'class-privacy' ) as $network_webhooks_file ) {
	require_once __DIR__ . "/$network_webhooks_file.php";
}
unset( $network_webhooks_file );
