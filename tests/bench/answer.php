<?php
/**
 * What the scripts of the benchmarks share: a line of JSON in, a line of JSON out.
 */

require_once dirname( __DIR__ ) . '/scenarios/percentile.php';

const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

/** The payload of an Ultimate Multisite payment. */
function payment(): array {
	return json_decode( file_get_contents( dirname( __DIR__ ) . '/payloads/ultimate-multisite-payment_received.json' ), true );
}

/**
 * Answers until nobody asks any more.
 *
 * @param callable(array<string, mixed>): array<string, mixed> $answer
 */
function answer( callable $answer ): void {
	while ( false !== ( $line = fgets( STDIN ) ) ) {
		echo json_encode( $answer( json_decode( $line, true, 512, JSON_THROW_ON_ERROR ) ), JSON_THROW_ON_ERROR ), "\n";
	}
}

/** What two looks at the clock cost, in nanoseconds: what has to be taken from a single call's time. */
function clock_cost(): int {
	$costs = array();
	for ( $i = 0; $i < 1001; $i++ ) {
		$before  = hrtime( true );
		$costs[] = hrtime( true ) - $before;
	}
	return percentile( $costs, 50 );
}

/**
 * The middle one of the times that a call takes, in nanoseconds.
 *
 * @param callable(): mixed $call Its own cost is part of the time.
 */
function typical( int $count, callable $call ): int {
	$times = array();
	for ( $i = 0; $i < $count; $i++ ) {
		$before = hrtime( true );
		$call();
		$times[] = hrtime( true ) - $before;
	}
	return percentile( $times, 50 );
}
