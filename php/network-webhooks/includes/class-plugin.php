<?php
/**
 * The plugin.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

use Network_Webhooks\Sources\Core\Pending;
use Network_Webhooks\Sources\Core\Underway;
use Network_Webhooks\Sources\Source;

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
	private ?Pending $pending = null;

	/**
	 * Which events there are.
	 */
	private ?Catalogue $catalogue = null;

	/**
	 * Which events happened, and what plugins of other sites registered.
	 */
	private ?Event_Memory $memory = null;

	/**
	 * Where events come from.
	 *
	 * @var list<Source>|null
	 */
	private ?array $sources = null;

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
		return $this->dispatcher ??= new Dispatcher(
			$this->webhooks(),
			$this->outbox(),
			$this->memory(),
			listeners: fn( Listening $listening ) => new Listener( new Verdicts( $this->webhooks() ), $this->catalogue(), $listening )
		);
	}

	/**
	 * Which events there are.
	 */
	public function catalogue(): Catalogue {
		return $this->catalogue ??= new Catalogue( $this->sources(), $this->memory() );
	}

	/**
	 * Which events happened, and what plugins of other sites registered.
	 */
	private function memory(): Event_Memory {
		return $this->memory ??= new Event_Memory();
	}

	/**
	 * Events that wait for what this request does next.
	 */
	public function pending(): Pending {
		return $this->pending ??= new Pending( $this->dispatcher() );
	}

	/**
	 * Where events come from.
	 *
	 * @return list<Source>
	 */
	private function sources(): array {
		if ( null !== $this->sources ) {
			return $this->sources;
		}
		$underway      = new Underway();
		$accounts      = new Sources\Core\Accounts( $this->pending(), $underway );
		$this->sources = array(
			$accounts,
			new Sources\Core\Members( $this->pending(), $underway ),
			new Sources\Core\Sessions(),
			new Sources\Core\Sites( $this->pending(), $underway ),
			new Sources\Core\Posts(),
			new Sources\Core\Comments(),
			new Sources\Core\System(),
			new Sources\Source_Ultimate_Multisite( $accounts, $underway ),
			new Sources\Source_Wp_Ultimo( $accounts, $underway ),
			new Sources\Source_Woocommerce( $underway ),
			new Sources\Source_Edd(),
			new Sources\Source_Actions(),
			new Sources\Source_Worker(),
		);
		return $this->sources;
	}

	/**
	 * Adds all hooks.
	 */
	public function add_hooks(): void {
		add_action( 'network_webhooks_dispatch', 'network_webhooks_dispatch', 10, 3 );
		foreach ( $this->sources() as $source ) {
			$source->add_hooks( $this->dispatcher() );
		}
		$this->pending()->add_hooks();
		$this->dispatcher()->suppressions()->add_hooks();
		// After what waits for the request's end, and before Upkeep, which publishes.
		add_action( 'shutdown', array( $this, 'remember_events' ), 900 );
		add_action( 'wp_delete_site', static fn( \WP_Site $site ) => Event_Memory::forget_site( (int) $site->blog_id ), 900 );
		( new Capabilities() )->add_hooks();
		( new Upkeep( $this->publisher(), $this->outbox(), $this->dispatcher(), $this->webhooks(), new Announcements\Collector( new Announcements\Kept() ) ) )->add_hooks();
		( new Privacy( $this->webhooks(), $this->outbox() ) )->add_hooks();
		add_action( 'rest_api_init', array( $this, 'add_routes' ) );
		add_action( 'update_option_blogname', array( Site_Directory::class, 'forget_names' ) );
		add_action( 'update_option_home', array( $this, 'republish_inbox' ) );
		if ( is_admin() ) {
			( new Site_Health( $this->publisher(), $this->outbox(), $this->webhooks() ) )->add_hooks();
			( new Admin\Admin( $this ) )->add_hooks();
			register_deactivation_hook( NETWORK_WEBHOOKS_FILE, array( $this, 'deactivate' ) );
		}
	}

	/**
	 * Adds the routes of the REST API, whose classes no other request loads.
	 */
	public function add_routes(): void {
		( new Rest\Routes( $this ) )->add_routes();
		( new Rest\Delivery_Routes( $this ) )->add_routes();
		( new Rest\Inbox_Routes() )->add_routes();
		( new Rest\Listen_Routes( $this ) )->add_routes();
	}

	/**
	 * Remembers what this request saw. Where that brings other paths to search by, they are
	 * published. What a test recorded did not happen.
	 */
	public function remember_events(): void {
		if ( Environment::is_recording() ) {
			return;
		}
		try {
			if ( $this->catalogue()->remember() ) {
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
	 * The network deactivates the plugin: events that are under way are held until it is back.
	 */
	public function deactivate(): void {
		Upkeep::unschedule();
		try {
			$this->publisher()->hold();
		} catch ( \Throwable $error ) {
			Log::write( 'publish', "The webhooks could not be held: {$error->getMessage()}" );
		}
	}
}
