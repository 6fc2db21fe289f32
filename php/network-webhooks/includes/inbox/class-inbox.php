<?php
/**
 * The test inbox.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Inbox;

use Network_Webhooks\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * An address of this network that takes any request and shows it, for trying out webhooks without
 * a receiver: a value, stored in one network option. There is one inbox, or none.
 */
final class Inbox {

	/** Parameter of the query that holds the token. It needs no rewrite rules. */
	public const PARAMETER = 'network-webhooks-inbox';

	/** Largest body that is taken, in bytes. */
	public const LARGEST_BODY = 256 * KB_IN_BYTES;

	/** Longest delay of an answer, in seconds: for so long it keeps a PHP process. */
	public const LONGEST_DELAY = 10;

	/** Seconds that a page waits for an answer of the inbox, beyond the delay; see Test_Event::wait(). */
	public const PATIENCE = 3;

	/** Statuses that an answer can have. */
	public const STATUSES = array( 200, 599 );

	/**
	 * @param string $token         What makes the address unguessable.
	 * @param int    $status        Status of its answers.
	 * @param int    $delay         Seconds after which it answers.
	 * @param bool   $in_production Whether somebody turned it on for a production environment.
	 */
	private function __construct(
		private readonly string $token,
		public readonly int $status = 200,
		public readonly int $delay = 0,
		public readonly bool $in_production = false,
	) {}

	/**
	 * The inbox of this network.
	 */
	public static function find(): ?self {
		$stored = Settings::read( Settings::INBOX )[ Settings::INBOX ];
		if ( ! is_array( $stored ) || ! is_string( $stored['token'] ?? null ) || '' === $stored['token'] ) {
			return null;
		}
		return ( new self( $stored['token'], in_production: (bool) ( $stored['in_production'] ?? false ) ) )
			->with_answer( (int) ( $stored['status'] ?? 200 ), (int) ( $stored['delay'] ?? 0 ) );
	}

	/**
	 * A new one, at an address that nobody can guess.
	 */
	public static function create(): self {
		return new self( bin2hex( random_bytes( 16 ) ) );
	}

	/**
	 * The same inbox at another address.
	 */
	public function with_new_address(): self {
		return new self( ...array( 'token' => self::create()->token ) + get_object_vars( $this ) );
	}

	/**
	 * The same inbox with another answer.
	 */
	public function with_answer( int $status, int $delay ): self {
		$values = array(
			'status' => max( self::STATUSES[0], min( self::STATUSES[1], $status ) ),
			'delay'  => max( 0, min( self::LONGEST_DELAY, $delay ) ),
		);
		return new self( ...$values + get_object_vars( $this ) );
	}

	/**
	 * The same inbox, turned on where this is a production environment.
	 */
	public function with_production(): self {
		return new self( ...array( 'in_production' => true ) + get_object_vars( $this ) );
	}

	/**
	 * Stores it. Done inside Publisher::change(), since the worker has to know the address.
	 */
	public function save(): void {
		Settings::set( Settings::INBOX, get_object_vars( $this ) );
	}

	/**
	 * Removes it, with what it holds.
	 */
	public static function delete(): void {
		Settings::set( Settings::INBOX, array() );
		( new Requests() )->delete_all();
	}

	/**
	 * Whether it takes requests: in production only once somebody turned it on.
	 */
	public function is_open(): bool {
		return $this->in_production || ! self::is_production();
	}

	/**
	 * Whether this is a production environment, which it is where nobody said otherwise.
	 */
	public static function is_production(): bool {
		return 'production' === wp_get_environment_type();
	}

	/**
	 * Its address: on the main site, whose stored `home` does not follow the request's scheme. With
	 * the file's name, since some servers let only GET, HEAD and POST through to a folder.
	 */
	public function url(): string {
		$home = trailingslashit( (string) get_blog_option( get_main_site_id( get_main_network_id() ), 'home' ) );
		return $home . 'index.php?' . self::PARAMETER . '=' . $this->token;
	}

	/**
	 * Whether a token is the one of its address; compared in constant time.
	 */
	public function has_token( string $token ): bool {
		return hash_equals( $this->token, $token );
	}

	/**
	 * Whether a webhook's URL is its address: scheme and host in any case, the rest exactly.
	 */
	public function is_at( string $url ): bool {
		return self::comparable( $this->url() ) === self::comparable( $url );
	}

	/**
	 * The address that the worker reaches without judging it; null: none.
	 */
	public static function exempt_url(): ?string {
		$inbox = self::find();
		$url   = $inbox?->is_open() ? $inbox->url() : '';
		// One that the worker can't read would keep all webhooks from being published.
		return preg_match( '~^https?://[^/?#@\\\\\s]+/~i', $url ) ? $url : null;
	}

	/**
	 * A URL with scheme and host in lower case, and without a fragment.
	 */
	private static function comparable( string $url ): string {
		return (string) preg_replace_callback( '~^[^/]*//[^/?#]*~', static fn( array $match ) => strtolower( $match[0] ), strtok( $url, '#' ) );
	}
}
