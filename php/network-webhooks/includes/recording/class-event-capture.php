<?php
/**
 * What a process hears.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Records the events of this process while somebody listens, and keeps them when it ends, or every
 * two seconds of one that lives on. Made only then, so that a request costs nothing otherwise.
 *
 * Nothing here may harm the request: what goes wrong is logged, told on the page, and forgotten.
 */
final class Event_Capture {

	/** Events of a process that are kept at once; further ones are counted. */
	public const MOST = 50;

	/** Nanoseconds after which a process that lives on keeps what it heard. */
	private const PAUSE = 2_000_000_000;

	/** Longest message that is kept of what went wrong. */
	private const MESSAGE = 1000;

	/**
	 * What was heard and is not kept yet.
	 *
	 * @var list<array<string, mixed>>
	 */
	private array $captured = array();

	/**
	 * How many more there were.
	 */
	private int $left_out = 0;

	/**
	 * When it last kept something, as hrtime().
	 */
	private int $kept_at;

	/**
	 * Whether it is keeping what it heard: what that raises is not recorded.
	 */
	private bool $is_keeping = false;

	public function __construct( private readonly Match_Explainer $explainer, private readonly Event_Registry $registry, private Capture_Session $capture_session ) {
		$this->kept_at = hrtime( true );
		// After whatever others dispatch at the end.
		add_action( 'shutdown', array( $this, 'keep' ), PHP_INT_MAX, 0 );
	}

	/**
	 * Goes by another listening: the last one may have been ended, and a new one begun.
	 */
	public function follow( Capture_Session $capture_session ): self {
		$this->capture_session = $capture_session;
		return $this;
	}

	/**
	 * Whether the listening is about a site.
	 *
	 * @param int|null $site_id null: the whole network.
	 */
	public function is_about( ?int $site_id ): bool {
		return ! $this->is_keeping && $this->capture_session->is_about( $site_id );
	}

	/**
	 * Which hook is being fired, and where.
	 *
	 * @return array{hook: string, file: string, line: int}
	 */
	public static function place(): array {
		// What our own code fires on the way here is of no interest.
		$hooks = array_filter( $GLOBALS['wp_current_filter'] ?? array(), 'is_string' );
		return array( 'hook' => (string) end( $hooks ) ) + Component::of_line();
	}

	/**
	 * Records an event. Never throws.
	 *
	 * @param array|object|null                                 $data    null: no payload was made.
	 * @param array<string, mixed>                              $options As webhooks_dispatch() takes them.
	 * @param string                                            $outcome One of the constants of
	 *                                                                   Dispatcher, or of Suppressions.
	 * @param array{event_id?: string, by?: list<string>, message?: string} $more    What is known of the outcome.
	 * @param array{hook: string, file: string, line: int}|null $place   Where it happened; null: here.
	 */
	public function capture( string $event, array|object|null $data, array $options, string $outcome, array $more = array(), ?array $place = null ): void {
		if ( $this->is_keeping ) {
			return;
		}
		try {
			if ( ! $this->capture_session->is_of_user( $options['actor'] ?? null, null === $data ? null : ( get_object_vars( (object) $data )['user_id'] ?? null ) ) ) {
				return;
			}
			if ( count( $this->captured ) >= self::MOST ) {
				++$this->left_out;
			} else {
				$this->captured[] = array(
					'event'   => $event,
					'data'    => null === $data ? null : new Payload_Copy( $data, Captured_Events::LARGEST ),
					'options' => $options,
					'outcome' => $outcome,
					'more'    => $more,
					'at'      => (int) ( ( $options['timestamp'] ?? microtime( true ) ) * 1000 ),
					'place'   => $place ?? self::place(),
				);
			}
			if ( hrtime( true ) - $this->kept_at > self::PAUSE ) {
				$this->keep();
			}
		} catch ( \Throwable $error ) {
			self::tell( $error );
		}
	}

	/**
	 * Keeps what was heard. Never throws, and leaves wpdb as it was: the code under way may not
	 * have read the result of its own query yet.
	 */
	public function keep(): void {
		$this->kept_at = hrtime( true );
		if ( ( ! $this->captured && ! $this->left_out ) || $this->is_keeping ) {
			return;
		}
		global $wpdb;
		$this->is_keeping = true;
		$depth            = Hook_Stack::depth();
		$quiet            = $wpdb->suppress_errors();
		$state            = array_intersect_key( get_object_vars( $wpdb ), array_flip( array( 'last_error', 'last_query', 'last_result', 'num_rows', 'rows_affected', 'insert_id' ) ) );
		$captured         = $this->captured;
		$left_out         = $this->left_out;
		$this->captured   = array();
		$this->left_out   = 0;
		try {
			Captured_Events::add( array_map( fn( array $one ) => $this->judged( $one ), $captured ), $left_out );
		} catch ( \Throwable $error ) {
			Hook_Stack::restore( $depth );
			self::tell( $error );
		} finally {
			foreach ( $state as $name => $value ) {
				$wpdb->$name = $value;
			}
			$wpdb->suppress_errors( $quiet );
			$this->is_keeping = false;
		}
	}

	/**
	 * What is kept of an event: with what became of it for each webhook, and without what opens a
	 * door.
	 *
	 * @param array<string, mixed> $one
	 * @return array<string, mixed> As Captured_Events::add() takes it.
	 */
	private function judged( array $one ): array {
		$options      = $one['options'];
		$explanations = $this->explainer->of( $one );
		$masked       = $this->opens_a_door( $one['event'] );
		$json         = $one['data']?->json;
		return array(
			'at'       => $one['at'],
			'event'    => $one['event'],
			'site_id'  => 'network' === ( $options['scope'] ?? null ) ? 0 : (int) ( $options['site']['id'] ?? 0 ),
			'event_id' => $one['more']['event_id'] ?? null,
			'data'     => $masked && null !== $json ? (string) wp_json_encode( Last_Payload::masked( json_decode( $json ) ), JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE ) : $json,
			'is_whole' => $one['data']->is_whole ?? true,
			'details'  => array(
				'outcome'  => $one['outcome'],
				'by'       => $one['more']['by'] ?? array(),
				'message'  => mb_substr( $one['more']['message'] ?? '', 0, self::MESSAGE ),
				'actor'    => $options['actor'] ?? null,
				'source'   => (string) ( $options['source'] ?? '' ),
				'import'   => true === ( $options['import'] ?? false ),
				'masked'   => $masked,
				'process'  => wp_doing_cron() ? 'cron' : PHP_SAPI,
				'verdicts' => $masked ? array_map( array( Match_Explainer::class, 'without_values' ), $explanations['for'] ) : $explanations['for'],
				'others'   => $explanations['others'],
			) + $one['place'],
		);
	}

	/**
	 * Whether a payload of an event must not lie in the database. Of what nobody can look up,
	 * nothing is known.
	 */
	private function opens_a_door( string $event ): bool {
		return ! did_action( 'init' ) || ( $this->registry->find( $event )->sensitive ?? false );
	}

	/**
	 * Has the page say that something could not be recorded.
	 */
	private static function tell( \Throwable $error ): void {
		try {
			$message = mb_substr( $error->getMessage(), 0, self::MESSAGE );
			Log::write( 'listen', "What was heard could not be kept: $message" );
			if ( Throttle::permits( 'listen-problem', 5 ) ) {
				Settings::set(
					Settings::LISTEN_PROBLEM,
					array(
						'at'      => time(),
						'message' => $message,
					)
				);
			}
		} catch ( \Throwable ) {
			return; // The log has it.
		}
	}
}
