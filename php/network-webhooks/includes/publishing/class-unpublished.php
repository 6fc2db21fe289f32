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
 * log knows: the pages, Site Health and Announcements\Health_Checks ask here.
 */
final class Unpublished {

	/** Why, where that is not the extension's refusal: a backup was restored, or see Publisher::obstacle(). */
	public const RESTORED = '@restored';
	public const OBSTACLE = '@obstacle';

	/**
	 * Why this server could not: one of these words, or what the extension said; empty: it could.
	 */
	public static function here(): string {
		$known = (array) Settings::get( Settings::UNPUBLISHED, array() );
		return (string) ( $known[ Server::name() ] ?? '' );
	}

	/**
	 * Notes how it went on this server. Writes only what is new.
	 *
	 * @param string $why As here() gives it.
	 */
	public static function note( string $why ): void {
		if ( self::here() === $why ) {
			return;
		}
		$known = (array) Settings::read( Settings::UNPUBLISHED )[ Settings::UNPUBLISHED ];
		Settings::set( Settings::UNPUBLISHED, array_filter( array( Server::name() => mb_substr( $why, 0, 1000 ) ) + $known ) );
	}

	/**
	 * What that means, in the reader's language.
	 *
	 * @param string $why As here() gives it.
	 */
	public static function sentence( string $why ): string {
		$reason = match ( $why ) {
			self::RESTORED => Publisher::restored(),
			self::OBSTACLE => Plugin::instance()->publisher()->obstacle(),
			default => Extension_Messages::translated( $why ),
		};
		/* translators: %s: why */
		return sprintf( __( 'This server could not publish the webhooks as they are stored, and goes on with older ones: %s', 'network-webhooks' ), $reason );
	}
}
