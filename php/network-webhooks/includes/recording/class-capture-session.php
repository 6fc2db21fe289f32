<?php
/**
 * For how long, and to what, the network is listened to.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Somebody pressed “Listen”: for ten minutes every event is recorded, whether or not anybody
 * subscribes. It ends by the clock, in each process by itself, so that it also ends where nobody
 * comes back and no cron runs. A value.
 *
 * It is published with the custom events (see there): a request knows without a query whether it
 * listens, and loads this class only if it does.
 */
final class Capture_Session {

	/** Seconds after which it ends. */
	public const DURATION = 10 * MINUTE_IN_SECONDS;

	/**
	 * @param string    $id    Tells this one from another.
	 * @param int       $since Unix time.
	 * @param list<int> $sites Ids of the sites whose events are recorded; empty: of all, and of the
	 *                         network as a whole.
	 * @param int       $user  The user whose events are recorded; 0: everybody's.
	 */
	private function __construct(
		public readonly string $id,
		public readonly int $since,
		public readonly array $sites,
		public readonly int $user,
	) {}

	/**
	 * One that begins now.
	 *
	 * @param list<int> $sites
	 */
	public static function begin( int $now, array $sites = array(), int $user = 0 ): self {
		return new self( bin2hex( random_bytes( 8 ) ), $now, $sites, $user );
	}

	/**
	 * The one that to_array() wrote, if it is one.
	 */
	public static function from_array( mixed $stored ): ?self {
		if ( ! is_array( $stored ) || ! is_string( $stored['id'] ?? null ) || ! is_int( $stored['since'] ?? null ) ) {
			return null;
		}
		return new self( $stored['id'], $stored['since'], array_map( 'intval', (array) ( $stored['sites'] ?? array() ) ), (int) ( $stored['user'] ?? 0 ) );
	}

	/**
	 * The one that is stored, over or not, past the object cache.
	 */
	public static function stored(): ?self {
		return self::from_array( Custom_Events::stored_capture_session() );
	}

	/**
	 * Forgets one that ended as long ago as what was heard lives: until then people are told of it.
	 *
	 * @throws \Exception Where nothing can be published.
	 */
	public static function forget_old( Publisher $publisher, int $now ): void {
		$stored = self::stored();
		if ( $stored && $stored->until() + Captured_Events::LIFETIME < $now ) {
			$publisher->change( static fn() => Custom_Events::set_capture_session( null ) );
		}
	}

	/**
	 * How it is stored and published; with its end, for those who must not load this class.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return get_object_vars( $this ) + array( 'until' => $this->until() );
	}

	/**
	 * When it ends, as Unix time.
	 */
	public function until(): int {
		return $this->since + self::DURATION;
	}

	/**
	 * Whether it is going on. A beginning far ahead is none: the clock was set back.
	 */
	public function is_on( int $now ): bool {
		return $now < $this->until() && $now > $this->since - self::DURATION;
	}

	/**
	 * Whether it is about a site.
	 *
	 * @param int|null $site_id null: the whole network.
	 */
	public function is_about( ?int $site_id ): bool {
		return ! $this->sites || ( null !== $site_id && in_array( $site_id, $this->sites, true ) );
	}

	/**
	 * Whether an event is one of the user: done by the user, or about the user by its `user_id`.
	 *
	 * @param mixed $actor   Of the event's options.
	 * @param mixed $user_id Of its payload.
	 */
	public function is_of_user( mixed $actor, mixed $user_id ): bool {
		if ( ! $this->user ) {
			return true;
		}
		$acts = is_array( $actor ) ? $actor['user'] ?? null : null;
		return ( is_numeric( $acts ) && (int) $acts === $this->user ) || ( is_numeric( $user_id ) && (int) $user_id === $this->user );
	}
}
