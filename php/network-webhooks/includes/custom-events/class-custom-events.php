<?php
/**
 * The actions that are events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Reads and writes them, and what Network Admin › Listen asks of every request. They stand in a network option, and are published together with the
 * webhooks: with the extension a request learns of them without a query. Without it the option is
 * read, which is one query a request.
 *
 * Writing is done inside Publisher::change().
 */
final class Custom_Events {

	/** How many there may be. */
	public const LIMIT = 100;

	/** Seconds for which a remark is shown. */
	private const REMARKABLE = WEEK_IN_SECONDS;

	/** More of it happened in a request than are sent one by one. */
	public const TOO_MANY = 'too_many';
	/** It was fired as a filter. */
	public const IS_FILTER = 'is_filter';

	/** Stands beside the events, where no request needs another look for it: see Listening. */
	private const LISTENING = 'listening';

	/**
	 * The listening that this process last saw, over or not.
	 *
	 * @var array<string, mixed>|null
	 */
	private static ?array $capture_session = null;

	/**
	 * What this process goes by.
	 *
	 * @return list<Custom_Event>
	 */
	public static function published(): array {
		try {
			return self::events( self::look() );
		} catch ( \Throwable $error ) {
			Log::write( 'custom', "The custom events could not be read: {$error->getMessage()}" );
			return array();
		}
	}

	/**
	 * The listening that is published.
	 *
	 * @param bool $again Whether to look anew; else it is what published() saw.
	 * @return array<string, mixed>|null As Capture_Session::from_array() takes it.
	 */
	public static function capture_session( bool $again ): ?array {
		if ( $again ) {
			self::look();
		}
		return self::$capture_session;
	}

	/**
	 * The listening that is stored.
	 *
	 * @return array<string, mixed>|null
	 */
	public static function stored_capture_session(): ?array {
		return self::capture_session_of( self::document() );
	}

	/**
	 * Stores the listening.
	 *
	 * @param array<string, mixed>|null $capture_session null: there is none.
	 */
	public static function set_capture_session( ?array $capture_session ): void {
		$others = self::without_capture_session( self::document() );
		Settings::set( Settings::CUSTOM_EVENTS, array_values( null === $capture_session ? $others : array( ...$others, array( self::LISTENING => $capture_session ) ) ) );
	}

	/**
	 * What is stored, past the object cache.
	 *
	 * @return list<Custom_Event>
	 */
	public static function all(): array {
		return self::events( self::document() );
	}

	/**
	 * One of them.
	 */
	public static function find( string $slug ): ?Custom_Event {
		return array_column( self::all(), null, 'slug' )[ $slug ] ?? null;
	}

	/**
	 * What is published.
	 *
	 * @return list<array<string, mixed>>
	 */
	public static function document(): array {
		return array_values( array_filter( (array) ( Settings::read( Settings::CUSTOM_EVENTS )[ Settings::CUSTOM_EVENTS ] ?? array() ), 'is_array' ) );
	}

	/**
	 * Stores one, new or changed.
	 *
	 * @throws \RuntimeException Where there are too many.
	 */
	public static function save( Custom_Event $event ): void {
		$all                 = array_column( self::all(), null, 'slug' );
		$all[ $event->slug ] = $event;
		if ( count( $all ) > self::LIMIT ) {
			/* translators: %s: number of events */
			throw new \RuntimeException( sprintf( _n( 'There can be %s custom event. Delete one that nobody needs.', 'There can be %s custom events. Delete one that nobody needs.', self::LIMIT, 'network-webhooks' ), number_format_i18n( self::LIMIT ) ) );
		}
		self::write( $all );
	}

	/**
	 * Deletes one, with what is known of it.
	 */
	public static function delete( string $slug ): void {
		self::write( array_filter( self::all(), static fn( Custom_Event $event ) => $event->slug !== $slug ) );
		foreach ( array( Settings::CUSTOM_SAMPLES, Settings::CUSTOM_REMARKS ) as $name ) {
			if ( isset( self::option( $name )[ $slug ] ) ) {
				Settings::change( $name, 1, static fn( mixed $stored ) => array_diff_key( (array) $stored, array( $slug => true ) ) );
			}
		}
	}

	/**
	 * Has the object cache forget what a change wrote that then was undone.
	 */
	public static function forget_undone(): void {
		foreach ( array( Settings::CUSTOM_EVENTS, Settings::CUSTOM_SAMPLES, Settings::CUSTOM_REMARKS ) as $name ) {
			Settings::uncache( $name );
		}
	}

	/**
	 * Keeps what an action's arguments were, for the recording that asked for it. The first counts.
	 *
	 * @param list<mixed> $given
	 */
	public static function record( Custom_Event $event, array $given ): void {
		$sample = array(
			'recording' => $event->recording,
			'at'        => time(),
			'site_id'   => get_current_blog_id(),
			'arguments' => Hook_Sample::of( $given ),
		);
		Settings::change(
			Settings::CUSTOM_SAMPLES,
			1,
			static function ( mixed $stored ) use ( $event, $sample ): array {
				$known = (array) $stored;
				return ( $known[ $event->slug ]['recording'] ?? '' ) === $event->recording ? $known : array( $event->slug => $sample ) + $known;
			}
		);
	}

	/**
	 * What was recorded, by slug.
	 *
	 * @return array<string, array{recording: string, at: int, site_id: int, arguments: list<array{type: string, fields: array<string, string>}>}>
	 */
	public static function samples(): array {
		return self::option( Settings::CUSTOM_SAMPLES );
	}

	/**
	 * Keeps what people should know of an event; once a minute per server at most.
	 *
	 * @param string $what TOO_MANY or IS_FILTER.
	 */
	public static function remark( string $slug, string $what, int $count = 0 ): void {
		if ( Throttle::permits( 'custom-' . md5( "$slug $what" ) ) ) {
			Settings::change(
				Settings::CUSTOM_REMARKS,
				1,
				static function ( mixed $stored ) use ( $slug, $what, $count ): array {
					$known                   = (array) $stored;
					$known[ $slug ][ $what ] = array(
						'at'    => time(),
						'count' => $count,
					);
					return $known;
				}
			);
		}
	}

	/**
	 * What people should know: of the last week.
	 *
	 * @return array<string, array<string, array{at: int, count: int}>> Slug → remark → when and how many.
	 */
	public static function remarks(): array {
		$fresh = static fn( array $remark ) => $remark['at'] > time() - self::REMARKABLE;
		return array_filter( array_map( static fn( array $remarks ) => array_filter( $remarks, $fresh ), self::option( Settings::CUSTOM_REMARKS ) ) );
	}

	/**
	 * Writes them.
	 *
	 * @param Custom_Event[] $events
	 */
	private static function write( array $events ): void {
		$capture_session = self::stored_capture_session();
		Settings::set( Settings::CUSTOM_EVENTS, array_values( array_map( static fn( Custom_Event $event ) => $event->to_array(), $events ) ) );
		if ( null !== $capture_session ) {
			self::set_capture_session( $capture_session );
		}
	}

	/**
	 * What is published, as it stands there.
	 *
	 * @return list<mixed>
	 */
	private static function look(): array {
		$document              = Environment::has_extension() ? webhooks_actions() : (array) Settings::get( Settings::CUSTOM_EVENTS, array() );
		self::$capture_session = self::capture_session_of( $document );
		return $document;
	}

	/**
	 * The listening in what is stored or published.
	 *
	 * @return array<string, mixed>|null
	 */
	private static function capture_session_of( array $document ): ?array {
		foreach ( $document as $entry ) {
			if ( is_array( $entry ) && is_array( $entry[ self::LISTENING ] ?? null ) ) {
				return $entry[ self::LISTENING ];
			}
		}
		return null;
	}

	/**
	 * What else is stored or published.
	 *
	 * @return array<mixed>
	 */
	private static function without_capture_session( array $document ): array {
		return array_filter( $document, static fn( mixed $entry ) => ! isset( $entry[ self::LISTENING ] ) );
	}

	/**
	 * An option that is an array, past the object cache.
	 *
	 * @return array<string, array>
	 */
	private static function option( string $name ): array {
		return (array) ( Settings::read( $name )[ $name ] ?? array() );
	}

	/**
	 * Events of what was stored.
	 *
	 * @return list<Custom_Event>
	 */
	private static function events( array $stored ): array {
		$events = self::without_capture_session( $stored );
		// Where there are none, the class is not loaded either.
		return $events ? array_values( array_filter( array_map( array( Custom_Event::class, 'from_array' ), $events ) ) ) : array();
	}
}
