<?php
/**
 * The plugin.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Sources\Core\Request_End_Events;
use Network_Webhooks\Sources\Core\Sessions;
use Network_Webhooks\Sources\Sources;

defined( 'ABSPATH' ) || exit;

/**
 * Makes the parts, each when it is first needed, and adds the hooks.
 */
final class Plugin {

	/**
	 * The one of this process.
	 */
	private static ?self $instance = null;

	/**
	 * The stored webhooks.
	 */
	private ?Webhooks $webhooks = null;

	/**
	 * From the database to the extension.
	 */
	private ?Publisher $publisher = null;

	/**
	 * What the journal could not take.
	 */
	private ?Outbox $outbox = null;

	/**
	 * Accepts events.
	 */
	private ?Dispatcher $dispatcher = null;

	/**
	 * Events that wait for what this request does next.
	 */
	private ?Request_End_Events $request_end_events = null;

	/**
	 * Which events there are.
	 */
	private ?Event_Registry $registry = null;

	/**
	 * Which events happened, and what plugins of other sites registered.
	 */
	private ?Seen_Events $seen_events = null;

	/**
	 * Where events come from.
	 */
	private ?Sources $sources = null;

	/**
	 * Whether this request sends, when it ends, what failed logins of earlier minutes come to.
	 */
	private bool $sends_sums = false;

	/**
	 * The plugin.
	 */
	public static function instance(): self {
		return self::$instance ??= new self();
	}

	/**
	 * The stored webhooks.
	 */
	public function webhooks(): Webhooks {
		return $this->webhooks ??= new Webhooks();
	}

	/**
	 * From the database to the extension.
	 */
	public function publisher(): Publisher {
		return $this->publisher ??= new Publisher( $this->webhooks(), $this->catalogue() );
	}

	/**
	 * Webhooks that are tested before they are saved.
	 */
	public function drafts(): Drafts {
		return new Drafts( $this->publisher() );
	}

	/**
	 * Test events.
	 */
	public function test_event(): Test_Event {
		return new Test_Event( $this->catalogue(), $this->dispatcher(), new Last_Payload( $this->webhooks() ), $this->drafts(), $this->webhooks() );
	}

	/**
	 * What the journal could not take.
	 */
	public function outbox(): Outbox {
		return $this->outbox ??= new Outbox();
	}

	/**
	 * Accepts events.
	 */
	public function dispatcher(): Dispatcher {
		if ( ! $this->dispatcher ) {
			require_once __DIR__ . '/dispatch.php';
			$this->dispatcher = new Dispatcher(
				fn() => $this->webhooks(),
				fn() => $this->outbox(),
				$this->seen_events(),
				event_captures: fn( Capture_Session $capture_session ) => new Event_Capture( new Match_Explainer( $this->webhooks() ), $this->catalogue(), $capture_session )
			);
		}
		return $this->dispatcher;
	}

	/**
	 * Which events there are.
	 */
	public function catalogue(): Event_Registry {
		return $this->registry ??= new Event_Registry( $this->sources(), $this->seen_events() );
	}

	/**
	 * Which events happened, and what plugins of other sites registered.
	 */
	private function seen_events(): Seen_Events {
		return $this->seen_events ??= new Seen_Events();
	}

	/**
	 * Events that wait for what this request does next.
	 */
	public function request_end_events(): Request_End_Events {
		return $this->request_end_events ??= new Request_End_Events( $this->dispatcher() );
	}

	/**
	 * Where events come from.
	 */
	public function sources(): Sources {
		return $this->sources ??= new Sources( $this );
	}

	/**
	 * What is done beside the requests.
	 */
	private function maintenance(): Maintenance {
		return new Maintenance( $this->publisher(), $this->outbox(), $this->webhooks(), new Announcements\Collector( new Announcements\Announcement_Store() ) );
	}

	/**
	 * Adds all hooks. Parts are made where one of theirs is fired: most requests fire none.
	 */
	public function add_hooks(): void {
		// Before anything reads the log.
		Network_Database::hand_over();
		// Before anybody switches to another site.
		$this->seen_events();
		add_action( 'network_webhooks_dispatch', 'network_webhooks_dispatch', 10, 3 );
		$this->sources()->add_hooks();
		// As Dispatcher::is_wanted(), without making one; and here, where the sources have just asked
		// the extension: at the end of a request it would have to be fetched from memory again. What
		// nobody wants any more wp-cron forgets.
		$this->sends_sums = wp_doing_cron() || ! Environment::has_extension() || webhooks_has_subscribers( 'login_failed' ) || ( Custom_Events::capture_session( false )['until'] ?? 0 ) > time();
		// Last, so that what others dispatch at the end counts too.
		add_action( 'shutdown', array( $this, 'end' ), 1000, 0 );
		add_action( 'wp_delete_site', static fn( \WP_Site $site ) => Seen_Events::forget_site( (int) $site->blog_id ), 900 );
		Capabilities::add_hooks();
		Maintenance::add_hooks( fn() => $this->maintenance() );
		Privacy::add_hooks( fn() => new Privacy( $this->webhooks(), $this->outbox() ) );
		add_action( 'rest_api_init', array( $this, 'add_routes' ) );
		add_action( 'update_option_blogname', array( Site_Directory::class, 'forget_names' ) );
		add_action( 'update_option_home', array( $this, 'republish_inbox' ) );
		if ( is_admin() ) {
			( new Site_Health( $this->publisher(), $this->outbox(), $this->webhooks() ) )->add_hooks();
			( new Admin\Admin( $this ) )->add_hooks();
		}
		if ( is_admin() || ( defined( 'WP_CLI' ) && WP_CLI ) ) {
			$this->add_deactivation();
		}
	}

	/**
	 * Has WordPress say when the plugin is deactivated: only where that can be.
	 */
	private function add_deactivation(): void {
		register_deactivation_hook( NETWORK_WEBHOOKS_FILE, array( $this, 'deactivate' ) );
	}

	/**
	 * A request ends.
	 */
	public function end(): void {
		if ( $this->sends_sums ) {
			$this->sources()->get( Sessions::class )->send_sums();
		}
		$this->remember_events();
		if ( ! $this->dispatcher?->is_busy() ) {
			return;
		}
		if ( Maintenance::is_due() ) {
			$this->maintenance()->run();
		} elseif ( ! Environment::has_extension() && ! Environment::is_recording() && Throttle::permits( 'review' ) ) {
			$this->maintenance()->review();
		}
	}

	/**
	 * Adds the routes of the REST API, whose classes no other request loads.
	 */
	public function add_routes(): void {
		// WordPress has a route for plugins.
		$this->add_deactivation();
		Rest\Abstract_Routes::add_all( $this );
	}

	/**
	 * Remembers what this request saw. Where that brings other paths to search by, they are
	 * published. What a test recorded did not happen.
	 */
	private function remember_events(): void {
		try {
			// Visitors don't wait for a look at what plugins register.
			$looks = is_admin() || wp_doing_cron() || ( defined( 'WP_CLI' ) && WP_CLI );
			if ( $this->seen_events()->is_due( $looks ) && $this->catalogue()->remember() ) {
				$this->publisher()->change( static fn() => null );
			}
		} catch ( \Throwable $error ) {
			Log::write( 'catalogue', "The events of this request could not be remembered: {$error->getMessage()}" );
		}
	}

	/**
	 * The main site has another address, and so has its test inbox: the worker has to know.
	 */
	public function republish_inbox(): void {
		if ( ! is_main_site() || ! is_main_network() || ! Inbox\Inbox::find() ) {
			return;
		}
		try {
			$this->publisher()->change( static fn() => null );
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The new address of the test inbox could not be published: {$error->getMessage()}" );
		}
	}

	/**
	 * The network deactivates the plugin: events that are under way are held until it is back. Where another network of
	 * the same WordPress has it active, they go on.
	 */
	public function deactivate(): void {
		if ( Networks::has_others() ) {
			Maintenance::unschedule( get_current_network_id() );
			return;
		}
		Maintenance::unschedule();
		try {
			$this->publisher()->hold();
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The webhooks could not be held: {$error->getMessage()}" );
		}
	}
}
