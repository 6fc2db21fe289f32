<?php
/**
 * Options of a choice.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The options of a `select`, of which there may be a thousand. Their texts are escaped at once: one by one they take as
 * long as the rest of a page's form.
 */
final class Choice {

	/**
	 * The options as HTML.
	 *
	 * @param array<string> $options Value → name.
	 * @param string        $chosen  A value; one that none has chooses none.
	 */
	public static function options( array $options, string $chosen ): string {
		$html   = '';
		$names  = self::escaped( $options );
		$chosen = esc_html( $chosen );
		foreach ( self::escaped( array_map( 'strval', array_keys( $options ) ) ) as $at => $value ) {
			$html .= '<option value="' . $value . ( $chosen === $value ? '" selected>' : '">' ) . $names[ $at ] . '</option>';
		}
		return $html;
	}

	/**
	 * Lines of text as HTML, for elements and attributes.
	 *
	 * @param array<string> $texts
	 * @return list<string>
	 */
	private static function escaped( array $texts ): array {
		$lines = explode( "\n", esc_html( implode( "\n", str_replace( "\n", ' ', $texts ) ) ) );
		return count( $lines ) === count( $texts ) ? $lines : array_map( 'esc_html', array_values( $texts ) );
	}
}
