<?php
/**
 * A value of an event in the body for a service.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * An expression of the language of templates, and the JSON around it. Texts of admins become texts in it
 * and never a part of the language.
 */
final class Expression {

	public function __construct( public readonly string $text ) {}

	/**
	 * The value at the first of some paths in the event's data that has one.
	 *
	 * @param string $paths    Separated by commas: `customer.email, email`.
	 * @param bool   $required Whether an event without one is an error.
	 */
	public static function at( string $paths, bool $required = false ): self {
		$quoted = array_map( array( self::class, 'quote' ), self::paths( $paths ) );
		return new self( 'data|path(' . implode( ', ', $quoted ) . ( $required ? ', required=true' : '' ) . ')' );
	}

	/**
	 * The paths in what was typed.
	 *
	 * @return list<string>
	 */
	public static function paths( string $typed ): array {
		return preg_split( '/[\s,]+/', $typed, -1, PREG_SPLIT_NO_EMPTY );
	}

	/**
	 * A text in which `{customer.name}` stands for values of the event, `{event}` for its name and `{site}` for the
	 * address of its site.
	 *
	 * @param string $filters Behind each value, such as `|replace("<", "&lt;")`.
	 */
	public static function message( string $message, string $filters = '' ): self {
		$parts = array();
		foreach ( preg_split( '/(\{[\w.-]+\})/u', $message, -1, PREG_SPLIT_DELIM_CAPTURE | PREG_SPLIT_NO_EMPTY ) as $part ) {
			$parts[] = match ( true ) {
				1 !== preg_match( '/^\{([\w.-]+)\}$/uD', $part, $found ) => self::quote( $part ),
				'event' === $found[1] => 'type',
				'site' === $found[1] => '(site.url if site else "")',
				default => '(' . self::at( $found[1] )->text . "|string$filters)",
			};
		}
		return new self( '(' . ( $parts ? implode( ' ~ ', $parts ) : '""' ) . ')' );
	}

	/**
	 * The same, cut to what a service takes.
	 */
	public function cut( int $length ): self {
		return new self( "$this->text|truncate($length)" );
	}

	/**
	 * A map of some values, without those that an event has not.
	 *
	 * @param array<string, self> $members
	 */
	public static function filled( array $members ): self {
		$pairs = array();
		foreach ( $members as $name => $value ) {
			$pairs[] = self::quote( (string) $name ) . ": $value->text";
		}
		return new self( '{' . implode( ', ', $pairs ) . '}|filled' );
	}

	/**
	 * A body with expressions in it.
	 */
	public static function json( mixed $value, string $indent = '' ): string {
		if ( $value instanceof self ) {
			return "{{ $value->text }}";
		}
		if ( is_string( $value ) ) {
			// What somebody typed must not begin a template.
			return str_contains( $value, '{' ) ? '{{ ' . self::quote( $value ) . ' }}' : self::quote( $value );
		}
		if ( ! is_array( $value ) || ! $value ) {
			return (string) wp_json_encode( $value );
		}
		$lines = array();
		foreach ( $value as $key => $one ) {
			$lines[] = "$indent  " . ( array_is_list( $value ) ? '' : self::quote( (string) $key ) . ': ' ) . self::json( $one, "$indent  " );
		}
		list( $open, $close ) = array_is_list( $value ) ? array( '[', ']' ) : array( '{', '}' );
		return "$open\n" . implode( ",\n", $lines ) . "\n$indent$close";
	}

	/**
	 * A text as JSON and the language of templates have it.
	 */
	private static function quote( string $text ): string {
		return (string) wp_json_encode( $text, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
	}
}
