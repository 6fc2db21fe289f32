<?php
/**
 * The code that the network runs.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Event;
use Network_Webhooks\Sources\Abstract_Source;

defined( 'ABSPATH' ) || exit;

/**
 * Plugins, themes and WordPress itself.
 */
final class System extends Abstract_Source {

	public const NAME = 'core';

	public const ORDER = 16;

	/**
	 * {@inheritDoc}
	 */
	public function events(): array {
		$plugin = array(
			'plugin'  => 'a-plugin/a-plugin.php',
			'name'    => 'A Plugin',
			'version' => '1.2.3',
		);
		$theme  = array(
			'theme'   => 'twentytwentyfive',
			'name'    => 'Twenty Twenty-Five',
			'version' => '1.2',
		);
		return array(
			Event::of( self::NAME, 'plugin_activated', 'system', __( 'Plugin Activated', 'network-webhooks' ), __( 'A plugin was activated, on a site or for the whole network.', 'network-webhooks' ), __( 'At activated_plugin.', 'network-webhooks' ), $plugin + array( 'network_wide' => true ), array(), array( 'plugin' ) ),
			Event::of( self::NAME, 'plugin_deactivated', 'system', __( 'Plugin Deactivated', 'network-webhooks' ), __( 'A plugin was deactivated, on a site or for the whole network.', 'network-webhooks' ), __( 'At deactivated_plugin, which WordPress leaves out where it does so by itself.', 'network-webhooks' ), $plugin + array( 'network_wide' => true ), array(), array( 'plugin' ) ),
			Event::of( self::NAME, 'plugin_updated', 'system', __( 'Plugin Updated', 'network-webhooks' ), __( 'A plugin was updated; one event for each.', 'network-webhooks' ), __( 'At upgrader_process_complete.', 'network-webhooks' ), $plugin, array(), array( 'plugin' ) ),
			Event::of( self::NAME, 'theme_switched', 'system', __( 'Theme Switched', 'network-webhooks' ), __( 'A site has another theme.', 'network-webhooks' ), __( 'At switch_theme.', 'network-webhooks' ), $theme + array( 'old_theme' => 'twentytwentyfour' ), array( 'old_theme' ), array( 'theme' ) ),
			Event::of( self::NAME, 'theme_updated', 'system', __( 'Theme Updated', 'network-webhooks' ), __( 'A theme was updated; one event for each.', 'network-webhooks' ), __( 'At upgrader_process_complete.', 'network-webhooks' ), $theme, array(), array( 'theme' ) ),
			Event::of(
				self::NAME,
				'core_updated',
				'system',
				__( 'WordPress Updated', 'network-webhooks' ),
				__( 'WordPress itself was updated.', 'network-webhooks' ),
				__( 'At _core_updated_successfully.', 'network-webhooks' ),
				array(
					'version'     => '7.1.3',
					'old_version' => '7.1.2',
				),
				array(),
				array( 'version' )
			),
		);
	}

	/**
	 * {@inheritDoc}
	 */
	protected function listen(): void {
		$this->on( 'plugin_activated', 'activated_plugin', fn( $file = '', $network = false ) => $this->plugin( 'plugin_activated', (string) $file, (bool) $network ), 2 );
		$this->on( 'plugin_deactivated', 'deactivated_plugin', fn( $file = '', $network = false ) => $this->plugin( 'plugin_deactivated', (string) $file, (bool) $network ), 2 );
		$this->on( 'theme_switched', 'switch_theme', $this->switched( ... ), 3 );
		$this->on( 'plugin_updated', 'upgrader_process_complete', $this->upgraded( ... ), 2 );
		$this->on( 'core_updated', '_core_updated_successfully', $this->core_updated( ... ) );
	}

	/**
	 * A plugin was switched on or off.
	 */
	private function plugin( string $event, string $file, bool $network ): void {
		$this->send( $event, static fn(): array => self::plugin_payload( $file ) + array( 'network_wide' => $network ), $network ? array( 'scope' => 'network' ) : array() );
	}

	/**
	 * The current site has another theme.
	 */
	private function switched( mixed $name = '', mixed $theme = null, mixed $old = null ): void {
		if ( $theme instanceof \WP_Theme ) {
			$this->send( 'theme_switched', static fn(): array => self::theme_payload( $theme ) + array( 'old_theme' => $old instanceof \WP_Theme ? $old->get_stylesheet() : null ) );
		}
	}

	/**
	 * Something was installed or updated: in bulk a list, else one.
	 */
	private function upgraded( mixed $upgrader = null, mixed $extra = array() ): void {
		if ( ! is_array( $extra ) || 'update' !== ( $extra['action'] ?? '' ) ) {
			return;
		}
		$names = static fn( string $many, string $one ): array => array_unique( array_filter( array_map( 'strval', (array) ( $extra[ $many ] ?? $extra[ $one ] ?? array() ) ) ) );
		if ( 'plugin' === ( $extra['type'] ?? '' ) ) {
			foreach ( $names( 'plugins', 'plugin' ) as $file ) {
				$this->send( 'plugin_updated', static fn(): array => self::plugin_payload( $file ), array( 'scope' => 'network' ) );
			}
		}
		if ( 'theme' === ( $extra['type'] ?? '' ) ) {
			foreach ( $names( 'themes', 'theme' ) as $theme ) {
				$this->send( 'theme_updated', static fn(): array => self::theme_payload( wp_get_theme( $theme ) ), array( 'scope' => 'network' ) );
			}
		}
	}

	/**
	 * WordPress was updated; this request still runs the old one.
	 */
	private function core_updated( mixed $version = '' ): void {
		$this->send(
			'core_updated',
			static fn(): array => array(
				'version'     => (string) $version,
				'old_version' => (string) $GLOBALS['wp_version'],
			),
			array( 'scope' => 'network' )
		);
	}

	/**
	 * A plugin, as its file on the disk says.
	 *
	 * @return array<string, string>
	 */
	private static function plugin_payload( string $file ): array {
		$path   = WP_PLUGIN_DIR . "/$file";
		$header = is_file( $path ) ? get_file_data(
			$path,
			array(
				'name'    => 'Plugin Name',
				'version' => 'Version',
			)
		) : array();
		return array(
			'plugin'  => $file,
			'name'    => (string) ( $header['name'] ?? '' ),
			'version' => (string) ( $header['version'] ?? '' ),
		);
	}

	/**
	 * A theme.
	 *
	 * @return array<string, string>
	 */
	private static function theme_payload( \WP_Theme $theme ): array {
		return array(
			'theme'   => (string) $theme->get_stylesheet(),
			'name'    => (string) $theme->get( 'Name' ),
			'version' => (string) $theme->get( 'Version' ),
		);
	}
}
