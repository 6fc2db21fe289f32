<?php
/**
 * What somebody filled in for a service.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

defined( 'ABSPATH' ) || exit;

/**
 * The answers to what a preset asks for, judged as they are read. Keys that are stored are not known here: a
 * mask stands for them, as it does in the inputs of headers and keys.
 */
final class Preset_Values {

	/** Name of the key that stands in the URL. */
	private const KEY = 'key';

	/**
	 * What is wrong: name of an input → a sentence.
	 *
	 * @var array<string, string>
	 */
	private array $problems = array();

	/**
	 * What is kept to show the form again: no keys.
	 *
	 * @var array<string, string>
	 */
	private array $kept = array();

	/**
	 * @param array<string, string> $typed  Name of an input → what was typed.
	 * @param array<string, string> $stored What was kept of an earlier answer; empty: there is none.
	 * @param list<string>          $paths  Of what all of the chosen events have.
	 * @param string                $mask   Stands for a key that is stored.
	 */
	public function __construct( private readonly Preset $preset, private readonly array $typed, private readonly array $stored, private readonly array $paths, private readonly string $mask ) {}

	/**
	 * A text.
	 */
	public function text( string $name ): string {
		$input = $this->input( $name );
		$text  = trim( $this->typed[ $name ] ?? '' );
		if ( '' === $text && $input->required ) {
			/* translators: %s: name of an input, such as “List” */
			$this->refuse( $name, sprintf( __( '%s is missing.', 'network-webhooks' ), $input->label ) );
		} elseif ( '' !== $text && '' !== $input->pattern && 1 !== preg_match( $input->pattern, $text ) ) {
			/* translators: 1: what was typed, 2: name of an input, such as “List” */
			$this->refuse( $name, sprintf( __( '“%1$s” can’t be right here: %2$s.', 'network-webhooks' ), $text, $input->label ) );
		}
		return $this->kept[ $name ] = $text;
	}

	/**
	 * One of several.
	 */
	public function choice( string $name ): string {
		$options                    = $this->input( $name )->options;
		$chosen                     = $this->typed[ $name ] ?? '';
		return $this->kept[ $name ] = isset( $options[ $chosen ] ) ? $chosen : (string) array_key_first( $options );
	}

	/**
	 * A key; null: the one that is stored.
	 */
	public function secret( string $name ): ?string {
		$input = $this->input( $name );
		$text  = trim( $this->typed[ $name ] ?? '' );
		if ( $this->stored && ( '' === $text || $this->mask === $text ) ) {
			return null;
		}
		if ( '' === $text || $this->mask === $text ) {
			/* translators: %s: name of an input, such as “API key” */
			$this->refuse( $name, sprintf( __( '%s is missing.', 'network-webhooks' ), $input->label ) );
		} elseif ( 1 !== preg_match( $input->pattern, $text ) ) {
			/* translators: %s: name of an input, such as “API key” */
			$this->refuse( $name, sprintf( __( 'This can’t be right: %s.', 'network-webhooks' ), $input->label ) );
		}
		return $text;
	}

	/**
	 * A line of the headers.
	 *
	 * @param string|null $value null: the one that is stored.
	 */
	public function header( string $name, ?string $value ): string {
		return "$name: " . ( $value ?? $this->mask );
	}

	/**
	 * A line of the keys of the URL, where `{{ keys.key }}` stands for it.
	 *
	 * @param string|null $value null: the one that is stored.
	 */
	public function key( ?string $value ): string {
		return self::KEY . ': ' . ( $value ?? $this->mask );
	}

	/**
	 * Something that follows from an answer and is needed again where a key is not typed anew.
	 *
	 * @param string|null $value null: what was kept.
	 */
	public function remember( string $name, ?string $value ): string {
		return $this->kept[ $name ] = $value ?? $this->stored[ $name ] ?? '';
	}

	/**
	 * URL and keys of an address with a key in it: in the query what is called so, else the last part of the path.
	 *
	 * @return array<string, string>
	 */
	public function address( string $name ): array {
		$typed = trim( $this->typed[ $name ] ?? '' );
		$known = $this->stored[ $name ] ?? '';
		if ( '' !== $known && ( '' === $typed || str_contains( $typed, $this->mask ) ) ) {
			$this->kept[ $name ] = $known;
			return array(
				'url'  => $known,
				'keys' => str_contains( $known, '{{' ) ? $this->key( null ) : '',
			);
		}
		if ( 1 !== preg_match( '~^https?://[^/?#\s{}]+(?:[/?][^#\s{}]*)?$~i', $typed ) ) {
			$this->refuse( $name, __( 'The URL has to be a whole one, beginning with https:// or http://.', 'network-webhooks' ) );
			return array( 'url' => '' );
		}
		$pattern = preg_match( '~[?&](?:sig|key|token|code|secret)=[^&]~i', $typed )
			? '~^(.*?[?&](?:sig|key|token|code|secret)=)([^&]+)(.*)$~is'
			: '~^(https?://[^?]*/)([^/?]+)(/?(?:\?.*)?)$~is';
		if ( 1 !== preg_match( $pattern, $typed, $parts ) || '' === rawurldecode( $parts[2] ) ) {
			$this->kept[ $name ] = $typed;
			return array( 'url' => $typed, 'keys' => '' );
		}
		$this->kept[ $name ] = $parts[1] . '{{ keys.' . self::KEY . ' }}' . $parts[3];
		return array(
			'url'  => $this->kept[ $name ],
			'keys' => $this->key( rawurldecode( $parts[2] ) ),
		);
	}

	/**
	 * An address as the form shows it again.
	 */
	public static function shown_address( string $kept, string $mask ): string {
		return str_replace( '{{ keys.' . self::KEY . ' }}', $mask, $kept );
	}

	/**
	 * A field of the event; empty: none.
	 */
	public function field( string $name ): string {
		$input = $this->input( $name );
		$typed = trim( str_replace( array( '{', '}' ), ' ', $this->typed[ $name ] ?? '' ) );
		if ( '' === $typed ) {
			$typed = implode( ', ', $this->guess( $input->guesses ) );
		}
		if ( '' === $typed && $input->required ) {
			/* translators: %s: name of an input, such as “Email address” */
			$this->refuse( $name, sprintf( __( 'Choose the field of the event for this: %s.', 'network-webhooks' ), $input->label ) );
		}
		foreach ( Expression::paths( $typed ) as $path ) {
			$this->check_path( $name, $path );
		}
		return $this->kept[ $name ] = $typed;
	}

	/**
	 * Fields of the service, with the value of each.
	 *
	 * @return array<string, Expression>
	 */
	public function fields( string $name ): array {
		$fields = array();
		$text   = trim( $this->typed[ $name ] ?? '' );
		foreach ( preg_split( '/\R/', $text, -1, PREG_SPLIT_NO_EMPTY ) as $line ) {
			list( $field, $path ) = array_map( 'trim', explode( ':', $line, 2 ) ) + array( '', '' );
			$path                 = trim( $path, '{} ' );
			if ( 1 !== preg_match( '/^[\w .-]{1,100}$/uD', $field ) || '' === $path ) {
				/* translators: %s: what was typed */
				$this->refuse( $name, sprintf( __( '“%s” is no pair: write the service’s field, a colon, and the event’s field.', 'network-webhooks' ), trim( $line ) ) );
				continue;
			}
			$this->check_path( $name, $path );
			$fields[ $field ] = Expression::at( $path );
		}
		$this->kept[ $name ] = $text;
		return $fields;
	}

	/**
	 * A message, in which fields stand in braces; null: none was written.
	 */
	public function message( string $name = 'message' ): ?string {
		$text                = trim( $this->typed[ $name ] ?? '' );
		$this->kept[ $name ] = $text;
		return '' === $text ? null : $text;
	}

	/**
	 * What is wrong.
	 *
	 * @return array<string, string> Name of an input → a sentence.
	 */
	public function problems(): array {
		return $this->problems;
	}

	/**
	 * What is kept to show the form again.
	 *
	 * @return array<string, string>
	 */
	public function kept(): array {
		return array_filter( $this->kept, 'strlen' );
	}

	/**
	 * The paths that end as one may: of the best guess that any has, all that have it, since the same event may come
	 * from several plugins.
	 *
	 * @param list<string> $guesses
	 * @return list<string>
	 */
	private function guess( array $guesses ): array {
		foreach ( $guesses as $guess ) {
			$found = array_filter( $this->paths, static fn( string $path ) => $path === $guess || str_ends_with( $path, ".$guess" ) || str_ends_with( $path, "_$guess" ) );
			if ( $found ) {
				usort( $found, static fn( string $a, string $b ) => array( substr_count( $a, '.' ), $a ) <=> array( substr_count( $b, '.' ), $b ) );
				return array_slice( $found, 0, 4 );
			}
		}
		return array();
	}

	/**
	 * Says that something is no path.
	 */
	private function check_path( string $name, string $path ): void {
		if ( 1 !== preg_match( '/^[\w-]+(\.[\w-]+)*$/uD', $path ) || strlen( $path ) > 200 ) {
			/* translators: %s: what was typed */
			$this->refuse( $name, sprintf( __( '“%s” is no field of an event, such as customer.email.', 'network-webhooks' ), $path ) );
		}
	}

	/**
	 * Adds what is wrong with an input; the first stays.
	 */
	private function refuse( string $name, string $sentence ): void {
		$this->problems[ $name ] ??= $sentence;
	}

	/**
	 * What the preset asks for.
	 */
	private function input( string $name ): Preset_Input {
		foreach ( $this->preset->inputs() as $input ) {
			if ( $input->name === $name ) {
				return $input;
			}
		}
		throw new \LogicException( "The preset {$this->preset->id()} has no input \"$name\"." );
	}
}
