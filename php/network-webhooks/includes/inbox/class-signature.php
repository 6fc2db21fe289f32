<?php
/**
 * Whether a request to the test inbox is signed rightly.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Inbox;

use Network_Webhooks\Drafts;
use Network_Webhooks\Environment;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * The verdict, as a receiver that knows the secrets of the webhooks with the inbox's address
 * would come to it: when the request arrives, since secrets and clocks go on.
 */
final class Signature {

	public const VALID      = 'valid';
	public const OLD        = 'old';
	public const WRONG      = 'wrong';
	public const NONE       = 'none';
	public const INCOMPLETE = 'incomplete';
	public const UNKNOWN    = 'unknown_version';
	public const NO_WEBHOOK = 'no_webhook';
	public const UNREAD     = 'unread';
	public const UNCHECKED  = 'unchecked';

	/** Seconds by which a timestamp may differ, as receivers usually have it. */
	public const TOLERANCE = 300;

	/**
	 * @param string $verdict One of the constants.
	 * @param string $webhook Name of the webhook whose secret it is made with; empty: of none.
	 * @param int    $seconds How far in the past the timestamp is; below 0: in the future.
	 */
	private function __construct( public readonly string $verdict, public readonly string $webhook = '', public readonly int $seconds = 0 ) {}

	/**
	 * The verdict on a request.
	 *
	 * @param int $now Unix seconds.
	 */
	public static function of( Request $request, Inbox $inbox, Webhooks $webhooks, int $now ): self {
		$signature = $request->header( 'webhook-signature' );
		$timestamp = $request->header( 'webhook-timestamp' );
		if ( '' === $signature ) {
			return new self( self::NONE );
		}
		if ( '' === $request->header( 'webhook-id' ) || ! preg_match( '/^\d{1,12}$/D', $timestamp ) ) {
			return new self( self::INCOMPLETE );
		}
		if ( ! preg_match( '/(^| )v1a?,/', $signature ) ) {
			return new self( self::UNKNOWN );
		}
		if ( null === $request->body ) {
			return new self( self::UNREAD );
		}
		if ( ! Environment::has_extension() ) {
			return new self( self::UNCHECKED );
		}
		$known = self::secrets( $inbox, $webhooks );
		if ( ! $known ) {
			return new self( self::NO_WEBHOOK );
		}
		foreach ( $known as list( $name, $secrets ) ) {
			if ( self::fits( $secrets, $request ) ) {
				$seconds = $now - (int) $timestamp;
				return new self( abs( $seconds ) > self::TOLERANCE ? self::OLD : self::VALID, $name, $seconds );
			}
		}
		return new self( self::WRONG );
	}

	/**
	 * Whether one of the secrets made the signature, whenever that was.
	 *
	 * @param list<string> $secrets
	 */
	private static function fits( array $secrets, Request $request ): bool {
		try {
			return webhooks_verify( $secrets, $request->headers, (string) $request->body, PHP_INT_MAX );
		} catch ( \Webhooks\Exception ) {
			// A secret that is none signs nothing.
			return false;
		}
	}

	/**
	 * Names and secrets of the webhooks with this address; those that are only tested among them.
	 *
	 * @return list<array{string, list<string>}>
	 */
	private static function secrets( Inbox $inbox, Webhooks $webhooks ): array {
		$documents = array( ...array_map( static fn( Webhook $webhook ) => $webhook->to_config(), $webhooks->all() ), ...Drafts::to_config() );
		$found     = array();
		foreach ( $documents as $webhook ) {
			$secrets = array_values( array_filter( array_column( $webhook['secrets'] ?? array(), 'secret' ) ) );
			if ( $secrets && $inbox->is_at( (string) $webhook['url'] ) ) {
				$found[] = array( (string) $webhook['name'], $secrets );
			}
		}
		return $found;
	}
}
