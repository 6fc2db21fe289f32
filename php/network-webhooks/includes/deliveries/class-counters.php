<?php
/**
 * What happened to the webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * The counters and the health that the worker keeps, of many webhooks at once: one question to the
 * store, however many there are.
 */
final class Counters {

	/** Of a webhook that nothing was sent to yet. */
	private const NOTHING = array(
		'delivered'       => 0,
		'failed'          => 0,
		'pending'         => 0,
		'held'            => 0,
		'hours'           => array(),
		'last_attempt'    => null,
		'last_success'    => null,
		'failing_since'   => null,
		'failures_in_row' => 0,
		'disabled'        => null,
	);

	/** What a webhook's status is made of. */
	private const OF_STATUS = array( 'failing_since', 'disabled' );

	/**
	 * Webhooks that are set aside, by id; null: not read yet.
	 *
	 * @var array<string, Set_Aside>|null
	 */
	private ?array $aside = null;

	/**
	 * @param array<string, array<string, mixed>>|null $webhooks As webhooks_stats() gives them; null: they can't be read.
	 */
	private function __construct( private readonly ?array $webhooks ) {}

	/**
	 * Reads them.
	 *
	 * @param list<string>|null $ids   Of these webhooks; null: of all.
	 * @param int               $hours How many of the last hours to list.
	 */
	public static function read( ?array $ids, int $hours ): self {
		return array() === $ids ? new self( array() ) : self::ask( array( 'hours' => $hours ) + ( null === $ids ? array() : array( 'webhook_ids' => $ids ) ) );
	}

	/**
	 * Reads of all webhooks their status and little more.
	 *
	 * @param string ...$more Further counters, as webhooks_stats() calls them.
	 */
	public static function of_all( string ...$more ): self {
		return self::ask(
			array(
				'hours'  => 0,
				'fields' => array( ...self::OF_STATUS, ...$more ),
			)
		);
	}

	/**
	 * Asks the extension.
	 *
	 * @param array<string, mixed> $query As webhooks_stats() takes it.
	 */
	private static function ask( array $query ): self {
		if ( ! Environment::has_extension() ) {
			return new self( null );
		}
		try {
			return new self( webhooks_stats( $query )['webhooks'] );
		} catch ( \Throwable ) {
			return new self( null );
		}
	}

	/**
	 * Whether they can be read here.
	 */
	public function are_known(): bool {
		return null !== $this->webhooks;
	}

	/**
	 * Those of a webhook that were read, in the words of webhooks_stats().
	 *
	 * @return array<string, mixed>
	 */
	public function of( string $id ): array {
		return $this->webhooks[ $id ] ?? self::NOTHING;
	}

	/**
	 * Why a webhook is set aside, as it was when this was first asked of any; null: it is not.
	 */
	public function aside( string $id ): ?Set_Aside {
		$this->aside ??= Set_Aside::all();
		return $this->aside[ $id ] ?? null;
	}

	/**
	 * How many deliveries of a webhook wait: for their next attempt, or until it is resumed.
	 */
	public function waiting( string $id ): int {
		$of = $this->of( $id );
		return $of['pending'] + $of['held'];
	}
}
