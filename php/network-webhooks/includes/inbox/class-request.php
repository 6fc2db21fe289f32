<?php
/**
 * A request to the test inbox.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Inbox;

use Network_Webhooks\Secrets;
use Network_Webhooks\Text;

defined( 'ABSPATH' ) || exit;

/**
 * A request as it came, before WordPress or REST read anything of it: a value.
 */
final class Request {

	/** Longest value of a header that is kept, in bytes. */
	private const LONGEST_HEADER = 4096;

	/** Most headers that are kept, and most bytes of all of them. */
	private const HEADERS       = 100;
	private const HEADERS_BYTES = 64 * KB_IN_BYTES;

	/** Headers whose name looks like a secret's and that are none. */
	private const PLAIN = '/signature|^idempotency-key$|^sec-websocket-key$/';

	/**
	 * @param string                $query   What follows the inbox's own parameter.
	 * @param array<string, string> $headers Names in lower case; secrets are masked.
	 * @param string|null           $body    null: it could not be read, or is too large.
	 * @param int                   $size    Of the body, in bytes.
	 * @param string                $address Whose it is.
	 * @param string|null           $fields  What PHP made of a multipart body, of which it keeps no bytes; as JSON.
	 */
	public function __construct(
		public readonly string $method,
		public readonly string $query,
		public readonly array $headers,
		public readonly ?string $body,
		public readonly int $size,
		public readonly string $address,
		public readonly ?string $fields = null,
	) {}

	/**
	 * The request of this process.
	 */
	public static function current(): self {
		$server = $_SERVER;
		$body   = (string) file_get_contents( 'php://input', false, null, 0, Inbox::LARGEST_BODY + 1 );
		$size   = max( strlen( $body ), (int) ( $server['CONTENT_LENGTH'] ?? 0 ) );
		// PHP keeps no byte of a multipart body, which it takes apart, nor of one beyond its own limit.
		$is_whole = $size <= Inbox::LARGEST_BODY && strlen( $body ) === $size;
		$fields   = ! $is_whole && $size <= Inbox::LARGEST_BODY && ( $_POST || $_FILES ) ? self::fields() : null;
		return new self(
			self::text( (string) ( $server['REQUEST_METHOD'] ?? '' ), 20 ),
			self::text( self::rest( (string) ( $server['QUERY_STRING'] ?? '' ) ), self::LONGEST_HEADER ),
			self::headers( $server ),
			$is_whole ? $body : null,
			$size,
			self::text( (string) ( $server['REMOTE_ADDR'] ?? '' ), 45 ),
			$fields
		);
	}

	/**
	 * The fields and files of a multipart body. Names that nest repeat all that they are in: 96 kB
	 * of body were 6.4 MB. So no more is kept than of any other body: on lines of their own if that
	 * fits, else on one, else its beginning.
	 */
	private static function fields(): string {
		$flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;
		$files = array_map( static fn( array $file ) => array_intersect_key( $file, array_flip( array( 'name', 'type', 'size' ) ) ), $_FILES );
		$parts = array_filter( array( 'fields' => $_POST, 'files' => $files ) );
		$plain = (string) json_encode( $parts, $flags );
		// Each line is indented by at most as many levels as there are brackets.
		if ( strlen( $plain ) <= Inbox::LARGEST_BODY / 4 ) {
			$pretty = (string) json_encode( $parts, $flags | JSON_PRETTY_PRINT );
			if ( strlen( $pretty ) <= Inbox::LARGEST_BODY ) {
				return $pretty;
			}
		}
		return strlen( $plain ) <= Inbox::LARGEST_BODY ? $plain : Text::cut( $plain, Inbox::LARGEST_BODY - 3 ) . '…';
	}

	/**
	 * A header; empty where there is none.
	 */
	public function header( string $name ): string {
		return $this->headers[ $name ] ?? '';
	}

	/**
	 * Whether its body is larger than what is taken.
	 */
	public function is_too_large(): bool {
		return $this->size > Inbox::LARGEST_BODY;
	}

	/**
	 * The headers, of PHP under any server.
	 *
	 * @param array<string, mixed> $server
	 * @return array<string, string>
	 */
	private static function headers( array $server ): array {
		$headers = array();
		$left    = self::HEADERS_BYTES;
		foreach ( $server as $name => $value ) {
			if ( ! is_string( $value ) || '' === $value ) {
				continue;
			}
			if ( str_starts_with( (string) $name, 'HTTP_' ) ) {
				$name = substr( (string) $name, 5 );
			} elseif ( ! in_array( $name, array( 'CONTENT_TYPE', 'CONTENT_LENGTH' ), true ) ) {
				continue;
			}
			$name  = self::text( strtolower( str_replace( '_', '-', $name ) ), 200 );
			$value = self::text( self::masked( $name, $value ), self::LONGEST_HEADER );
			$left -= strlen( $name ) + strlen( $value );
			if ( count( $headers ) < self::HEADERS && $left >= 0 ) {
				$headers[ $name ] = $value;
			}
		}
		ksort( $headers );
		return $headers;
	}

	/**
	 * The value of a header. Of a secret only its kind and length are kept: whether it came, and
	 * not cut, is what one wants to know. Cookies are those of whoever opened the address.
	 */
	private static function masked( string $name, string $value ): string {
		if ( ! preg_match( '/^(proxy-)?authorization$|cookie/', $name ) && ( preg_match( self::PLAIN, $name ) || ! Secrets::is_name( $name ) ) ) {
			return $value;
		}
		$scheme = preg_match( '/authorization$/', $name ) && preg_match( '/^[A-Za-z][A-Za-z0-9-]{0,30} /', $value, $match ) ? $match[0] : '';
		return $scheme . Secrets::MASK . ' (' . ( strlen( $value ) - strlen( $scheme ) ) . ')';
	}

	/**
	 * The query without the inbox's own parameter.
	 */
	private static function rest( string $query ): string {
		$parts = array_filter( explode( '&', $query ), static fn( string $part ) => '' !== $part && Inbox::PARAMETER !== rawurldecode( strtok( $part, '=' ) ) );
		return implode( '&', $parts );
	}

	/**
	 * A text that the database takes: valid UTF-8, not too long.
	 */
	private static function text( string $bytes, int $length ): string {
		$text = json_decode( (string) json_encode( substr( $bytes, 0, $length ), JSON_INVALID_UTF8_SUBSTITUTE ) );
		return mb_substr( (string) $text, 0, $length );
	}
}
