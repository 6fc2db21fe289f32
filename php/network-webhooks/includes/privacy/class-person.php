<?php
/**
 * Whose data is to be forgotten.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A person, and whether an event that is kept in the database is about him or her: by the rules of
 * the worker, which erases what is in the log and the journal (src/store/person.rs).
 */
final class Person {

	/** Further down nobody is looked for: as deep as an event is written. */
	private const DEPTH = Value_Writer::DEPTH;

	/**
	 * The address as a whole word: not the end or the beginning of another one.
	 */
	private readonly string $pattern;

	/**
	 * Takes what the person is known by.
	 *
	 * @param string $email   Compared without regard to case.
	 * @param int    $user_id Id of a WordPress user; 0: not known.
	 */
	public function __construct( private readonly string $email, private readonly int $user_id = 0 ) {
		$this->pattern = '/(?<![\p{L}\p{N}._%+-])' . preg_quote( $email, '/' ) . '(?![\p{L}\p{N}-]|\.[\p{L}\p{N}-])/iu';
	}

	/**
	 * Whether the person occurs in an event. One that can't be read is searched as text: too much
	 * forgotten is the smaller mistake.
	 */
	public function is_in( Waiting_Event $event ): bool {
		try {
			return ( null !== $event->data && $this->occurs( $event->data(), '', self::DEPTH ) ) || $this->occurs( $event->options( 0 ), '', self::DEPTH );
		} catch ( \UnexpectedValueException ) {
			return $this->is_text( (string) $event->data ) || $this->is_text( $event->options );
		}
	}

	/**
	 * Whether the person occurs in what came or was recorded: JSON, the fields of a form, or any other
	 * text. What can't be read is searched as it is.
	 */
	public function is_in_text( string $text ): bool {
		$value = json_decode( $text, false, 2 * self::DEPTH, JSON_BIGINT_AS_STRING );
		if ( is_array( $value ) || is_object( $value ) ) {
			return $this->occurs( $value, '', self::DEPTH );
		}
		// Where there are too many of them, PHP leaves some out.
		@parse_str( $text, $fields );
		return $this->is_text( $text ) || $this->is_text( urldecode( $text ) ) || $this->occurs( $fields, '', self::DEPTH );
	}

	/**
	 * Whether the person occurs in a value.
	 *
	 * @param string $member Name of the member that has it.
	 */
	private function occurs( mixed $value, string $member, int $depth ): bool {
		if ( $value instanceof Stored_Value ) {
			$value = $value->jsonSerialize();
		}
		if ( is_array( $value ) || is_object( $value ) ) {
			// What is in a list stands under the list's name.
			$is_list = is_array( $value ) && array_is_list( $value );
			foreach ( 0 === $depth ? array() : (array) $value as $name => $part ) {
				if ( ( ! $is_list && $this->is_text( (string) $name ) ) || $this->occurs( $part, $is_list ? $member : (string) $name, $depth - 1 ) ) {
					return true;
				}
			}
			return false;
		}
		if ( is_string( $value ) && $this->is_text( $value ) ) {
			return true;
		}
		return $this->user_id && self::names_a_user( $member ) && ( is_int( $value ) || is_string( $value ) ) && (string) $this->user_id === (string) $value;
	}

	/**
	 * Whether the address stands in a text.
	 */
	private function is_text( string $text ): bool {
		return '' !== $this->email && '' !== $text && 1 === preg_match( $this->pattern, Text::scrub( $text ) );
	}

	/**
	 * Whether a member names a user.
	 */
	private static function names_a_user( string $member ): bool {
		$member = strtolower( $member );
		return in_array( $member, array( 'user', 'userid', 'user_id' ), true ) || str_ends_with( $member, '_user_id' );
	}
}
