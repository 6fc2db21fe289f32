<?php
/**
 * Events that somebody subscribed to and that code kept from being sent.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Remembers which events were suppressed, why and by whose code, so that "why did it not fire?"
 * has an answer. Each combination is written once a minute per server at most, when the request
 * ends: suppressing is done in bulk.
 */
final class Suppressions {

	/** By network_webhooks_suspend(). */
	public const SUSPENDED = 'suspended';
	/** By the filter network_webhooks_should_dispatch. */
	public const FILTER = 'filter';
	/** By the constant NETWORK_WEBHOOKS_SUSPEND. */
	public const CONSTANT = 'constant';

	/** How many are kept, and how many of a request. */
	private const KEPT    = 200;
	private const REQUEST = 50;

	/**
	 * Those of this request.
	 *
	 * @var array<string, array{event: string, reason: string, by: list<string>, at: int}>
	 */
	private array $noted = array();

	/**
	 * Notes one.
	 *
	 * @param string       $reason One of the constants.
	 * @param list<string> $by     Plugins, themes or files; of several it was one of them.
	 */
	public function note( string $event, string $reason, array $by ): void {
		add_action( 'shutdown', array( $this, 'save' ), 1001, 0 );
		$key = md5( (string) wp_json_encode( array( $event, $reason, $by ) ) );
		if ( isset( $this->noted[ $key ] ) || count( $this->noted ) < self::REQUEST ) {
			$this->noted[ $key ] = array(
				'event'  => $event,
				'reason' => $reason,
				'by'     => $by,
				'at'     => time(),
			);
		}
	}

	/**
	 * What is remembered, latest first.
	 *
	 * @return list<array{event: string, reason: string, by: list<string>, at: int}>
	 */
	public static function all(): array {
		$kept = self::stored();
		uasort( $kept, static fn( array $a, array $b ) => $b['at'] <=> $a['at'] );
		return array_values( $kept );
	}

	/**
	 * Writes what this request noted. Never throws.
	 */
	public function save(): void {
		try {
			$new         = array_filter( $this->noted, static fn( string $key ) => Throttle::permits( "suppressed-$key" ), ARRAY_FILTER_USE_KEY );
			$this->noted = array();
			if ( $new ) {
				Settings::change(
					Settings::SUPPRESSED,
					1,
					static function ( mixed $stored ) use ( $new ): array {
						$all = $new + (array) $stored;
						uasort( $all, static fn( array $a, array $b ) => $b['at'] <=> $a['at'] );
						return array_slice( $all, 0, self::KEPT, true );
					}
				);
			}
		} catch ( \Throwable $error ) {
			Log::write( 'suppressed', "Which events were suppressed could not be kept: {$error->getMessage()}" );
		}
	}

	/**
	 * What the database has.
	 *
	 * @return array<string, array{event: string, reason: string, by: list<string>, at: int}>
	 */
	private static function stored(): array {
		return (array) ( Settings::read( Settings::SUPPRESSED )[ Settings::SUPPRESSED ] ?? array() );
	}
}
