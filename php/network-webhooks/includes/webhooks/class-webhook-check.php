<?php
/**
 * Whether a webhook can be published.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Judges the settings of a webhook where the extension is away, in its order and its words: what it
 * would refuse later must not be stored now. Left to it is what PHP can't read, which is the
 * language of templates and conditions and the finer points of URLs.
 */
final class Webhook_Check {

	/** Types of settings, by their names. */
	private const TYPES = array(
		'is_string' => array( 'id', 'name', 'url' ),
		'is_text'   => array( 'template', 'content_type', 'condition', 'ca_file' ),
		'is_bool'   => array( 'network_events', 'include_imports', 'paused', 'ordered', 'log_bodies' ),
		'is_number' => array( 'timeout', 'concurrency', 'disable_after' ),
		'is_list'   => array( 'events', 'secrets', 'headers', 'keys', 'fields', 'retries' ),
	);

	/**
	 * @param array<string, mixed> $webhook As webhooks_configure() takes it.
	 */
	private function __construct( private readonly array $webhook ) {}

	/**
	 * What is wrong with a webhook, the first that is found.
	 *
	 * @param array<string, mixed> $webhook As webhooks_configure() takes it.
	 * @return array{field: string, message: string}|null null: nothing that PHP can see.
	 */
	public static function of( array $webhook ): ?array {
		try {
			$check = new self( $webhook );
			if ( $check->is_set_aside() ) {
				return null; // That it is wrong is known, and nothing is sent to it.
			}
			$check->types();
			$check->identity();
			$check->target();
			$check->signing();
			$check->body();
			$check->trust();
			$check->pace();
			return null;
		} catch ( Refusal $refusal ) {
			return array(
				'field'   => $refusal->field,
				'message' => $refusal->reason,
			);
		}
	}

	/**
	 * Whether the publisher set it aside, in which case only its id has to be right.
	 */
	private function is_set_aside(): bool {
		$aside = $this->webhook['set_aside'] ?? null;
		if ( null === $aside ) {
			return false;
		}
		$known = is_array( $aside ) ? array_diff_key( $aside, array_flip( array( 'field', 'message', 'unsure' ) ) ) : null;
		if ( array() !== $known || ! is_string( $aside['field'] ?? null ) || ! is_string( $aside['message'] ?? null ) || ! is_bool( $aside['unsure'] ?? false ) ) {
			$this->refuse( 'set_aside', 'is of a wrong type' );
		}
		self::is( 'is_string', $this->webhook['id'] ?? null ) || $this->refuse( 'id', 'is of a wrong type' );
		$this->identity();
		return true;
	}

	/**
	 * Names and types.
	 */
	private function types(): void {
		foreach ( array_keys( $this->webhook ) as $name ) {
			if ( ! in_array( $name, Limits::choices( 'settings' ), true ) ) {
				$this->refuse( (string) $name, 'is no setting of a webhook' );
			}
		}
		foreach ( array( 'id', 'url', 'events' ) as $name ) {
			if ( ! array_key_exists( $name, $this->webhook ) ) {
				$this->refuse( $name, 'is missing' );
			}
		}
		foreach ( self::TYPES as $type => $names ) {
			foreach ( array_intersect( $names, array_keys( $this->webhook ) ) as $name ) {
				self::is( $type, $this->webhook[ $name ] ) || $this->refuse( $name, 'is of a wrong type' );
			}
		}
		$sites = array_key_exists( 'sites', $this->webhook ) ? $this->webhook['sites'] : 'all';
		$ids   = is_array( $sites ) && 1 === count( $sites ) ? $sites['only'] ?? $sites['except'] ?? null : null;
		if ( 'all' !== $sites && ( ! self::is( 'is_list', $ids ) || array_filter( $ids, static fn( $id ) => ! is_int( $id ) || $id < 0 ) ) ) {
			$this->refuse( 'sites', 'is of a wrong type' );
		}
		foreach ( $this->webhook as $name => $value ) {
			$this->text( $name, $value );
		}
	}

	/**
	 * Refuses bytes that are no text, in whatever a setting has in it.
	 */
	private function text( string $field, mixed $value ): void {
		if ( is_array( $value ) ) {
			foreach ( $value as $key => $one ) {
				$this->text( is_int( $key ) ? "{$field}[$key]" : "$field.$key", $one );
			}
		} elseif ( is_string( $value ) && ! Text::is_utf8( $value ) ) {
			$this->refuse( $field, 'is not UTF-8' );
		}
	}

	/**
	 * Id.
	 */
	private function identity(): void {
		if ( 1 !== preg_match( '/^[A-Za-z0-9_-]{1,' . Limits::max( 'id' ) . '}$/D', $this->webhook['id'] ) ) {
			$this->refuse( 'id', 'expected 1 to 64 of the characters A-Z a-z 0-9 _ -' );
		}
	}

	/**
	 * Name, events and URL.
	 */
	private function target(): void {
		$invisible = Invisible::find_in_words( $this->webhook['name'] ?? '' );
		if ( null !== $invisible ) {
			$this->refuse( 'name', "the name contains $invisible" );
		}
		if ( ! $this->webhook['events'] ) {
			$this->refuse( 'events', 'expected at least one event or pattern' );
		}
		foreach ( $this->webhook['events'] as $number => $pattern ) {
			if ( ! is_string( $pattern ) || ! Event::is_name( str_replace( '*', '_', $pattern ) ) ) {
				$shown = is_string( $pattern ) ? $pattern : get_debug_type( $pattern );
				$this->refuse( "events[$number]", "\"$shown\" is no event: expected 1 to 100 of the characters a-z 0-9 _ . - and * for any" );
			}
		}
		$this->keys();
		$wrong = Url_Template::is( $this->webhook['url'] ) ? Url_Template::wrong( $this->webhook['url'] ) : self::url( $this->webhook['url'] );
		if ( null !== $wrong ) {
			$this->refuse( 'url', $wrong );
		}
	}

	/**
	 * Secret values of the URL.
	 */
	private function keys(): void {
		$keys = $this->webhook['keys'] ?? array();
		$this->within( 'keys', count( $keys ), 'keys', ' keys' );
		$names = array();
		foreach ( $keys as $number => $key ) {
			if ( ! is_array( $key ) || ! is_string( $key['name'] ?? null ) || ! is_string( $key['value'] ?? null ) || 2 !== count( $key ) ) {
				$this->refuse( "keys[$number]", 'is of a wrong type' );
			}
			if ( 1 !== preg_match( '/^[a-z_][a-z0-9_]*$/D', $key['name'] ) || strlen( $key['name'] ) > Limits::max( 'key_name' ) ) {
				$this->refuse( "keys[$number].name", 'expected 1 to 64 of the characters a-z 0-9 _ and no digit first' );
			}
			if ( in_array( $key['name'], $names, true ) ) {
				$this->refuse( "keys[$number].name", "\"{$key['name']}\" is the name of another key" );
			}
			$names[] = $key['name'];
			if ( '' === $key['value'] || strlen( $key['value'] ) > Limits::max( 'key_value' ) || 1 === preg_match( '/\p{Cc}/u', $key['value'] ) ) {
				$this->refuse( "keys[$number].value", sprintf( 'expected 1 to %d bytes without control characters', Limits::max( 'key_value' ) ) );
			}
		}
	}

	/**
	 * What is wrong with a URL; null: nothing that PHP can see.
	 */
	public static function url( string $url ): ?string {
		$most = Limits::max( 'url' );
		if ( '' === $url ) {
			return 'the URL is empty';
		}
		if ( strlen( $url ) > $most ) {
			return sprintf( 'the URL has %d bytes, at most %d are possible', strlen( $url ), $most );
		}
		foreach ( array( '/\p{Cc}/u' => 'a control character', '/\s/u' => 'a space', '/\\\\/' => 'a backslash' ) as $pattern => $what ) {
			if ( 1 === preg_match( $pattern, $url ) ) {
				return "the URL contains $what";
			}
		}
		$invisible = Invisible::find( $url );
		if ( null !== $invisible ) {
			return "the URL contains $invisible";
		}
		if ( 1 !== preg_match( '~^https?://([^/?#]*)~i', $url, $parts ) ) {
			return 'the URL has to begin with https:// or http://';
		}
		$authority = $parts[1];
		if ( str_contains( $authority, '@' ) ) {
			return 'the URL contains a user name or password; use a request header (Authorization) instead';
		}
		if ( 1 !== preg_match( '/^(\[[^\]]*\]|[^:\[\]]*)(?::(\d*))?$/D', $authority, $parts ) || (int) ( $parts[2] ?? 0 ) > 65535 ) {
			return 'the URL can\'t be read: ' . ( str_starts_with( $authority, '[' ) ? 'invalid IPv6 address' : 'invalid port number' );
		}
		if ( '' !== ( $parts[2] ?? '' ) && 0 === (int) $parts[2] ) {
			return 'the URL has port 0';
		}
		$host      = $parts[1];
		$read      = rawurldecode( $host );
		$is_text   = Text::is_utf8( $read );
		$invisible = $is_text ? Invisible::find( $read ) : null;
		return match ( true ) {
			'' === $host => 'the URL can\'t be read: ' . ( str_contains( $url, ':///' ) ? 'there is no host' : 'empty host' ),
			'[' === $host[0] => filter_var( substr( $host, 1, -1 ), FILTER_VALIDATE_IP, FILTER_FLAG_IPV6 ) ? null : 'the URL can\'t be read: invalid IPv6 address',
			// Forbidden in a domain by the URL standard, behind percent signs as well.
			! $is_text, 1 === preg_match( '~[\x00-\x20#%/:<>?@[\\\\\]^|\x7f]~', $read ) => 'the URL can\'t be read: invalid international domain name',
			null !== $invisible => "the URL contains $invisible",
			1 === preg_match( '/["`{}]/', $read ) => 'the URL can\'t be read: invalid uri character',
			// What ends in a number is an address.
			1 === preg_match( '/(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/iD', $read ) && ! self::is_ipv4( rtrim( $read, '.' ) ) => 'the URL can\'t be read: invalid IPv4 address',
			in_array( '', explode( '.', preg_replace( '/\.$/D', '', $read ) ), true ) => 'the URL can\'t be read: a part of the host\'s name is empty',
			default => null,
		};
	}

	/**
	 * Whether a host is an IPv4 address as the URL standard reads one: up to four numbers, also octal
	 * and hexadecimal ones, the last of which fills what is left.
	 */
	private static function is_ipv4( string $host ): bool {
		$parts = explode( '.', $host );
		$last  = array_pop( $parts );
		foreach ( $parts as $part ) {
			if ( ( self::number( $part ) ?? 256 ) > 255 ) {
				return false;
			}
		}
		return count( $parts ) < 4 && ( self::number( $last ) ?? PHP_INT_MAX ) < 256 ** ( 4 - count( $parts ) );
	}

	/**
	 * A part of such an address.
	 */
	private static function number( string $part ): int|float|null {
		return match ( true ) {
			1 === preg_match( '/^0x[0-9a-f]*$/iD', $part ) => hexdec( substr( $part, 2 ) ),
			1 === preg_match( '/^0[0-7]*$/D', $part ) => octdec( $part ),
			1 === preg_match( '/^[1-9]\d*$/D', $part ) => (float) $part,
			default => null,
		};
	}

	/**
	 * Secrets and headers.
	 */
	private function signing(): void {
		$this->choice( 'signature', 'signatures', 'v1' );
		$secrets = $this->webhook['secrets'] ?? array();
		$this->within( 'secrets', count( $secrets ), 'secrets', ' secrets' );
		foreach ( $secrets as $number => $one ) {
			$secret = is_array( $one ) ? $one['secret'] ?? null : null;
			$until  = is_array( $one ) ? $one['until'] ?? 0 : 0;
			if ( ! is_string( $secret ) || ! is_int( $until ) || array_diff_key( $one, array_flip( array( 'secret', 'until' ) ) ) ) {
				$this->refuse( "secrets[$number]", 'is of a wrong type' );
			}
			$wrong = self::secret( $secret );
			if ( null !== $wrong ) {
				$this->refuse( "secrets[$number].secret", $wrong );
			}
		}
		$headers = $this->webhook['headers'] ?? array();
		$this->within( 'headers', count( $headers ), 'headers', ' headers' );
		foreach ( $headers as $number => $header ) {
			if ( ! is_array( $header ) || ! is_string( $header['name'] ?? null ) || ! is_string( $header['value'] ?? null ) || 2 !== count( $header ) ) {
				$this->refuse( "headers[$number]", 'is of a wrong type' );
			}
			$wrong = self::header( $header['name'], $header['value'] );
			if ( null !== $wrong ) {
				$this->refuse( "headers[$number]", $wrong );
			}
		}
	}

	/**
	 * What is wrong with a secret; never shows it.
	 */
	private static function secret( string $secret ): ?string {
		$symmetric = str_starts_with( $secret, 'whsec_' );
		if ( str_starts_with( $secret, 'whpk_' ) ) {
			return 'a "whpk_" key can only verify; signing takes its "whsk_" key';
		}
		if ( ! $symmetric && ! str_starts_with( $secret, 'whsk_' ) ) {
			return 'a secret begins with "whsec_" (HMAC-SHA256) or "whsk_" (ed25519)';
		}
		$text  = substr( $secret, $symmetric ? 6 : 5 );
		$bytes = base64_decode( $text, true );
		// Written in its one right form: with padding, and nothing in the bits that are left over.
		if ( false === $bytes || base64_encode( $bytes ) !== $text ) {
			return 'after its prefix a secret is base64 with padding (A-Z a-z 0-9 + / =)';
		}
		$length = strlen( $bytes );
		if ( $symmetric ) {
			return $length >= Limits::min( 'secret' ) && $length <= Limits::max( 'secret' ) ? null : "a \"whsec_\" secret has 24 to 64 bytes before base64, this one $length";
		}
		$halves = 64 === $length && function_exists( 'sodium_crypto_sign_seed_keypair' ) ? sodium_crypto_sign_publickey( sodium_crypto_sign_seed_keypair( substr( $bytes, 0, 32 ) ) ) === substr( $bytes, 32 ) : true;
		return ( 32 === $length || 64 === $length ) && $halves ? null : 'a "whsk_" key is an ed25519 seed of 32 bytes (or seed and public key, 64 bytes) in base64';
	}

	/**
	 * What is wrong with a header; never shows its value.
	 */
	private static function header( string $name, string $value ): ?string {
		$invisible = Invisible::find( $name );
		if ( null !== $invisible ) {
			return "the header's name contains $invisible";
		}
		$most = Limits::max( 'header_name' );
		if ( strlen( $name ) > $most || 1 !== preg_match( '/^[A-Za-z0-9!#$%&\'*+.^_`|~-]+$/D', $name ) ) {
			return sprintf( '"%s" is no header name (at most %d letters, digits and !#$%%&\'*+-.^_`|~)', mb_substr( $name, 0, 64 ), $most );
		}
		foreach ( Limits::choices( 'reserved_headers' ) as $reserved ) {
			$is_reserved = str_ends_with( $reserved, '-' ) ? str_starts_with( strtolower( $name ), $reserved ) : strtolower( $name ) === $reserved;
			if ( $is_reserved ) {
				return "the header \"$name\" is set by the delivery itself";
			}
		}
		$most = Limits::max( 'header_value' );
		if ( 1 !== preg_match( '/^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/D', $value ) || strlen( $value ) > $most ) {
			return "the value of the header \"$name\" contains something other than visible ASCII characters with single spaces or tabs between them, or is empty or longer than $most bytes";
		}
		return null;
	}

	/**
	 * Method, content type, fields, template and condition.
	 */
	private function body(): void {
		$this->choice( 'method', 'methods', 'POST' );
		$format       = $this->choice( 'format', 'formats', 'standard' );
		$content_type = $this->webhook['content_type'] ?? null;
		if ( null !== $content_type && ( strlen( $content_type ) > Limits::max( 'content_type' ) || 1 !== preg_match( '~^[ \t]*[\w!#$&^.+-]+/[\w!#$&^.+-]+[ \t]*(;[\x20-\x7e\t]*)?$~D', $content_type ) ) ) {
			$this->refuse( 'content_type', "\"$content_type\" is no content type, such as application/json" );
		}
		$template = $this->webhook['template'] ?? null;
		if ( 'template' === $format && null === $template ) {
			$this->refuse( 'template', 'expected the body\'s template, as format is template' );
		}
		$this->fields();
		if ( 'template' === $format ) {
			if ( '' === self::trim( $template ) ) {
				$this->refuse( 'template', 'the template is empty' );
			}
			$this->length( 'template', $template, 'the template has %d bytes, at most %d are possible' );
			$this->visible( 'template', $template );
		}
		$condition = $this->webhook['condition'] ?? null;
		if ( null !== $condition ) {
			$this->length( 'condition', $condition, 'the condition has %d bytes, at most %d are possible' );
			$this->visible( 'condition', $condition );
			if ( '' === self::trim( $condition ) ) {
				$this->refuse( 'condition', 'syntax error: unexpected end of input, expected expression' );
			}
		}
	}

	/**
	 * Paths to what it gets.
	 */
	private function fields(): void {
		$this->at_most( 'fields', $this->webhook['fields'] ?? array(), 'paths' );
		foreach ( $this->webhook['fields'] ?? array() as $number => $path ) {
			if ( ! is_string( $path ) ) {
				$this->refuse( "fields[$number]", 'is of a wrong type' );
			}
			$most = Limits::max( 'field' );
			if ( strlen( $path ) > $most || in_array( '', explode( '.', $path ), true ) ) {
				$shown = mb_substr( $path, 0, $most );
				$this->refuse( "fields[$number]", "the field \"$shown\" is no path below \"data\": keys separated by dots, * for every item of a list (order.items.*.price), at most $most bytes" );
			}
			$invisible = Invisible::find_in_words( $path );
			if ( null !== $invisible ) {
				$this->refuse( "fields[$number]", "the field \"$path\" contains $invisible" );
			}
		}
	}

	/**
	 * Whom endpoint and worker trust: secrets that fit the signature, and certificate authorities.
	 */
	private function trust(): void {
		$signature = $this->webhook['signature'] ?? 'v1';
		$secrets   = $this->webhook['secrets'] ?? array();
		if ( ! $secrets && 'none' !== $signature ) {
			$this->refuse( 'secrets', 'expected at least one secret, or "signature": "none"' );
		}
		foreach ( 'none' === $signature ? array() : $secrets as $number => $one ) {
			if ( ( 'v1a' === $signature ) !== str_starts_with( $one['secret'], 'whsk_' ) ) {
				$this->refuse( "secrets[$number].secret", '"v1" is signed with a whsec_ secret, "v1a" with a whsk_ one' );
			}
		}
		$ca_file = $this->webhook['ca_file'] ?? null;
		if ( null !== $ca_file && ! str_starts_with( $ca_file, '/' ) ) {
			$this->refuse( 'ca_file', "\"$ca_file\": expected an absolute path" );
		}
		$invisible = Invisible::find_in_words( (string) $ca_file );
		if ( null !== $invisible ) {
			$this->refuse( 'ca_file', "the path contains $invisible" );
		}
	}

	/**
	 * Timeout, retries and rate.
	 */
	private function pace(): void {
		foreach ( array( 'timeout' => ' seconds', 'concurrency' => '', 'disable_after' => ' seconds' ) as $name => $unit ) {
			$this->within( $name, $this->webhook[ $name ] ?? Webhook::DEFAULTS[ $name ], $name, $unit );
		}
		$retries = $this->webhook['retries'] ?? array();
		$this->within( 'retries', count( $retries ), 'retries', ' delays' );
		foreach ( $retries as $number => $delay ) {
			if ( ! self::is( 'is_number', $delay ) ) {
				$this->refuse( "retries[$number]", 'is of a wrong type' );
			}
			$this->within( "retries[$number]", $delay, 'retry', ' seconds' );
		}
		$rate = $this->webhook['rate_limit'] ?? null;
		if ( null === $rate ) {
			return;
		}
		if ( ! is_array( $rate ) || 2 !== count( $rate ) || ! self::is( 'is_number', $rate['count'] ?? null ) || ! in_array( $rate['per'] ?? null, Limits::choices( 'rates' ), true ) ) {
			$this->refuse( 'rate_limit', 'is of a wrong type' );
		}
		$this->within( 'rate_limit.count', $rate['count'], 'rate', '' );
	}

	/**
	 * A setting that is one of several words.
	 */
	private function choice( string $name, string $of, string $otherwise ): string {
		$value = array_key_exists( $name, $this->webhook ) ? $this->webhook[ $name ] : $otherwise;
		if ( ! in_array( $value, Limits::choices( $of ), true ) ) {
			$this->refuse( $name, is_string( $value ) ? sprintf( 'unknown variant `%s`, expected one of `%s`', $value, implode( '`, `', Limits::choices( $of ) ) ) : 'is of a wrong type' );
		}
		return $value;
	}

	/**
	 * Refuses a text of lines with characters that nobody sees.
	 */
	private function visible( string $name, string $text ): void {
		$invisible = Invisible::find_in_words( $text, true );
		if ( null !== $invisible ) {
			$this->refuse( $name, "the $name contains $invisible: delete it, or write it in a text as an escape" );
		}
	}

	/**
	 * A text without the spaces at its ends, of whichever script.
	 */
	private static function trim( string $text ): string {
		return (string) preg_replace( '/^\s+|\s+$/uD', '', $text );
	}

	/**
	 * Refuses a list that is too long.
	 *
	 * @param array<mixed> $entries
	 */
	private function at_most( string $name, array $entries, string $of ): void {
		if ( count( $entries ) > Limits::max( $name ) ) {
			$this->refuse( $name, sprintf( 'expected at most %d %s', Limits::max( $name ), $of ) );
		}
	}

	/**
	 * Refuses a text that is too long, in bytes.
	 */
	private function length( string $name, string $text, string $message ): void {
		if ( strlen( $text ) > Limits::max( $name ) ) {
			$this->refuse( $name, sprintf( $message, strlen( $text ), Limits::max( $name ) ) );
		}
	}

	/**
	 * Refuses a number outside of its limits.
	 */
	private function within( string $field, int $value, string $limit, string $unit ): void {
		if ( $value < Limits::min( $limit ) || $value > Limits::max( $limit ) ) {
			$this->refuse( $field, sprintf( '%d: expected %d to %d%s', $value, Limits::min( $limit ), Limits::max( $limit ), $unit ) );
		}
	}

	/**
	 * Whether a value is of a type of TYPES.
	 */
	private static function is( string $type, mixed $value ): bool {
		return match ( $type ) {
			'is_text' => null === $value || is_string( $value ),
			'is_number' => is_int( $value ) && $value >= 0 && $value <= 4294967295,
			'is_list' => is_array( $value ) && array_is_list( $value ),
			default => $type( $value ),
		};
	}

	/**
	 * Says what is wrong.
	 */
	private function refuse( string $field, string $message ): never {
		$id = $this->webhook['id'] ?? '';
		throw new Refusal( is_string( $id ) ? $id : '', $field, $message );
	}
}
