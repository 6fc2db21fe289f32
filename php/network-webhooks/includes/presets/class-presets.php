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
 * The registry of presets: the built-in ones in the order of the form, and those that the filter
 * `network_webhooks_presets` adds.
 */
final class Presets {

	private const BUILT_IN = array(
		Zapier_Preset::class,
		Make_Preset::class,
		N8n_Preset::class,
		Mailchimp_Preset::class,
		Brevo_Preset::class,
		Mailerlite_Preset::class,
		Hubspot_Preset::class,
		Pipedrive_Preset::class,
		Slack_Preset::class,
		Discord_Preset::class,
		Telegram_Preset::class,
		Teams_Preset::class,
		Sheets_Preset::class,
	);

	/**
	 * All of them by their ids.
	 *
	 * @return array<string, Preset>
	 */
	public static function all(): array {
		$presets = array_map( static fn( string $name ): Preset => new $name(), self::BUILT_IN );

		/**
		 * Services to which events can be sent.
		 *
		 * @since 0.1.0
		 *
		 * @param list<Preset> $presets Add an object of a class that extends Preset.
		 */
		$all  = apply_filters( 'network_webhooks_presets', $presets );
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
