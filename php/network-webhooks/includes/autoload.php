<?php
/**
 * Finds a class's file: Network_Webhooks\Admin\List_Page is admin/class-list-page.php.
 *
 * @package Network_Webhooks
 */

defined( 'ABSPATH' ) || exit;

spl_autoload_register(
	static function ( string $name ): void {
		if ( ! str_starts_with( $name, 'Network_Webhooks\\' ) ) {
			return;
		}
		$parts = explode( '\\', strtolower( str_replace( '_', '-', $name ) ) );
		$noun  = array_pop( $parts );
		$parts = array_slice( $parts, 1 );
		foreach ( array( 'class', 'interface' ) as $kind ) {
			$file = implode( '/', array( __DIR__, ...$parts, "$kind-$noun.php" ) );
			if ( is_file( $file ) ) {
				require_once $file;
				return;
			}
		}
	}
);
