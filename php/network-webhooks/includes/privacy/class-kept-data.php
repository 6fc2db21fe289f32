<?php
/**
 * What the database keeps of a person.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * The places of WordPress's database in which a person may occur, as an export shows them: events
 * that wait or were refused, what Listen recorded, and what came to the test inbox. Each is erased by
 * its own class, with the same search.
 */
final class Kept_Data {

	private const OUTBOX   = 'outbox';
	private const REFUSED  = 'refused';
	private const CAPTURED = 'captured';
	private const INBOX    = 'inbox';

	/** All places, in the order of an export. */
	public const PLACES = array( self::OUTBOX, self::REFUSED, self::CAPTURED, self::INBOX );

	/** How payloads are shown. */
	private const JSON = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR;

	/**
	 * Looks through a place for a person.
	 *
	 * @param int $after Id of the last entry that was looked at.
	 * @return \Generator<int, array{event: string, at: int, content: string}|null> By id; `at`: Unix
	 *         time; null: the person does not occur in it.
	 */
	public static function look_for( string $place, Person $person, int $after ): \Generator {
		$found = match ( $place ) {
			self::OUTBOX   => Outbox::look_for( $person, Schema::outbox(), $after ),
			self::REFUSED  => Outbox::look_for( $person, Schema::refused(), $after ),
			self::CAPTURED => Captured_Events::look_for( $person, $after ),
			self::INBOX    => Inbox\Requests::look_for( $person, $after ),
		};
		foreach ( $found as $id => $one ) {
			yield $id => match ( true ) {
				null === $one                 => null,
				$one instanceof Waiting_Event => self::event( $one ),
				self::INBOX === $place        => self::request( $one ),
				default                       => self::entry( $one->event, intdiv( (int) $one->at, 1000 ), (string) $one->data . "\n$one->details" ),
			};
		}
	}

	/**
	 * The name of a place, as it is called on the pages.
	 */
	public static function name( string $place ): string {
		return match ( $place ) {
			self::OUTBOX   => __( 'Outbox', 'network-webhooks' ),
			self::REFUSED  => __( 'Refused Events', 'network-webhooks' ),
			self::CAPTURED => __( 'Listen', 'network-webhooks' ),
			self::INBOX    => __( 'Test Inbox', 'network-webhooks' ),
		};
	}

	/**
	 * An event that waits, or was refused.
	 *
	 * @return array{event: string, at: int, content: string}
	 */
	private static function event( Waiting_Event $event ): array {
		try {
			$options = $event->options( $event->created );
			$content = (string) wp_json_encode( ( null === $event->data ? array() : array( 'data' => $event->data() ) ) + array_intersect_key( $options, array( 'actor' => 1 ) ), self::JSON, 2 * Value_Writer::DEPTH );
		} catch ( \UnexpectedValueException ) {
			// It can't be read: as it is kept, which is how it was searched.
			$content = "$event->data\n$event->options";
		}
		return self::entry( $event->event, $event->created, $content );
	}

	/**
	 * A request that came to the test inbox.
	 *
	 * @return array{event: string, at: int, content: string}
	 */
	private static function request( object $row ): array {
		return self::entry( '', intdiv( (int) $row->received, 1000 ), trim( "$row->query\n$row->headers\n\n$row->body" ) );
	}

	/**
	 * An entry.
	 *
	 * @return array{event: string, at: int, content: string}
	 */
	private static function entry( string $event, int $at, string $content ): array {
		return array(
			'event'   => $event,
			'at'      => $at,
			'content' => Text::scrub( trim( $content ) ),
		);
	}
}
