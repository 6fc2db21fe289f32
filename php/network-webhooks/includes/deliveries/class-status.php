<?php
/**
 * How a webhook is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * One word for what people wish (paused) and what happened (failing, disabled), and the sentence
 * that explains it.
 */
final class Status {

	public const INVALID  = 'invalid';
	public const DISABLED = 'disabled';
	public const FAILING  = 'failing';
	public const ACTIVE   = 'active';
	public const PAUSED   = 'paused';

	/** All of them, the one that needs a person first. */
	public const ALL = array( self::INVALID, self::DISABLED, self::FAILING, self::ACTIVE, self::PAUSED );

	/**
	 * @param string      $code      One of ALL.
	 * @param string|null $since     When the failing or the disabling began, RFC 3339.
	 * @param string      $reason    Why it was disabled, a code of the worker's; or what is invalid, in a sentence.
	 * @param string      $disabling Id of the disabling, which webhooks_enable() takes.
	 */
	private function __construct(
		public readonly string $code,
		public readonly ?string $since = null,
		private readonly string $reason = '',
		public readonly string $disabling = '',
	) {}

	/**
	 * Of a webhook. What was disabled stays so while it is paused, so that is said first; what is
	 * invalid can't be helped otherwise than by correcting it.
	 */
	public static function of( Webhook $webhook, Counters $counters ): self {
		$of    = $counters->of( $webhook->id );
		$aside = $counters->aside( $webhook->id );
		return match ( true ) {
			null !== $aside => new self( self::INVALID, null, $aside->reason() . ' – ' . $aside->consequence() ),
			null !== $of['disabled'] => new self( self::DISABLED, $of['disabled']['at'], $of['disabled']['reason'], $of['disabled']['id'] ),
			$webhook->paused => new self( self::PAUSED ),
			null !== $of['failing_since'] => new self( self::FAILING, $of['failing_since'] ),
			default => new self( self::ACTIVE ),
		};
	}

	/**
	 * The word.
	 */
	public function label(): string {
		return self::labels()[ $this->code ];
	}

	/**
	 * The words of all.
	 *
	 * @return array<string, string>
	 */
	public static function labels(): array {
		return array(
			self::INVALID  => __( 'Invalid', 'network-webhooks' ),
			self::DISABLED => __( 'Disabled', 'network-webhooks' ),
			self::FAILING  => __( 'Failing', 'network-webhooks' ),
			self::ACTIVE   => __( 'Active', 'network-webhooks' ),
			self::PAUSED   => __( 'Paused', 'network-webhooks' ),
		);
	}

	/**
	 * Why it was disabled, or what is invalid; empty where it is neither.
	 */
	public function reason(): string {
		return match ( $this->reason ) {
			'' => '',
			'gone' => __( 'The endpoint said that it is gone for good (410).', 'network-webhooks' ),
			'failing' => __( 'Every attempt failed for too long.', 'network-webhooks' ),
			default => $this->reason,
		};
	}
}
