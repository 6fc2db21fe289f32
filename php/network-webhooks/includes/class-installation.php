<?php
/**
 * Which installation this is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * One WordPress database is one installation: an id, and a fingerprint by which a copy of the
 * database (staging) or a move is noticed, so that a copy never sends in its origin's name.
 */
final class Installation {

	/**
	 * Fingerprint of where this process runs, once made.
	 */
	private static ?string $fingerprint = null;

	/**
	 * Gives a new database its id.
	 */
	public static function found(): void {
		Settings::set(
			Settings::INSTALLATION,
			array(
				'id'          => wp_generate_uuid4(),
				'fingerprint' => self::fingerprint(),
			)
		);
	}

	/**
	 * Takes this place as the installation's own, under the same id.
	 */
	public static function settle(): void {
		$stored = self::stored();
		Settings::set( Settings::INSTALLATION, array( 'fingerprint' => self::fingerprint() ) + $stored );
	}

	/**
	 * The id, and the fingerprint of the place in which the network last ran.
	 *
	 * @return array{id: string, fingerprint: string}
	 */
	public static function stored(): array {
		$stored = (array) Settings::read( Settings::INSTALLATION )[ Settings::INSTALLATION ];
		return $stored + array(
			'id'          => '',
			'fingerprint' => '',
		);
	}

	/**
	 * Fingerprint of database and main site.
	 *
	 * The main site's address is taken from the network, where WordPress itself looks it up: its
	 * option `home` would cost a query on every other site, and changes with the scheme too.
	 */
	public static function fingerprint(): string {
		if ( null === self::$fingerprint ) {
			global $wpdb;
			$main = get_main_network_id();
			// By its id the network that is at hand anyway would cost a query.
			$network           = get_current_network_id() === $main ? get_network() : get_network( $main );
			self::$fingerprint = hash(
				'sha256',
				implode(
					"\n",
					array(
						defined( 'DB_HOST' ) ? DB_HOST : (string) $wpdb->dbhost,
						defined( 'DB_NAME' ) ? DB_NAME : (string) $wpdb->dbname,
						$wpdb->base_prefix,
						$network->domain . $network->path,
					)
				)
			);
		}
		return self::$fingerprint;
	}

	/**
	 * Whether the database was moved or copied since webhooks were last sent from it.
	 */
	public static function is_elsewhere(): bool {
		return ! hash_equals( self::stored()['fingerprint'], self::fingerprint() );
	}
}
