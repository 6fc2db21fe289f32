<?php
/**
 * Calls that can't be meant.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Tells developers, while WP_DEBUG is on, what is wrong with a call of theirs, and where it stands.
 */
final class Developer_Notice {

	/** Longest value that a sentence shows, in characters. */
	private const LONGEST = 60;

	/**
	 * Says it. Whoever makes errors into exceptions gets none from here, except PHPUnit where
	 * events are recorded: a test has to fail at the call that is wrong.
	 *
	 * @param string $function The function that was called.
	 * @param string $text     What is wrong, and with which value.
	 */
	public static function say( string $function, string $text ): void {
		try {
			_doing_it_wrong( esc_html( $function ), esc_html( $text . self::place() ), '0.1.0' );
		} catch ( \Throwable $error ) {
			if ( Environment::is_recording() ) {
				throw $error;
			}
			Log::write( 'misuse', "$function: $text" );
		}
	}

	/**
	 * A value in words: “blue”, 7, array, WP_Post.
	 */
	public static function value( mixed $value ): string {
		return match ( true ) {
			is_string( $value ) => sprintf( '“%s”', mb_substr( wp_check_invalid_utf8( $value, true ), 0, self::LONGEST ) ),
			is_scalar( $value ) => var_export( $value, true ),
			default => get_debug_type( $value ),
		};
	}

	/**
	 * Where the call stands: the first file on the way here that is neither this plugin's nor
	 * WordPress's.
	 */
	private static function place(): string {
		$ours = array( dirname( NETWORK_WEBHOOKS_FILE ) . '/includes/', ABSPATH . WPINC . '/' );
		foreach ( debug_backtrace( DEBUG_BACKTRACE_IGNORE_ARGS ) as $frame ) {
			$file = $frame['file'] ?? '';
			if ( '' !== $file && ! str_starts_with( $file, $ours[0] ) && ! str_starts_with( $file, $ours[1] ) ) {
				/* translators: 1: path of a file, 2: number of a line */
				return ' ' . sprintf( __( 'The call is in %1$s, line %2$d.', 'network-webhooks' ), $file, $frame['line'] );
			}
		}
		return '';
	}
}
