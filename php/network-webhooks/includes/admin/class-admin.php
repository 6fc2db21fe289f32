<?php
/**
 * Network Admin › Webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Ailing;
use Network_Webhooks\Announcements\Kept;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Diagnosis;
use Network_Webhooks\Last_Payload;
use Network_Webhooks\Plugin;
use Network_Webhooks\Report;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Adds the menu, and leads each request to its page.
 */
final class Admin {

	public const PAGE = 'network-webhooks';
	public const NEW  = 'network-webhooks-new';

	/** Page of the deliveries. */
	public const DELIVERIES = 'network-webhooks-deliveries';

	/** Page of what happens, whether or not a webhook is for it. */
	public const LISTEN = 'network-webhooks-listen';

	/** Page of all events. */
	public const EVENTS = 'network-webhooks-events';

	/** Page of the test inbox. */
	public const INBOX = 'network-webhooks-inbox';

	/** Page of the status. */
	public const STATUS = 'network-webhooks-status';

	/**
	 * Hook names of our screens.
	 *
	 * @var list<string>
	 */
	private array $screens = array();

	/**
	 * The list, once its page is being made.
	 */
	private ?List_Page $list = null;

	/**
	 * Webhooks that shall be deleted, where that has to be asked.
	 *
	 * @var list<Webhook>
	 */
	private array $doomed = array();

	/**
	 * Takes the plugin, whose parts the pages need.
	 */
	public function __construct( private readonly Plugin $plugin ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		( new Viewer_Field() )->add_hooks();
		if ( is_network_admin() ) {
			add_filter( 'set_screen_option_' . List_Table::PER_PAGE, array( List_Page::class, 'rows' ), 10, 3 );
			add_action( 'network_admin_menu', array( $this, 'add_menu' ) );
			add_action( 'admin_enqueue_scripts', array( $this, 'add_assets' ) );
			add_filter( 'network_admin_plugin_action_links_' . plugin_basename( NETWORK_WEBHOOKS_FILE ), array( $this, 'add_link' ) );
			( new Notices( $this->plugin->publisher(), $this->plugin->webhooks() ) )->add_hooks();
			( new Actions( $this->plugin->webhooks(), $this->plugin->publisher(), $this->plugin->test_event() ) )->add_hooks();
			( new Save( $this->plugin->webhooks(), $this->plugin->publisher(), $this->plugin->catalogue(), $this->plugin->drafts(), $this->plugin->test_event() ) )->add_hooks();
			( new Custom_Events_Page( $this->plugin ) )->add_hooks();
			( new Announcement_Notices( new Kept(), new Ailing( $this->plugin->webhooks() ) ) )->add_hooks();
			( new Deliveries\Changes( $this->plugin->webhooks() ) )->add_hooks();
			( new Inbox\Changes( $this->plugin->publisher() ) )->add_hooks();
			( new Listen\Changes( $this->plugin->publisher() ) )->add_hooks();
			( new Refused_Actions( $this->plugin->outbox() ) )->add_hooks();
			( new Status_Actions( new Report( $this->diagnosis(), $this->plugin->webhooks() ) ) )->add_hooks();
		}
	}

	/**
	 * Adds the menu.
	 */
	public function add_menu(): void {
		$title         = __( 'Webhooks', 'network-webhooks' );
		$this->screens = array(
			add_menu_page( $title, $title . $this->bubble(), Capabilities::VIEW, self::PAGE, array( $this, 'print_page' ), 'dashicons-share', 22 ),
			add_submenu_page( self::PAGE, $title, __( 'All Webhooks', 'network-webhooks' ), Capabilities::VIEW, self::PAGE, array( $this, 'print_page' ) ),
			add_submenu_page( self::PAGE, __( 'Add New Webhook', 'network-webhooks' ), __( 'Add New Webhook', 'network-webhooks' ), Capabilities::MANAGE, self::NEW, array( $this, 'print_new_page' ) ),
			add_submenu_page( self::PAGE, __( 'Deliveries', 'network-webhooks' ), __( 'Deliveries', 'network-webhooks' ), Capabilities::VIEW, self::DELIVERIES, array( $this, 'print_deliveries_page' ) ),
			add_submenu_page( self::PAGE, __( 'Listen', 'network-webhooks' ), __( 'Listen', 'network-webhooks' ), Capabilities::VIEW, self::LISTEN, array( $this, 'print_listen_page' ) ),
			add_submenu_page( self::PAGE, __( 'Events', 'network-webhooks' ), __( 'Events', 'network-webhooks' ), Capabilities::MANAGE, self::EVENTS, array( $this, 'print_events_page' ) ),
			add_submenu_page( self::PAGE, __( 'Test Inbox', 'network-webhooks' ), __( 'Test Inbox', 'network-webhooks' ), Capabilities::MANAGE, self::INBOX, array( $this, 'print_inbox_page' ) ),
			add_submenu_page( self::PAGE, __( 'Webhooks Status', 'network-webhooks' ), __( 'Status', 'network-webhooks' ), Capabilities::MANAGE, self::STATUS, array( $this, 'print_status_page' ) ),
		);
		add_action( 'load-' . $this->screens[0], array( $this, 'load_page' ) );
		add_action( 'load-' . get_plugin_page_hookname( self::INBOX, self::PAGE ), static fn() => Inbox\Help::add( get_current_screen() ) );
		add_action( 'load-' . get_plugin_page_hookname( self::LISTEN, self::PAGE ), array( Listen\Page::class, 'load' ) );
		$helps = array(
			self::NEW        => 'of_form',
			self::DELIVERIES => 'of_deliveries',
			self::EVENTS     => 'of_events',
			self::STATUS     => 'of_status',
		);
		foreach ( $helps as $page => $help ) {
			add_action( 'load-' . get_plugin_page_hookname( $page, self::PAGE ), static fn() => Help::$help( get_current_screen() ) );
		}
	}

	/**
	 * Adds the assets to our pages.
	 */
	public function add_assets( mixed $screen ): void {
		if ( ! in_array( $screen, $this->screens, true ) ) {
			return;
		}
		wp_enqueue_style( 'network-webhooks', plugins_url( 'assets/admin.css', NETWORK_WEBHOOKS_FILE ), array(), NETWORK_WEBHOOKS_VERSION );
		wp_enqueue_style( 'network-webhooks-list', plugins_url( 'assets/list.css', NETWORK_WEBHOOKS_FILE ), array(), NETWORK_WEBHOOKS_VERSION );
		wp_enqueue_style( 'network-webhooks-form', plugins_url( 'assets/form.css', NETWORK_WEBHOOKS_FILE ), array(), NETWORK_WEBHOOKS_VERSION );
		$this->add_script( 'network-webhooks', 'admin', array( 'wp-a11y', 'wp-api-fetch', 'wp-i18n' ) );
		if ( str_ends_with( $screen, self::DELIVERIES ) ) {
			$this->add_script( 'network-webhooks-deliveries', 'deliveries', array( 'wp-api-fetch' ) );
		} elseif ( str_ends_with( $screen, self::INBOX ) ) {
			wp_enqueue_style( 'network-webhooks-inbox', plugins_url( 'assets/inbox.css', NETWORK_WEBHOOKS_FILE ), array(), NETWORK_WEBHOOKS_VERSION );
			$this->add_script( 'network-webhooks-inbox', 'inbox', array( 'network-webhooks' ) );
		} elseif ( str_ends_with( $screen, self::LISTEN ) ) {
			$this->add_script( 'network-webhooks-listen', 'listen', array( 'wp-a11y', 'wp-api-fetch' ) );
		} elseif ( $this->list ) {
			$this->add_script( 'network-webhooks-list', 'list', array( 'clipboard', 'wp-a11y', 'wp-i18n' ) );
		} else {
			$this->add_script( 'network-webhooks-form', 'form', array( 'network-webhooks' ) );
			$this->add_script( 'network-webhooks-sites', 'sites', array( 'network-webhooks-form' ) );
		}
	}

	/**
	 * Adds a script with its texts.
	 *
	 * @param list<string> $needs Handles of those that it needs.
	 */
	private function add_script( string $handle, string $file, array $needs ): void {
		wp_enqueue_script( $handle, plugins_url( "assets/$file.js", NETWORK_WEBHOOKS_FILE ), $needs, NETWORK_WEBHOOKS_VERSION, true );
		wp_set_script_translations( $handle, 'network-webhooks', dirname( NETWORK_WEBHOOKS_FILE ) . '/languages' );
	}

	/**
	 * Adds a link to the list of plugins.
	 *
	 * @param mixed $links Array of them, or what another plugin made of it.
	 * @return array<string, string>
	 */
	public function add_link( mixed $links ): array {
		$links = is_array( $links ) ? $links : array();
		if ( current_user_can( Capabilities::VIEW ) ) {
			$link  = sprintf( '<a href="%s">%s</a>', esc_url( self::url() ), esc_html__( 'Webhooks', 'network-webhooks' ) );
			$links = array( 'webhooks' => $link ) + $links;
		}
		return $links;
	}

	/**
	 * Before the page is printed: does what the list's form posts, and adds what the screen has.
	 */
	public function load_page(): void {
		if ( Bulk::is_posted() ) {
			$this->doomed = ( new Bulk( $this->plugin->webhooks(), $this->plugin->publisher(), $this->plugin->test_event() ) )->handle();
		} elseif ( '' !== self::asked( 'action' ) ) {
			if ( ! current_user_can( Capabilities::MANAGE ) ) {
				wp_die( esc_html__( 'Sorry, you are not allowed to change the webhooks of this network.', 'network-webhooks' ), '', 403 );
			}
			'edit' === self::asked( 'action' ) ? Help::of_form( get_current_screen() ) : Help::of_list( get_current_screen() );
		} else {
			$this->list = new List_Page( $this->plugin->webhooks(), $this->plugin->catalogue() );
			$this->list->load();
		}
	}

	/**
	 * Prints the page that the request asks for.
	 */
	public function print_page(): void {
		if ( $this->list ) {
			$this->list->print( false );
			return;
		}
		$webhooks = $this->plugin->webhooks();
		$test     = $this->plugin->test_event();
		$action   = self::asked( 'action' );
		$webhook  = $webhooks->find( self::asked( 'webhook' ) );
		if ( $this->doomed ) {
			( new Delete_Page() )->print( $this->doomed );
		} elseif ( Deleted_Page::ACTION === $action ) {
			( new Deleted_Page( $webhooks, $this->plugin->catalogue() ) )->print();
		} elseif ( 'tests' === $action ) {
			( new Tests_Page( $webhooks, $test ) )->print( self::asked( 'tests' ) );
		} elseif ( $webhook && 'edit' === $action ) {
			( new Edit_Page( $this->plugin->catalogue(), $test ) )->print( $webhook );
		} elseif ( $webhook && 'delete' === $action ) {
			( new Delete_Page() )->print( array( $webhook ) );
		} elseif ( 'test' === $action && '' !== self::asked( 'event' ) ) {
			( new Test_Page( $test ) )->print( $webhook, self::asked( 'event' ), self::asked( 'back' ) );
		} else {
			( new List_Page( $webhooks, $this->plugin->catalogue() ) )->print( ! $webhook );
		}
	}

	/**
	 * Prints the page for a new webhook.
	 */
	public function print_new_page(): void {
		( new Edit_Page( $this->plugin->catalogue(), $this->plugin->test_event() ) )->print( null );
	}

	/**
	 * Prints the page of all events.
	 */
	public function print_events_page(): void {
		( new Events_Page( $this->plugin->catalogue(), new Last_Payload( $this->plugin->webhooks() ) ) )->print();
	}

	/**
	 * Prints the deliveries, one of them, or what is done with many.
	 */
	public function print_deliveries_page(): void {
		$webhooks  = $this->plugin->webhooks();
		$catalogue = $this->plugin->catalogue();
		$webhook   = $webhooks->find( self::asked( 'webhook' ) );
		$manages   = current_user_can( Capabilities::MANAGE );
		if ( '' !== self::asked( 'delivery' ) ) {
			( new Deliveries\Detail_Page( $webhooks, $catalogue ) )->print( self::asked( 'delivery' ) );
		} elseif ( $manages && 'bulk' === self::asked( 'action' ) ) {
			( new Deliveries\Bulk_Page() )->print();
		} elseif ( $manages && $webhook && 'mend' === self::asked( 'action' ) ) {
			( new Deliveries\Mend_Page() )->print( $webhook );
		} else {
			( new Deliveries\List_Page( $webhooks, $catalogue ) )->print();
		}
	}

	/**
	 * Prints the test inbox.
	 */
	public function print_inbox_page(): void {
		( new Inbox\Page( $this->plugin->webhooks() ) )->print( absint( self::asked( 'before' ) ) );
	}

	/**
	 * Prints what was recorded while somebody listened, or one event of it.
	 */
	public function print_listen_page(): void {
		$id = absint( $_GET['heard'] ?? 0 );
		if ( $id ) {
			( new Listen\Detail_Page( $this->plugin->webhooks(), $this->plugin->catalogue() ) )->print( $id );
		} else {
			( new Listen\Page( $this->plugin ) )->print();
		}
	}

	/**
	 * Prints the status.
	 */
	public function print_status_page(): void {
		( new Status_Page( $this->diagnosis() ) )->print();
	}

	/**
	 * Figures of every part.
	 */
	private function diagnosis(): Diagnosis {
		return new Diagnosis( $this->plugin->webhooks(), $this->plugin->outbox() );
	}

	/**
	 * How many webhooks need somebody, beside the menu's title.
	 */
	private function bubble(): string {
		$count = ( new Ailing( $this->plugin->webhooks() ) )->count();
		if ( ! $count ) {
			return '';
		}
		/* translators: %s: number of webhooks */
		$text = sprintf( _n( '%s webhook is failing or disabled', '%s webhooks are failing or disabled', $count, 'network-webhooks' ), number_format_i18n( $count ) );
		return sprintf(
			' <span class="awaiting-mod count-%1$d"><span aria-hidden="true">%2$s</span><span class="screen-reader-text">%3$s</span></span>',
			$count,
			esc_html( number_format_i18n( $count ) ),
			esc_html( $text )
		);
	}

	/**
	 * Address of a page.
	 *
	 * @param array<string, string> $query
	 */
	public static function url( array $query = array(), string $page = self::PAGE ): string {
		return add_query_arg( array_map( 'rawurlencode', array( 'page' => $page ) + $query ), network_admin_url( 'admin.php' ) );
	}

	/**
	 * A part of the address that only chooses what is shown.
	 */
	private static function asked( string $name ): string {
		return is_string( $_GET[ $name ] ?? null ) ? sanitize_text_field( wp_unslash( $_GET[ $name ] ) ) : '';
	}
}
