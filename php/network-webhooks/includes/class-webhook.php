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
	 * @param array<string, mixed> $settings Everything else, in the words of webhooks_configure();
	 *                                       at least `events` and `secrets`.
	 */
	private function __construct(
		public readonly string $id,
		public readonly string $name,
		public readonly string $url,
		public readonly bool $paused,
		public readonly array $settings,
	) {}

	/**
	 * A new webhook, with an id and a secret of its own.
	 */
	public static function create( string $name, string $url, string ...$events ): self {
		return new self(
			'whk_' . bin2hex( random_bytes( 10 ) ),
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
			(array) json_decode( (string) $row->settings, true )
		);
	}

	/**
	 * The columns of the row.
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
		return new self( $this->id, $name, $url, $this->paused, array( 'events' => $events ) + $this->settings );
	}

	/**
	 * The same webhook, paused or not.
	 */
	public function with_paused( bool $paused ): self {
		return new self( $this->id, $this->name, $this->url, $paused, $this->settings );
	}

	/**
	 * The same webhook with a new secret, the old ones gone.
	 */
	public function with_new_secret(): self {
		$secrets = array( array( 'secret' => self::new_secret() ) );
		return new self( $this->id, $this->name, $this->url, $this->paused, array( 'secrets' => $secrets ) + $this->settings );
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
	 */
	public function wants( string $event, ?int $site_id ): bool {
		if ( null === $site_id ) {
			if ( ! ( $this->settings['network_events'] ?? true ) ) {
				return false;
			}
		} else {
			$sites = $this->settings['sites'] ?? 'all';
			if ( isset( $sites['only'] ) && ! in_array( $site_id, $sites['only'], true ) ) {
				return false;
			}
			if ( isset( $sites['except'] ) && in_array( $site_id, $sites['except'], true ) ) {
				return false;
			}
		}
		foreach ( $this->events() as $pattern ) {
			if ( Event::matches( $pattern, $event ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * A signing secret of Standard Webhooks 1.0.0.
	 */
	private static function new_secret(): string {
		return 'whsec_' . base64_encode( random_bytes( 32 ) );
	}
}
