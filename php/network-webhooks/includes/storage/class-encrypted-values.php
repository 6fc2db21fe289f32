<?php
/**
 * What lies in the database, but not in plain.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Encrypts values with a key that stands in wp-config.php: who reads the database alone, or a backup
 * of it, reads nothing. The key is NETWORK_WEBHOOKS_KEY, and where that is not there, it is made of
 * the salts. The cipher is XSalsa20-Poly1305, NaCl's secretbox, of libsodium, which comes with PHP; where
 * it was left out, WordPress brings a copy of it.
 */
final class Encrypted_Values {

	/** In place of a key's mark: nothing is sealed, as no PHP could; or not all is. */
	public const UNSEALED = 'none';
	public const MIXED    = 'mixed';

	/** In what a text lies that is sealed, where it would stand otherwise: an array of this key. */
	private const WORD = 'sealed';

	/**
	 * Whether this PHP can seal and open anything.
	 */
	public static function is_possible(): bool {
		if ( ! function_exists( 'sodium_crypto_secretbox' ) && is_readable( ABSPATH . WPINC . '/sodium_compat/autoload.php' ) ) {
			require_once ABSPATH . WPINC . '/sodium_compat/autoload.php';
		}
		return function_exists( 'sodium_crypto_secretbox' );
	}

	/**
	 * Seals values.
	 *
	 * @param array<string, mixed> $values
	 * @throws \RuntimeException Where this PHP can't.
	 */
	public static function seal( array $values ): string {
		if ( ! self::is_possible() ) {
			throw new \RuntimeException( __( 'PHP’s extension “sodium” is missing, without which nothing secret can be stored.', 'network-webhooks' ) );
		}
		$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		return base64_encode( $nonce . sodium_crypto_secretbox( (string) wp_json_encode( $values ), $nonce, self::keys()[0] ) );
	}

	/**
	 * Opens them again.
	 *
	 * @return array<string, mixed>|null null: not sealed here, or the key was changed since.
	 */
	public static function open( string $sealed ): ?array {
		foreach ( self::is_possible() ? self::keys() : array() as $key ) {
			$values = self::open_with( $key, $sealed );
			if ( null !== $values ) {
				return $values;
			}
		}
		return null;
	}

	/**
	 * A text as it is stored. Where this PHP can't seal it is stored as it is, which Site Health says;
	 * one that is sealed, because nobody can open it any more, stays so.
	 *
	 * @return array{sealed: string}|string|mixed
	 */
	public static function seal_text( mixed $text ): mixed {
		return is_string( $text ) && self::is_possible() ? array( self::WORD => self::seal( array( $text ) ) ) : $text;
	}

	/**
	 * A stored text; sealed still, where the key was changed since.
	 */
	public static function open_text( mixed $stored ): mixed {
		$text = self::is_text( $stored ) ? self::open( $stored[ self::WORD ] )[0] ?? null : null;
		return is_string( $text ) ? $text : $stored;
	}

	/**
	 * Whether a value is a sealed text.
	 */
	public static function is_text( mixed $value ): bool {
		return is_array( $value ) && is_string( $value[ self::WORD ] ?? null );
	}

	/**
	 * By what one tells whether the key was changed. It says nothing of the key.
	 */
	public static function mark(): string {
		return self::is_possible() ? hash_hmac( 'sha256', 'the key with which network-webhooks seals', self::keys()[0] ) : self::UNSEALED;
	}

	/**
	 * What one key opens.
	 *
	 * @return array<string, mixed>|null
	 */
	private static function open_with( string $key, string $sealed ): ?array {
		$bytes = (string) base64_decode( $sealed, true );
		if ( strlen( $bytes ) < SODIUM_CRYPTO_SECRETBOX_NONCEBYTES + SODIUM_CRYPTO_SECRETBOX_MACBYTES ) {
			return null;
		}
		$nonce  = substr( $bytes, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		$opened = sodium_crypto_secretbox_open( substr( $bytes, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ), $nonce, $key );
		$values = false === $opened ? null : json_decode( $opened, true );
		return is_array( $values ) ? $values : null;
	}

	/**
	 * The keys: the one that seals, and the one of the salts, by which is read what was sealed before
	 * NETWORK_WEBHOOKS_KEY was there.
	 *
	 * @return non-empty-list<string>
	 */
	private static function keys(): array {
		$salts = hash( 'sha256', 'network-webhooks' . wp_salt( 'auth' ), true );
		$own   = defined( 'NETWORK_WEBHOOKS_KEY' ) && is_scalar( NETWORK_WEBHOOKS_KEY ) ? (string) NETWORK_WEBHOOKS_KEY : '';
		return '' === $own ? array( $salts ) : array( hash( 'sha256', 'network-webhooks key' . $own, true ), $salts );
	}
}
