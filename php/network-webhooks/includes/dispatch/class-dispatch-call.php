<?php
/**
 * What a caller gave network_webhooks_dispatch().
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * The arguments of a dispatch, judged: an option that can't be used is said and left out, so that
 * a mistake beside the payload does not cost the event.
 */
final class Dispatch_Call {

	/** The function as developers know it. */
	private const NAME = 'network_webhooks_dispatch';

	/** Longest texts and lists that the extension takes. */
	private const MAX_SOURCE = 100;
	private const MAX_TEXT   = 2048;
	private const MAX_ONLY   = 1000;
	/** Longest delay in seconds, and the last second of the year 9999. */
	private const MAX_DELAY   = 4294967;
	private const LAST_SECOND = 253402300799;

	/**
	 * @param array<string, mixed> $options
	 */
	private function __construct(
		public readonly string $event,
		public readonly array|object $data,
		public readonly array $options,
	) {}

	/**
	 * A call, where there can be such an event; else says why not.
	 */
	public static function of( mixed $event, mixed $data, mixed $options ): ?self {
		if ( ! is_string( $event ) || ! Event::is_name( $event ) ) {
			Developer_Notice::say(
				self::NAME,
				/* translators: %s: what was given as an event's name */
				sprintf( __( 'An event’s name is a string of 1 to 100 of the characters a-z 0-9 _ . - and %s is none. The event was not sent.', 'network-webhooks' ), Developer_Notice::value( $event ) )
			);
			return null;
		}
		if ( ! is_array( $data ) && ! is_object( $data ) ) {
			Developer_Notice::say(
				self::NAME,
				/* translators: 1: name of an event, 2: what was given */
				sprintf( __( 'The data of “%1$s” has to be an array, an object, or a closure that returns one, and is %2$s. The event was not sent.', 'network-webhooks' ), $event, Developer_Notice::value( $data ) )
			);
			return null;
		}
		if ( ! is_array( $options ) ) {
			Developer_Notice::say(
				self::NAME,
				/* translators: 1: name of an event, 2: what was given */
				sprintf( __( 'The options of “%1$s” have to be an array, and are %2$s. The event is sent without them.', 'network-webhooks' ), $event, Developer_Notice::value( $options ) )
			);
			$options = array();
		}
		return new self( $event, $data, array() === $options ? $options : self::usable( $event, $options ) );
	}

	/**
	 * The options that can be used; null counts as not given.
	 *
	 * @return array<string, mixed>
	 */
	private static function usable( string $event, array $options ): array {
		foreach ( $options as $name => $value ) {
			if ( null === $value ) {
				continue;
			}
			$fits = self::fits( (string) $name, $value );
			if ( $fits ) {
				continue;
			}
			unset( $options[ $name ] );
			Developer_Notice::say(
				self::NAME,
				null === $fits
					/* translators: 1: name of an option, 2: name of an event */
					? sprintf( __( 'There is no option “%1$s”, which was given with “%2$s”. The event is sent without it.', 'network-webhooks' ), $name, $event )
					/* translators: 1: name of an option, 2: name of an event, 3: what is expected, 4: what was given */
					: sprintf( __( 'The option “%1$s” of “%2$s” has to be %3$s, and is %4$s. The event is sent without it.', 'network-webhooks' ), $name, $event, self::expected( $name ), Developer_Notice::value( $value ) )
			);
		}
		if ( is_int( $options['idempotency_key'] ?? null ) ) {
			$options['idempotency_key'] = (string) $options['idempotency_key'];
		}
		return $options;
	}

	/**
	 * Whether an option is as the extension takes it, which would refuse the event; null: there is
	 * no such option.
	 */
	private static function fits( string $name, mixed $value ): ?bool {
		return match ( $name ) {
			'source' => self::is_text( $value, self::MAX_SOURCE ),
			'site' => self::is_site( $value ),
			'scope' => 'network' === $value,
			'actor' => is_array( $value ),
			'timestamp' => ( is_int( $value ) || is_float( $value ) ) && $value >= 0 && $value <= self::LAST_SECOND,
			'idempotency_key' => is_int( $value ) || ( self::is_text( $value, self::MAX_TEXT ) && '' !== $value ),
			'delay' => is_int( $value ) && $value >= 0 && $value <= self::MAX_DELAY,
			'only' => self::is_list_of_ids( $value ),
			'import' => is_bool( $value ),
			'version' => is_int( $value ) && $value >= 1 && $value <= 1000,
			'network_id' => self::is_id( $value ),
			default => null,
		};
	}

	/**
	 * What an option has to be, in words.
	 */
	private static function expected( string $name ): string {
		return match ( $name ) {
			'source' => __( 'a string of at most 100 bytes', 'network-webhooks' ),
			'site' => __( 'a site’s id, or an array with “id” and “url”', 'network-webhooks' ),
			'scope' => '“network”',
			'actor' => __( 'an array', 'network-webhooks' ),
			'timestamp' => __( 'a Unix time in seconds', 'network-webhooks' ),
			'idempotency_key' => __( 'a string of at most 2,048 bytes', 'network-webhooks' ),
			'delay' => __( 'a whole number of seconds, at most 49 days', 'network-webhooks' ),
			'only' => __( 'a list of webhooks’ ids', 'network-webhooks' ),
			'import' => __( 'true or false', 'network-webhooks' ),
			'version' => __( 'a whole number from 1 to 1,000', 'network-webhooks' ),
			'network_id' => __( 'a network’s id', 'network-webhooks' ),
		};
	}

	/**
	 * Whether it names a site.
	 */
	private static function is_site( mixed $value ): bool {
		if ( ! is_array( $value ) ) {
			return self::is_id( $value );
		}
		return self::is_id( $value['id'] ?? null ) && ( ! isset( $value['url'] ) || self::is_text( $value['url'], self::MAX_TEXT ) );
	}

	/**
	 * Whether it is an id, also as the database gives one.
	 */
	private static function is_id( mixed $value ): bool {
		return ( is_int( $value ) || ( is_string( $value ) && ctype_digit( $value ) ) ) && $value > 0;
	}

	/**
	 * Whether it is a text that the extension takes.
	 */
	private static function is_text( mixed $value, int $longest ): bool {
		return is_string( $value ) && strlen( $value ) <= $longest && 1 === preg_match( '//u', $value );
	}

	/**
	 * Whether it names webhooks.
	 */
	private static function is_list_of_ids( mixed $value ): bool {
		if ( ! is_array( $value ) || array() === $value || count( $value ) > self::MAX_ONLY ) {
			return false;
		}
		foreach ( $value as $id ) {
			if ( ! self::is_text( $id, self::MAX_TEXT ) || '' === $id || str_contains( $id, "\n" ) ) {
				return false;
			}
		}
		return true;
	}
}
