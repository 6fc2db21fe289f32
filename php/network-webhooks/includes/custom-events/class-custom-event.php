<?php
/**
 * An action that an admin made an event.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Which WordPress action is which event, and which of its arguments become data: a value, changed
 * by making another one.
 *
 * Of objects, and of arrays with keys, nothing is taken but the fields that were chosen.
 */
final class Custom_Event {

	/** Seconds in which a recording waits for the action. */
	public const RECORDING = 10 * MINUTE_IN_SECONDS;
	/** Arguments of an action that are looked at. */
	public const ARGUMENTS = 12;
	/** Longest name, in characters. */
	public const NAME_LENGTH = 100;

	/** Most fields of an argument, and items of a list. */
	private const FIELDS = 200;
	private const ITEMS  = 100;

	/**
	 * @param string $slug      The event.
	 * @param string $action    The WordPress action.
	 * @param string $name      What people call it.
	 * @param array  $arguments Which arguments become data: list of `index`, `name` in the data,
	 *                          `fields` (paths such as `ID` or `data.user_login`).
	 * @param string $recording Id of the recording under way; empty: none.
	 * @param int    $until     When it ends.
	 */
	private function __construct(
		public readonly string $slug,
		public readonly string $action,
		public readonly string $name,
		public readonly array $arguments = array(),
		public readonly string $recording = '',
		public readonly int $until = 0,
	) {}

	/**
	 * A new one.
	 *
	 * @throws \InvalidArgumentException Says what is wrong.
	 */
	public static function create( string $slug, string $action, string $name ): self {
		if ( '' === $name || mb_strlen( $name ) > self::NAME_LENGTH ) {
			/* translators: %s: number of characters */
			throw new \InvalidArgumentException( sprintf( _n( 'Give the event a name of at most %s character, by which people know it.', 'Give the event a name of at most %s characters, by which people know it.', self::NAME_LENGTH, 'network-webhooks' ), number_format_i18n( self::NAME_LENGTH ) ) );
		}
		$invisible = Invisible::find_in_words( $name );
		if ( null !== $invisible ) {
			/* translators: %s: a character that nobody sees, such as “an invisible character (U+200B)” */
			throw new \InvalidArgumentException( sprintf( __( 'The name contains %s: delete it.', 'network-webhooks' ), Extension_Messages::translated( $invisible ) ) );
		}
		if ( ! Event::is_name( $slug ) ) {
			throw new \InvalidArgumentException( __( 'The event’s identifier has 1 to 100 of the characters a-z 0-9 _ . - and no others.', 'network-webhooks' ) );
		}
		if ( 1 !== preg_match( '~^[A-Za-z0-9_.:/{}-]{1,200}$~D', $action ) ) {
			throw new \InvalidArgumentException( __( 'An action is named as in PHP, such as learndash_course_completed: letters, digits and _ . - : / without spaces.', 'network-webhooks' ) );
		}
		$reason = Refused_Hooks::reason( $action );
		if ( '' !== $reason ) {
			throw new \InvalidArgumentException( $reason );
		}
		return new self( $slug, $action, $name );
	}

	/**
	 * The one that to_array() wrote, if it is one.
	 */
	public static function from_array( mixed $stored ): ?self {
		if ( ! is_array( $stored ) || ! is_string( $stored['slug'] ?? null ) || ! is_string( $stored['action'] ?? null ) ) {
			return null;
		}
		return new self(
			$stored['slug'],
			$stored['action'],
			(string) ( $stored['name'] ?? $stored['slug'] ),
			array_values( array_filter( array_map( self::argument( ... ), (array) ( $stored['arguments'] ?? array() ) ) ) ),
			(string) ( $stored['recording'] ?? '' ),
			(int) ( $stored['until'] ?? 0 )
		);
	}

	/**
	 * How it is stored and published.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return get_object_vars( $this );
	}

	/**
	 * The same one with another name and other data.
	 *
	 * @throws \InvalidArgumentException Says what is wrong.
	 */
	public function with( string $name, array $arguments ): self {
		$event = self::create( $this->slug, $this->action, $name );
		$names = array_column( $arguments, 'name' );
		foreach ( $arguments as $argument ) {
			if ( null === self::argument( $argument ) ) {
				/* translators: %s: what was typed as a name */
				throw new \InvalidArgumentException( sprintf( __( '“%s” can’t be a name in the data: it has to begin with a letter, and to have at most 64 letters, digits and _.', 'network-webhooks' ), (string) ( $argument['name'] ?? '' ) ) );
			}
		}
		if ( count( array_unique( $names ) ) < count( $names ) ) {
			throw new \InvalidArgumentException( __( 'Two arguments have the same name in the data.', 'network-webhooks' ) );
		}
		return new self( $event->slug, $event->action, $event->name, array_map( self::argument( ... ), $arguments ), $this->recording, $this->until );
	}

	/**
	 * The same one, whose next occurrence is recorded.
	 */
	public function with_recording( int $until ): self {
		return new self( $this->slug, $this->action, $this->name, $this->arguments, bin2hex( random_bytes( 8 ) ), $until );
	}

	/**
	 * Whether the next occurrence is to be recorded.
	 */
	public function is_recording(): bool {
		return '' !== $this->recording && time() < $this->until;
	}

	/**
	 * The data of an occurrence.
	 *
	 * @param list<mixed> $given The action's arguments.
	 * @return array<string, mixed>
	 */
	public function data( array $given ): array {
		$data = array();
		foreach ( $this->arguments as $argument ) {
			$value                     = $given[ $argument['index'] ] ?? null;
			$data[ $argument['name'] ] = Secrets::is_name( $argument['name'] ) ? Secrets::MASK : self::value( $value, $argument['fields'] );
		}
		return $data;
	}

	/**
	 * An argument as stored, if it is one.
	 *
	 * @return array{index: int, name: string, fields: list<string>}|null
	 */
	private static function argument( mixed $stored ): ?array {
		$index = is_array( $stored ) ? $stored['index'] ?? null : null;
		$name  = is_array( $stored ) ? $stored['name'] ?? null : null;
		if ( ! is_int( $index ) || $index < 0 || $index >= self::ARGUMENTS || ! is_string( $name ) || 1 !== preg_match( '/^[A-Za-z]\w{0,63}$/D', $name ) ) {
			return null;
		}
		$fields = array_filter( (array) ( $stored['fields'] ?? array() ), static fn( $field ) => is_string( $field ) && '' !== $field && strlen( $field ) <= 200 );
		return array(
			'index'  => $index,
			'name'   => $name,
			'fields' => array_slice( array_values( array_unique( $fields ) ), 0, self::FIELDS ),
		);
	}

	/**
	 * A value as it may be sent.
	 *
	 * @param list<string> $fields Of an object, or of an array with keys.
	 */
	private static function value( mixed $value, array $fields ): mixed {
		$simple = Hook_Sample::simple( $value );
		if ( null !== $simple || null === $value ) {
			return is_string( $simple ) ? Secrets::mask( $simple ) : $simple;
		}
		if ( is_array( $value ) && array_is_list( $value ) ) {
			return array_map( static fn( $item ) => self::value( $item, $fields ), array_slice( $value, 0, self::ITEMS ) );
		}
		$chosen = array();
		foreach ( $fields as $field ) {
			self::choose( $chosen, $value, explode( '.', $field ) );
		}
		// An empty one is {} and not [].
		return $chosen ? $chosen : new \stdClass();
	}

	/**
	 * Takes a field of a value, where it has it.
	 *
	 * @param array<string, mixed> $chosen What was taken so far.
	 * @param list<string>         $path
	 */
	private static function choose( array &$chosen, mixed $value, array $path ): void {
		$name  = array_shift( $path );
		$known = Hook_Sample::fields_of( $value );
		if ( ! array_key_exists( $name, $known ) ) {
			return;
		}
		if ( Secrets::is_name( $name ) ) {
			$chosen[ $name ] = Secrets::MASK;
		} elseif ( ! $path ) {
			// Of what is no simple value further fields have to be chosen.
			$chosen[ $name ] = self::value( Plain_Text::field( $value, $name, $known[ $name ] ), array() );
		} else {
			$inner = is_array( $chosen[ $name ] ?? null ) ? $chosen[ $name ] : array();
			self::choose( $inner, $known[ $name ], $path );
			if ( $inner ) {
				$chosen[ $name ] = $inner;
			}
		}
	}
}
