<?php
/**
 * From what WordPress stores to what is sent.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Makes plain text of texts that are stored escaped for HTML. WordPress stores names and titles
 * as they are printed (`Tom &amp; Jerry&#039;s`): wp_filter_kses(), esc_html() and
 * sanitize_text_field() all leave such references, and none escapes one that is there already. So
 * one decoding, and never a second, gives what a reader of the site sees.
 */
final class Plain_Text {

	/** Fields of WordPress's own objects and rows that are stored escaped. */
	private const FIELDS = array( 'user_email', 'user_url', 'display_name', 'first_name', 'last_name', 'nickname', 'comment_author', 'comment_author_email', 'comment_author_url', 'post_title', 'blogname', 'blogdescription' );

	/** Classes whose `name` is stored escaped: a term's, and those of a shop's products and items. */
	private const NAMED = array( 'WP_Term', 'WC_Data' );

	/** How deep a payload is looked through: sources of this plugin nest less. */
	private const DEPTH = 16;

	/**
	 * A text that is stored escaped for HTML, as a reader sees it.
	 */
	public static function of( string $stored ): string {
		return str_contains( $stored, '&' ) ? html_entity_decode( $stored, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) : $stored;
	}

	/**
	 * A payload that a source composed of what is stored, with all its texts plain.
	 *
	 * @param list<string> $html Keys whose value is meant as HTML. They stay as they are, and so do
	 *                           addresses: the keys that end in `url`.
	 */
	public static function payload( array|object $data, array $html = array() ): array|object {
		return self::walk( $data, static fn( string $key ): bool => ! in_array( $key, $html, true ) && ! str_ends_with( $key, 'url' ), self::DEPTH );
	}

	/**
	 * A payload that another plugin composed, of which only some texts are known to be escaped.
	 *
	 * @param list<string> $keys Their keys.
	 */
	public static function keys( array|object $data, array $keys ): array|object {
		return self::walk( $data, static fn( string $key ): bool => in_array( $key, $keys, true ), self::DEPTH );
	}

	/**
	 * A field of whatever object an action brought.
	 */
	public static function field( mixed $of, string $name, mixed $value ): mixed {
		if ( ! is_string( $value ) ) {
			return $value;
		}
		$is_name = 'name' === $name && array_filter( self::NAMED, static fn( string $named ): bool => $of instanceof $named );
		return $is_name || in_array( $name, self::FIELDS, true ) ? self::of( $value ) : $value;
	}

	/**
	 * Decodes the texts under certain keys; a list's items count as under the list's own.
	 *
	 * @param \Closure(string): bool $is_plain
	 */
	private static function walk( array|object $data, \Closure $is_plain, int $depth, string $under = '' ): array|object {
		$is_copied = is_array( $data ) || $data instanceof \stdClass;
		if ( ! $is_copied || 0 === $depth ) {
			return $data;
		}
		$copy = array();
		foreach ( (array) $data as $key => $value ) {
			$name         = is_int( $key ) ? $under : $key;
			$copy[ $key ] = match ( true ) {
				is_string( $value ) => $is_plain( $name ) ? self::of( $value ) : $value,
				is_array( $value ), is_object( $value ) => self::walk( $value, $is_plain, $depth - 1, $name ),
				default => $value,
			};
		}
		return is_array( $data ) ? $copy : (object) $copy;
	}
}
