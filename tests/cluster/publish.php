<?php
/**
 * Publishes webhooks: php publish.php FILE REVISION
 *
 * With WordPress (WP_ROOT) they are stored in the network's database by the first server that has the file, and the
 * plugin publishes what is stored there; without, the extension does.
 */

[ , $file, $revision ] = $argv;

$document = json_decode( file_get_contents( $file ), true );
if ( ! getenv( 'WP_ROOT' ) ) {
	foreach ( $document['webhooks'] as &$webhook ) {
		unset( $webhook['share'] );
	}
	try {
		webhooks_configure( $document, (int) $revision );
	} catch ( Webhooks\Exception $error ) {
		fwrite( STDERR, $error->getMessage() );
		exit( 1 );
	}
	exit;
}

$_SERVER['HTTP_HOST'] = '127.0.0.1:8080';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$plugin = Network_Webhooks\Plugin::instance();
if ( null === $plugin->webhooks()->find( $document['webhooks'][0]['id'] ) ) {
	$names = array();
	$rows  = array();
	foreach ( $document['webhooks'] as $webhook ) {
		$names[] = array( $webhook['name'], $webhook['share'] );
		$rows[]  = array(
			'id'       => $webhook['id'],
			'name'     => $webhook['name'],
			'url'      => $webhook['url'],
			'paused'   => 0,
			'settings' => wp_json_encode( array_diff_key( $webhook, array_flip( array( 'id', 'name', 'url', 'share' ) ) ) ),
		);
	}
	update_site_option( 'cluster_names', wp_json_encode( $names ) );
	$plugin->publisher()->change(
		static function () use ( $plugin, $rows ): void {
			foreach ( $rows as $row ) {
				$plugin->webhooks()->save( Network_Webhooks\Webhook::from_row( (object) $row ) );
			}
		}
	);
}
$plugin->publisher()->publish();
echo webhooks_revision(), ' ', $plugin->publisher()->obstacle();
exit( webhooks_revision() > 0 ? 0 : 1 );
