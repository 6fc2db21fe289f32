<?php
/**
 * A PHP value in the database.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A value as a text, and back. What comes back holds no objects but plain ones, whatever somebody
 * wrote into the database: nothing of PHP's own unserialize() is used.
 */
final class Stored_Value implements \JsonSerializable {

	/** Levels of the JSON: two for each that the writer lets through, and some around them. */
	private const DEPTH = 2 * Value_Writer::DEPTH + 16;

	/**
	 * Holds a value that is neither array nor object: an object said that this is what it is.
	 */
	private function __construct( private readonly mixed $value ) {}

	/**
	 * A value as a text.
	 *
	 * @throws \OverflowException Where it is too large.
	 * @throws \Throwable         What the value's own code throws.
	 */
	public static function pack( mixed $value ): string {
		return ( new Value_Writer() )->write( $value );
	}

	/**
	 * The value of a text: for the extension the same as the one that was packed.
	 *
	 * @throws \UnexpectedValueException Where there is no value in it.
	 */
	public static function unpack( string $text ): array|object {
		try {
			$strings = array();
			if ( str_starts_with( $text, Value_Writer::WITH_STRINGS ) ) {
				$end   = strcspn( $text, "\n" );
				$start = strlen( Value_Writer::WITH_STRINGS );
				$head  = json_decode( substr( $text, $start, $end - $start ), false, self::DEPTH, JSON_THROW_ON_ERROR );
				foreach ( $head[1] as $length ) {
					$strings[] = substr( $text, $end + 1, $length );
					$end      += $length;
				}
				if ( strlen( $text ) !== $end + 1 ) {
					throw new \LengthException( 'its bytes are not all there' );
				}
				$value = $head[0];
			} else {
				$value = json_decode( $text, false, self::DEPTH, JSON_THROW_ON_ERROR );
			}
			$value = self::restore( $value, $strings );
		} catch ( \Throwable $error ) {
			throw new \UnexpectedValueException( "what was kept of the event can't be read: {$error->getMessage()}", 0, $error );
		}
		return is_array( $value ) || is_object( $value ) ? $value : new self( $value );
	}

	/**
	 * The value that this holds.
	 */
	public function jsonSerialize(): mixed {
		return $this->value;
	}

	/**
	 * The value that a part of the JSON stands for: see Value_Writer.
	 *
	 * @param list<string> $strings
	 */
	private static function restore( mixed $part, array $strings ): mixed {
		if ( is_array( $part ) ) {
			foreach ( $part as $place => $one ) {
				if ( is_array( $one ) || is_object( $one ) ) {
					$part[ $place ] = self::restore( $one, $strings );
				}
			}
			return $part;
		}
		if ( ! is_object( $part ) ) {
			return $part;
		}
		$members = (array) $part;
		$first   = (string) array_key_first( $members );
		if ( str_starts_with( $first, Value_Writer::MARK ) ) {
			return self::marked( substr( $first, 1 ), $members[ $first ], $strings );
		}
		foreach ( $members as $name => $one ) {
			if ( is_array( $one ) || is_object( $one ) ) {
				$members[ $name ] = self::restore( $one, $strings );
			}
		}
		return (object) $members;
	}

	/**
	 * What JSON has no word for.
	 *
	 * @param mixed        $of      What stands for it.
	 * @param list<string> $strings
	 */
	private static function marked( string $kind, mixed $of, array $strings ): mixed {
		return match ( $kind ) {
			'd' => is_string( $of ) && preg_match( '/^[0-9a-f]{16}$/D', $of ) ? unpack( 'E', (string) hex2bin( $of ) )[1] : throw new \DomainException( 'a number of it is none' ),
			's' => $strings[ $of ] ?? throw new \OutOfRangeException( 'a string of it is not there' ),
			'm' => self::members( $of, $strings ),
			'o' => (object) self::members( $of, $strings ),
			'a' => new \ArrayObject( self::members( $of, $strings ) ),
		};
	}

	/**
	 * Keys and values of a list that has them in turn.
	 *
	 * @param list<mixed>  $turns
	 * @param list<string> $strings
	 */
	private static function members( array $turns, array $strings ): array {
		$members = array();
		foreach ( $turns as $place => $key ) {
			if ( 0 === $place % 2 ) {
				$members[ is_object( $key ) ? self::restore( $key, $strings ) : $key ] = self::restore( $turns[ $place + 1 ], $strings );
			}
		}
		return $members;
	}
}
