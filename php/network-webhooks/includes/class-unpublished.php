<?php
/**
 * Servers that could not publish the webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Why a server could not publish the webhooks the last time it tried, so that not only its error
 * log knows: the pages, Site Health and Announcements\Conditions ask here.
 */
final class Unpublished {

	/**
	 * Why this server could not, in English; empty: it could.
	 */
	public static function here(): string {
		$known = (array) Settings::get( Settings::UNPUBLISHED, array() );
		return (string) ( $known[ Server::name() ] ?? '' );
	}

	/**
	 * Notes how it went on this server. Writes only what is new.
	 *
	 * @param string $message Empty: it went well.
	 */
	public static function note( string $message ): void {
		if ( self::here() === $message ) {
			return;
		}
		$known = (array) Settings::read( Settings::UNPUBLISHED )[ Settings::UNPUBLISHED ];
		Settings::set( Settings::UNPUBLISHED, array_filter( array( Server::name() => mb_substr( $message, 0, 1000 ) ) + $known ) );
	}
}
