<?php
/**
 * A must-use plugin of the tests: puts WordPress's own texts into ⟪brackets⟫ for whoever reads the
 * made-up language of pseudo.php, so that what has neither these nor ours is a text that nobody
 * can translate, or data.
 */

foreach ( array( 'gettext', 'gettext_with_context', 'ngettext', 'ngettext_with_context' ) as $kind ) {
	add_filter(
		"{$kind}_default",
		static function ( $text, $original ) {
			// What WordPress compares with, and does not show.
			$is_code = preg_match( '/^(ltr|html_lang_attribute|number_format_\w+|words|on|off|0|default)$/', $original );
			return $is_code || ! did_action( 'init' ) || 'xx_XX' !== determine_locale() ? $text : "⟪{$text}⟫";
		},
		10,
		2
	);
}
