<?php
/**
 * Limits of a webhook's settings.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What the settings of a webhook may be. The numbers stand in limits.json, which a test of the
 * extension holds against its own, so that both refuse the same.
 */
final class Limits {

	/**
	 * All of them, once read.
	 *
	 * @var array<string, array<int|string, mixed>>|null
	 */
	private static ?array $all = null;

	/**
	 * The smallest number that a setting may be; 0 where it has none.
	 */
	public static function min( string $name ): int {
		return (int) ( self::all()[ $name ]['min'] ?? 0 );
	}

	/**
	 * The largest number, the most bytes or the most entries that a setting may have.
	 */
	public static function max( string $name ): int {
		return (int) self::all()[ $name ]['max'];
	}

	/**
	 * What a setting may be one of.
	 *
	 * @return list<string>
	 */
	public static function choices( string $name ): array {
		return self::all()[ $name ];
	}

	/**
	 * The file.
	 *
	 * @return array<string, array<int|string, mixed>>
	 */
	private static function all(): array {
		return self::$all ??= (array) json_decode( (string) file_get_contents( __DIR__ . '/limits.json' ), true, 8, JSON_THROW_ON_ERROR );
	}
}
