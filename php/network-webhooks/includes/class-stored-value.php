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

	/** What a text begins with. One that was written before there was such a mark is JSON. */
	private const MARK = 'v1:';

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
		return self::MARK . ( new Value_Writer() )->write( $value );
	}

	/**
	 * The value of a text: for the extension the same as the one that was packed.
	 *
	 * @throws \UnexpectedValueException Where there is no value in it.
	 */
	public static function unpack( string $text ): array|object {
		try {
			if ( ! str_starts_with( $text, self::MARK ) ) {
				$value = json_decode( $text, false, self::DEPTH, JSON_THROW_ON_ERROR );
			} else {
				$end     = strcspn( $text, "\n" );
				$head    = json_decode( substr( $text, strlen( self::MARK ), $end - strlen( self::MARK ) ), true, self::DEPTH, JSON_THROW_ON_ERROR );
				$strings = array();
				foreach ( $head[1] as $length ) {
					$strings[] = substr( $text, $end + 1, $length );
					$end      += $length;
				}
				if ( strlen( $text ) !== $end + 1 ) {
					throw new \LengthException( 'its bytes are not all there' );
				}
				$value = self::restore( $head[0], $strings );
			}
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
		if ( ! is_array( $part ) ) {
			return $part;
		}
		if ( array_is_list( $part ) ) {
			foreach ( $part as $place => $one ) {
				if ( is_array( $one ) ) {
					$part[ $place ] = self::restore( $one, $strings );
				}
			}
			return $part;
		}
		$kind = (string) array_key_first( $part );
		$of   = $part[ $kind ];
		return match ( $kind ) {
			'd' => unpack( 'E', (string) hex2bin( $of ) )[1],
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
				$members[ is_array( $key ) ? self::restore( $key, $strings ) : $key ] = self::restore( $turns[ $place + 1 ], $strings );
			}
		}
		return $members;
	}
}
