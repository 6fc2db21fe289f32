<?php
/**
 * The networks of the database.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * One WordPress may have several networks, each with plugins of its own that are active on it. They share the webhooks,
 * which are looked after on the main one; the events of each are those of sites where the plugin runs.
 */
final class Networks {

	/** The option of each network that lists its plugins. */
	private const ACTIVE = 'active_sitewide_plugins';

	/**
	 * Which plugins each network has active, as the database has it.
	 *
	 * @return array<int, list<string>> Id of a network → plugins, such as `network-webhooks/network-webhooks.php`.
	 */
	public static function plugins(): array {
		global $wpdb;
		// HyperDB and LudicrousDB.
		if ( method_exists( $wpdb, 'send_reads_to_masters' ) ) {
			$wpdb->send_reads_to_masters();
		}
		// Of a network that was deleted, its options may have been left; and a new one may have none.
		$rows = $wpdb->get_results( $wpdb->prepare( "SELECT networks.id, meta_value AS plugins FROM $wpdb->site AS networks LEFT JOIN $wpdb->sitemeta ON site_id = networks.id AND meta_key = %s", self::ACTIVE ) );
		return array_map( static fn( $plugins ) => array_map( 'strval', array_keys( (array) maybe_unserialize( $plugins ?? '' ) ) ), array_column( (array) $rows, 'plugins', 'id' ) );
	}

	/**
	 * Whether this plugin is active on another network than this request's.
	 */
	public static function has_others(): bool {
		return self::has_plugin( array_diff_key( self::plugins(), array( get_current_network_id() => true ) ) );
	}

	/**
	 * Whether this plugin is active on the main network, where its pages are.
	 */
	public static function has_main(): bool {
		return self::has_plugin( array_intersect_key( self::plugins(), array( get_main_network_id() => true ) ) );
	}

	/**
	 * Whether this request's network deactivated this plugin after the request had begun.
	 */
	public static function was_left(): bool {
		$began = (array) get_network_option( get_current_network_id(), self::ACTIVE, array() );
		return isset( $began[ self::name() ] ) && ! self::has_plugin( array_intersect_key( self::plugins(), array( get_current_network_id() => true ) ) );
	}

	/**
	 * Whether one of some networks has this plugin active.
	 *
	 * @param array<int, list<string>> $networks As plugins() gives them.
	 */
	private static function has_plugin( array $networks ): bool {
		return in_array( self::name(), array_merge( array(), ...array_values( $networks ) ), true );
	}

	/**
	 * What WordPress calls this plugin.
	 */
	private static function name(): string {
		return plugin_basename( NETWORK_WEBHOOKS_FILE );
	}
}
