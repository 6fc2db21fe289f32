<?php
/**
 * What takes events in the journal's place.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Testing;

use Network_Webhooks\Environment;
use Network_Webhooks\Suppressions;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps the events of a test in this process's memory: no spool, no worker, no network, no query.
 * For it, everybody subscribes to everything, so that every payload is made.
 *
 * While PHPUnit runs the plugin records by itself. A suite that wants its events dispatched defines
 * NETWORK_WEBHOOKS_RECORD as false before WordPress is loaded, a single test calls
 * stopRecordingWebhooks().
 */
final class Recorder {

	/** How many events are kept where no test begins and ends the recording. */
	private const KEPT = 1000;

	/**
	 * Who records now; null: nobody, and events are dispatched.
	 */
	private static ?self $current = null;

	/**
	 * Whether somebody said who records, or the default holds already.
	 */
	private static bool $decided = false;

	/**
	 * The events, oldest first, by id.
	 *
	 * @var array<string, Dispatched_Webhook>
	 */
	private array $webhooks = array();

	/**
	 * Events that did not get here, and why.
	 *
	 * @var list<string>
	 */
	private array $missed = array();

	/**
	 * Whether one of them failed, and was not only suppressed.
	 */
	private bool $failed = false;

	private function __construct( private readonly int $kept ) {}

	/**
	 * Who records now.
	 *
	 * @since 0.1.0
	 */
	public static function current(): ?self {
		if ( ! self::$decided ) {
			$wanted        = ! defined( 'NETWORK_WEBHOOKS_RECORD' ) || NETWORK_WEBHOOKS_RECORD;
			self::$current = $wanted ? new self( self::KEPT ) : null;
			self::$decided = true;
		}
		return self::$current;
	}

	/**
	 * Begins a recording of its own.
	 */
	public static function start(): self {
		Environment::expect_tests();
		self::$decided = true;
		self::$current = new self( PHP_INT_MAX );
		return self::$current;
	}

	/**
	 * From now on events are dispatched.
	 */
	public static function stop(): void {
		self::$decided = true;
		self::$current = null;
	}

	/**
	 * Back to what the process does by itself.
	 */
	public static function reset(): void {
		self::$decided = false;
		self::$current = null;
	}

	/**
	 * Takes an event, as webhooks_dispatch() would.
	 *
	 * @param array<string, mixed> $options As webhooks_dispatch() takes them.
	 * @return string The event's id.
	 * @throws \Throwable Where the payload can't be written as JSON at all.
	 */
	public function record( string $event, array|object $data, array $options ): string {
		$key = $options['idempotency_key'] ?? null;
		$id  = 'evt_' . ( null === $key ? bin2hex( random_bytes( 16 ) ) : md5( "$event {$options['site']['id']} $key" ) );
		if ( ! isset( $this->webhooks[ $id ] ) ) {
			$this->webhooks[ $id ] = Dispatched_Webhook::of( $id, $event, $data, $options );
			if ( count( $this->webhooks ) > $this->kept ) {
				unset( $this->webhooks[ array_key_first( $this->webhooks ) ] );
			}
		}
		return $id;
	}

	/**
	 * Notes an event that came to nothing.
	 */
	public function lose( string $event, \Throwable $error ): void {
		$this->missed[] = "“{$event}” was lost: {$error->getMessage()}";
		$this->failed   = true;
	}

	/**
	 * Notes an event that code kept from being sent, as Suppressions does.
	 *
	 * @param string       $reason One of the constants of Suppressions.
	 * @param list<string> $by     Plugins, themes or files; of several it was one of them.
	 */
	public function note( string $event, string $reason, array $by ): void {
		$place = $by ? ' in ' . implode( ' or ', $by ) : '';
		$cause = match ( $reason ) {
			Suppressions::SUSPENDED => "network_webhooks_suspend()$place",
			Suppressions::CONSTANT => 'the constant NETWORK_WEBHOOKS_SUSPEND',
			default => "a filter on network_webhooks_should_dispatch$place",
		};
		$this->missed[] = "“{$event}” was suppressed by $cause.";
	}

	/**
	 * The events, oldest first.
	 *
	 * @since 0.1.0
	 *
	 * @return list<Dispatched_Webhook>
	 */
	public function webhooks(): array {
		return array_values( $this->webhooks );
	}

	/**
	 * Which events did not get here, and why, in sentences.
	 *
	 * @return list<string>
	 */
	public function missed(): array {
		return $this->missed;
	}

	/**
	 * Whether an event failed.
	 */
	public function has_failed(): bool {
		return $this->failed;
	}

	/**
	 * Forgets all that was recorded.
	 */
	public function forget(): void {
		$this->webhooks = array();
		$this->missed   = array();
		$this->failed   = false;
	}
}
