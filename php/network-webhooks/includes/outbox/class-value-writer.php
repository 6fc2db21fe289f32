<?php
/**
 * From a PHP value to a text.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Writes a value so that Stored_Value makes one of it for which the extension writes the same JSON,
 * and names the same paths in `altered`: what JSON can't hold is kept, not mended here. Objects are
 * written as json_encode() would see them now; they may change until the text is read.
 *
 * The text is JSON as far as JSON has a word for it. All else is an object of one member, whose name
 * begins with MARK: `m` an array with keys, `o` an object, and `a` an ArrayObject, as lists of keys
 * and values in turn; `d` a float, as the 16 hexadecimal digits of its bits; `s` the number of a
 * string that is long or no UTF-8. Where there are such strings, they stand behind the JSON as the
 * bytes that they are.
 */
final class Value_Writer {

	/** Bytes that a text has at most. An event with more is cut as the extension would cut it. */
	public const MOST = 8 * MB_IN_BYTES;

	/** What the name of the member begins with, by which the reader knows such an object. */
	public const MARK = "\x01";

	/** What a text begins with that has strings behind its JSON. */
	public const WITH_STRINGS = 'v1:';

	/** Levels that the extension writes; what is deeper becomes null there, and is named. */
	public const DEPTH = 512;

	/** Objects within each other: those that say themselves what they are have no level of their own. */
	private const INSIDE = 4 * self::DEPTH;

	/** Comparisons for finding out whether an array contains itself, and levels after which it does. */
	private const COMPARISONS = 500_000;
	private const ENDLESS     = 10_000;

	/** Longest string within the JSON, in bytes. */
	private const INLINE = 4096;

	/** In the place of what has no form as JSON: NAN, which the extension makes null and names. */
	private const NOTHING = '{"\u0001d":"7ff8000000000000"}';

	/**
	 * The JSON so far.
	 */
	private string $json = '';

	/**
	 * The strings behind it.
	 *
	 * @var list<string>
	 */
	private array $strings = array();

	/**
	 * Numbers of those that may be cut; keys may not.
	 *
	 * @var list<int>
	 */
	private array $values = array();

	/**
	 * Objects that the walk is in.
	 *
	 * @var list<object>
	 */
	private array $objects = array();

	/**
	 * Arrays that the walk is in.
	 *
	 * @var list<array>
	 */
	private array $arrays = array();

	/**
	 * Comparisons of arrays that are left; null: there seems to be none that contains itself, and so
	 * none is compared.
	 */
	private ?int $comparisons = null;

	/**
	 * Whether something may contain itself: an object was met within itself, or it is too deep.
	 */
	private bool $is_suspicious = false;

	/**
	 * How many brackets are open, as json_encode() counts its depth.
	 */
	private int $level = 0;

	/**
	 * A value as a text.
	 *
	 * @throws \OverflowException Where it would have more than MOST bytes, strings being cut.
	 * @throws \Throwable         What the value's own code throws.
	 */
	public function write( mixed $value ): string {
		$is_plain = false;
		try {
			$this->value( $value );
			$is_plain = ! $this->is_suspicious;
		} catch ( \OverflowException $error ) {
			if ( null !== $this->comparisons ) {
				throw $error;
			}
		}
		if ( ! $is_plain && null === $this->comparisons ) {
			$again              = new self();
			$again->comparisons = self::COMPARISONS;
			return $again->write( $value );
		}
		$this->cut();
		if ( ! $this->strings ) {
			return $this->json;
		}
		$lengths = implode( ',', array_map( 'strlen', $this->strings ) );
		return self::WITH_STRINGS . "[$this->json,[$lengths]]\n" . implode( '', $this->strings );
	}

	/**
	 * Writes a value.
	 */
	private function value( mixed $value ): void {
		if ( is_array( $value ) ) {
			$this->array( $value );
		} elseif ( is_object( $value ) ) {
			$this->object( $value );
		} elseif ( is_string( $value ) ) {
			$this->string( $value, true );
		} else {
			$this->append(
				match ( true ) {
					null === $value => 'null',
					is_bool( $value ) => $value ? 'true' : 'false',
					is_int( $value ) => (string) $value,
					is_float( $value ) => self::float( $value ),
					default => self::NOTHING, // A resource.
				}
			);
		}
	}

	/**
	 * A float: as JSON where that says the same number, which a setting of PHP decides.
	 */
	private static function float( float $value ): string {
		$json = json_encode( $value, JSON_PRESERVE_ZERO_FRACTION );
		return is_string( $json ) && json_decode( $json ) === $value ? $json : self::marked( 'd', '"' . bin2hex( pack( 'E', $value ) ) . '"' );
	}

	/**
	 * What JSON has no word for.
	 */
	private static function marked( string $kind, string $json ): string {
		return "{\"\\u0001$kind\":$json}";
	}

	/**
	 * Writes a string.
	 *
	 * @param bool $is_value Whether it may be cut; else it is a key.
	 */
	private function string( string $text, bool $is_value ): void {
		$json = strlen( $text ) <= self::INLINE ? json_encode( $text, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE ) : false;
		if ( false === $json ) {
			$number          = count( $this->strings );
			$json            = self::marked( 's', (string) $number );
			$this->strings[] = $text;
			if ( $is_value ) {
				$this->values[] = $number;
			}
		}
		$this->append( $json );
	}

	/**
	 * Writes an array, unless the walk is in it already.
	 */
	private function array( array $members ): void {
		foreach ( null === $this->comparisons ? array() : $this->arrays as $around ) {
			if ( $this->is_same( $around, $members ) ) {
				$this->append( self::NOTHING );
				return;
			}
		}
		$this->arrays[] = $members;
		$this->members( $members, array_is_list( $members ) ? '' : 'm' );
		array_pop( $this->arrays );
	}

	/**
	 * Writes an object as json_encode() would see it.
	 */
	private function object( object $value ): void {
		if ( $value instanceof \UnitEnum && ! $value instanceof \JsonSerializable ) {
			$backed = $value instanceof \BackedEnum ? $value->value : null;
			// One that is no UTF-8 is nothing to json_encode().
			null === $backed || ( is_string( $backed ) && 1 !== preg_match( '//u', $backed ) ) ? $this->append( self::NOTHING ) : $this->value( $backed );
			return;
		}
		if ( in_array( $value, $this->objects, true ) || count( $this->objects ) === self::INSIDE ) {
			$this->is_suspicious = true;
			$this->append( self::NOTHING );
			return;
		}
		$this->objects[] = $value;
		$form            = $value instanceof \JsonSerializable ? $value->jsonSerialize() : $value;
		$form === $value ? $this->properties( $value ) : $this->value( $form );
		array_pop( $this->objects );
	}

	/**
	 * Writes what is in an array or object.
	 *
	 * @param string $kind `m`, `o` or `a`; empty: a list.
	 */
	private function members( array $members, string $kind ): void {
		if ( self::DEPTH === $this->level ) {
			$this->is_suspicious = true;
			$this->append( '[]' ); // A level too many for the extension as well.
			return;
		}
		++$this->level;
		$is_json = 'm' === $kind || 'o' === $kind ? self::has_names( $members, 'o' === $kind ) : false;
		$this->append( '' === $kind ? '[' : ( $is_json ? '{' : "{\"\\u0001$kind\":[" ) );
		$comma = '';
		foreach ( $members as $key => $member ) {
			$this->append( $comma );
			$comma = ',';
			if ( $is_json ) {
				$this->string( (string) $key, false );
				$this->append( ':' );
			} elseif ( '' !== $kind ) {
				is_int( $key ) ? $this->append( (string) $key ) : $this->string( $key, false );
				$this->append( ',' );
			}
			$this->value( $member );
		}
		$this->append( '' === $kind ? ']' : ( $is_json ? '}' : ']}' ) );
		--$this->level;
	}

	/**
	 * Whether keys are such as an object of JSON has, and the extension sees no difference between it
	 * and what was written: of an array, `altered` names a number otherwise than a name.
	 */
	private static function has_names( array $members, bool $is_object ): bool {
		if ( str_starts_with( (string) array_key_first( $members ), self::MARK ) ) {
			return false;
		}
		foreach ( $members as $key => $_ ) {
			if ( is_int( $key ) ? ! $is_object : ( strlen( $key ) > self::INLINE || str_starts_with( $key, "\0" ) || 1 !== preg_match( '//u', $key ) ) ) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Appends to the JSON.
	 *
	 * @throws \OverflowException Where that is too much.
	 */
	private function append( string $json ): void {
		$this->json .= $json;
		if ( strlen( $this->json ) > self::MOST ) {
			self::give_up();
		}
	}

	/**
	 * Cuts the longest strings, all to one length, where the whole is too large. The extension takes
	 * less and cuts them further, by the same rule.
	 */
	private function cut(): void {
		$room    = self::MOST - strlen( $this->json ) - strlen( implode( ',', array_map( 'strlen', $this->strings ) ) );
		$lengths = array_map( 'strlen', $this->strings );
		$own     = array_intersect_key( $lengths, array_flip( $this->values ) );
		$room   -= array_sum( $lengths ) - array_sum( $own );
		if ( array_sum( $own ) <= $room ) {
			return;
		}
		sort( $own );
		foreach ( $own as $place => $length ) {
			$level = intdiv( $room, count( $own ) - $place );
			if ( $length > $level ) {
				break;
			}
			$room -= $length;
		}
		if ( $level < 1 ) {
			self::give_up();
		}
		foreach ( $this->values as $number ) {
			if ( $lengths[ $number ] > $level ) {
				// The last byte is no text: where the extension should not cut it once more, it is named all the same.
				$this->strings[ $number ] = substr( $this->strings[ $number ], 0, $level - 1 ) . "\xff";
			}
		}
	}

	/**
	 * Too much.
	 */
	private static function give_up(): never {
		throw new \OverflowException( sprintf( 'the event has more than the %s bytes that can wait in the database: send less data', number_format( self::MOST ) ) );
	}

	/**
	 * Writes what json_encode() sees of an object that does not say itself what it is.
	 */
	private function properties( object $value ): void {
		if ( $value instanceof \Closure ) {
			$this->members( array(), 'o' ); // A cast would put it into an array.
			return;
		}
		$class = get_class( $value );
		while ( get_parent_class( $class ) ) {
			$class = get_parent_class( $class );
		}
		// Classes of PHP's own, such as DateTime, show properties in a cast that they don't have. Of
		// others those that code computes count too, and a lazy object has to become what it is.
		$all = ( new \ReflectionClass( $class ) )->isInternal() ? (array) $value : get_object_vars( $value );
		// Names of private and protected properties begin with a NUL.
		$public = array_filter( $all, static fn( $name ) => ! str_starts_with( (string) $name, "\0" ), ARRAY_FILTER_USE_KEY );
		// Its numbers are numbers; those of other objects are names, which `altered` shows otherwise.
		$is_array = ( $value instanceof \ArrayObject || $value instanceof \ArrayIterator ) && ! ( $value->getFlags() & \ArrayObject::STD_PROP_LIST );
		$this->members( $public, $is_array ? 'a' : 'o' );
	}

	/**
	 * Whether two arrays are the same one, as far as PHP lets that be seen: the same keys with the same
	 * values. An array that does not contain itself differs from all that it contains.
	 */
	private function is_same( array $one, array $other, int $depth = 0 ): bool {
		if ( $depth > self::ENDLESS ) {
			return true;
		}
		if ( --$this->comparisons < 0 || count( $one ) !== count( $other ) || array_keys( $one ) !== array_keys( $other ) ) {
			return false;
		}
		foreach ( $one as $key => $value ) {
			$theirs    = $other[ $key ];
			$reference = \ReflectionReference::fromArrayElement( $one, $key )?->getId();
			$is_same   = match ( true ) {
				null !== $reference && \ReflectionReference::fromArrayElement( $other, $key )?->getId() === $reference => true,
				is_array( $value ) && is_array( $theirs ) => $this->is_same( $value, $theirs, $depth + 1 ),
				is_float( $value ) && is_nan( $value ) => is_float( $theirs ) && is_nan( $theirs ),
				default => ! is_array( $theirs ) && $value === $theirs,
			};
			if ( ! $is_same ) {
				return false;
			}
		}
		return true;
	}
}
