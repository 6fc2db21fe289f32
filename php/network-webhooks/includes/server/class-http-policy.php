<?php
/**
 * The network's rules for outgoing requests.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * The constants by which WordPress is told how it may reach the outside: the worker keeps to them
 * too.
 */
final class Http_Policy {

	/**
	 * WP_PROXY_HOST and its companions.
	 *
	 * @return array{url: string, bypass: list<string>}|null
	 */
	public static function proxy(): ?array {
		$proxy = new \WP_HTTP_Proxy();
		if ( ! $proxy->is_enabled() ) {
			return null;
		}
		$login = $proxy->use_authentication()
			? rawurlencode( $proxy->username() ) . ':' . rawurlencode( $proxy->password() ) . '@'
			: '';
		return array(
			'url'    => 'http://' . $login . $proxy->host() . ':' . $proxy->port(),
			'bypass' => array_merge( self::own_hosts(), self::hosts( 'WP_PROXY_BYPASS_HOSTS' ) ),
		);
	}

	/**
	 * The only hosts that may be reached, or null for all: WP_HTTP_BLOCK_EXTERNAL.
	 *
	 * @return list<string>|null
	 */
	public static function reachable_hosts(): ?array {
		if ( ! defined( 'WP_HTTP_BLOCK_EXTERNAL' ) || ! WP_HTTP_BLOCK_EXTERNAL ) {
			return null;
		}
		return array_merge( self::own_hosts(), self::hosts( 'WP_ACCESSIBLE_HOSTS' ) );
	}

	/**
	 * Hosts that WordPress never counts as outside.
	 *
	 * @return list<string>
	 */
	private static function own_hosts(): array {
		$domain = get_network( get_main_network_id() )->domain;
		return array_values( array_unique( array( 'localhost', (string) wp_parse_url( "http://$domain", PHP_URL_HOST ) ) ) );
	}

	/**
	 * The hosts that a constant lists by commas.
	 *
	 * @return list<string>
	 */
	private static function hosts( string $constant ): array {
		$list = defined( $constant ) ? (string) constant( $constant ) : '';
		// What nobody sees there keeps no host from being meant.
		return preg_split( '/[\s,]+/', Invisible::strip( $list ), -1, PREG_SPLIT_NO_EMPTY );
	}
}
