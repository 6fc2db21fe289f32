<?php
/**
 * Characters that nobody sees.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Finds and takes out what comes along when something is copied: byte order marks, zero-width and
 * no-break spaces, soft hyphens, controls of the writing direction. The extension refuses them, by
 * the same list: see src/domain/invisible.rs.
 */
final class Invisible {

	/** All of them, for a class of characters. */
	private const ALL = '\x{0}-\x{1f}\x{7f}-\x{a0}\x{ad}\x{34f}\x{600}-\x{605}\x{61c}\x{6dd}\x{70f}\x{890}-\x{891}\x{8e2}\x{115f}-\x{1160}\x{1680}\x{17b4}-\x{17b5}\x{180b}-\x{180f}\x{2000}-\x{200f}\x{2028}-\x{202f}\x{205f}-\x{206f}\x{2800}\x{3000}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{fff0}-\x{fffb}\x{110bd}\x{110cd}\x{13430}-\x{1343f}\x{1bca0}-\x{1bca3}\x{1d173}-\x{1d17a}\x{e0000}-\x{e0fff}';

	/** Those that belong to the character before them: joiners, variation selectors, tags of flags. */
	private const JOINERS = '\x{34f}\x{180b}-\x{180d}\x{180f}\x{200c}-\x{200d}\x{fe00}-\x{fe0f}\x{e0020}-\x{e007f}\x{e0100}-\x{e01ef}';

	/** Those in whose place people mean a space. */
	private const SPACES = '\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}-\x{2029}\x{202f}\x{205f}\x{3000}';

	/**
	 * The first in a text, as in “an invisible character (U+200B)”; null: there is none.
	 */
	public static function find( string $text ): ?string {
		return self::search( '/[' . self::ALL . ']/u', $text );
	}

	/**
	 * The first in a text of words, where joiners may belong to the character before them.
	 *
	 * @param bool $has_lines Whether the text may have lines and tabs.
	 */
	public static function find_in_words( string $text, bool $has_lines = false ): ?string {
		return self::search( '/' . self::unjoined( $has_lines ? '\t\n\r' : '' ) . '/u', $text );
	}

	/**
	 * A text without them, where lines and tabs may stay. Spaces of other kinds become ordinary ones.
	 */
	public static function strip( string $text ): string {
		$text = preg_replace( '/[' . self::SPACES . ']/u', ' ', $text ) ?? $text;
		return preg_replace( '/' . self::unjoined( '\t\n\r' ) . '/u', '', $text ) ?? $text;
	}

	/**
	 * A text in which each is to be seen, by its number: `[U+200B]`.
	 */
	public static function show( string $text ): string {
		return preg_replace_callback( '/[' . self::ALL . ']/u', static fn( array $found ) => sprintf( '[U+%04X]', mb_ord( $found[0], 'UTF-8' ) ), $text ) ?? $text;
	}

	/**
	 * The first match in words.
	 */
	private static function search( string $pattern, string $text ): ?string {
		return 1 === preg_match( $pattern, $text, $found ) ? sprintf( 'an invisible character (U+%04X)', mb_ord( $found[0], 'UTF-8' ) ) : null;
	}

	/**
	 * What matches one that does not join anything.
	 *
	 * @param string $but For a class of characters: those that are none here.
	 */
	private static function unjoined( string $but ): string {
		$seen   = '(?![' . self::ALL . '])[^\x{0}-\x{7f}]';
		$joined = '(?:' . $seen . '[' . self::JOINERS . ']+|[0-9#*]\x{fe0f}[' . self::JOINERS . ']*)(*SKIP)(*FAIL)';
		return "(?:$joined|(?![$but ])[" . self::ALL . '])';
	}
}
