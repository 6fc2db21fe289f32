<?php
/**
 * What becomes of an event for each webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Says of each webhook whether an event that was heard was sent to it, or why not. Whom it was not
 * for is told here, by the rule that the worker has; the rest is asked of the extension, for which
 * conditions are what they are when it delivers.
 */
final class Match_Explainer {

	/** Webhooks that are named for an event, and among those that it is no event of. */
	private const NAMED = 100;

	/** Nanoseconds that a process may spend on asking the extension, each time it keeps something. */
	private const PATIENCE = 100_000_000;

	/** Longest text of a condition's value. */
	private const TEXT = 200;

	/**
	 * The webhooks, once read.
	 *
	 * @var list<Webhook>|null
	 */
	private ?array $all = null;

	/**
	 * When they were read, as hrtime().
	 */
	private int $read_at = 0;

	/**
	 * What was spent on asking since.
	 */
	private int $spent = 0;

	public function __construct( private readonly Webhooks $webhooks ) {}

	/**
	 * What became of an event for each webhook.
	 *
	 * @param array{event: string, data: Payload_Copy|null, options: array, outcome: string, more: array} $captured
	 * @return array{for: list<array{webhook: string, code: string}>, others: array{count: int, named: list<string>}}
	 *         `for` has also, by the code: `condition` and `values`, `reason`, `message`, `by`;
	 *         `others`: webhooks that have it not among their events.
	 */
	public function of( array $captured ): array {
		$options = $captured['options'];
		$site_id = 'network' === ( $options['scope'] ?? null ) ? null : (int) ( $options['site']['id'] ?? 0 );
		$for     = array();
		$others  = array();
		foreach ( $this->webhooks() as $webhook ) {
			$turned = $webhook->turns_away( $captured['event'], $site_id, true === ( $options['import'] ?? false ), $options['only'] ?? null );
			if ( 'event' === $turned ) {
				$others[] = $webhook->id;
			} elseif ( count( $for ) < self::NAMED ) {
				$for[] = array( 'webhook' => $webhook->id ) + ( null === $turned ? $this->judge( $webhook, $captured ) : array( 'code' => $turned ) );
			}
		}
		return array(
			'for'    => $for,
			'others' => array(
				'count' => count( $others ),
				'named' => array_slice( $others, 0, self::NAMED ),
			),
		);
	}

	/**
	 * The same verdict without values of the payload.
	 *
	 * @param array<string, mixed> $verdict
	 * @return array<string, mixed>
	 */
	public static function without_values( array $verdict ): array {
		if ( isset( $verdict['values'] ) ) {
			$verdict['values'] = Last_Payload::masked( $verdict['values'] );
		}
		return $verdict;
	}

	/**
	 * What became of an event that is for a webhook.
	 *
	 * @return array<string, mixed>
	 */
	private function judge( Webhook $webhook, array $captured ): array {
		$outcome = $captured['outcome'];
		if ( Dispatcher::UNWANTED === $outcome ) {
			// The database has it so, and this server did not.
			return array( 'code' => 'unpublished' );
		}
		if ( Dispatcher::SENT !== $outcome ) {
			return array( 'code' => $outcome ) + $captured['more'];
		}
		if ( null !== $webhook->setting( 'condition' ) && ! $captured['data']?->is_whole ) {
			return array( 'code' => 'large' );
		}
		if ( $this->spent > self::PATIENCE ) {
			return array( 'code' => 'unjudged' );
		}
		$begun = hrtime( true );
		$data  = json_decode( $captured['data']->json ?? '{}' );
		$seen  = webhooks_preview( $webhook->to_config(), $captured['event'], is_array( $data ) || is_object( $data ) ? $data : array(), $captured['options'] );

		$this->spent += hrtime( true ) - $begun;
		return self::of_preview( $webhook, $seen );
	}

	/**
	 * What the extension says.
	 *
	 * @param array<string, mixed> $seen As webhooks_preview() gives it.
	 * @return array<string, mixed>
	 */
	private static function of_preview( Webhook $webhook, array $seen ): array {
		$reason = $seen['reason'];
		if ( 'condition' === $reason ) {
			return array(
				'code'      => 'condition',
				'condition' => (string) $webhook->setting( 'condition' ),
				'values'    => array_map( array( self::class, 'shortened' ), $seen['condition']['values'] ?? array() ),
			);
		}
		if ( $seen['error'] ) {
			return array(
				'code'    => 'error',
				'message' => $seen['error']['message'],
			);
		}
		if ( null !== $reason ) {
			return in_array( $reason, array( 'paused', 'disabled' ), true ) ? array( 'code' => $reason ) : array(
				'code'   => 'held',
				'reason' => $reason,
			);
		}
		if ( $seen['address'] ) {
			return array(
				'code'    => 'address',
				'reason'  => $seen['address']['code'],
				'message' => $seen['address']['message'],
			);
		}
		return array( 'code' => Dispatcher::SENT );
	}

	/**
	 * The webhooks, as they were two seconds ago at most.
	 *
	 * @return list<Webhook>
	 */
	private function webhooks(): array {
		$now = hrtime( true );
		if ( null === $this->all || $now - $this->read_at > 1_000_000_000 ) {
			$this->all     = $this->webhooks->all();
			$this->read_at = $now;
			$this->spent   = 0;
		}
		return $this->all;
	}

	/**
	 * A value of a condition, short enough to be read.
	 */
	private static function shortened( mixed $value ): mixed {
		if ( ! is_string( $value ) && ( is_scalar( $value ) || null === $value ) ) {
			return $value;
		}
		$text = is_string( $value ) ? $value : (string) wp_json_encode( $value );
		return mb_strlen( $text ) > self::TEXT ? mb_substr( $text, 0, self::TEXT ) . ' …' : $text;
	}
}
