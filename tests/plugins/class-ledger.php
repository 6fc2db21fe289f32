<?php
/**
 * The ledger: orders by a seed, in batches; what is received of their payments and refunds is what the plugin's own
 * tables say, to the cent.
 */

final class Ledger {

	/** Batches of a shop, and orders of each: with four shops 500. */
	public const BATCHES = 5;
	public const ORDERS  = 25;

	private static int $state = 1;

	/**
	 * The deeds of a shop.
	 *
	 * @param Closure(array): list<int>           $make Makes the orders of a batch.
	 * @param Closure(array, int): void           $move Does with one of them what the dice say.
	 * @param Closure(): array{paid: string, refunded: string} $book What the plugin's own tables say.
	 */
	public static function deeds( Closure $make, Closure $move, Closure $book ): array {
		$deeds = array();
		foreach ( range( 1, self::BATCHES ) as $batch ) {
			$seed                                   = static function ( int $step ) use ( $batch ): void {
				self::$state = 1000 * $batch + $step;
			};
			$deeds[ "batch $batch: orders are made" ] = array(
				'events' => null,
				'do'     => static function ( array $known ) use ( $seed, $make, $batch ): array {
					$seed( 1 );
					$orders = array();
					foreach ( range( 1, self::ORDERS ) as $number ) {
						$orders[] = $make( $known );
					}
					return array( "batch$batch" => $orders );
				},
			);
			$deeds[ "batch $batch: they are paid, fail, are tried again, are refunded, go and come back" ] = array(
				'events' => null,
				'do'     => static function ( array $known ) use ( $seed, $move, $batch ): void {
					$seed( 2 );
					foreach ( array_merge( $known[ "batch$batch" ], $known[ "batch$batch" ] ) as $order ) {
						$move( $known, $order );
					}
				},
			);
		}
		$deeds['the ledger: what was received is what the tables say, to the cent'] = array(
			'events' => null,
			'do'     => static fn() => null,
			'check'  => static fn( array $known, array $events ): array => self::faults( $events, $book() ),
		);
		return $deeds;
	}

	/**
	 * The dice fall as the seed says, in every PHP (minimal standard generator of Park and Miller).
	 */
	public static function dice( int $sides ): int {
		self::$state = self::$state * 48271 % 2147483647;
		return 1 + self::$state % $sides;
	}

	/**
	 * An amount, as a shop has one.
	 */
	public static function price(): float {
		return self::dice( 20000 ) / 100;
	}

	/**
	 * @param list<array>                            $events
	 * @param array{paid?: string, refunded?: string, net?: string, payments?: int} $book
	 * @return list<string>
	 */
	private static function faults( array $events, array $book ): array {
		$sums  = array( 'payment_received' => 0, 'refund_issued' => 0 );
		$count = array( 'payment_received' => 0, 'refund_issued' => 0 );
		$seen  = array();
		$wrong = array();
		foreach ( $events as $event ) {
			$type = $event['type'];
			if ( ! isset( $sums[ $type ] ) ) {
				continue;
			}
			$data = $event['data'];
			$key  = "$type:" . ( $data['order_id'] ?? $data['payment_id'] ) . ':' . ( $data['refund_id'] ?? '' );
			isset( $seen[ $key ] ) && $wrong[] = "$key came twice";
			$seen[ $key ] = true;
			++$count[ $type ];
			$sums[ $type ] += 'refund_issued' === $type ? $data['refund_minor'] : $data['amount_minor'] ?? (int) round( 100 * $data['payment_total_raw'] );
		}
		$cents = static fn( string $amount ): int => (int) round( 100 * (float) $amount );
		$is    = array(
			'paid'     => $sums['payment_received'],
			'refunded' => $sums['refund_issued'],
			'net'      => $sums['payment_received'] - $sums['refund_issued'],
		);
		foreach ( $is as $what => $received ) {
			if ( isset( $book[ $what ] ) && $cents( $book[ $what ] ) !== $received ) {
				$wrong[] = "$what: the tables say {$book[$what]}, received were " . $received / 100;
			}
		}
		foreach ( array( 'payments' => 'payment_received', 'refunds' => 'refund_issued' ) as $what => $type ) {
			if ( isset( $book[ $what ] ) && (int) $book[ $what ] !== $count[ $type ] ) {
				$wrong[] = "$what: the tables have {$book[$what]}, received were {$count[$type]}";
			}
		}
		if ( 0 === $count['payment_received'] || 0 === $count['refund_issued'] ) {
			$wrong[] = 'There was nothing to compare.';
		}
		return $wrong;
	}
}
