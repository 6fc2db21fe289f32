<?php
/**
 * From something that happened to the journal.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Testing\Recorder;

defined( 'ABSPATH' ) || exit;

/**
 * Accepts events. Whatever goes wrong here, the request in which the event happened goes on.
 */
final class Dispatcher {

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
		private readonly Suspension $suspension = new Suspension(),
		private readonly Suppressions $suppressions = new Suppressions(),
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
		$call = Dispatch_Call::of( $event, $data, $options );
		if ( null === $call ) {
			return null;
		}
		$depth = Hook_Stack::depth();
		try {
			return $this->accept( $call->event, $call->data, $call->options );
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			// A kind for each event, so that none hides another; but not for each name that is made up.
			Log::write( 'dispatch-' . crc32( $call->event ) % 64, "The event $call->event was lost: {$error->getMessage()}" );
			self::recorder()?->lose( $call->event, $error );
			return null;
		}
	}

	/**
	 * Whether anybody may subscribe to an event, on whichever site; without the extension only
	 * dispatch() knows.
	 */
	public function is_wanted( string $event ): bool {
		return ! Environment::has_extension() || self::recorder() || webhooks_has_subscribers( $event );
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
	 * What code suspends.
	 */
	public function suspension(): Suspension {
		return $this->suspension;
	}

	/**
	 * Which events code suppressed.
	 */
	public function suppressions(): Suppressions {
		return $this->suppressions;
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
		$recorder = self::recorder();
		$site_id  = $this->site_id( $options );
		$import   = true === ( $options['import'] ?? false );
		if ( ! $recorder ) {
			$this->memory->note( $event );
			if ( ! $this->has_subscribers( $event, $site_id, $import ) ) {
				return null;
			}
		}
		if ( $this->is_suppressed( $event, $site_id, $options ) ) {
			return null;
		}
		if ( $data instanceof \Closure ) {
			$data = $data();
			if ( null === $data ) {
				return null;
			}
		}
		$options = $this->complete( $options );
		$data    = $this->filter( $event, $data, $options );
		if ( null === $data ) {
			return null;
		}
		if ( $recorder ) {
			return $recorder->record( $event, $data, $options );
		}
		$this->busy = true;
		if ( ! Environment::has_extension() ) {
			$this->outbox->add( $event, $data, $options, Native_Text::in_english( array( Environment::class, 'extension_problem' ) ) );
			return null;
		}
		try {
			return webhooks_dispatch( $event, $data, $options );
		} catch ( \Throwable $error ) {
			// The extension may have said "somebody subscribes" only because it can't read who does.
			if ( $this->webhooks->wants( $event, $site_id, $import ) ) {
				$this->outbox->add( $event, $data, $options, $error->getMessage() );
				Log::write( 'journal', sprintf( 'The event %s waits in the outbox: %s', $event, $error->getMessage() ) );
			}
			return null;
		}
	}

	/**
	 * Whether anybody subscribes to an event of a site.
	 */
	private function has_subscribers( string $event, ?int $site_id, bool $import ): bool {
		return Environment::has_extension() ? webhooks_has_subscribers( $event, $site_id ) : $this->webhooks->wants( $event, $site_id, $import );
	}

	/**
	 * Whether code keeps an event, to which somebody subscribes, from being sent. That is
	 * remembered.
	 */
	private function is_suppressed( string $event, ?int $site_id, array $options ): bool {
		$cause = $this->suspension->cause( $event );
		if ( ! $cause ) {
			/**
			 * Whether an event that somebody subscribes to is sent. Asked before its payload is
			 * made.
			 *
			 * @param bool     $should  By default true.
			 * @param string   $event   The event's name.
			 * @param int|null $site_id The site that it is about; null: the whole network.
			 * @param array    $options What the caller said beside the payload, such as `source`.
			 */
			if ( apply_filters( 'network_webhooks_should_dispatch', true, $event, $site_id, $options ) ) {
				return false;
			}
			$cause = array(
				'reason' => Suppressions::FILTER,
				'by'     => Origin::of_hook( 'network_webhooks_should_dispatch' ),
			);
		}
		( self::recorder() ?? $this->suppressions )->note( $event, $cause['reason'], $cause['by'] );
		return true;
	}

	/**
	 * What takes events in the journal's place while PHPUnit runs.
	 */
	private static function recorder(): ?Recorder {
		return Environment::is_recording() ? Recorder::current() : null;
	}

	/**
	 * The payload as other plugins want it. What a filter takes out must not be sent where the
	 * filter fails: then there is no event.
	 *
	 * @throws \UnexpectedValueException Where a filter returns what can't be a payload.
	 */
	private function filter( string $event, array|object $data, array $options ): array|object|null {
		/**
		 * Filters the payload of an event that somebody subscribes to.
		 *
		 * @param array|object $data    The payload; null: the event is not sent.
		 * @param string       $event   The event's name.
		 * @param array        $options What is known beside the payload, such as `site` and `source`.
		 */
		$data = apply_filters( 'network_webhooks_payload', $data, $event, $options );
		if ( null !== $data && ! is_array( $data ) && ! is_object( $data ) ) {
			throw new \UnexpectedValueException( 'A filter on network_webhooks_payload returned ' . get_debug_type( $data ) . ' and not an array or an object.' );
		}
		return $data;
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
			$home = 'https://' . ( $site ? untrailingslashit( $site->domain . $site->path ) : get_network()->domain );
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
