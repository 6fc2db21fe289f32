<?php
/**
 * What a redirect must not lose.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps an error and what was typed for the same user's next page.
 */
final class Flash {

	/**
	 * What this request took, so that the page can show error and form apart.
	 *
	 * @var array{error: string, typed: array<string, string>}|null
	 */
	private static ?array $taken = null;

	/**
	 * Keeps it.
	 *
	 * @param array<string, string> $typed
	 */
	public static function put( string $error, array $typed = array() ): void {
		set_site_transient(
			self::name(),
			array(
				'error' => $error,
				'typed' => $typed,
			),
			HOUR_IN_SECONDS
		);
	}

	/**
	 * The error; empty where all went well.
	 */
	public static function error(): string {
		return self::take()['error'];
	}

	/**
	 * What was typed into the form of a webhook that could not be saved.
	 *
	 * @param string $webhook Its id; empty for a new one.
	 * @return array<string, string>|null
	 */
	public static function typed( string $webhook ): ?array {
		$typed = self::take()['typed'];
		return ( $typed['webhook'] ?? null ) === $webhook ? $typed : null;
	}

	/**
	 * Takes what was kept, once.
	 *
	 * @return array{error: string, typed: array<string, string>}
	 */
	private static function take(): array {
		if ( null === self::$taken ) {
			$kept        = get_site_transient( self::name() );
			self::$taken = is_array( $kept ) ? $kept : array(
				'error' => '',
				'typed' => array(),
			);
			if ( is_array( $kept ) ) {
				delete_site_transient( self::name() );
			}
		}
		return self::$taken;
	}

	/**
	 * Name of the transient.
	 */
	private static function name(): string {
		return 'network_webhooks_flash_' . get_current_user_id();
	}
}
