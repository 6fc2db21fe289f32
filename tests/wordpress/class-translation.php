<?php
/**
 * A file of texts or translations, read by WordPress's own classes.
 */

require_once ABSPATH . WPINC . '/pomo/po.php';

final class Translation {

	/** @var array<string, Translation_Entry> By context and text. */
	public readonly array $entries;

	/** @var array<string, string> */
	public readonly array $headers;

	public function __construct( public readonly string $file ) {
		$po = new PO();
		if ( ! $po->import_from_file( $file ) ) {
			throw new RuntimeException( "$file can’t be read." );
		}
		[ $this->entries, $this->headers ] = array( $po->entries, $po->headers );
	}

	/**
	 * How many forms a text with a number has.
	 */
	public function forms(): int {
		return preg_match( '/nplurals=(\d+)/', $this->headers['Plural-Forms'] ?? '', $found ) ? (int) $found[1] : 0;
	}

	/**
	 * What is wrong with the translations that are shown; empty where nothing is.
	 *
	 * @return list<string>
	 */
	public function faults(): array {
		$faults = array();
		foreach ( $this->entries as $entry ) {
			if ( in_array( 'fuzzy', $entry->flags, true ) ) {
				continue;
			}
			foreach ( array_filter( $entry->translations, static fn( $text ) => '' !== $text ) as $number => $text ) {
				// Where English says “one”, a language whose first form is also for 21 needs the number.
				$original = $entry->is_plural && $number > 0 ? $entry->plural : $entry->singular;
				$lacks    = self::parts( $original, $text );
				$has_more = self::parts( $text, $entry->is_plural ? $entry->plural : $original );
				if ( $lacks || $has_more ) {
					$faults[] = sprintf( '“%s” lacks: %s; has too: %s', $text, implode( ' ', $lacks ), implode( ' ', $has_more ) );
				}
			}
		}
		return $faults;
	}

	/**
	 * The texts that nobody translated, or whose translation has to be looked at.
	 *
	 * @return list<string>
	 */
	public function gaps(): array {
		$gaps = array();
		foreach ( $this->entries as $entry ) {
			$forms = array_filter( $entry->translations, static fn( $text ) => '' !== $text );
			if ( in_array( 'fuzzy', $entry->flags, true ) ) {
				$gaps[] = "fuzzy: $entry->singular";
			} elseif ( count( $forms ) !== ( $entry->is_plural ? $this->forms() : 1 ) ) {
				$gaps[] = "untranslated: $entry->singular";
			}
		}
		return $gaps;
	}

	/**
	 * Placeholders, HTML tags, codes and line breaks that one text has and another has not.
	 *
	 * @return list<string>
	 */
	private static function parts( string $text, string $other ): array {
		return array_values( array_diff( self::parts_of( $text ), self::parts_of( $other ) ) );
	}

	/**
	 * The parts of a text, each with a number where it is there more than once.
	 *
	 * @return list<string>
	 */
	private static function parts_of( string $text ): array {
		preg_match_all( '~%%|%(?:(\d+)\$)?([sdf])|<code>.*?</code>|</?[a-z][^>]*>|\n~', $text, $found, PREG_SET_ORDER );
		$parts = array();
		$next  = 0;
		$seen  = array();
		foreach ( $found as $match ) {
			$part = $match[0];
			if ( isset( $match[2] ) ) {
				$part = sprintf( '%%%d$%s', '' === $match[1] ? ++$next : $match[1], $match[2] );
			}
			$seen[ $part ] = ( $seen[ $part ] ?? 0 ) + 1;
			$parts[]       = $part . ( $seen[ $part ] > 1 ? " ({$seen[ $part ]})" : '' );
		}
		return $parts;
	}
}
