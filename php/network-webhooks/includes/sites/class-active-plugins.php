<?php
/**
 * Where a plugin is active.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Looks on how many sites a plugin is active, in one query for many sites and without switching to
 * any: an event of a plugin happens only where that plugin runs.
 */
final class Active_Plugins {

	/** Sites that are looked at. */
	private const SITES = 200;

	/**
	 * Whether a plugin of this folder is installed.
	 */
	public static function is_installed( string $folder ): bool {
		return array() !== self::files( $folder ) || is_dir( WPMU_PLUGIN_DIR . "/$folder" );
	}

	/**
	 * Where a plugin is active, in a sentence.
	 *
	 * @param string    $folder Its folder.
	 * @param list<int> $sites  Ids of the sites to look at; empty: the first of all.
	 */
	public static function describe( string $folder, array $sites = array() ): string {
		if ( ! self::is_installed( $folder ) ) {
			/* translators: %s: folder of a plugin, such as woocommerce */
			return sprintf( __( 'The plugin “%s” is not installed.', 'network-webhooks' ), $folder );
		}
		$files    = self::files( $folder );
		$networks = Networks::plugins();
		if ( ! array_filter( $networks, static fn( array $plugins ) => $files && array() === array_intersect( $files, $plugins ) ) ) {
			/* translators: %s: folder of a plugin, such as woocommerce */
			return sprintf( __( 'The plugin “%s” is active on the whole network.', 'network-webhooks' ), $folder );
		}
		$looked = $sites ? array_slice( $sites, 0, self::SITES ) : array_map( 'intval', get_sites( array( 'fields' => 'ids', 'number' => self::SITES ) ) );
		$active = count( array_filter( self::of_sites( $looked, $networks ), static fn( array $plugins ) => array() !== array_intersect( $files, $plugins ) ) );
		if ( ! $active ) {
			/* translators: 1: folder of a plugin, such as woocommerce, 2: number of sites */
			return sprintf( _n( 'The plugin “%1$s” is not active on the %2$s site that was looked at.', 'The plugin “%1$s” is active on none of the %2$s sites that were looked at.', count( $looked ), 'network-webhooks' ), $folder, number_format_i18n( count( $looked ) ) );
		}
		/* translators: 1: folder of a plugin, such as woocommerce, 2: number of sites, 3: number of sites */
		return sprintf( _n( 'The plugin “%1$s” is active on %2$s of the %3$s sites that were looked at.', 'The plugin “%1$s” is active on %2$s of the %3$s sites that were looked at.', $active, 'network-webhooks' ), $folder, number_format_i18n( $active ), number_format_i18n( count( $looked ) ) );
	}

	/**
	 * Folders of the plugins that are active on the whole network or on one of the first sites: of several folders,
	 * in one query.
	 *
	 * @param string ...$folders
	 * @return list<string> Those of them that are.
	 */
	public static function active( string ...$folders ): array {
		$files  = array_filter( array_combine( $folders, array_map( self::files( ... ), $folders ) ) );
		$active = array_merge( array(), ...array_values( Networks::plugins() ) );
		// Without a question for what a whole network has.
		if ( array_filter( $files, static fn( array $of ) => array() === array_intersect( $of, $active ) ) ) {
			$sites  = array_map( 'intval', get_sites( array( 'fields' => 'ids', 'number' => self::SITES ) ) );
			$active = array_merge( $active, ...array_values( self::of_sites( $sites, array() ) ) );
		}
		return array_keys( array_filter( $files, static fn( array $of ) => array() !== array_intersect( $of, $active ) ) );
	}

	/**
	 * The plugins of a folder, as WordPress names them.
	 *
	 * @return list<string>
	 */
	private static function files( string $folder ): array {
		if ( '' === $folder ) {
			return array();
		}
		require_once ABSPATH . 'wp-admin/includes/plugin.php';
		return array_values( array_filter( array_map( 'strval', array_keys( get_plugins() ) ), static fn( string $file ) => str_starts_with( $file, "$folder/" ) ) );
	}

	/**
	 * The plugins of sites. A site may have no tables, or none yet.
	 *
	 * @param list<int>                $ids
	 * @param array<int, list<string>> $networks What is active on whole networks, by their ids; it counts as well.
	 * @return array<int, list<string>> Id → plugins.
	 */
	private static function of_sites( array $ids, array $networks ): array {
		global $wpdb;
		$tables = array();
		foreach ( $ids as $id ) {
			$tables[ $wpdb->get_blog_prefix( $id ) . 'options' ] = $id;
		}
		if ( ! $tables ) {
			return array();
		}
		$marks = implode( ', ', array_fill( 0, count( $tables ), '%s' ) );
		$there = $wpdb->get_col( $wpdb->prepare( "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ( $marks )", ...array_keys( $tables ) ) );
		$parts = array_map( static fn( string $table ) => sprintf( "( SELECT %d AS id, option_value AS plugins FROM `%s` WHERE option_name = 'active_plugins' )", $tables[ $table ], $table ), array_intersect( array_keys( $tables ), $there ) );
		$found = $parts ? array_column( (array) $wpdb->get_results( implode( ' UNION ALL ', $parts ) ), 'plugins', 'id' ) : array();
		if ( $networks ) {
			_prime_site_caches( array_keys( $found ), false );
		}
		foreach ( $found as $id => $plugins ) {
			$own          = array_values( array_filter( (array) maybe_unserialize( $plugins ), 'is_string' ) );
			$found[ $id ] = $networks ? array( ...$own, ...( $networks[ (int) get_site( $id )?->network_id ] ?? array() ) ) : $own;
		}
		return $found;
	}
}
