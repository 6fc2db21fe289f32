<?php
/**
 * Addresses of sites, to be shown.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says what a site is called, and which sites a webhook is for. All addresses come in one query, and no site is
 * switched to.
 */
final class Site_Addresses {

	/** How many sites are named before the rest is only counted. */
	private const NAMED = 2;

	/** Most sites that a search stands for. */
	private const FOUND = 100;

	/**
	 * Addresses by id; null: such a site is not there.
	 *
	 * @var array<int, string|null>
	 */
	private array $known = array();

	/**
	 * Reads the addresses that describe() will name.
	 *
	 * @param list<Webhook> $webhooks
	 */
	public function prepare( array $webhooks ): void {
		$ids = array();
		foreach ( $webhooks as $webhook ) {
			array_push( $ids, ...array_slice( self::listed( $webhook ), 0, self::NAMED ) );
		}
		$ids = array_values( array_diff( array_unique( $ids ), array_keys( $this->known ) ) );
		// What is gone stays known as such.
		$this->known += self::of( $ids ) + array_fill_keys( $ids, null );
	}

	/**
	 * The addresses of these sites, read at once; without those that are gone.
	 *
	 * @param int[] $ids
	 * @return array<int, string> Id → address, without a slash at its end.
	 */
	public static function of( array $ids ): array {
		if ( ! $ids ) {
			return array();
		}
		$sites     = get_sites(
			array(
				'site__in'               => $ids,
				'number'                 => count( $ids ),
				'update_site_meta_cache' => false,
			)
		);
		$addresses = array();
		foreach ( $sites as $site ) {
			$addresses[ (int) $site->blog_id ] = untrailingslashit( $site->domain . $site->path );
		}
		return $addresses;
	}

	/**
	 * What a site is called: its address, that of one that is gone its number, and without a site the network.
	 *
	 * @param int                $id        0: no site.
	 * @param array<int, string> $addresses As of() gives them.
	 */
	public static function called( int $id, array $addresses ): string {
		return match ( true ) {
			0 === $id => __( 'The network', 'network-webhooks' ),
			/* translators: %d: id of a site */
			default => $addresses[ $id ] ?? sprintf( __( 'site %d', 'network-webhooks' ), $id ),
		};
	}

	/**
	 * What one site is called; several are asked for at once, with of().
	 */
	public static function name_of( int $id ): string {
		return self::called( $id, $id ? self::of( array( $id ) ) : array() );
	}

	/**
	 * The sites of a webhook in words.
	 */
	public function describe( Webhook $webhook ): string {
		$sites = $webhook->setting( 'sites' );
		if ( ! is_array( $sites ) ) {
			return __( 'All sites', 'network-webhooks' );
		}
		$ids = self::listed( $webhook );
		if ( ! $ids ) {
			return isset( $sites['only'] ) ? __( 'No site', 'network-webhooks' ) : __( 'All sites', 'network-webhooks' );
		}
		$last  = (array) ( $webhook->settings[ Webhook::SITE_ADDRESSES ] ?? array() );
		$names = implode( ', ', array_map( fn( int $id ) => $this->name( $id, (string) ( $last[ $id ] ?? '' ) ), array_slice( $ids, 0, self::NAMED ) ) );
		$more  = count( $ids ) - self::NAMED;
		if ( $more > 0 ) {
			/* translators: 1: addresses of sites, 2: number of further sites */
			$names = sprintf( _n( '%1$s and %2$s more', '%1$s and %2$s more', $more, 'network-webhooks' ), $names, number_format_i18n( $more ) );
		}
		/* translators: %s: addresses of sites */
		return isset( $sites['only'] ) ? $names : sprintf( __( 'All but %s', 'network-webhooks' ), $names );
	}

	/**
	 * Ids of the sites that a text means: an id, an address, or a part of one.
	 *
	 * @return list<int>
	 */
	public static function find( string $text ): array {
		if ( ctype_digit( $text ) ) {
			return array( (int) $text );
		}
		$address = (string) preg_replace( '~^https?://~i', '', $text );
		$domain  = strtok( $address, '/' );
		$path    = trim( substr( $address, strlen( (string) $domain ) ), '/' );
		$query   = array(
			'fields'                 => 'ids',
			'number'                 => self::FOUND,
			'update_site_meta_cache' => false,
		);
		$exact   = get_sites(
			$query + array(
				'domain' => (string) $domain,
				'path'   => '' === $path ? '/' : "/$path/",
			)
		);
		return array_map( 'intval', $exact ? $exact : get_sites( $query + array( 'search' => trim( $address, '/' ) ) ) );
	}

	/**
	 * A site's address. One that was deleted keeps its last one, or else its number.
	 */
	private function name( int $id, string $last ): string {
		/* translators: %s: address of a site, or “site” and its number */
		$deleted = __( '%s (deleted)', 'network-webhooks' );
		return $this->known[ $id ] ?? sprintf( $deleted, '' === $last ? self::called( $id, array() ) : $last );
	}

	/**
	 * Ids that a webhook lists, to get or not to get.
	 *
	 * @return list<int>
	 */
	private static function listed( Webhook $webhook ): array {
		$sites = $webhook->setting( 'sites' );
		return is_array( $sites ) ? array_map( 'intval', array_values( $sites['only'] ?? $sites['except'] ?? array() ) ) : array();
	}
}
