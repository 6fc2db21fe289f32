<?php
/**
 * Webhooks that are tested before they are saved.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A draft is published like a webhook, under an id of its own, paused and for no site, so that it
 * gets nothing but the test event that names it. It is removed after the test, or, where nobody
 * waited for that, by Maintenance.
 */
final class Drafts {

	/** How long a draft lives, in seconds: longer than any attempt. */
	public const LIFETIME = 300;

	public function __construct( private readonly Publisher $publisher ) {}

	/**
	 * Publishes a draft of a webhook.
	 *
	 * @return Webhook The draft.
	 * @throws \Exception Says what is wrong with the values, or why nothing can be published.
	 */
	public function add( Webhook $webhook ): Webhook {
		$obstacle = $this->publisher->obstacle();
		if ( '' !== $obstacle ) {
			throw new \RuntimeException( $obstacle );
		}
		$lost = $webhook->lost();
		if ( null !== $lost ) {
			throw new Refusal( $webhook->id, $lost, Kept_Secrets::LOST );
		}
		$draft = $webhook->as_draft();
		try {
			$this->publisher->change(
				function () use ( $draft ): void {
					$this->publisher->judge( array( $draft->to_config() ) );
					self::write( array( $draft->id => self::entry( $draft ) ) + array_filter( self::read(), array( self::class, 'lives' ) ) );
				}
			);
		} catch ( \Throwable $error ) {
			// The person knows the webhook, not its draft.
			throw $error instanceof Refusal ? new Refusal( $webhook->id, $error->field, $error->reason ) : $error;
		}
		return $draft;
	}

	/**
	 * Whether a webhook's id is that of a draft.
	 */
	public static function is_draft( string $id ): bool {
		return str_starts_with( $id, Webhook::DRAFT );
	}

	/**
	 * Removes a draft, if it is one.
	 */
	public function remove( string $id ): void {
		if ( isset( self::read()[ $id ] ) ) {
			$this->keep( static fn( array $entry, string $of ) => $of !== $id );
		}
	}

	/**
	 * Removes what was forgotten.
	 */
	public function remove_old(): void {
		$drafts = self::read();
		if ( array_filter( $drafts, array( self::class, 'lives' ) ) !== $drafts ) {
			$this->keep( array( self::class, 'lives' ) );
		}
	}

	/**
	 * The drafts as webhooks_configure() takes them.
	 *
	 * @return list<array<string, mixed>>
	 */
	public static function to_config(): array {
		$webhooks = array_map( static fn( array $entry ) => Encrypted_Values::open( $entry['webhook'] ), self::read() );
		return array_values( array_filter( $webhooks ) );
	}

	/**
	 * Keeps some.
	 *
	 * @param callable(array, string): bool $which
	 */
	private function keep( callable $which ): void {
		$this->publisher->change( static fn() => self::write( array_filter( self::read(), $which, ARRAY_FILTER_USE_BOTH ) ) );
	}

	/**
	 * Whether somebody may still wait for the test of a draft.
	 *
	 * @param array{webhook: string, until: int} $entry
	 */
	private static function lives( array $entry ): bool {
		return $entry['until'] > time();
	}

	/**
	 * A draft as it is stored.
	 *
	 * @return array{webhook: string, until: int}
	 */
	private static function entry( Webhook $draft ): array {
		return array(
			'webhook' => Encrypted_Values::seal( $draft->to_config() ),
			'until'   => time() + self::LIFETIME,
		);
	}

	/**
	 * The drafts by their ids.
	 *
	 * @return array<string, array{webhook: string, until: int}>
	 */
	private static function read(): array {
		$drafts = Settings::read( Settings::DRAFTS )[ Settings::DRAFTS ];
		return is_array( $drafts ) ? $drafts : array();
	}

	/**
	 * Stores them.
	 *
	 * @param array<string, array{webhook: string, until: int}> $drafts
	 */
	private static function write( array $drafts ): void {
		Settings::set( Settings::DRAFTS, $drafts );
	}
}
