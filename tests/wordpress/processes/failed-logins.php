<?php
/**
 * Counts so many failed logins of site 1 in a folder; prints how many were to be told, and the sum
 * of those that it handed in.
 */

require __DIR__ . '/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$logins = new Network_Webhooks\Sources\Core\Failed_Logins( $argv[1] );
$told   = 0;
$sums   = 0;
for ( $attempt = 1; $attempt <= (int) $argv[2]; $attempt++ ) {
	$told += (int) $logins->count(
		1,
		'https://network.example',
		static function ( int $site_id, array $sum ) use ( &$sums ) {
			$sums += $sum['count'];
		}
	);
}
echo json_encode( array( $told, $sums ) );
