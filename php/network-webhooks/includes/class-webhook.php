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

	/**
	 * Takes the parts.
	 *
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
	 */
	public static function from_row( object $row ): self {
		return new self(
			(string) $row->id,
			(string) $row->name,
			(string) $row->url,
			(bool) $row->paused,
			(array) json_decode( (string) $row->settings, true ),
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
	 * The webhook as webhooks_configure() takes it.
	 *
	 * @return array<string, mixed>
	 */
	public function to_config(): array {
		return array(
			'id'     => $this->id,
			'name'   => $this->name,
			'url'    => $this->url,
			'paused' => $this->paused,
		) + $this->settings;
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
		$secrets = array( array( 'secret' => self::new_secret() ) );
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
		return array_values( array_map( 'strval', (array) ( $this->settings['events'] ?? array() ) ) );
	}

	/**
	 * The secret that signs; empty where it is not signed.
	 */
	public function secret(): string {
		return (string) ( $this->settings['secrets'][0]['secret'] ?? '' );
	}

	/**
	 * Whether it gets an event, as the extension would say.
	 *
	 * @param int|null $site_id The site it is about; null: the whole network.
	 * @param bool     $import  Whether it is part of an import.
	 */
	public function wants( string $event, ?int $site_id, bool $import = false ): bool {
		if ( $import && ! ( $this->settings['include_imports'] ?? false ) ) {
			return false;
		}
		if ( null === $site_id ? ! ( $this->settings['network_events'] ?? true ) : ! $this->is_for( $site_id ) ) {
			return false;
		}
		foreach ( $this->events() as $pattern ) {
			if ( Event::matches( $pattern, $event ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether it gets events of a site.
	 */
	public function is_for( int $site_id ): bool {
		$sites = $this->settings['sites'] ?? 'all';
		return match ( true ) {
			isset( $sites['only'] ) => in_array( $site_id, $sites['only'], true ),
			isset( $sites['except'] ) => ! in_array( $site_id, $sites['except'], true ),
			default => true,
		};
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
	 * An id that none has.
	 */
	private static function new_id(): string {
		return 'whk_' . bin2hex( random_bytes( 10 ) );
	}

	/**
	 * A signing secret of Standard Webhooks 1.0.0.
	 */
	private static function new_secret(): string {
		return 'whsec_' . base64_encode( random_bytes( 32 ) );
	}
}
