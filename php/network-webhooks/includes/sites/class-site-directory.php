<?php
/**
 * The sites that a webhook can be about.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Finds sites by id, address and name, of all networks of the installation.
 *
 * A site's name stands in its own table of options. Names are read for many sites in one query,
 * never by switching to each, and kept in a transient, so that searching while one types reads
 * them once.
 */
final class Site_Directory {

	/** Sites of a page of results. */
	public const PAGE = 20;
	/** In larger installations sites are found by id and address alone. */
	public const MOST_NAMES = 10000;

	private const NAMES = 'network_webhooks_site_names';

	/** Tables of options in one query. */
	private const TABLES = 200;

	/**
	 * A site has another name: the names are read anew.
	 */
	public static function forget_names(): void {
		delete_site_transient( self::NAMES );
		if ( ! is_main_network() ) {
			// The pages are there, and each network has transients of its own.
			delete_network_option( get_main_network_id(), '_site_transient_' . self::NAMES );
		}
	}

	/**
	 * A page of the sites whose id, domain, path or name has a text in it.
	 *
	 * @return array{sites: list<array{id: int, address: string, name: string}>, more: bool}
	 */
	public function search( string $text, int $page = 1 ): array {
		global $wpdb;
		$text  = trim( $text );
		$where = '';
		if ( '' !== $text ) {
			$like  = '%' . $wpdb->esc_like( rtrim( (string) preg_replace( '~^https?://~i', '', $text ), '/' ) ) . '%';
			$named = implode( ', ', array_map( 'intval', $this->ids_by_name( $text ) ) );
			$where = $wpdb->prepare( 'WHERE blog_id = %d OR CONCAT( domain, path ) LIKE %s', ctype_digit( $text ) ? (int) $text : 0, $like )
				. ( '' === $named ? '' : " OR blog_id IN ( $named )" );
		}
		$rows = $wpdb->get_results(
			"SELECT blog_id, domain, path FROM $wpdb->blogs $where"
			. $wpdb->prepare( ' ORDER BY blog_id = %d DESC, blog_id LIMIT %d OFFSET %d', ctype_digit( $text ) ? (int) $text : 0, self::PAGE + 1, max( 0, $page - 1 ) * self::PAGE )
		);
		return array(
			'sites' => $this->with_names( array_slice( (array) $rows, 0, self::PAGE ) ),
			'more'  => count( (array) $rows ) > self::PAGE,
		);
	}

	/**
	 * Sites by their ids; those that are gone are left out.
	 *
	 * @param list<int> $ids
	 * @return array<int, array{id: int, address: string, name: string}> By id.
	 */
	public function find( array $ids ): array {
		global $wpdb;
		$list = implode( ', ', array_map( 'intval', $ids ) );
		if ( '' === $list ) {
			return array();
		}
		return array_column( $this->with_names( (array) $wpdb->get_results( "SELECT blog_id, domain, path FROM $wpdb->blogs WHERE blog_id IN ( $list ) ORDER BY blog_id" ) ), null, 'id' );
	}

	/**
	 * Ids of the sites at addresses, such as `shop.example` or `example.org/shop`.
	 *
	 * @param list<string> $addresses
	 * @return array<string, int> Address as given → id; unknown ones are left out.
	 */
	public function ids_at( array $addresses ): array {
		global $wpdb;
		if ( ! $addresses ) {
			return array();
		}
		$wanted = array();
		foreach ( $addresses as $address ) {
			$wanted[ $address ] = strtolower( trailingslashit( (string) preg_replace( '~^https?://~i', '', $address ) ) );
		}
		$marks = implode( ', ', array_fill( 0, count( $wanted ), '%s' ) );
		$rows  = $wpdb->get_results( $wpdb->prepare( "SELECT blog_id, CONCAT( domain, path ) AS address FROM $wpdb->blogs WHERE CONCAT( domain, path ) IN ( $marks )", ...array_values( $wanted ) ) );
		$ids   = array_map( 'intval', array_column( (array) $rows, 'blog_id', 'address' ) );
		$ids   = array_combine( array_map( 'strtolower', array_keys( $ids ) ), $ids );
		return array_filter( array_map( static fn( string $address ) => $ids[ $address ] ?? null, $wanted ) );
	}

	/**
	 * Rows of the table of sites, with names.
	 *
	 * @param list<object> $rows
	 * @return list<array{id: int, address: string, name: string}>
	 */
	private function with_names( array $rows ): array {
		$names = self::read_names( array_map( 'intval', array_column( $rows, 'blog_id' ) ) );
		return array_map(
			static fn( object $row ) => array(
				'id'      => (int) $row->blog_id,
				'address' => untrailingslashit( $row->domain . $row->path ),
				'name'    => $names[ (int) $row->blog_id ] ?? '',
			),
			$rows
		);
	}

	/**
	 * Ids of sites with a text in their name, at most as many as a few pages show.
	 *
	 * @return list<int>
	 */
	private function ids_by_name( string $text ): array {
		$found = array_filter( $this->all_names(), static fn( string $name ) => Text::has( $name, $text ) );
		return array_slice( array_keys( $found ), 0, 50 * self::PAGE );
	}

	/**
	 * Names of all sites.
	 *
	 * @return array<int, string> By id.
	 */
	private function all_names(): array {
		global $wpdb;
		if ( (int) $wpdb->get_var( "SELECT COUNT(*) FROM $wpdb->blogs" ) > self::MOST_NAMES ) {
			return array();
		}
		$known   = array_map( 'strval', (array) ( get_site_transient( self::NAMES ) ?: array() ) );
		$missing = array_diff( array_map( 'intval', $wpdb->get_col( "SELECT blog_id FROM $wpdb->blogs ORDER BY blog_id" ) ), array_keys( $known ) );
		if ( $missing ) {
			$known += self::read_names( array_values( $missing ) ) + array_fill_keys( $missing, '' );
			ksort( $known );
			set_site_transient( self::NAMES, $known, HOUR_IN_SECONDS );
		}
		return $known;
	}

	/**
	 * Names as the sites' options have them. A site may have no tables, or none yet.
	 *
	 * @param list<int> $ids
	 * @return array<int, string> By id.
	 */
	private static function read_names( array $ids ): array {
		global $wpdb;
		$names = array();
		foreach ( array_chunk( $ids, self::TABLES ) as $some ) {
			$tables = array();
			foreach ( $some as $id ) {
				$tables[ $wpdb->get_blog_prefix( $id ) . 'options' ] = $id;
			}
			$marks  = implode( ', ', array_fill( 0, count( $tables ), '%s' ) );
			$there  = $wpdb->get_col( $wpdb->prepare( "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ( $marks )", ...array_keys( $tables ) ) );
			$parts  = array_map( static fn( string $table ) => sprintf( "( SELECT %d AS id, option_value AS name FROM `%s` WHERE option_name = 'blogname' )", $tables[ $table ], $table ), array_intersect( array_keys( $tables ), $there ) );
			$names += $parts ? array_column( (array) $wpdb->get_results( implode( ' UNION ALL ', $parts ) ), 'name', 'id' ) : array();
		}
		return array_map( static fn( $name ) => html_entity_decode( (string) $name, ENT_QUOTES, 'UTF-8' ), $names );
	}
}
