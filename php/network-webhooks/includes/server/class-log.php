<?php
/**
 * PHP's error log.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Writes to PHP's error log, each kind of message once a minute at most.
 */
final class Log {

	/**
	 * Writes a message, without payloads and secrets.
	 */
	public static function write( string $kind, string $message ): void {
		try {
			if ( Throttle::permits( "log-$kind" ) ) {
				Host::log( 'Network Webhooks: ' . preg_replace( '/\s+/', ' ', $message ) );
			}
		} catch ( \Throwable ) {
			return; // A log that can't be written to must not break the request either.
		}
	}
}
