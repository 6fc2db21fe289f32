<?php
/**
 * Addresses of the pages of the log of fill-store.sql, from its middle: `name=path` on each line.
 */

require dirname( __DIR__ ) . '/wordpress/processes/request.php';
require getenv( 'WP_ROOT' ) . '/wp-load.php';

$middle  = intdiv( (int) $argv[1], 2 );
$found   = webhooks_deliveries( array( 'search' => "order-$middle" ) )['deliveries'][0];
$webhook = $found['webhook_id'];
$older   = webhooks_deliveries(
	array(
		'until' => $found['created'],
		'limit' => 50,
	)
)['cursor'];
$log     = 'admin.php?page=network-webhooks-deliveries';
$pages   = array(
	'log'            => $log,
	'log-older'      => "$log&before=" . rawurlencode( $older ),
	'log-webhook'    => "$log&webhook=$webhook",
	'log-event'      => "$log&event={$found['event']}",
	'log-failed'     => "$log&state=failed",
	'log-waiting'    => "$log&state=pending",
	'log-delivered'  => "$log&state=delivered",
	'log-skipped'    => "$log&state=skipped",
	'log-held'       => "$log&state=held",
	'log-cause'      => "$log&cause=status%3A401",
	'log-site'       => "$log&site=1",
	'log-time'       => "$log&since=" . rawurlencode( gmdate( 'Y-m-d H:i', strtotime( $found['created'] ) - 3600 ) ) . '&until=' . rawurlencode( gmdate( 'Y-m-d H:i', strtotime( $found['created'] ) ) ),
	'log-all-at-once' => "$log&webhook=$webhook&state=failed&since=2026-01-01",
	'search-order'   => "$log&s=order-$middle",
	'search-mail'    => "$log&s=customer" . ( $middle % 100000 + 1 ) . '%40network.example',
	'search-1000'    => "$log&s=customer0%40network.example",
	'search-event'   => "$log&s={$found['event_id']}",
	'search-nothing' => "$log&s=no-such-order",
	'delivery'       => "$log&delivery={$found['id']}",
	'bulk'           => "$log&action=bulk&state=failed",
	'recover'        => "$log&action=recover&webhook=$webhook",
	'past-events'    => "$log&action=backfill&webhook=$webhook",
	'webhook'        => "admin.php?page=network-webhooks&action=view&webhook=$webhook",
	'webhook-7d'     => "admin.php?page=network-webhooks&action=view&webhook=$webhook&period=7d",
	'webhook-30d'    => "admin.php?page=network-webhooks&action=view&webhook=$webhook&period=30d",
	'overview'       => 'admin.php?page=network-webhooks-overview',
	'overview-7d'    => 'admin.php?page=network-webhooks-overview&period=7d',
	'overview-30d'   => 'admin.php?page=network-webhooks-overview&period=30d',
	'status'         => 'admin.php?page=network-webhooks-status',
	'events'         => 'admin.php?page=network-webhooks-events',
	'event'          => "admin.php?page=network-webhooks-events&event={$found['event']}",
	'form'           => "admin.php?page=network-webhooks&action=edit&webhook=$webhook",
);
foreach ( $pages as $name => $path ) {
	echo "$name=$path\n";
}
