<?php
/**
 * The URL of a webhook, to be shown.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Splits a URL into what names the receiver and the rest. The rest of many services' URLs is a
 * secret: who knows it can send in the network's name.
 */
final class Endpoint_Url {

	/** What stands for a hidden rest. */
	private const HIDDEN = '/…';

	/**
	 * The host, and the port where there is one.
	 */
	public readonly string $host;

	/**
	 * What follows the host; empty where that is nothing or `/`.
	 */
	public readonly string $rest;

	/**
	 * Where it begins: scheme and `://`.
	 */
	private readonly string $scheme;

	/**
	 * Takes it apart. Not wp_parse_url(), which gives up on URLs that a person has to be shown.
	 */
	public function __construct( string $url ) {
		preg_match( '~^([a-z][a-z0-9+.-]*://)?(?:[^/?#]*@)?([^/?#]*)(.*)$~is', $url, $parts );
		$this->scheme = strtolower( $parts[1] );
		$this->host   = strtolower( $parts[2] );
		$this->rest   = '/' === $parts[3] ? '' : $parts[3];
	}

	/**
	 * The URL without what may be secret in it: name and password, path and query.
	 */
	public function masked(): string {
		return $this->scheme . $this->host . ( '' === $this->rest ? '' : self::HIDDEN );
	}

	/**
	 * The rest, cut in its middle: beginning and end tell URLs of one service apart.
	 */
	public function short_rest( int $length = 32 ): string {
		if ( mb_strlen( $this->rest ) <= $length ) {
			return $this->rest;
		}
		$start = intdiv( $length, 2 );
		return mb_substr( $this->rest, 0, $start ) . '…' . mb_substr( $this->rest, 1 + $start - $length );
	}
}
