<?php
/**
 * Every text of the plugin that people read, out of its sources: what a guide may quote.
 */

final class Plugin_Texts {

	private const FUNCTIONS = array( '__', '_e', '_x', 'esc_html__', 'esc_html_e', 'esc_attr__', 'esc_attr_e', '_n' );

	/** Letters beside its placeholders that a text needs, lest it be like anything. */
	private const LETTERS = 8;

	/**
	 * Text → pattern of what it may become on a page.
	 *
	 * @var array<string, string>
	 */
	private array $patterns = array();

	/**
	 * @param list<string> $files With PHP or JavaScript.
	 */
	public function __construct( array $files ) {
		foreach ( $files as $file ) {
			$code = file_get_contents( $file );
			foreach ( str_ends_with( $file, '.js' ) ? self::of_script( $code ) : self::of_php( $code ) as $text ) {
				$this->patterns[ $text ] = self::pattern( $text );
			}
		}
	}

	/**
	 * Of the whole plugin.
	 */
	public static function of_plugin(): self {
		$folder = dirname( __DIR__, 2 ) . '/php/network-webhooks';
		$files  = array();
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $folder, FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			if ( in_array( $file->getExtension(), array( 'php', 'js' ), true ) ) {
				$files[] = (string) $file;
			}
		}
		return new self( $files );
	}

	/**
	 * Those of some files of the plugin.
	 *
	 * @return list<string>
	 */
	public static function in( string ...$files ): array {
		return array_keys( ( new self( array_map( static fn( string $file ) => dirname( __DIR__, 2 ) . "/php/network-webhooks/$file", $files ) ) )->patterns );
	}

	/**
	 * Whether some text of the plugin looks like this once it is filled in.
	 */
	public function have( string $shown ): bool {
		if ( isset( $this->patterns[ $shown ] ) ) {
			return true;
		}
		foreach ( $this->patterns as $text => $pattern ) {
			$letters = preg_match_all( '/\pL/u', (string) preg_replace( '/%(\d\$)?[sd]/', '', (string) $text ) );
			if ( str_contains( (string) $text, '%' ) && $letters >= self::LETTERS && 1 === preg_match( $pattern, $shown ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * What a text may become.
	 */
	private static function pattern( string $text ): string {
		return '/^' . preg_replace( '/%(?:\d\\\\\$)?[sd]/', '.+', preg_quote( $text, '/' ) ) . '$/us';
	}

	/**
	 * @return list<string>
	 */
	private static function of_php( string $code ): array {
		$tokens = array_values( array_filter( token_get_all( $code ), static fn( $token ) => ! is_array( $token ) || T_WHITESPACE !== $token[0] ) );
		$texts  = array();
		foreach ( $tokens as $at => $token ) {
			if ( ! is_array( $token ) || ! in_array( $token[1], self::FUNCTIONS, true ) || '(' !== ( $tokens[ $at + 1 ] ?? '' ) ) {
				continue;
			}
			// The second argument is the plural, or the text domain, which nobody quotes.
			foreach ( '_n' === $token[1] ? array( 2, 4 ) : array( 2 ) as $offset ) {
				$argument = $tokens[ $at + $offset ];
				if ( is_array( $argument ) && T_CONSTANT_ENCAPSED_STRING === $argument[0] ) {
					$texts[] = stripslashes( substr( $argument[1], 1, -1 ) );
				}
			}
		}
		return $texts;
	}

	/**
	 * @return list<string>
	 */
	private static function of_script( string $code ): array {
		preg_match_all( "/\b__\(\s*'((?:[^'\\\\]|\\\\.)*)'/", $code, $found );
		return array_map( 'stripslashes', $found[1] );
	}
}
