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
	 * What becomes of an event, beside the reasons of Suppressions: for who listens. They stand here
	 * so that nothing is loaded for them while nobody does.
	 */
	public const SENT     = 'sent';
	public const UNWANTED = 'unwanted';
	public const WAITS    = 'waits';
	public const DROPPED  = 'dropped';
	public const LOST     = 'lost';

	/** Nanoseconds for which it is known whether somebody listens. */
	private const KNOWN = 1_000_000_000;

	/**
	 * What records the events while somebody listens; null: nobody does.
	 */
	private ?Event_Capture $event_capture = null;

	/**
	 * Until when that is known, as hrtime(); 0: nobody looked yet.
	 */
	private int $known_until = 0;

	/**
	 * Where an event that was held happened.
	 *
	 * @var array{hook: string, file: string, line: int}|null
	 */
	private ?array $place = null;

	/**
	 * Which events code suppressed, once there is one.
	 */
	private ?Suppressions $suppressions = null;

	/**
	 * @param \Closure(): Webhooks                            $webhooks       Makes what says who subscribes
	 *                                                                        where the extension can't.
	 * @param \Closure(): Outbox                              $outbox         Makes what takes events where
	 *                                                                        it can't.
	 * @param (\Closure(Capture_Session): Event_Capture)|null $event_captures Makes what records; null:
	 *                                                                        nothing is recorded.
	 * @param (\Closure(): int)|null                          $clock          Unix time; null: the system's.
	 */
	/**
	 * Whether journal or outbox were asked to take the event under way.
	 */
	private bool $handed_over = false;

	public function __construct(
		private readonly \Closure $webhooks,
		private readonly \Closure $outbox,
		private readonly Seen_Events $seen_events = new Seen_Events(),
		private readonly Suspension $suspension = new Suspension(),
		private readonly ?\Closure $event_captures = null,
		private readonly ?\Closure $clock = null,
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
		$depth             = Hook_Stack::depth();
		$this->handed_over = false;
		try {
			return $this->accept( $call->event, $call->data, $call->options );
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			// A kind for each event, so that none hides another; but not for each name that is made up.
			Log::write( 'dispatch-' . crc32( $call->event ) % 64, "The event $call->event was lost: {$error->getMessage()}" );
			self::recorder()?->lose( $call->event, $error );
			if ( $this->handed_over ) {
				// The outbox has said so itself.
				$this->capture( $call->event, null, $call->options, self::LOST, array( 'message' => $error->getMessage() ) );
			} else {
				$this->lose( $call->event, $error, $call->options );
			}
			return null;
		}
	}

	/**
	 * An event was lost by an error: who listens is told, and it stands among the refused ones, where
	 * somebody subscribes to it. Never throws.
	 *
	 * @param array<string, mixed> $options See network_webhooks_dispatch().
	 */
	public function lose( string $event, \Throwable $error, array $options = array() ): void {
		$this->capture( $event, null, $options, self::LOST, array( 'message' => $error->getMessage() ) );
		try {
			// What fails may do so with each page. A kind for each event, but not for each name that is made up.
			if ( ! self::recorder() && $this->is_subscribed( $event ) && Throttle::permits( 'lost-' . crc32( $event ) % 64 ) ) {
				Refused_Events::add( Waiting_Event::without_data( $event, $options, "it was lost by an error: {$error->getMessage()}" ) );
			}
		} catch ( \Throwable ) {
			return; // The database takes nothing: the log has it.
		}
	}

	/**
	 * Whether anybody may want an event, on whichever site: a webhook, or who listens; without the
	 * extension only dispatch() knows.
	 */
	public function is_wanted( string $event ): bool {
		return $this->is_subscribed( $event ) || $this->event_capture();
	}

	/**
	 * Where the code under way was called, while somebody listens: for an event that is held.
	 *
	 * @return array{hook: string, file: string, line: int}|null
	 */
	public function place(): ?array {
		return $this->event_capture() ? Event_Capture::place() : null;
	}

	/**
	 * Does work whose events happened at another place.
	 *
	 * @param array{hook: string, file: string, line: int}|null $place
	 */
	public function at( ?array $place, callable $work ): void {
		$kept        = $this->place;
		$this->place = $place;
		try {
			$work();
		} finally {
			$this->place = $kept;
		}
	}

	/**
	 * An event happened that code kept from being sent, where that was asked before.
	 *
	 * @param array<string, mixed>                      $options See network_webhooks_dispatch().
	 * @param array{reason: string, by: list<string>} $cause   See Suspension.
	 */
	public function suppress( string $event, array $options, array $cause ): void {
		if ( $this->is_subscribed( $event ) ) {
			$this->suppressions()->note( $event, $cause['reason'], $cause['by'] );
		}
		$this->capture( $event, null, $options, $cause['reason'], array( 'by' => $cause['by'] ) );
	}

	/**
	 * An event happened to which nobody subscribes: it is remembered that there is such a one.
	 */
	public function note( string $event ): void {
		$this->seen_events->note( $event );
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
		return $this->suppressions ??= new Suppressions();
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
		$recorder  = self::recorder();
		$site_id   = $this->site_id( $options );
		$import    = true === ( $options['import'] ?? false );
		$is_wanted = true;
		if ( ! $recorder ) {
			$this->seen_events->note( $event );
			$is_wanted = $this->has_subscribers( $event, $site_id, $import );
			if ( ! $is_wanted && ! $this->event_capture()?->is_about( $site_id ) ) {
				return null;
			}
		}
		if ( $this->is_suppressed( $event, $site_id, $options, $is_wanted ) ) {
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
			$this->capture( $event, null, $options, self::DROPPED, $this->event_capture() ? array( 'by' => Component::of_hook( 'network_webhooks_payload' ) ) : array() );
			return null;
		}
		if ( $recorder ) {
			return $recorder->record( $event, $data, $options );
		}
		if ( ! $is_wanted ) {
			$this->capture( $event, $data, $options, self::UNWANTED );
			return null;
		}
		$this->busy        = true;
		$this->handed_over = true;
		if ( ! Environment::has_extension() ) {
			$problem = Extension_Messages::in_english( array( Environment::class, 'extension_problem' ) );
			( $this->outbox )()->add( $event, $data, $options, $problem );
			$this->capture( $event, $data, $options, self::WAITS, array( 'message' => $problem ) );
			return null;
		}
		try {
			$id = webhooks_dispatch( $event, $data, $options );
			$this->capture( $event, $data, $options, null === $id ? self::UNWANTED : self::SENT, array( 'event_id' => $id ) );
			return $id;
		} catch ( \Throwable $error ) {
			// The extension may have said "somebody subscribes" only because it can't read who does.
			if ( ! ( $this->webhooks )()->wants( $event, $site_id, $import ) ) {
				$this->capture( $event, $data, $options, self::UNWANTED );
			} elseif ( Outbox::is_final( $error ) ) {
				( $this->outbox )()->refuse( $event, $data, $options, $error->getMessage() );
				Log::write( 'journal', sprintf( 'The event %s was refused: %s', $event, $error->getMessage() ) );
				$this->capture( $event, null, $options, self::LOST, array( 'message' => $error->getMessage() ) );
			} else {
				( $this->outbox )()->add( $event, $data, $options, $error->getMessage() );
				Log::write( 'journal', sprintf( 'The event %s waits in the outbox: %s', $event, $error->getMessage() ) );
				$this->capture( $event, $data, $options, self::WAITS, array( 'message' => $error->getMessage() ) );
			}
			return null;
		}
	}

	/**
	 * Has an event recorded, if somebody listens to its site. Never throws.
	 *
	 * @param array|object|null    $data    null: no payload was made.
	 * @param array<string, mixed> $options Completed, or as they were given.
	 * @param array<string, mixed> $more    See Event_Capture::capture().
	 */
	private function capture( string $event, array|object|null $data, array $options, string $outcome, array $more = array() ): void {
		$event_capture = self::recorder() ? null : $this->event_capture();
		if ( ! $event_capture ) {
			return;
		}
		try {
			if ( $event_capture->is_about( $this->site_id( $options ) ) ) {
				$options = isset( $options['installation'] ) ? $options : $this->complete( $options );
				$event_capture->capture( $event, $data, $options, $outcome, $more, $this->place );
			}
		} catch ( \Throwable $error ) {
			Log::write( 'listen', "The event $event could not be recorded: {$error->getMessage()}" );
		}
	}

	/**
	 * What records, while somebody listens. In the first second of a request this is a look at a
	 * number: whether somebody listens came with what the request reads anyway.
	 */
	private function event_capture(): ?Event_Capture {
		$now = hrtime( true );
		if ( $now >= $this->known_until ) {
			$published           = $this->event_captures ? Custom_Events::capture_session( 0 !== $this->known_until ) : null;
			$this->known_until   = $now + self::KNOWN;
			$this->event_capture = $published ? $this->follow( $published ) : $this->end();
		}
		return $this->event_capture;
	}

	/**
	 * What records as a listening says, which may be over.
	 *
	 * @param array<string, mixed> $published As Custom_Events has it.
	 */
	private function follow( array $published ): ?Event_Capture {
		$now = $this->clock ? ( $this->clock )() : time();
		// Before a class is loaded for it.
		$capture_session = $now < ( $published['until'] ?? 0 ) ? Capture_Session::from_array( $published ) : null;
		if ( ! $capture_session?->is_on( $now ) ) {
			return $this->end();
		}
		return $this->event_capture ? $this->event_capture->follow( $capture_session ) : ( $this->event_captures )( $capture_session );
	}

	/**
	 * The listening is over: what was heard is kept.
	 */
	private function end(): ?Event_Capture {
		$this->event_capture?->keep();
		return null;
	}

	/**
	 * Whether a webhook may subscribe to an event, on whichever site.
	 */
	private function is_subscribed( string $event ): bool {
		return ! Environment::has_extension() || self::recorder() || webhooks_has_subscribers( $event );
	}

	/**
	 * Whether anybody subscribes to an event of a site.
	 */
	private function has_subscribers( string $event, ?int $site_id, bool $import ): bool {
		return Environment::has_extension() ? webhooks_has_subscribers( $event, $site_id ) : ( $this->webhooks )()->wants( $event, $site_id, $import );
	}

	/**
	 * Whether code keeps an event from being sent. That is remembered where somebody subscribes.
	 */
	private function is_suppressed( string $event, ?int $site_id, array $options, bool $is_wanted ): bool {
		$cause = $this->suspension->cause( $event );
		if ( ! $cause ) {
			/**
			 * Whether an event that somebody subscribes to is sent. Asked before its payload is
			 * made; and of every event while Network Admin › Listen records.
			 *
			 * @since 0.1.0
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
				'by'     => Component::of_hook( 'network_webhooks_should_dispatch' ),
			);
		}
		if ( $is_wanted ) {
			( self::recorder() ?? $this->suppressions() )->note( $event, $cause['reason'], $cause['by'] );
		}
		$this->capture( $event, null, $options, $cause['reason'], array( 'by' => $cause['by'] ) );
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
		 * Filters the payload of an event that somebody subscribes to; and of every event while
		 * Network Admin › Listen records.
		 *
		 * @since 0.1.0
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
