<?php
/**
 * A percentile by nearest rank.
 *
 * @param list<int> $values
 */
function percentile( array $values, float $percent ): int {
	sort( $values );
	return $values[ max( 0, (int) ceil( count( $values ) * $percent / 100 ) - 1 ) ];
}
