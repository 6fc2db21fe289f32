<?php
/**
 * Exports what webhooks told of a person, as JSON.
 *
 *   export.php ADDRESS
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$exporter = apply_filters( 'wp_privacy_personal_data_exporters', array() )['network-webhooks']['callback'];
echo wp_json_encode( $exporter( $argv[1], 1 ) );
