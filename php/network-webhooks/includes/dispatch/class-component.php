<?php
/**
 * Whose code something is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Names the plugin or theme that a file or a callback belongs to, for people who want to know who
 * did something.
 */
final class Component {

	/** How far up a caller is looked for. */
	private const DEPTH      = 10;
	private const LINE_DEPTH = 40;

	/**
	 * Of the code that called this plugin: the first file on the way here that is not its own.
	 */
	public static function of_caller(): string {
		$ours = wp_normalize_path( dirname( __DIR__ ) ) . '/';
		foreach ( debug_backtrace( DEBUG_BACKTRACE_IGNORE_ARGS, self::DEPTH ) as $frame ) {
			$file = wp_normalize_path( $frame['file'] ?? '' );
			if ( '' !== $file && ! str_starts_with( $file, $ours ) ) {
				return self::of_file( $file );
			}
		}
		return 'unknown';
	}

	/**
	 * Where the code that led here stands: where a hook was fired to which this plugin listens, or
	 * where this plugin was called.
	 *
	 * @return array{file: string, line: int} `file` below WordPress's folder; empty: nobody can say.
	 */
	public static function of_line(): array {
		$ours  = wp_normalize_path( dirname( __DIR__ ) ) . '/';
		$hooks = wp_normalize_path( ABSPATH . WPINC ) . '/';
		foreach ( debug_backtrace( DEBUG_BACKTRACE_IGNORE_ARGS, self::LINE_DEPTH ) as $frame ) {
			$file = wp_normalize_path( $frame['file'] ?? '' );
			// What PHP itself calls, such as a callback of array_map(), has no file, and code that it reads
			// from a pipe none with a path.
			if ( path_is_absolute( $file ) && ! str_starts_with( $file, $ours ) && "{$hooks}class-wp-hook.php" !== $file && "{$hooks}plugin.php" !== $file ) {
				return array(
					'file' => self::below_root( $file ),
					'line' => (int) ( $frame['line'] ?? 0 ),
				);
			}
		}
		return array(
			'file' => '',
			'line' => 0,
		);
	}

	/**
	 * Of everything that is added to a hook, each once.
	 *
	 * @return list<string>
	 */
	public static function of_hook( string $hook ): array {
		$names = array();
		foreach ( $GLOBALS['wp_filter'][ $hook ]->callbacks ?? array() as $callbacks ) {
			foreach ( $callbacks as $callback ) {
				$names[] = self::of_callback( $callback['function'] );
			}
		}
		return array_values( array_unique( $names ) );
	}

	/**
	 * Of a callback. One of WordPress's own functions is named itself: whoever added
	 * `__return_false` is not to be seen.
	 */
	private static function of_callback( mixed $callback ): string {
		try {
			$function = new \ReflectionFunction( \Closure::fromCallable( $callback ) );
			$file     = wp_normalize_path( (string) $function->getFileName() );
			if ( '' === $file || str_starts_with( $file, wp_normalize_path( ABSPATH . WPINC ) . '/' ) ) {
				return $function->getName() . '()';
			}
			return self::of_file( $file );
		} catch ( \Throwable ) {
			return 'unknown';
		}
	}

	/**
	 * Of a file: a plugin's or theme's folder, else the file below WordPress's folder.
	 */
	private static function of_file( string $file ): string {
		$folders = array(
			WP_PLUGIN_DIR    => '',
			WPMU_PLUGIN_DIR  => 'mu-plugins/',
			get_theme_root() => 'themes/',
		);
		foreach ( $folders as $folder => $prefix ) {
			$folder = wp_normalize_path( $folder ) . '/';
			if ( str_starts_with( $file, $folder ) ) {
				return $prefix . strtok( substr( $file, strlen( $folder ) ), '/' );
			}
		}
		return self::below_root( $file );
	}

	/**
	 * A path below WordPress's folder; of one elsewhere, the name alone.
	 */
	private static function below_root( string $file ): string {
		$root = wp_normalize_path( ABSPATH );
		return str_starts_with( $file, $root ) ? substr( $file, strlen( $root ) ) : basename( $file );
	}
}
