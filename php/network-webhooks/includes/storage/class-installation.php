<?php
/**
 * Which installation this is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * One WordPress database is one installation: an id, and the places in which it was confirmed to
 * run, so that a copy of the database (staging) or a move is noticed, and a copy never sends in its
 * origin's name.
 *
 * A place is a fingerprint of what is the same on every server of a network – the database's name,
 * the prefix, the main site's address – and the marks of the database server. The fingerprint alone
 * goes with events and into the spool: it costs no query.
 *
 * @phpstan-type Place array{fingerprint: string, databases?: list<string>, hosts?: list<string>}
 */
final class Installation {

	/** Most marks of databases, names of hosts, and further places that are kept; the oldest go. */
	private const MOST = 20;

	/**
	 * Fingerprint of where this process runs, once made.
	 */
	private static ?string $fingerprint = null;

	/**
	 * Gives a new database, or a copy, an id of its own.
	 */
	public static function found(): void {
		Settings::set( Settings::INSTALLATION, array( 'id' => wp_generate_uuid4() ) + self::here() );
	}

	/**
	 * Takes this place as the installation's only one, under the same id.
	 */
	public static function settle(): void {
		Settings::set( Settings::INSTALLATION, array( 'id' => self::stored()['id'] ) + self::here() );
	}

	/**
	 * Takes this place as a further one of the installation: another server of the network.
	 */
	public static function add(): void {
		$stored = self::stored();
		$places = array_slice( array( ...( $stored['places'] ?? array() ), self::here() ), -self::MOST );
		Settings::set( Settings::INSTALLATION, array( 'places' => $places ) + $stored );
	}

	/**
	 * The id, the place in which the network was confirmed to run, and further ones.
	 *
	 * @return array{id: string, fingerprint: string, databases?: list<string>, hosts?: list<string>, places?: list<Place>}
	 */
	public static function stored(): array {
		$stored = (array) Settings::read( Settings::INSTALLATION )[ Settings::INSTALLATION ];
		return $stored + array(
			'id'          => '',
			'fingerprint' => '',
		);
	}

	/**
	 * Fingerprint of database and main site, without how or where the database is reached: that
	 * may be another way on every server.
	 *
	 * The main site's address is taken from the network, where WordPress itself looks it up: its
	 * option `home` would cost a query on every other site, and changes with the scheme too.
	 */
	public static function fingerprint(): string {
		return self::$fingerprint ??= self::hashed();
	}

	/**
	 * Whether nobody confirmed that the network runs here: it was moved, copied, or this is another
	 * one of its servers.
	 */
	public static function is_elsewhere(): bool {
		return null === self::place( self::stored() );
	}

	/**
	 * Remembers further marks and names of a database that is known by one of them: a node of the
	 * same cluster, the new primary after a failover, another way to write DB_HOST.
	 */
	public static function learn(): void {
		$stored = self::stored();
		$at     = self::place( $stored );
		if ( null === $at ) {
			return;
		}
		$place = -1 === $at ? $stored : $stored['places'][ $at ];
		$here  = self::here();
		foreach ( array( 'databases', 'hosts' ) as $list ) {
			$known         = $place[ $list ] ?? array();
			$here[ $list ] = array_slice( array( ...$known, ...array_diff( $here[ $list ], $known ) ), -self::MOST );
		}
		if ( array_intersect_key( $place, $here ) === $here ) {
			return;
		}
		if ( -1 === $at ) {
			Settings::set( Settings::INSTALLATION, array_merge( $stored, $here ) );
		} else {
			$stored['places'][ $at ] = $here;
			Settings::set( Settings::INSTALLATION, $stored );
		}
	}

	/**
	 * Which confirmed place this is.
	 *
	 * @param array<string, mixed> $stored As stored() gives it.
	 * @return int|null -1: the first one; otherwise its number among the further ones; null: none.
	 */
	private static function place( array $stored ): ?int {
		foreach ( array( -1 => $stored ) + ( $stored['places'] ?? array() ) as $at => $place ) {
			if ( self::is_here( $place ) ) {
				return $at;
			}
		}
		return null;
	}

	/**
	 * Whether this process runs in a place.
	 *
	 * @param Place $place
	 */
	private static function is_here( array $place ): bool {
		if ( ! hash_equals( (string) $place['fingerprint'], self::fingerprint() ) ) {
			// Its earlier form, which had DB_HOST in it. Once known again, it is stored in the new one.
			return ! isset( $place['databases'] ) && hash_equals( (string) $place['fingerprint'], self::hashed( Database::configured() ) );
		}
		$marks = Database::identities();
		$known = $place['databases'] ?? array();
		if ( ! $marks || ! $known || array_intersect( $marks, $known ) ) {
			return true;
		}
		// The name leads to the same database as ever, as after a failover; but every machine has a
		// localhost.
		return in_array( Database::host(), $place['hosts'] ?? array(), true ) && ! ( Database::is_local() && Database::are_two( $marks, $known ) );
	}

	/**
	 * The place in which this process runs.
	 *
	 * @return array{fingerprint: string, databases: list<string>, hosts: list<string>}
	 */
	private static function here(): array {
		return array(
			'fingerprint' => self::fingerprint(),
			'databases'   => Database::identities(),
			'hosts'       => array( Database::host() ),
		);
	}

	/**
	 * A fingerprint, of more than it is made of by now if need be.
	 */
	private static function hashed( string ...$more ): string {
		global $wpdb;
		$main = get_main_network_id();
		// By its id the network that is at hand anyway would cost a query.
		$network = get_current_network_id() === $main ? get_network() : get_network( $main );
		return hash( 'sha256', implode( "\n", array( ...$more, defined( 'DB_NAME' ) ? DB_NAME : (string) $wpdb->dbname, $wpdb->base_prefix, $network->domain . $network->path ) ) );
	}
}
