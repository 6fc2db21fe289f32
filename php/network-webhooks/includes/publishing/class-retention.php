<?php
/**
 * How long the log keeps what, and how much of the disk it may take.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What webhooks_configure() takes as `retention`.
 */
final class Retention {

	/** The least that the log is given, in bytes: with less it would keep next to nothing. */
	public const LEAST = 16 * MB_IN_BYTES;

	/**
	 * The retention that is published: what is not said has the worker's default.
	 *
	 * @return array{bytes: int|null}
	 */
	public static function document(): array {
		$depth = Hook_Stack::depth();
		try {
			/**
			 * Filters how much of the disk the log of deliveries may take. Above it, payloads of what was
			 * delivered leave the log before their time, the oldest first. Takes effect when webhooks are
			 * published, as each time one is saved.
			 *
			 * @since 0.1.0
			 *
			 * @param int|null $bytes At least 16 MiB; null: half of the disk.
			 */
			$bytes = apply_filters( 'network_webhooks_log_bytes', null );
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			Log::write( 'retention', "A filter on network_webhooks_log_bytes fails: {$error->getMessage()}" );
			$bytes = null;
		}
		if ( null !== $bytes && ( ! is_int( $bytes ) || $bytes < self::LEAST ) ) {
			Developer_Notice::say(
				'network_webhooks_log_bytes',
				/* translators: 1: a size in bytes, 2: what a filter returned */
				sprintf( __( 'A filter on “network_webhooks_log_bytes” has to return null or a whole number of at least %1$s bytes, and returned %2$s.', 'network-webhooks' ), number_format_i18n( self::LEAST ), Developer_Notice::value( $bytes ) )
			);
			$bytes = null;
		}
		return array( 'bytes' => $bytes );
	}
}
