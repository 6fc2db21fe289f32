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

	/** What the log has in the place of a query's values. */
	public const DOTS = '•••';

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
	 * Whether the log would show this URL as it shows another one, which it does without name and
	 * password, fragment, and the values of the query.
	 */
	public function is_recorded_as( string $recorded ): bool {
		return $this->comparable() === ( new self( $recorded ) )->comparable();
	}

	/**
	 * The same text for all spellings of a URL, as far as the log keeps it.
	 */
	private function comparable(): string {
		$port  = 'https://' === $this->scheme ? ':443' : ':80';
		$host  = str_ends_with( $this->host, $port ) ? substr( $this->host, 0, -strlen( $port ) ) : $this->host;
		$ascii = '' !== $host && function_exists( 'idn_to_ascii' ) ? idn_to_ascii( $host ) : false;
		$host  = false === $ascii ? $host : $ascii;
		$rest  = explode( '?', explode( '#', $this->rest )[0], 2 );
		$path  = '' === $rest[0] ? '/' : $rest[0];
		$query = array_map(
			static fn( string $pair ) => str_contains( $pair, '=' ) ? explode( '=', $pair )[0] . '=' : ( '' === $pair ? '' : self::DOTS ),
			explode( '&', $rest[1] ?? '' )
		);
		return rawurldecode( $this->scheme . $host . $path . '?' . implode( '&', $query ) );
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
