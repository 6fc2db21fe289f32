<?php
/**
 * A webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A webhook as it stands in the database: a value, changed by making another one.
 */
final class Webhook {

	/** Longest name, in characters. */
	public const NAME_LENGTH = 200;

	/** What the settings are where they are not stored: those of webhooks_configure(). */
	public const DEFAULTS = array(
		'method'          => 'POST',
		'sites'           => 'all',
		'network_events'  => true,
		'include_imports' => false,
		'signature'       => 'v1',
		'headers'         => array(),
		'keys'            => array(),
		'format'          => 'standard',
		'template'        => null,
		'content_type'    => 'application/json',
		'condition'       => null,
		'fields'          => array(),
		'timeout'         => 15,
		'retries'         => array( 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 ),
		'concurrency'     => 8,
		'rate_limit'      => null,
		'ordered'         => false,
		'log_bodies'      => true,
		'disable_after'   => 432000,
		'ca_file'         => null,
	);

	/**
	 * Where the chosen sites were, so that one that was deleted since still has a name: id → address.
	 * For people alone; webhooks_configure() does not get it.
	 */
	public const SITE_ADDRESSES = 'site_addresses';

	/**
	 * Addresses that are told of it by mail, in place of the network's. The worker sends no mail:
	 * webhooks_configure() does not get them either.
	 */
	public const MAIL_TO = 'mail_to';

	/**
	 * The service to which it sends, and what its preset was told: `id` and `values`, without keys. For the form alone;
	 * what follows from it stands in the other settings.
	 */
	public const SERVICE = 'service';

	/** How the id of a draft begins. */
	public const DRAFT = 'draft_';

	/**
	 * @param array<string, mixed> $settings    Everything else, in the words of webhooks_configure();
	 *                                          at least `events` and `secrets`.
	 * @param int                  $version     Raised at each save; 0: not stored yet.
	 * @param string               $created     When it was stored first, `Y-m-d H:i:s` in UTC.
	 * @param string               $modified    When it was stored last.
	 * @param int                  $modified_by The user who did; 0: nobody.
	 * @param string|null          $deleted     When it was deleted; null: it was not.
	 * @param int                  $deleted_by  The user who did; 0: nobody.
	 */
	private function __construct(
		public readonly string $id,
		public readonly string $name,
		public readonly string $url,
		public readonly bool $paused,
		public readonly array $settings,
		public readonly int $version = 0,
		public readonly string $created = '',
		public readonly string $modified = '',
		public readonly int $modified_by = 0,
		public readonly ?string $deleted = null,
		public readonly int $deleted_by = 0,
	) {}

	/**
	 * A new webhook, with an id and a secret of its own.
	 */
	public static function create( string $name, string $url, string ...$events ): self {
		return new self(
			self::new_id(),
			$name,
			$url,
			false,
			array(
				'events'  => $events,
				'secrets' => array( array( 'secret' => self::new_secret() ) ),
			)
		);
	}

	/**
	 * The webhook of a row.
	 *
	 * @param bool $with_secrets Whether it is needed with its secrets: one without is only looked at.
	 */
	public static function from_row( object $row, bool $with_secrets = true ): self {
		$settings = (array) json_decode( (string) $row->settings, true );
		return new self(
			(string) $row->id,
			(string) $row->name,
			(string) $row->url,
			(bool) $row->paused,
			$with_secrets ? Kept_Secrets::open( $settings ) : array_diff_key( $settings, array( 'secrets' => '' ) ),
			(int) ( $row->version ?? 0 ),
			(string) ( $row->created ?? '' ),
			(string) ( $row->modified ?? '' ),
			(int) ( $row->modified_by ?? 0 ),
			$row->deleted ?? null,
			(int) ( $row->deleted_by ?? 0 )
		);
	}

	/**
	 * The columns that people decide; the others are the table's own business.
	 *
	 * @return array<string, scalar>
	 */
	public function to_row(): array {
		return array(
			'id'       => $this->id,
			'name'     => $this->name,
			'url'      => $this->url,
			'paused'   => (int) $this->paused,
			'settings' => (string) wp_json_encode( $this->settings ),
		);
	}

	/**
	 * The webhook as webhooks_configure() takes it. One whose secrets nobody can read any more is set
	 * aside: without them nothing is sent.
	 *
	 * @return array<string, mixed>
	 */
	public function to_config(): array {
		$settings = $this->settings;
		unset( $settings[ self::SITE_ADDRESSES ], $settings[ self::MAIL_TO ], $settings[ self::SERVICE ], $settings['set_aside'] );
		$lost  = $this->lost();
		$aside = array(
			'set_aside' => array(
				'field'   => $lost,
				'message' => Kept_Secrets::LOST,
			),
		);
		return array(
			'id'     => $this->id,
			// One that was stored before they were refused still counts.
			'name'   => Invisible::strip( $this->name ),
			'url'    => $this->url,
			'paused' => $this->paused,
		) + ( null === $lost ? array() : $aside ) + Kept_Secrets::readable( $settings );
	}

	/**
	 * Which of its secrets nobody can read any more, as webhooks_configure() names a field; null: all
	 * that it needs are there. See Kept_Secrets.
	 */
	public function lost(): ?string {
		return Kept_Secrets::lost( $this->settings );
	}

	/**
	 * A setting, or its default: also where something else stands there, since a webhook that is
	 * wrong has to be shown, so that it can be corrected.
	 */
	public function setting( string $name ): mixed {
		$value = $this->settings[ $name ] ?? null;
		return self::is_readable( $name, $value ) ? $value : self::DEFAULTS[ $name ];
	}

	/**
	 * The secrets, the newest first.
	 *
	 * @return list<array{secret: string, until?: int}>
	 */
	public function secrets(): array {
		return self::entries( $this->settings['secrets'] ?? null, static fn( mixed $one ) => is_string( $one['secret'] ?? null ) && is_int( $one['until'] ?? 0 ) );
	}

	/**
	 * The same webhook as a form has it. What is the default is not stored, so that a better
	 * default of a later version reaches it.
	 *
	 * @param array<string, mixed> $settings All of them.
	 */
	public function with_form( string $name, string $url, bool $paused, array $settings ): self {
		foreach ( self::DEFAULTS as $key => $default ) {
			if ( array_key_exists( $key, $settings ) && $settings[ $key ] === $default ) {
				unset( $settings[ $key ] );
			}
		}
		return $this->with(
			array(
				'name'     => $name,
				'url'      => $url,
				'paused'   => $paused,
				'settings' => $settings,
			)
		);
	}

	/**
	 * Whether it is, or was, in the database.
	 */
	public function is_stored(): bool {
		return $this->version > 0;
	}

	/**
	 * A draft of this webhook: with an id of its own, and subscribed to nothing, so that it gets
	 * only events that name it.
	 */
	public function as_draft(): self {
		$nothing = array(
			'sites'          => array( 'only' => array() ),
			'network_events' => false,
		);
		return $this->with(
			array(
				'id'       => self::DRAFT . bin2hex( random_bytes( 10 ) ),
				'paused'   => true,
				'settings' => $nothing + $this->settings,
			)
		);
	}

	/**
	 * The same webhook with another name, URL and events.
	 */
	public function with_target( string $name, string $url, string ...$events ): self {
		return $this->with(
			array(
				'name'     => $name,
				'url'      => $url,
				'settings' => array( 'events' => $events ) + $this->settings,
			)
		);
	}

	/**
	 * The same webhook, paused or not.
	 */
	public function with_paused( bool $paused ): self {
		return $this->with( array( 'paused' => $paused ) );
	}

	/**
	 * The same webhook with a new secret, the old ones gone.
	 */
	public function with_new_secret(): self {
		$secrets = array( array( 'secret' => self::new_secret( (string) $this->setting( 'signature' ) ) ) );
		return $this->with( array( 'settings' => array( 'secrets' => $secrets ) + $this->settings ) );
	}

	/**
	 * A new webhook with the same settings, under another name, with an id and a secret of its own.
	 * It is paused, so that nothing is sent twice before somebody has changed it.
	 */
	public function duplicate( string $name ): self {
		return ( new self( self::new_id(), $name, $this->url, true, $this->settings ) )->with_new_secret();
	}

	/**
	 * Names and patterns (`payment_*`) of the events that it gets.
	 *
	 * @return list<string>
	 */
	public function events(): array {
		return self::entries( $this->settings['events'] ?? null, 'is_string' );
	}

	/**
	 * The service to which it sends; an empty id: an endpoint of one’s own.
	 *
	 * @return array{id: string, values: array<string, string>}
	 */
	public function service(): array {
		$service = $this->settings[ self::SERVICE ] ?? null;
		$is_one  = is_array( $service ) && is_string( $service['id'] ?? null ) && is_array( $service['values'] ?? null );
		return array(
			'id'     => $is_one ? $service['id'] : '',
			'values' => $is_one ? array_filter( $service['values'], 'is_string' ) : array(),
		);
	}

	/**
	 * Addresses for mail about it; empty: those of the network.
	 *
	 * @return list<string>
	 */
	public function mail_to(): array {
		return array_values( array_map( 'strval', (array) ( $this->settings[ self::MAIL_TO ] ?? array() ) ) );
	}

	/**
	 * The secret that signs; empty where it is not signed, or where nobody can read it any more.
	 */
	public function secret(): string {
		$secret = $this->settings['secrets'][0]['secret'] ?? '';
		return is_string( $secret ) ? $secret : '';
	}

	/**
	 * Whether it gets an event, as the extension would say.
	 *
	 * @param int|null $site_id The site it is about; null: the whole network.
	 * @param bool     $import  Whether it is part of an import.
	 */
	public function wants( string $event, ?int $site_id, bool $import = false ): bool {
		return null === $this->turns_away( $event, $site_id, $import );
	}

	/**
	 * Why it does not get an event, in the words and the order of the worker.
	 *
	 * @param int|null          $site_id The site it is about; null: the whole network.
	 * @param bool              $import  Whether it is part of an import.
	 * @param list<string>|null $only    Ids of the webhooks that may get it.
	 * @return string|null only, event, import, network or site; null: it is for this webhook.
	 */
	public function turns_away( string $event, ?int $site_id, bool $import = false, ?array $only = null ): ?string {
		if ( null !== $only ) {
			return in_array( $this->id, $only, true ) ? null : 'only';
		}
		if ( ! array_filter( $this->events(), static fn( string $pattern ) => Event::matches( $pattern, $event ) ) ) {
			return 'event';
		}
		if ( $import && ! $this->setting( 'include_imports' ) ) {
			return 'import';
		}
		if ( null === $site_id ) {
			return $this->setting( 'network_events' ) ? null : 'network';
		}
		return $this->is_for( $site_id ) ? null : 'site';
	}

	/**
	 * Whether it gets events of a site.
	 */
	public function is_for( int $site_id ): bool {
		return $this->is_for_any( array( $site_id ) );
	}

	/**
	 * Whether it gets events of one of some sites.
	 *
	 * @param list<int> $site_ids
	 */
	public function is_for_any( array $site_ids ): bool {
		// Most say so in one word, which needs no check.
		$sites = 'all' === ( $this->settings['sites'] ?? '' ) ? 'all' : $this->setting( 'sites' );
		if ( ! isset( $sites['only'] ) && ! isset( $sites['except'] ) ) {
			return array() !== $site_ids;
		}
		// Not array_intersect(), which sorts both: a list filtered by a part of an address asks a thousand times.
		foreach ( $sites['only'] ?? $site_ids as $id ) {
			if ( isset( $sites['only'] ) ? in_array( $id, $site_ids, true ) : ! in_array( $id, $sites['except'], true ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The same webhook with other values of some properties.
	 *
	 * @param array<string, mixed> $values By their names.
	 */
	private function with( array $values ): self {
		return new self( ...array_merge( get_object_vars( $this ), $values ) );
	}

	/**
	 * Whether a setting is of its type.
	 */
	private static function is_readable( string $name, mixed $value ): bool {
		$all = static fn( mixed $list, callable $is ): bool => is_array( $list ) && count( self::entries( $list, $is ) ) === count( $list );
		return match ( $name ) {
			'sites' => 'all' === $value || ( is_array( $value ) && 1 === count( $value ) && $all( $value['only'] ?? $value['except'] ?? null, 'is_int' ) ),
			'headers', 'keys' => $all( $value, static fn( mixed $one ) => is_string( $one['name'] ?? null ) && ( is_string( $one['value'] ?? null ) || Encrypted_Values::is_text( $one['value'] ?? null ) ) ),
			'retries' => $all( $value, 'is_int' ),
			'fields' => $all( $value, 'is_string' ),
			'rate_limit' => is_int( $value['count'] ?? null ) && is_string( $value['per'] ?? null ),
			'template', 'content_type', 'condition', 'ca_file' => is_string( $value ),
			default => gettype( $value ) === gettype( self::DEFAULTS[ $name ] ),
		};
	}

	/**
	 * The entries of a list that are what they should be.
	 *
	 * @return list<mixed>
	 */
	private static function entries( mixed $entries, callable $is ): array {
		return array_values( array_filter( is_array( $entries ) ? $entries : array(), $is ) );
	}

	/**
	 * An id that none has.
	 */
	private static function new_id(): string {
		return 'whk_' . bin2hex( random_bytes( 10 ) );
	}

	/**
	 * A signing secret of Standard Webhooks 1.0.0: 32 random bytes, for `v1a` the seed of an
	 * ed25519 key.
	 */
	public static function new_secret( string $signature = 'v1' ): string {
		return ( 'v1a' === $signature ? 'whsk_' : 'whsec_' ) . base64_encode( random_bytes( 32 ) );
	}
}
