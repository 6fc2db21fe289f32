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
final class Upkeep {

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
	 * @param \Closure(): self $upkeep Makes it: most requests need none.
	 */
	public static function add_hooks( \Closure $upkeep ): void {
		add_filter( 'cron_schedules', array( self::class, 'add_schedule' ) );
		add_action( self::HOOK, static fn() => $upkeep()->wake() );
		if ( is_network_admin() && ! wp_doing_ajax() ) {
			add_action( 'admin_init', static fn() => $upkeep()->run_and_schedule() );
		}
		if ( wp_doing_cron() || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
			add_action( 'wp_loaded', static fn() => $upkeep()->run_and_schedule() );
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
	 * Every five minutes, on the main site: retries are due at night too.
	 */
	public function wake(): void {
		if ( Environment::is_recording() ) {
			return;
		}
		$this->run( self::CRON_SECONDS );
		$this->webhooks->forget_deleted();
		( new Inbox\Requests() )->prune();
		Heard::remove_old( time() );
		try {
			Listening::forget_old( $this->publisher, time() );
			( new Drafts( $this->publisher ) )->remove_old();
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The last listening, or webhooks that were only tested, could not be removed: {$error->getMessage()}" );
		}
		// A copied spool has its origin's deliveries: nobody starts a worker on it before one has
		// said what this network is.
		if ( Environment::has_extension() && ! Installation::is_elsewhere() ) {
			webhooks_wake();
		}
		try {
			( new Announcements\Conditions( $this->collector ) )->review();
			( new Announcements\Mail( new Announcements\Kept(), $this->webhooks ) )->send();
		} catch ( \Throwable $error ) {
			Log::write( 'announcement', "Nobody could be told what is wrong: {$error->getMessage()}" );
		}
	}

	/**
	 * Brings everything up to date. Never throws.
	 */
	public function run( float $seconds = 1.0 ): void {
		if ( Environment::is_recording() ) {
			return;
		}
		try {
			Schema::migrate();
			$this->publisher->publish();
			$this->outbox->drain( $seconds );
			$this->collector->collect();
			Server::note();
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "This server's webhooks could not be brought up to date: {$error->getMessage()}" );
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
	 * Ends that.
	 */
	public static function unschedule(): void {
		switch_to_blog( get_main_site_id() );
		wp_clear_scheduled_hook( self::HOOK );
		restore_current_blog();
	}
}
