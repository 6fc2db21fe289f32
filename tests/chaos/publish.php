<?php
/**
 * Publishes webhooks as the plugin does: php publish.php FILE REVISION
 */

try {
	webhooks_configure( json_decode( file_get_contents( $argv[1] ), true ), (int) $argv[2] );
} catch ( Webhooks\Exception $error ) {
	fwrite( STDERR, $error->getMessage() );
	exit( 1 );
}
