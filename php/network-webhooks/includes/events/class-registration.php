<?php
/**
 * What other plugins say about an event of theirs.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Judges the arguments of network_webhooks_register_event(): what can't be used is said and left
 * out, so that the event has there what an event has by default.
 */
final class Registration {

	/** The function as developers know it. */
	private const NAME = 'network_webhooks_register_event';

	/** What can be said about an event. */
	private const ARGUMENTS = array( 'slug', 'name', 'description', 'category', 'example', 'schema', 'lookup', 'sensitive', 'source' );

	/**
	 * @param array<string, mixed> $arguments
	 */
	private function __construct( private readonly string $slug, private readonly array $arguments ) {}

	/**
	 * The arguments that can be used; null where there can be no such event, which is said.
	 *
	 * @return array<string, mixed>|null
	 */
	public static function usable( mixed $arguments ): ?array {
		$slug = is_array( $arguments ) ? $arguments['slug'] ?? null : null;
		if ( ! is_string( $slug ) || ! Event::is_name( $slug ) ) {
			Developer_Notice::say(
				self::NAME,
				is_array( $arguments )
					/* translators: %s: what was given */
					? sprintf( __( 'An event needs a “slug”, a string of 1 to 100 of the characters a-z 0-9 _ . - and %s is none.', 'network-webhooks' ), Developer_Notice::value( $slug ) )
					/* translators: %s: what was given */
					: sprintf( __( 'An event is described by an array with the key “slug”, and not by %s.', 'network-webhooks' ), Developer_Notice::value( $arguments ) )
			);
			return null;
		}
		return ( new self( $slug, $arguments ) )->judge();
	}

	/**
	 * The arguments that can be used.
	 *
	 * @return array<string, mixed>
	 */
	private function judge(): array {
		$unknown = array_diff( array_keys( $this->arguments ), self::ARGUMENTS );
		if ( $unknown ) {
			/* translators: 1: name of an event, 2: keys of an array, 3: the keys that there are */
			$this->say( __( 'An event has nothing like %2$s, which was given for “%1$s”. There are: %3$s.', 'network-webhooks' ), implode( ', ', $unknown ), implode( ', ', self::ARGUMENTS ) );
		}
		$known     = array_keys( Event_Registry::categories() );
		$arguments = array(
			'slug'        => $this->slug,
			'name'        => $this->text( 'name' ),
			'description' => $this->text( 'description' ),
			'source'      => $this->text( 'source' ),
			'category'    => $this->typed( 'category', static fn( $value ) => in_array( $value, $known, true ), implode( ', ', $known ) ),
			'example'     => $this->typed( 'example', static fn( $value ) => ( is_array( $value ) || is_object( $value ) ) && ! $value instanceof \Closure, __( 'an array or an object', 'network-webhooks' ) ),
			'schema'      => $this->typed( 'schema', static fn( $value ) => is_array( $value ) && array() !== $value && ! array_is_list( $value ), __( 'a JSON Schema as an array', 'network-webhooks' ) ),
			'lookup'      => $this->lookup(),
			'sensitive'   => $this->typed( 'sensitive', 'is_bool', __( 'true or false', 'network-webhooks' ) ),
		);
		if ( isset( $arguments['schema'], $arguments['example'] ) ) {
			$this->compare( $arguments['schema'], $arguments['example'] );
		}
		return array_filter( $arguments, static fn( $value ) => null !== $value );
	}

	/**
	 * Says where the example does not fit the schema: one of the two is wrong.
	 */
	private function compare( array $schema, array|object $example ): void {
		$json   = json_encode( $example );
		$faults = false === $json ? array( json_last_error_msg() ) : Payload_Check::faults( $schema, json_decode( $json ) );
		if ( $faults ) {
			/* translators: 1: name of an event, 2: what is wrong */
			$this->say( __( 'The example of “%1$s” does not fit its schema: %2$s', 'network-webhooks' ), implode( ' ', $faults ) );
		}
	}

	/**
	 * A text, or what a closure returns as one: called no sooner than here, when the reader's
	 * language is known.
	 */
	private function text( string $key ): ?string {
		$value = $this->arguments[ $key ] ?? null;
		if ( $value instanceof \Closure ) {
			try {
				$value = $value();
			} catch ( \Throwable $error ) {
				/* translators: 1: name of an event, 2: key of an array, 3: message of an exception */
				$this->say( __( 'The closure under “%2$s” of “%1$s” fails: %3$s', 'network-webhooks' ), $key, $error->getMessage() );
				return null;
			}
		}
		if ( null === $value || is_string( $value ) ) {
			return $value;
		}
		$this->say_expected( $key, __( 'a string, or a closure that returns one', 'network-webhooks' ), $value );
		return null;
	}

	/**
	 * The paths by which people search.
	 *
	 * @return list<string>|null
	 */
	private function lookup(): ?array {
		$expected = __( 'a list of paths such as “order.id”', 'network-webhooks' );
		$paths    = $this->typed( 'lookup', 'is_array', $expected );
		foreach ( $paths ?? array() as $index => $path ) {
			if ( ! is_string( $path ) || '' === $path ) {
				$this->say_expected( "lookup.$index", $expected, $path );
				unset( $paths[ $index ] );
			}
		}
		return null === $paths ? null : array_values( $paths );
	}

	/**
	 * A value; null where it is not what it has to be, or was not given.
	 */
	private function typed( string $key, callable $fits, string $expected ): mixed {
		$value = $this->arguments[ $key ] ?? null;
		if ( null === $value || $fits( $value ) ) {
			return $value;
		}
		$this->say_expected( $key, $expected, $value );
		return null;
	}

	/**
	 * Says that a value is not what it has to be.
	 */
	private function say_expected( string $key, string $expected, mixed $value ): void {
		/* translators: 1: name of an event, 2: key of an array, 3: what is expected, 4: what was given */
		$this->say( __( '“%2$s” of the event “%1$s” has to be %3$s, and is %4$s.', 'network-webhooks' ), $key, $expected, Developer_Notice::value( $value ) );
	}

	/**
	 * Says what is wrong.
	 *
	 * @param string $text    Its first placeholder is the event's name.
	 * @param string ...$with Its others.
	 */
	private function say( string $text, string ...$with ): void {
		Developer_Notice::say( self::NAME, sprintf( $text, $this->slug, ...$with ) );
	}
}
