<?php
/**
 * This server.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What this server and this kind of PHP process is called where several of them are told apart,
 * and what each of them was last seen with.
 */
final class Server {

	/** Seconds after which a server that did not change is noted again. */
	private const AGAIN = DAY_IN_SECONDS;
	/** Seconds after which one that is not seen any more is forgotten. */
	private const GONE = 30 * DAY_IN_SECONDS;

	/**
	 * Name of this server.
	 */
	public static function name(): string {
		return Host::name();
	}

	/**
	 * Name of the store that this server reads: each server has its own file, and all of them the same
	 * database.
	 */
	public static function store(): string {
		$url = webhooks_status()['store']['url'];
		return str_starts_with( $url, 'mysql:' ) ? $url : self::name() . ":$url";
	}

	/**
	 * What this process is, and which revision of the webhooks it has.
	 *
	 * @return array{server: string, sapi: string, php: string, ini: string, extension: string, revision: int, seen: int}
	 */
	public static function here(): array {
		return array(
			'server'    => self::name(),
			'sapi'      => PHP_SAPI,
			'php'       => PHP_VERSION,
			'ini'       => Host::ini(),
			'extension' => (string) phpversion( 'webhooks' ),
			'revision'  => Environment::has_extension() ? webhooks_status()['config']['revision'] : 0,
			'seen'      => time(),
		);
	}

	/**
	 * Notes this server and process, if anything about it is new.
	 */
	public static function note(): void {
		$here  = self::here();
		$key   = "{$here['server']} {$here['sapi']}";
		$known = (array) Settings::get( Settings::SERVERS, array() );
		$last  = $known[ $key ] ?? array( 'seen' => 0 );
		if ( array_diff_key( $last, array( 'seen' => 0 ) ) === array_diff_key( $here, array( 'seen' => 0 ) ) && $last['seen'] > time() - self::AGAIN ) {
			return;
		}
		// Where another process writes itself down, this one does so the next time.
		Settings::change(
			Settings::SERVERS,
			0,
			static fn( mixed $stored ) => array_filter( array( $key => $here ) + (array) $stored, static fn( mixed $one ) => is_array( $one ) && $one['seen'] > time() - self::GONE )
		);
	}

	/**
	 * All that were seen.
	 *
	 * @return list<array{server: string, sapi: string, php: string, ini: string, extension: string, revision: int, seen: int}>
	 */
	public static function all(): array {
		$known = (array) Settings::get( Settings::SERVERS, array() );
		ksort( $known );
		return array_values( $known );
	}
}
