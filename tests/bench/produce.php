<?php
/**
 * A process that dispatches.
 *
 * {"do": "configure", "document": …, "revision": N}
 * {"do": "flood", "count": N, "options": {…}}        as fast as it goes; answers nanoseconds
 *                                                    ("event": another one than a payment)
 * {"do": "spread", "count": N}                       an event for each of the webhooks w0, w1, …
 * {"do": "paced", "count": N, "every_ns": N}         open loop; answers each call's time, and when
 *                                                    each event's call returned (hrtime)
 * {"do": "beside", "count": N}                       dispatch and json_encode() in turn: p50 of both
 * {"do": "typical", "count": N}                      p50 of dispatch
 * {"do": "unwanted", "count": N}                     time of a call that nobody subscribes to
 * {"do": "list", "count": N}                         webhooks_deliveries(), filtered and paged
 */

require __DIR__ . '/answer.php';

const EVENT = 'payment_received';

/**
 * Open loop: an event that took long does not push back the next ones. To sleep costs as much as
 * five dispatches, so what is due within a millisecond goes out at its end.
 */
function paced( string $event, array $payload, int $count, int $every ): array {
	$calls    = array();
	$returned = array();
	$start    = hrtime( true );
	for ( $i = 0; $i < $count; $i++ ) {
		$wait = $start + $i * $every - hrtime( true );
		if ( $wait > 0 ) {
			usleep( max( 1000, intdiv( $wait, 1000 ) ) );
		}
		$before          = hrtime( true );
		$id              = webhooks_dispatch( $event, $payload );
		$after           = hrtime( true );
		$calls[]         = $after - $before;
		$returned[ $id ] = $after;
	}
	return compact( 'calls', 'returned' );
}

/** Both sides alternate, fifty calls of each at a time. */
function beside( array $payload, int $count ): array {
	$clock = clock_cost();
	$times = array(
		'dispatch'    => array(),
		'json_encode' => array(),
	);
	for ( $block = 0; $block < $count; $block += 50 ) {
		$order = $block % 100 ? array( 'json_encode', 'dispatch' ) : array( 'dispatch', 'json_encode' );
		foreach ( $order as $what ) {
			for ( $i = 0; $i < 50; $i++ ) {
				if ( 'dispatch' === $what ) {
					$before = hrtime( true );
					webhooks_dispatch( EVENT, $payload );
					$times[ $what ][] = hrtime( true ) - $before;
				} else {
					$before = hrtime( true );
					json_encode( $payload, FLAGS );
					$times[ $what ][] = hrtime( true ) - $before;
				}
			}
		}
	}
	return array_map( static fn( $all ) => percentile( $all, 50 ) - $clock, $times );
}

/** When each event's call returned, by its id. */
function spread( array $payload, int $count ): array {
	$returned = array();
	for ( $i = 0; $i < $count; $i++ ) {
		$id              = webhooks_dispatch( EVENT, $payload, array( 'only' => array( "w$i" ) ) );
		$returned[ $id ] = hrtime( true );
	}
	return $returned;
}

function flood( string $event, array $payload, int $count, array $options ): int {
	$before = hrtime( true );
	for ( $i = 0; $i < $count; $i++ ) {
		webhooks_dispatch( $event, $payload, $options );
	}
	return hrtime( true ) - $before;
}

function unwanted( array $payload, int $count ): float {
	$before = hrtime( true );
	for ( $i = 0; $i < $count; $i++ ) {
		webhooks_dispatch( 'nobody_wants_this', $payload );
	}
	return ( hrtime( true ) - $before ) / $count;
}

/** Pages of 50 with every kind of filter, each from the first page on. */
function lists( int $count ): array {
	$filters = array(
		array( 'webhook_id' => 'bench' ),
		array( 'state' => 'pending' ),
		array( 'state' => array( 'failed', 'held' ) ),
		array( 'webhook_id' => 'bench', 'state' => 'pending' ),
		array( 'event' => EVENT ),
		array( 'site_id' => 7 ),
		array( 'site_id' => 7, 'state' => 'pending', 'webhook_id' => 'bench' ),
		array( 'until' => gmdate( 'Y-m-d\TH:i:s\Z', time() - 5 ) ),
		array( 'search' => 'mockeduser@dev.dev' ),
	);
	$calls   = array();
	$rows    = 0;
	$query   = array();
	for ( $i = 0; $i < $count; $i++ ) {
		// Nine pages of a filter, then the next one.
		if ( 0 === $i % 9 || empty( $query['cursor'] ) ) {
			$query = $filters[ intdiv( $i, 9 ) % count( $filters ) ];
		}
		$before          = hrtime( true );
		$page            = webhooks_deliveries( $query );
		$calls[]         = hrtime( true ) - $before;
		$rows           += count( $page['deliveries'] );
		$query['cursor'] = $page['cursor'];
		if ( null === $page['cursor'] ) {
			unset( $query['cursor'] );
		}
	}
	return compact( 'calls', 'rows' );
}

$payload = payment();
answer(
	static function ( array $command ) use ( $payload ): array {
		$count = $command['count'] ?? 0;
		$event = $command['event'] ?? EVENT;
		switch ( $command['do'] ) {
			case 'configure':
				webhooks_configure( $command['document'], $command['revision'] );
				return array();
			case 'flood':
				return array( 'took' => flood( $event, $payload, $count, $command['options'] ?? array() ) );
			case 'sites':
				// The same event, of as many sites.
				$took = 0;
				for ( $site = 1; $site <= $command['sites']; $site++ ) {
					$options = array(
						'site' => array(
							'id'  => $site,
							'url' => "https://network.example/site-$site",
						),
					);
					$took   += flood( $event, $payload, intdiv( $count, $command['sites'] ), $options + $command['options'] );
				}
				return array( 'took' => $took );
			case 'paced':
				return paced( $event, $payload, $count, $command['every_ns'] );
			case 'spread':
				return array( 'returned' => spread( $payload, $count ) );
			case 'beside':
				return beside( $payload, $count );
			case 'typical':
				return array( 'took' => typical( $count, static fn() => webhooks_dispatch( EVENT, $payload ) ) );
			case 'unwanted':
				return array( 'took' => unwanted( $payload, $count ) );
			case 'list':
				return lists( $count );
		}
		throw new ValueError( "{$command['do']} is nothing that this script does" );
	}
);
