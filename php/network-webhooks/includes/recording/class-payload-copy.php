<?php
/**
 * A payload as it is now.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A copy of a payload that costs no more than so many bytes, however large the payload is: the
 * request in which an event happens must not run out of memory because somebody listens. Objects
 * may change until the request ends; the copy does not.
 */
final class Payload_Copy {

	private const JSON = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;

	/** Further down nothing is copied. */
	private const DEPTH = 32;

	/** What a value costs beside its own bytes. */
	private const COST = 4;

	/**
	 * The payload as JSON.
	 */
	public readonly string $json;

	/**
	 * Whether all of it is there.
	 */
	public readonly bool $is_whole;

	/**
	 * Copies a payload.
	 *
	 * @param int $room Bytes that the copy may have, about.
	 */
	public function __construct( array|object $data, int $room ) {
		$left           = $room;
		$copy           = self::copy( $data, $left, self::DEPTH );
		$json           = json_encode( $copy, self::JSON );
		$this->json     = is_string( $json ) ? $json : '{}';
		$this->is_whole = is_string( $json ) && $left >= 0;
	}

	/**
	 * Copies a value as json_encode() would see it.
	 *
	 * @param int $left Bytes that are left; below 0: something was left out.
	 */
	private static function copy( mixed $value, int &$left, int $depth ): mixed {
		$left -= self::COST;
		if ( $left < 0 || 0 === $depth ) {
			$left = -1;
			return null;
		}
		if ( $value instanceof \JsonSerializable ) {
			return self::copy( $value->jsonSerialize(), $left, $depth - 1 );
		}
		if ( $value instanceof \BackedEnum ) {
			return $value->value;
		}
		if ( is_string( $value ) ) {
			$length = strlen( $value );
			if ( $length > $left ) {
				// A character that this cuts is mended as the JSON is made.
				$value = substr( $value, 0, $left );
				$left  = -1;
				return $value;
			}
			$left -= $length;
			return $value;
		}
		if ( is_array( $value ) ) {
			return self::copy_parts( $value, $left, $depth );
		}
		if ( is_object( $value ) ) {
			return (object) self::copy_parts( $value instanceof \DateTimeInterface ? (array) $value : get_object_vars( $value ), $left, $depth );
		}
		return is_resource( $value ) ? null : $value;
	}

	/**
	 * Copies the parts of an array or object.
	 */
	private static function copy_parts( array $parts, int &$left, int $depth ): array {
		$copy = array();
		foreach ( $parts as $name => $part ) {
			$left -= is_string( $name ) ? strlen( $name ) : 0;
			if ( $left < 0 ) {
				$left = -1;
				break;
			}
			$copy[ $name ] = self::copy( $part, $left, $depth - 1 );
		}
		return $copy;
	}
}
