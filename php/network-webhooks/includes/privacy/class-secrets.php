<?php
/**
 * Secrets in values of which nothing is known.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Recognizes secrets by what they are called, by how they look, and by being this request's or
 * this installation's own. Rather too many than too few: a `keyword` is masked like a `key`.
 */
final class Secrets {

	/** What stands in a secret's place. */
	public const MASK = '***';

	/** What names of secrets contain. */
	private const NAMES = 'pass|pwd|key|token|secret|nonce|cookie|credential|signature|salt';

	/** Shorter ones are not looked for: a posted `1` is everywhere. */
	private const SHORTEST      = 4;
	private const SHORTEST_PART = 6;

	/** How secrets look. What is kept of a match is its group. */
	private const FORMS = array(
		// Hashes of passwords: WordPress's, bcrypt, argon2.
		'~()\$(?:wp\$|generic\$)?(?:P|H|S|2[abxy]|argon2(?:i|d|id)|[156])\$[^\s"\'<>]{8,}~',
		// JSON Web Tokens.
		'~()\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*~',
		// Keys that say what they are.
		'~()\b(?:whsec|whsk|(?:sk|rk|pk)_(?:live|test)|gh[pousr]|github_pat|glpat|xox[abprs])[_-][\w+/=.-]{8,}~',
		'~()\b(?:AKIA[A-Z0-9]{12,}|SG\.[\w-]{10,}\.[\w-]+)~',
		'~()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)~s',
		// What an Authorization header has, and what a URL has before its host.
		'~(\bAuthorization\b\W{1,5})[^\r\n"\'<>]+~i',
		'~(\bBearer\s+)(?=[^\s\d]*\d)[\w+/=.-]{6,}~i',
		'~(://[^\s/:@]*:)[^\s/@]+(?=@)~',
		// name=value, "name":"value", name: value, and PHP's own serialization.
		'~((?:' . self::NAMES . ')[\w.\[\]%-]{0,100}["\']?\s*(?:=>|[=:])\s*(?:["\']|\\\\")?)[^\s"\'&;,<>#\\\\}]+~i',
		'~(s:\d+:"[^"]*(?:' . self::NAMES . ')[^"]*";s:\d+:")[^"]*~i',
	);

	/**
	 * Whether something of this name may be a secret.
	 */
	public static function is_name( string $name ): bool {
		return 1 === preg_match( '/' . self::NAMES . '/i', $name );
	}

	/**
	 * A text with what looks like a secret masked.
	 */
	public static function mask( string $text ): string {
		if ( strlen( $text ) < self::SHORTEST ) {
			return $text;
		}
		foreach ( self::own() as $secret ) {
			if ( $text === $secret ) {
				return self::MASK;
			}
			if ( strlen( $secret ) >= self::SHORTEST_PART ) {
				$text = str_replace( array( $secret, rawurlencode( $secret ) ), self::MASK, $text );
			}
		}
		foreach ( self::FORMS as $form ) {
			// A text at which an expression fails is not known to be harmless.
			$text = preg_replace( $form, '$1' . self::MASK, $text ) ?? self::MASK;
		}
		return $text;
	}

	/**
	 * The secrets of this request and of this installation.
	 *
	 * @return list<string>
	 */
	private static function own(): array {
		$secrets = array();
		foreach ( array( 'NETWORK_WEBHOOKS_KEY', 'DB_PASSWORD', 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT' ) as $name ) {
			$secrets[] = defined( $name ) ? constant( $name ) : '';
		}
		foreach ( array( 'PHP_AUTH_PW', 'HTTP_AUTHORIZATION', 'REDIRECT_HTTP_AUTHORIZATION' ) as $name ) {
			$secrets[] = $_SERVER[ $name ] ?? ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- looked for in texts, as it came.
		}
		array_walk_recursive(
			$_COOKIE,
			static function ( $value ) use ( &$secrets ) {
				// The others are settings, such as a language.
				if ( is_string( $value ) && strlen( $value ) >= 16 ) {
					$secrets[] = $value;
				}
			}
		);
		foreach ( array( $_GET, $_POST ) as $fields ) {
			array_walk_recursive(
				$fields,
				static function ( $value, $name ) use ( &$secrets ) {
					if ( self::is_name( (string) $name ) ) {
						$secrets[] = $value;
					}
				}
			);
		}
		$secrets = array_filter( $secrets, static fn( $secret ) => is_string( $secret ) && strlen( $secret ) >= self::SHORTEST );
		// WordPress adds slashes to what is posted; plugins take them away, or forget it.
		$secrets = array_unique( array( ...array_values( $secrets ), ...array_map( 'stripslashes', array_values( $secrets ) ) ) );
		usort( $secrets, static fn( string $a, string $b ) => strlen( $b ) <=> strlen( $a ) );
		return $secrets;
	}
}
