<?php
/**
 * All services.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Presets;

use Network_Webhooks\Log;

defined( 'ABSPATH' ) || exit;

/**
 * The registry of presets: those of this folder, a file each, and those that the filter `network_webhooks_presets`
 * adds.
 */
final class Presets {

	/**
	 * All of them by their ids.
	 *
	 * @return array<string, Preset>
	 */
	public static function all(): array {
		$presets = self::built_in();

		/**
		 * Services to which events can be sent.
		 *
		 * @since 0.1.0
		 *
		 * @param list<Preset> $presets Add an object of a class that extends Preset.
		 */
		$all   = apply_filters( 'network_webhooks_presets', $presets );
		$by_id = array();
		foreach ( is_array( $all ) ? $all : $presets as $preset ) {
			if ( $preset instanceof Preset && 1 === preg_match( '/^[a-z0-9]{1,30}$/D', $preset->id() ) ) {
				$by_id[ $preset->id() ] ??= $preset;
			} else {
				Log::write( 'presets', 'What the filter network_webhooks_presets added is no preset: ' . get_debug_type( $preset ) . '.' );
			}
		}
		return $by_id;
	}

	/**
	 * Those of this folder, by the names of their files.
	 *
	 * @return list<Preset>
	 */
	private static function built_in(): array {
		$presets = array();
		foreach ( (array) glob( __DIR__ . '/class-*-preset.php' ) as $file ) {
			$name = __NAMESPACE__ . '\\' . ucwords( strtr( substr( basename( (string) $file, '.php' ), strlen( 'class-' ) ), '-', '_' ), '_' );
			if ( ! ( new \ReflectionClass( $name ) )->isAbstract() ) {
				$presets[] = new $name();
			}
		}
		return $presets;
	}

	/**
	 * One by its id; null: there is none.
	 */
	public static function find( string $id ): ?Preset {
		return '' === $id ? null : self::all()[ $id ] ?? null;
	}

	/**
	 * What the groups are called, in the order of the form.
	 *
	 * @return array<string, string>
	 */
	public static function groups(): array {
		return array(
			Preset::AUTOMATION => __( 'Automation', 'network-webhooks' ),
			Preset::LISTS      => __( 'Mailing lists', 'network-webhooks' ),
			Preset::CRM        => __( 'CRM', 'network-webhooks' ),
			Preset::CHATS      => __( 'Chats', 'network-webhooks' ),
			Preset::OTHER      => __( 'Other', 'network-webhooks' ),
		);
	}
}
