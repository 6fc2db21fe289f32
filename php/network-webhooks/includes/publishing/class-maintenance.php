<?php
/**
 * What is done beside the requests.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Brings tables, publication and outbox up to date: in Network Admin, wp-cron and WP-CLI, and at
 * most once a minute per server at the end of a request that dispatched. A request that dispatches
 * nothing makes no query for this plugin.
 */
final class Maintenance {

	private const HOOK     = 'network_webhooks_wake';
	private const SCHEDULE = 'network_webhooks_five_minutes';

	/** Seconds that wp-cron may spend on the outbox. */
	private const CRON_SECONDS = 20.0;

	public function __construct(
		private readonly Publisher $publisher,
		private readonly Outbox $outbox,
		private readonly Webhooks $webhooks,
		private readonly Announcements\Collector $collector,
	) {}

	/**
	 * Adds the hooks.
	 *
	 * @param \Closure(): self $maintenance Makes it: most requests need none.
	 */
	public static function add_hooks( \Closure $maintenance ): void {
		add_filter( 'cron_schedules', array( self::class, 'add_schedule' ) );
		add_action( self::HOOK, static fn() => $maintenance()->wake() );
		if ( is_network_admin() && ! wp_doing_ajax() ) {
			add_action( 'admin_init', static fn() => $maintenance()->run_and_schedule() );
		}
		if ( wp_doing_cron() || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
			add_action( 'wp_loaded', static fn() => $maintenance()->run_and_schedule() );
		}
	}

	/**
	 * In Network Admin, wp-cron and WP-CLI.
	 */
	private function run_and_schedule(): void {
		$this->run();
		$this->schedule();
	}

	/**
	 * Whether a request that dispatched is to run this at its end. One that can't do anything must
	 * not count as the minute's one.
	 */
	public static function is_due(): bool {
		return Environment::has_extension() && Throttle::permits( 'upkeep' );
	}

	/**
	 * Every five minutes, on the main site: retries are due at night too. Each step for itself:
	 * what fails keeps nothing else from being done.
	 */
	public function wake(): void {
		if ( Environment::is_recording() ) {
			return;
		}
		self::attempt( 'cron', 'That WP-Cron runs could not be noted', array( Cron::class, 'ran' ) );
		$this->catch_up( self::CRON_SECONDS );
		self::attempt( 'prune', 'Deleted webhooks could not be removed for good', fn() => $this->webhooks->forget_deleted() );
		self::attempt( 'prune', 'Old requests to the test inbox could not be removed', static fn() => ( new Inbox\Requests() )->prune() );
		self::attempt( 'prune', 'Old recorded events could not be removed', static fn() => Captured_Events::remove_old( time() ) );
		self::attempt( 'publish', 'The last listening could not be ended', fn() => Capture_Session::forget_old( $this->publisher, time() ) );
		self::attempt( 'publish', 'Webhooks that were only tested could not be removed', fn() => ( new Drafts( $this->publisher ) )->remove_old() );
		self::attempt( 'worker', 'The worker could not be started', array( self::class, 'wake_worker' ) );
		$this->review();
		$this->mail();
		// Of mails that could not be sent.
		$this->review_network();
	}

	/**
	 * Brings everything up to date, and announces what is wrong: whoever is there first does so, be it
	 * a visitor. Never throws, and each step is for itself.
	 */
	public function run(): void {
		if ( Environment::is_recording() ) {
			return;
		}
		$this->catch_up( 1.0 );
		$this->review();
		$this->mail_without_cron();
	}

	/**
	 * Announces what is wrong with this server, in a process that can do nothing else about it.
	 */
	public function review(): void {
		if ( in_array( PHP_SAPI, array( 'cli', 'phpdbg' ), true ) && ! wp_doing_cron() && ! doing_action( self::HOOK ) ) {
			// On the command line work all kinds of users, some of whom may not use the spool.
			$this->review_network();
			return;
		}
		self::attempt( 'announcement', 'What is wrong with this server could not be announced', fn() => ( new Announcements\Health_Checks( $this->collector ) )->review() );
	}

	/**
	 * Announces what is wrong with the whole network.
	 */
	private function review_network(): void {
		self::attempt( 'announcement', 'What is wrong with the network could not be announced', fn() => ( new Announcements\Health_Checks( $this->collector ) )->review_network() );
	}

	/**
	 * Sends the mails that are due.
	 */
	private function mail(): void {
		self::attempt( 'mail', 'Nobody could be told by mail what is wrong', fn() => ( new Announcements\Mail( new Announcements\Announcement_Store(), $this->webhooks ) )->send() );
	}

	/**
	 * The same where WP-Cron does not run, which else does it: at the end of a request, for which nobody
	 * waits any more.
	 */
	private function mail_without_cron(): void {
		if ( ! Cron::warnings() ) {
			return;
		}
		if ( 'cli' === PHP_SAPI ) {
			$this->mail();
		} elseif ( Host::can_finish_request() || is_network_admin() ) {
			add_action(
				'shutdown',
				function (): void {
					Host::finish_request();
					$this->mail();
				},
				2000
			);
		}
	}

	/**
	 * Brings everything up to date, with so many seconds for the outbox.
	 */
	private function catch_up( float $seconds ): void {
		self::attempt( 'schema', 'The tables could not be brought up to date', array( Schema::class, 'migrate' ) );
		self::attempt( 'publish', 'This server\'s webhooks could not be published', fn() => $this->publisher->publish() );
		self::attempt( 'outbox', 'Events that wait in the database could not be handed over', fn() => $this->outbox->drain( $seconds ) );
		self::attempt( 'announcement', 'What the worker announced could not be collected', fn() => $this->collector->collect() );
		self::attempt( 'server', 'This server could not be noted', array( Server::class, 'note' ) );
		self::attempt( 'cron', 'Whether WP-Cron runs could not be told', array( Cron::class, 'look' ) );
	}

	/**
	 * Does one step. What goes wrong is for the error log; what people have to know of it, the step
	 * itself leaves where Announcements\Health_Checks finds it.
	 */
	private static function attempt( string $kind, string $failed, callable $step ): void {
		try {
			$step();
		} catch ( \Throwable $error ) {
			Log::write( $kind, "$failed: {$error->getMessage()}" );
		}
	}

	/**
	 * Makes sure that a worker runs. A copied spool has its origin's deliveries: nobody starts one
	 * on it before one has said what this network is.
	 */
	private static function wake_worker(): void {
		if ( Environment::has_extension() && ! Installation::is_elsewhere() ) {
			webhooks_wake();
		}
	}

	/**
	 * Adds the schedule. Untranslated: wp-cron asks for it before the texts are loaded.
	 *
	 * @param mixed $schedules Array of them, or what another plugin made of it.
	 * @return array<string, array>
	 */
	public static function add_schedule( mixed $schedules ): array {
		$schedules                   = is_array( $schedules ) ? $schedules : array();
		$schedules[ self::SCHEDULE ] = array(
			'interval' => 5 * MINUTE_IN_SECONDS,
			'display'  => 'Network Webhooks',
		);
		return $schedules;
	}

	/**
	 * Has wp-cron call wake().
	 */
	private function schedule(): void {
		if ( is_main_site() && ! wp_next_scheduled( self::HOOK ) ) {
			wp_schedule_event( time(), self::SCHEDULE, self::HOOK );
		}
	}

	/**
	 * Ends that, on each network of the database, or only on some: each of them scheduled it on its main site.
	 */
	public static function unschedule( int ...$networks ): void {
		foreach ( $networks ? $networks : get_networks( array( 'fields' => 'ids', 'number' => 0 ) ) as $network ) {
			switch_to_blog( get_main_site_id( (int) $network ) );
			try {
				wp_clear_scheduled_hook( self::HOOK );
			} finally {
				restore_current_blog();
			}
		}
	}
}
