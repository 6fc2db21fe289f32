<?php
/**
 * Webhooks that can't be published as they are.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Announcements\Collector;

defined( 'ABSPATH' ) || exit;

/**
 * A webhook that the extension refuses – saved while the extension was away, written by other code,
 * or of another version – is published by its id alone: its events are kept for it, and the others
 * go on. Which ones these are, and why, is known to the whole network.
 */
final class Set_Aside {

	/**
	 * @param string $webhook_id Of which webhook.
	 * @param string $name       What people call it.
	 * @param string $field      As webhooks_configure() names it: `headers[2]`.
	 * @param string $message    What is wrong with the field, in English.
	 * @param bool   $keeps      Whether its events are kept; not where even its id is wrong.
	 */
	private function __construct(
		public readonly string $webhook_id,
		public readonly string $name,
		public readonly string $field,
		public readonly string $message,
		public readonly bool $keeps = true,
	) {}

	/**
	 * All of them, for pages.
	 *
	 * @return array<string, self> By the webhooks' ids.
	 */
	public static function all(): array {
		return self::from_option( Settings::get( Settings::SET_ASIDE, array() ) );
	}

	/**
	 * The one of a webhook; null: it is as it should be.
	 */
	public static function of( string $webhook_id ): ?self {
		return self::all()[ $webhook_id ] ?? null;
	}

	/**
	 * Judges webhooks that webhooks_configure() refused, and makes of them what it takes.
	 *
	 * @param list<array<string, mixed>> $webhooks As webhooks_configure() takes them.
	 * @return array{list<array<string, mixed>>, array<string, self>} All that can be published, and which of them are set aside.
	 */
	public static function sort( array $webhooks ): array {
		$aside = array();
		foreach ( webhooks_check( $webhooks ) as $wrong ) {
			$number = $wrong['number'];
			$one    = new self( (string) $webhooks[ $number ]['id'], (string) ( $webhooks[ $number ]['name'] ?? '' ), $wrong['field'], $wrong['message'] );
			$held   = self::readable( array( 'set_aside' => array_intersect_key( $wrong, array_flip( array( 'field', 'message' ) ) ) ) + $webhooks[ $number ] );
			if ( webhooks_check( array( $held ) ) ) {
				$one  = new self( $one->webhook_id, $one->name, $one->field, $one->message, false );
				$held = null;
			}
			$webhooks[ $number ]       = $held;
			$aside[ $one->webhook_id ] = $one;
		}
		return array( array_values( array_filter( $webhooks ) ), $aside );
	}

	/**
	 * Those of a document that are set aside already.
	 *
	 * @param list<array<string, mixed>> $webhooks As webhooks_configure() takes them.
	 * @return array<string, self> By the webhooks' ids.
	 */
	public static function declared( array $webhooks ): array {
		$aside = array();
		foreach ( array_filter( $webhooks, static fn( array $webhook ) => isset( $webhook['set_aside'] ) ) as $webhook ) {
			$aside[ $webhook['id'] ] = new self( $webhook['id'], $webhook['name'], $webhook['set_aside']['field'], $webhook['set_aside']['message'] );
		}
		return $aside;
	}

	/**
	 * Stores which webhooks are set aside now. Inside of Publisher's transaction, if it has one.
	 *
	 * @param array<string, self> $aside
	 * @return list<Announcement> What people have to be told of it, see tell().
	 */
	public static function store( array $aside ): array {
		$known = self::from_option( Settings::read( Settings::SET_ASIDE )[ Settings::SET_ASIDE ] );
		if ( $known == $aside ) { // phpcs:ignore Universal.Operators.StrictComparisons -- Equal values, not the same objects.
			return array();
		}
		Settings::set( Settings::SET_ASIDE, array_map( 'get_object_vars', $aside ) );
		$news = array();
		foreach ( $aside as $id => $one ) {
			$before = $known[ $id ] ?? null;
			if ( $before?->message !== $one->message || $before?->field !== $one->field ) {
				$news[] = $one->announcement( Announcement::INVALID );
			}
		}
		foreach ( array_diff_key( $known, $aside ) as $one ) {
			$news[] = $one->announcement( Announcement::VALID );
		}
		return $news;
	}

	/**
	 * Tells people, once what is told stands in the database.
	 */
	public static function tell( Announcement ...$news ): void {
		if ( ! $news ) {
			return;
		}
		try {
			( new Collector( new Announcement_Store() ) )->raise( ...$news );
		} catch ( \Throwable $error ) {
			Log::write( 'announcement', "Nobody could be told which webhooks are invalid: {$error->getMessage()}" );
		}
	}

	/**
	 * What is wrong, in the reader's language.
	 */
	public function reason(): string {
		/* translators: 1: name of a setting, 2: what is wrong with it */
		return sprintf( __( '%1$s: %2$s', 'network-webhooks' ), self::label( $this->field ), self::text( $this->message ) );
	}

	/**
	 * A message about a field, in the reader's language.
	 */
	public static function text( string $message ): string {
		if ( 1 === preg_match( '/^(invalid (type|value)|unknown (field|variant))\b/', $message ) ) {
			/* translators: %s: what the extension says, in English */
			return sprintf( __( 'what stands there is of another kind than it has to be (%s)', 'network-webhooks' ), $message );
		}
		return Kept_Secrets::LOST === $message ? Kept_Secrets::reason() : Extension_Messages::translated( $message );
	}

	/**
	 * What that means for its events.
	 */
	public function consequence(): string {
		return $this->keeps
			? __( 'Nothing is sent to it; its events are kept until it is corrected.', 'network-webhooks' )
			: __( 'Nothing is sent to it, and its events can’t be kept: delete it and add it anew.', 'network-webhooks' );
	}

	/**
	 * All of it in a sentence, with the webhook's name.
	 */
	public function sentence(): string {
		/* translators: 1: name of a webhook, 2: what is wrong with it, 3: what that means */
		return sprintf( __( 'The webhook “%1$s” is invalid. %2$s – %3$s', 'network-webhooks' ), $this->name, $this->reason(), $this->consequence() );
	}

	/**
	 * What the form calls a field of webhooks_configure().
	 */
	public static function label( string $field ): string {
		$name = (string) preg_replace( '/[\[.].*$/s', '', $field );
		return match ( $name ) {
			'url' => __( 'URL', 'network-webhooks' ),
			'events' => __( 'Events', 'network-webhooks' ),
			'secrets' => __( 'Secret', 'network-webhooks' ),
			default => Admin\Labels::all()[ $name ] ?? $field,
		};
	}

	/**
	 * The announcement of a beginning or an end.
	 */
	private function announcement( string $code ): Announcement {
		return new Announcement(
			$code,
			array(
				'webhook_id'   => $this->webhook_id,
				'webhook_name' => $this->name,
				'field'        => $this->field,
				'message'      => $this->message,
				'keeps'        => $this->keeps,
			),
			time()
		);
	}

	/**
	 * The one that an announcement is about.
	 *
	 * @param array<string, mixed> $params Of the announcement.
	 */
	public static function of_params( array $params ): self {
		return new self( (string) ( $params['webhook_id'] ?? '' ), (string) ( $params['webhook_name'] ?? '' ), (string) ( $params['field'] ?? '' ), (string) ( $params['message'] ?? '' ), (bool) ( $params['keeps'] ?? true ) );
	}

	/**
	 * Values with a sign in place of bytes that are no text.
	 *
	 * @param array<string, mixed> $webhook
	 * @return array<string, mixed>
	 */
	private static function readable( array $webhook ): array {
		return (array) json_decode( (string) wp_json_encode( $webhook, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION ), true );
	}

	/**
	 * Those of the option.
	 *
	 * @return array<string, self>
	 */
	private static function from_option( mixed $entries ): array {
		return array_map( static fn( array $entry ) => new self( ...array_intersect_key( $entry, get_class_vars( self::class ) ) ), array_filter( is_array( $entries ) ? $entries : array(), 'is_array' ) );
	}
}
