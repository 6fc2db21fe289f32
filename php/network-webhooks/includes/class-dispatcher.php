<?php
/**
 * From something that happened to the journal.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Accepts events. Whatever goes wrong here, the request in which the event happened goes on.
 */
final class Dispatcher {

	/** What a caller may say about an event. */
	private const OPTIONS = array( 'site', 'network_id', 'scope', 'actor', 'source', 'timestamp', 'idempotency_key', 'delay', 'only', 'import' );

	/**
	 * Whether this request dispatched anything.
	 */
	private bool $busy = false;

	/**
	 * Takes the parts.
	 */
	public function __construct(
		private readonly Webhooks $webhooks,
		private readonly Outbox $outbox,
		private readonly Event_Memory $memory = new Event_Memory(),
	) {}

	/**
	 * Accepts an event. Never throws, whatever it is given.
	 *
	 * @param string               $event   Its name.
	 * @param array|object         $data    The payload, or a closure that makes it, called only if
	 *                                      somebody subscribes; null from it means: no event.
	 * @param array<string, mixed> $options See network_webhooks_dispatch().
	 * @return string|null The event's id; null where nobody subscribes, or where it waits in the
	 *                     outbox, or where it could not be accepted, which is logged.
	 */
	public function dispatch( mixed $event, mixed $data, mixed $options = array() ): ?string {
		try {
			return $this->accept( $event, $data, $options );
		} catch ( \Throwable $error ) {
			$name = is_string( $event ) ? substr( $event, 0, 100 ) : gettype( $event );
			// A kind for each event, so that none hides another; but not for each name that is made up.
			Log::write( 'dispatch-' . crc32( $name ) % 64, "The event $name was lost: {$error->getMessage()}" );
			return null;
		}
	}

	/**
	 * Whether anybody may subscribe to an event, on whichever site; without the extension only
	 * dispatch() knows.
	 */
	public function is_wanted( string $event ): bool {
		return ! Environment::has_extension() || webhooks_has_subscribers( $event );
	}

	/**
	 * An event happened to which nobody subscribes: it is remembered that there is such a one.
	 */
	public function note( string $event ): void {
		$this->memory->note( $event );
	}

	/**
	 * Whether this request dispatched anything.
	 */
	public function is_busy(): bool {
		return $this->busy;
	}

	/**
	 * The options of webhooks_dispatch() for an event that happens here and now.
	 *
	 * @param array<string, mixed> $options See network_webhooks_dispatch().
	 * @return array<string, mixed>
	 */
	public function complete( array $options ): array {
		$options['site']         = $this->site( $options );
		$options['network_id']   = (int) ( $options['network_id'] ?? get_current_network_id() );
		$options['repair']       = true;
		$options['installation'] = Installation::fingerprint();
		if ( ! array_key_exists( 'actor', $options ) ) {
			$user_id = self::current_user_id();
			if ( $user_id ) {
				$options['actor'] = array( 'user' => $user_id );
			}
		}
		return array_filter( $options, static fn( $value ) => null !== $value );
	}

	/**
	 * Judges, completes, and hands over to the extension or to the outbox.
	 */
	private function accept( string $event, array|object $data, array $options ): ?string {
		$options = $this->check( $event, $options );
		if ( null === $options ) {
			return null;
		}
		$this->memory->note( $event );
		$site_id = $this->site_id( $options );
		if ( Environment::has_extension() && ! webhooks_has_subscribers( $event, $site_id ) ) {
			return null;
		}
		if ( ! Environment::has_extension() && ! $this->webhooks->wants( $event, $site_id ) ) {
			return null;
		}
		if ( $data instanceof \Closure ) {
			$data = $data();
			if ( null === $data ) {
				return null;
			}
		}
		$this->busy = true;
		$options    = $this->complete( $options );
		if ( ! Environment::has_extension() ) {
			$this->outbox->add( $event, $data, $options, Environment::extension_problem() );
			return null;
		}
		try {
			return webhooks_dispatch( $event, $data, $options );
		} catch ( \Throwable $error ) {
			// The extension may have said "somebody subscribes" only because it can't read who does.
			if ( $this->webhooks->wants( $event, $site_id ) ) {
				$this->outbox->add( $event, $data, $options, $error->getMessage() );
				Log::write( 'journal', sprintf( 'The event %s waits in the outbox: %s', $event, $error->getMessage() ) );
			}
			return null;
		}
	}

	/**
	 * Tells developers what is wrong with a call; what can be left out is left out.
	 *
	 * @return array<string, mixed>|null The usable options; null where there can be no such event.
	 */
	private function check( string $event, array $options ): ?array {
		if ( ! Event::is_name( $event ) ) {
			_doing_it_wrong(
				'network_webhooks_dispatch',
				/* translators: %s: what was given as an event's name */
				esc_html( sprintf( __( 'An event’s name has 1 to 100 of the characters a-z 0-9 _ . - and “%s” has not.', 'network-webhooks' ), $event ) ),
				'0.1.0'
			);
			return null;
		}
		$unknown = array_diff( array_keys( $options ), self::OPTIONS );
		if ( $unknown ) {
			_doing_it_wrong(
				'network_webhooks_dispatch',
				/* translators: %s: names of options */
				esc_html( sprintf( __( 'There is no such option of an event: %s.', 'network-webhooks' ), implode( ', ', $unknown ) ) ),
				'0.1.0'
			);
		}
		return array_intersect_key( $options, array_flip( self::OPTIONS ) );
	}

	/**
	 * Id of the site that an event is about; null: of the whole network.
	 */
	private function site_id( array $options ): ?int {
		if ( 'network' === ( $options['scope'] ?? null ) ) {
			return null;
		}
		$site = $options['site'] ?? null;
		$id   = is_array( $site ) ? $site['id'] ?? null : $site;
		return is_numeric( $id ) ? (int) $id : get_current_blog_id();
	}

	/**
	 * The site that an event is about, with its stored address: home_url() would follow the scheme
	 * of the request.
	 *
	 * @return array{id: int, url: string}
	 */
	private function site( array $options ): array {
		if ( is_array( $options['site'] ?? null ) && isset( $options['site']['id'], $options['site']['url'] ) ) {
			return array(
				'id'  => (int) $options['site']['id'],
				'url' => (string) $options['site']['url'],
			);
		}
		$id   = $this->site_id( $options ) ?? get_main_site_id();
		$home = get_current_blog_id() === $id ? get_option( 'home' ) : get_blog_option( $id, 'home' );
		if ( ! $home ) {
			// Its tables are gone, or not there yet.
			$site = get_site( $id );
			$home = $site ? 'https://' . untrailingslashit( $site->domain . $site->path ) : '';
		}
		return array(
			'id'  => $id,
			'url' => (string) $home,
		);
	}

	/**
	 * Who is logged in; 0 while WordPress does not know yet, since asking would make it find out.
	 */
	private static function current_user_id(): int {
		return did_action( 'init' ) || did_action( 'set_current_user' ) ? get_current_user_id() : 0;
	}
}
