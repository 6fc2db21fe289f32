<?php
/**
 * Addresses in a list.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Addresses that differ from row to row in one part of their query. Each kind is made and escaped once,
 * and not in every row.
 */
final class Row_Url {

	/** In the place of the part: nothing that rawurlencode() or esc_url() would change. */
	private const PART = '0network-webhooks-part0';

	/**
	 * Kind → address with PART, escaped.
	 *
	 * @var array<string, string>
	 */
	private array $known = array();

	/**
	 * An address, escaped for an attribute.
	 *
	 * @param string                   $kind What tells it from other addresses of this list.
	 * @param string                   $part The part of this row, as Admin::url() takes it.
	 * @param callable(string): string $url  Makes the address with a part.
	 */
	public function of( string $kind, string $part, callable $url ): string {
		$this->known[ $kind ] ??= esc_url( $url( self::PART ) );
		return str_replace( self::PART, rawurlencode( $part ), $this->known[ $kind ] );
	}
}
