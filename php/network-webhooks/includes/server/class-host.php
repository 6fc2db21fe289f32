<?php
/**
 * What the system tells.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What PHP knows of the system that it runs on, where a host lets it: functions that tell of the
 * system are the ones that `disable_functions` takes away most often, and calling one that is gone
 * ends the request. `open_basedir` makes others warn of what is only asked for.
 */
final class Host {

	/**
	 * Number of the user that this process is; null: nobody says.
	 *
	 * @var int|null
	 */
	private static ?int $user = null;

	/**
	 * Number of the user that this process is, as text; empty where nobody says.
	 */
	public static function user(): string {
		if ( null === self::$user ) {
			$user = self::ask( 'posix_geteuid' );
			if ( null === $user ) {
				// Whose a new file is. It has no name, and is gone when it is closed.
				$file = @tmpfile();
				$user = $file ? fstat( $file )['uid'] : null;
			}
			self::$user = $user;
		}
		return (string) self::$user;
	}

	/**
	 * Name of this server; empty where nobody says.
	 */
	public static function name(): string {
		return (string) ( self::ask( 'gethostname' ) ?? self::ask( 'php_uname', 'n' ) );
	}

	/**
	 * Path of the php.ini that is in use; empty: there is none, or nobody says.
	 */
	public static function ini(): string {
		return (string) self::ask( 'php_ini_loaded_file' );
	}

	/**
	 * Free bytes and all bytes where a folder lies; null where nobody says.
	 *
	 * @return array{float, float}|null
	 */
	public static function room( string $folder ): ?array {
		// Another user's folder may not be looked into; its parent tells the same.
		$place = @is_dir( $folder ) ? $folder : dirname( $folder );
		$free  = self::ask( 'disk_free_space', $place );
		$total = self::ask( 'disk_total_space', $place );
		return is_float( $free ) && $total ? array( $free, $total ) : null;
	}

	/**
	 * Lets this request live on when whoever asked goes away, where that is allowed.
	 */
	public static function outlive_the_client(): void {
		self::ask( 'ignore_user_abort', true );
	}

	/**
	 * Whether the client can be answered in full while this request goes on.
	 */
	public static function can_finish_request(): bool {
		return function_exists( 'fastcgi_finish_request' ) || function_exists( 'litespeed_finish_request' );
	}

	/**
	 * Answers the client in full; this request goes on.
	 */
	public static function finish_request(): void {
		self::ask( 'fastcgi_finish_request' ) ?? self::ask( 'litespeed_finish_request' );
	}

	/**
	 * Writes a line to PHP's error log, where that is allowed.
	 */
	public static function log( string $line ): void {
		self::ask( 'error_log', $line );
	}

	/**
	 * What a function of PHP's answers; null where there is none of that name.
	 */
	private static function ask( string $name, mixed ...$arguments ): mixed {
		return function_exists( $name ) ? @$name( ...$arguments ) : null;
	}
}
