<?php
/**
 * Fields of events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

use Network_Webhooks\Event_Registry;

defined( 'ABSPATH' ) || exit;

/**
 * The paths to the simple values of events, as their examples have them.
 */
final class Event_Paths {

	/** How deeply one looks. */
	private const DEPTH = 4;

	/** Most paths. */
	private const MOST = 60;

	/**
	 * What all of these events have: path → a value as it could be.
	 *
	 * @param list<string> $events Names; patterns say nothing.
	 * @return array<string, string>
	 */
	public static function of( Event_Registry $registry, array $events ): array {
		$common = null;
		foreach ( $events as $slug ) {
			$event = $registry->find( $slug );
			$paths = array();
			foreach ( $event ? $event->examples : array() as $example ) {
				// Plugins may have the same thing in different places: all of them are of use.
				$paths += self::paths( (array) json_decode( (string) wp_json_encode( $example ), true ) );
			}
			if ( $event ) {
				$common = null === $common ? $paths : array_intersect_key( $common, $paths );
			}
		}
		return array_slice( $common ?? array(), 0, self::MOST, true );
	}

	/**
	 * The paths below a value.
	 *
	 * @param array<mixed> $value
	 * @return array<string, string>
	 */
	private static function paths( array $value, string $before = '', int $depth = 1 ): array {
		$paths = array();
		foreach ( $value as $key => $one ) {
			$path = $before . $key;
			if ( 1 !== preg_match( '/^[\w-]+(\.[\w-]+)*$/uD', $path ) ) {
				continue;
			}
			if ( ! is_array( $one ) ) {
				$paths[ $path ] = mb_substr( is_bool( $one ) ? ( $one ? 'true' : 'false' ) : (string) $one, 0, 60 );
			} elseif ( $depth < self::DEPTH ) {
				// Of a list the first item stands for all.
				$paths += self::paths( array_is_list( $one ) ? array_slice( $one, 0, 1 ) : $one, "$path.", $depth + 1 );
			}
		}
		return $paths;
	}
}
