<?php
/**
 * Where a hook is fired.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Looks for the calls of a hook in the code of WordPress and of the plugins and themes that are
 * installed: whether it is an action or a filter, and what its arguments are called there.
 *
 * A list of names would be that of one version of WordPress, and know no plugin. Names made of
 * parts ("save_post_{$type}") are not found, and of those that are not nothing is said.
 */
final class Hook_Calls {

	/** Seconds to look for, and bytes of the largest file that is looked into. */
	private const SECONDS = 5.0;
	private const LARGEST = 2_000_000;

	/** Functions that fire hooks → whether as an action, and whether the arguments are in an array. */
	private const FUNCTIONS = array(
		'do_action'                => array( true, false ),
		'do_action_ref_array'      => array( true, true ),
		'do_action_deprecated'     => array( true, true ),
		'apply_filters'            => array( false, false ),
		'apply_filters_ref_array'  => array( false, true ),
		'apply_filters_deprecated' => array( false, true ),
	);

	/**
	 * The calls of a hook, WordPress's own first.
	 *
	 * @return list<array{file: string, line: int, is_action: bool, arguments: list<string>}> `file`
	 *         below WordPress's folder; `arguments`: names, empty where one has none.
	 */
	public static function of( string $hook ): array {
		return self::look( $hook )['calls'];
	}

	/**
	 * The calls of a hook, and whether there was time to look everywhere.
	 *
	 * @return array{calls: list<array{file: string, line: int, is_action: bool, arguments: list<string>}>, is_whole: bool}
	 */
	private static function look( string $hook ): array {
		$end   = microtime( true ) + self::SECONDS;
		$calls = array();
		foreach ( array( ABSPATH . WPINC, ABSPATH . 'wp-admin', WPMU_PLUGIN_DIR, WP_PLUGIN_DIR, get_theme_root() ) as $folder ) {
			foreach ( self::files( $folder ) as $file ) {
				if ( microtime( true ) > $end ) {
					return array(
						'calls'    => $calls,
						'is_whole' => false,
					);
				}
				$source = (string) @file_get_contents( $file );
				if ( str_contains( $source, "'$hook'" ) || str_contains( $source, "\"$hook\"" ) ) {
					array_push( $calls, ...self::in( $source, $hook, self::shorten( $file ) ) );
				}
			}
		}
		return array(
			'calls'    => $calls,
			'is_whole' => true,
		);
	}

	/**
	 * The calls of a hook as they were found within a day: looking takes a while. That there are none
	 * is looked for each time.
	 *
	 * @return list<array{file: string, line: int, is_action: bool, arguments: list<string>}>
	 */
	public static function known( string $hook ): array {
		$name  = 'network_webhooks_calls_' . md5( $hook );
		$calls = get_site_transient( $name );
		if ( ! is_array( $calls ) ) {
			$found = self::look( $hook );
			$calls = $found['calls'];
			if ( $calls ) {
				// What is missing may be there in a minute: a plugin that is being installed, or a file
				// that there was no time for.
				set_site_transient( $name, $calls, $found['is_whole'] ? DAY_IN_SECONDS : MINUTE_IN_SECONDS );
			}
		}
		return $calls;
	}

	/**
	 * What the arguments are called, by most of what was found; only actions' are looked at.
	 *
	 * @param list<array{is_action: bool, arguments: list<string>}> $calls
	 * @return list<string>
	 */
	public static function names( array $calls ): array {
		$names = array();
		foreach ( array_filter( $calls, static fn( array $call ) => $call['is_action'] ) as $call ) {
			foreach ( $call['arguments'] as $index => $name ) {
				if ( '' === ( $names[ $index ] ?? '' ) ) {
					$names[ $index ] = $name;
				}
			}
		}
		return array_values( $names );
	}

	/**
	 * Files with PHP below a folder.
	 *
	 * @return iterable<string>
	 */
	private static function files( string $folder ): iterable {
		if ( ! is_dir( $folder ) ) {
			return;
		}
		$all = new \RecursiveIteratorIterator( new \RecursiveDirectoryIterator( $folder, \FilesystemIterator::SKIP_DOTS ), \RecursiveIteratorIterator::LEAVES_ONLY, \RecursiveIteratorIterator::CATCH_GET_CHILD );
		foreach ( $all as $file ) {
			if ( 'php' === $file->getExtension() && $file->isFile() && $file->getSize() <= self::LARGEST ) {
				yield $file->getPathname();
			}
		}
	}

	/**
	 * The calls in a file.
	 *
	 * @return list<array{file: string, line: int, is_action: bool, arguments: list<string>}>
	 */
	private static function in( string $source, string $hook, string $file ): array {
		$tokens = array_values( array_filter( \PhpToken::tokenize( $source ), static fn( \PhpToken $token ) => ! $token->isIgnorable() ) );
		$calls  = array();
		foreach ( $tokens as $place => $token ) {
			$kind = self::FUNCTIONS[ ltrim( $token->text, '\\' ) ] ?? null;
			if ( ! $kind || ! $token->is( array( T_STRING, T_NAME_FULLY_QUALIFIED ) ) || '(' !== ( $tokens[ $place + 1 ]->text ?? '' ) ) {
				continue;
			}
			$name = $tokens[ $place + 2 ] ?? null;
			if ( ! $name?->is( T_CONSTANT_ENCAPSED_STRING ) || trim( $name->text, '\'"' ) !== $hook ) {
				continue;
			}
			$calls[] = array(
				'file'      => $file,
				'line'      => $token->line,
				'is_action' => $kind[0],
				'arguments' => self::arguments( $tokens, $place + 3, $kind[1] ),
			);
		}
		return $calls;
	}

	/**
	 * What the arguments behind a hook's name are called.
	 *
	 * @param list<\PhpToken> $tokens
	 * @param int             $place    Where the name is over.
	 * @param bool            $in_array Whether they stand in an array.
	 * @return list<string>
	 */
	private static function arguments( array $tokens, int $place, bool $in_array ): array {
		$depth  = 0;
		$wanted = $in_array ? 1 : 0;
		$names  = array();
		$parts  = array();
		for ( ; isset( $tokens[ $place ] ); $place++ ) {
			$text  = $tokens[ $place ]->text;
			$close = in_array( $text, array( ')', ']', '}' ), true );
			if ( ( $close && $depth === $wanted ) || ( ',' === $text && $depth === $wanted ) ) {
				if ( $parts ) {
					$names[] = self::name( $parts );
				}
				$parts = array();
				if ( $close ) {
					return $names;
				}
				continue;
			}
			if ( $depth >= $wanted ) {
				$parts[] = $text;
			}
			$depth += (int) in_array( $text, array( '(', '[', '{' ), true ) - (int) $close;
			if ( $depth < 0 ) {
				return $names;
			}
		}
		return $names;
	}

	/**
	 * What an expression is called: `$user_id` and `$this->user_id` are `user_id`.
	 *
	 * @param list<string> $parts
	 */
	private static function name( array $parts ): string {
		if ( ! in_array( $parts[0], array( '&', '$this' ), true ) && ! str_starts_with( $parts[0], '$' ) ) {
			return '';
		}
		$last = ltrim( end( $parts ), '$&' );
		return 1 === preg_match( '/^[A-Za-z_]\w*$/D', $last ) ? $last : '';
	}

	/**
	 * A path below WordPress's folder.
	 */
	private static function shorten( string $file ): string {
		$root = wp_normalize_path( ABSPATH );
		$file = wp_normalize_path( $file );
		return str_starts_with( $file, $root ) ? substr( $file, strlen( $root ) ) : $file;
	}
}
