<?php
/**
 * Processes as /proc shows them, and waiting for conditions.
 */

/**
 * Waits for a condition; fails when it does not come true.
 *
 * @param string|callable(): string $what What was waited for, or what is wrong.
 */
function until( callable $condition, float $seconds, string|callable $what ): void {
	$deadline = microtime( true ) + $seconds;
	while ( ! $condition() ) {
		if ( microtime( true ) > $deadline ) {
			throw new RuntimeException( ( is_string( $what ) ? $what : $what() ) . " (waited for $seconds s)" );
		}
		usleep( 20_000 );
	}
}

/**
 * The processes whose program's path begins so.
 *
 * @return list<int>
 */
function processes( string $program ): array {
	$found = array();
	foreach ( glob( '/proc/[0-9]*', GLOB_NOSORT ) as $process ) {
		if ( str_starts_with( (string) @readlink( "$process/exe" ), $program ) ) {
			$found[] = (int) basename( $process );
		}
	}
	return $found;
}

/** @return list<int> */
function children_of( int $pid ): array {
	$children = (string) @file_get_contents( "/proc/$pid/task/$pid/children" );
	return array_map( 'intval', preg_split( '/ /', $children, -1, PREG_SPLIT_NO_EMPTY ) );
}

/**
 * A field of /proc/PID/stat counted as in proc(5): 3 is the state, 4 the parent, 6 the session.
 */
function process_stat( int $pid, int $field ): string {
	$stat = (string) @file_get_contents( "/proc/$pid/stat" );
	// The name stands in parentheses and may contain spaces.
	$fields = explode( ' ', substr( $stat, (int) strrpos( $stat, ')' ) + 2 ) );
	return $fields[ $field - 3 ] ?? '';
}

function is_zombie( int $pid ): bool {
	return 'Z' === process_stat( $pid, 3 );
}

function is_gone( int $pid ): bool {
	return in_array( process_stat( $pid, 3 ), array( '', 'Z', 'X' ), true );
}

/** Asks a process to end; kills it after 15 seconds. Says whether it went by itself. */
function end_process( int $pid, int $signal = SIGTERM ): bool {
	posix_kill( $pid, $signal );
	try {
		until( static fn() => is_gone( $pid ), 15, '' );
		return true;
	} catch ( RuntimeException ) {
		posix_kill( $pid, SIGKILL );
		return false;
	}
}

/**
 * What a process has open.
 *
 * @return array<int, string> descriptor => target
 */
function descriptors( int $pid ): array {
	$open = array();
	foreach ( glob( "/proc/$pid/fd/*" ) as $descriptor ) {
		$open[ (int) basename( $descriptor ) ] = (string) @readlink( $descriptor );
	}
	return $open;
}
