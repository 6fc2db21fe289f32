<?php
/**
 * What may lie in the database for a while, but not in plain.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Encrypts values with a key that is made of wp-config.php's salts: who reads the database alone,
 * or a backup of it, reads nothing. WordPress brings libsodium, or its own copy of it.
 */
final class Sealed {

	/**
	 * Seals values.
	 *
	 * @param array<string, mixed> $values
	 */
	public static function seal( array $values ): string {
		$nonce = random_bytes( SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		return base64_encode( $nonce . sodium_crypto_secretbox( (string) wp_json_encode( $values ), $nonce, self::key() ) );
	}

	/**
	 * Opens them again.
	 *
	 * @return array<string, mixed>|null null: not sealed here, or the salts were changed since.
	 */
	public static function open( string $sealed ): ?array {
		$bytes = (string) base64_decode( $sealed, true );
		if ( strlen( $bytes ) < SODIUM_CRYPTO_SECRETBOX_NONCEBYTES + SODIUM_CRYPTO_SECRETBOX_MACBYTES ) {
			return null;
		}
		$nonce  = substr( $bytes, 0, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES );
		$opened = sodium_crypto_secretbox_open( substr( $bytes, SODIUM_CRYPTO_SECRETBOX_NONCEBYTES ), $nonce, self::key() );
		$values = false === $opened ? null : json_decode( $opened, true );
		return is_array( $values ) ? $values : null;
	}

	/**
	 * The key.
	 */
	private static function key(): string {
		return hash( 'sha256', 'network-webhooks' . wp_salt( 'auth' ), true );
	}
}
