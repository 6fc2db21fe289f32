<?php
/**
 * tests/payloads/contract.json: what each event's payload has promised to receivers.
 */

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;

/**
 * Every key of every event, with its type, as it was last published. Keys are only added: where one goes or gets
 * another type, the event needs a new version.
 */
final class Payload_Contract {

	public const FILE = __DIR__ . '/../payloads/contract.json';

	public function __construct( private readonly Event_Registry $catalogue ) {}

	/**
	 * What the catalogue promises now.
	 *
	 * @return array<string, array<string, array{version: int, fields: array<string, string>}>>
	 */
	public function now(): array {
		$contract = array();
		foreach ( $this->catalogue->built_in() as $slug => $event ) {
			foreach ( $event->schemas() as $source => $schema ) {
				$contract[ $slug ][ $source ] = array(
					'version' => $event->version,
					'fields'  => self::fields( $schema ),
				);
			}
			ksort( $contract[ $slug ] );
		}
		ksort( $contract );
		return $contract;
	}

	/**
	 * What was promised.
	 */
	public function published(): array {
		return is_file( self::FILE ) ? json_decode( file_get_contents( self::FILE ), true, 512, JSON_THROW_ON_ERROR ) : array();
	}

	/**
	 * Which promises of one are broken in another.
	 *
	 * @return list<string>
	 */
	public static function broken( array $published, array $now ): array {
		$broken = array();
		foreach ( $published as $slug => $sources ) {
			foreach ( $sources as $source => $was ) {
				$is = $now[ $slug ][ $source ] ?? null;
				if ( ! $is ) {
					$broken[] = "$slug of $source is gone";
					continue;
				}
				if ( $is['version'] > $was['version'] ) {
					continue;
				}
				foreach ( $was['fields'] as $path => $type ) {
					$new = $is['fields'][ $path ] ?? null;
					if ( null === $new ) {
						$broken[] = "$slug of $source: $path is gone";
					} elseif ( $new !== $type ) {
						$broken[] = "$slug of $source: $path was $type and is $new";
					}
				}
			}
		}
		return $broken;
	}

	/**
	 * Writes what is promised from now on.
	 *
	 * @throws UnexpectedValueException Where a promise is broken.
	 */
	public function write(): void {
		$now    = $this->now();
		$broken = self::broken( $this->published(), $now );
		if ( $broken ) {
			throw new UnexpectedValueException( "These payloads need a new version of their event:\n" . implode( "\n", $broken ) );
		}
		file_put_contents( self::FILE, self::text( $now ) );
	}

	/**
	 * As it is stored.
	 */
	public static function text( array $contract ): string {
		return json_encode( $contract, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR ) . "\n";
	}

	/**
	 * Path → type of all that a schema names; a question mark: it may be missing.
	 *
	 * @return array<string, string>
	 */
	private static function fields( array|bool $schema, string $path = '' ): array {
		if ( is_bool( $schema ) ) {
			return array();
		}
		$fields = array();
		foreach ( $schema['properties'] ?? array() as $key => $part ) {
			$inner            = ltrim( "$path.$key", '.' );
			$type             = is_array( $part ) ? implode( '|', (array) ( $part['type'] ?? 'any' ) ) : 'any';
			$fields[ $inner ] = $type . ( in_array( (string) $key, array_map( 'strval', $schema['required'] ?? array() ), true ) ? '' : '?' );
			$fields          += self::fields( $part, $inner );
		}
		return $fields + ( isset( $schema['items'] ) ? self::fields( $schema['items'], "$path.*" ) : array() );
	}
}
