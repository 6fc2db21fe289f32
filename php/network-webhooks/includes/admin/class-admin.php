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
use Network_Webhooks\Plugin;
use Network_Webhooks\Report;
use Network_Webhooks\Status;
use Network_Webhooks\Test_Event;

defined( 'ABSPATH' ) || exit;

/**
 * Adds the menu, and leads each request to its page.
 */
final class Admin {

	public const PAGE = 'network-webhooks';
	public const NEW  = 'network-webhooks-new';

	/** Page of the status. */
	public const STATUS = 'network-webhooks-status';

	/**
	 * Hook names of our screens.
	 *
	 * @var list<string>
	 */
	private array $screens = array();

	/**
	 * Takes the plugin, whose parts the pages need.
	 */
	public function __construct( private readonly Plugin $plugin ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		$test = new Test_Event( $this->plugin->catalogue(), $this->plugin->dispatcher() );
		if ( wp_doing_ajax() ) {
			( new Test_Requests( $this->plugin->webhooks(), $test ) )->add_hooks();
		}
		if ( is_network_admin() ) {
			add_action( 'network_admin_menu', array( $this, 'add_menu' ) );
			add_action( 'admin_enqueue_scripts', array( $this, 'add_assets' ) );
			add_filter( 'network_admin_plugin_action_links_' . plugin_basename( NETWORK_WEBHOOKS_FILE ), array( $this, 'add_link' ) );
			( new Notices( $this->plugin->publisher() ) )->add_hooks();
			( new Actions( $this->plugin->webhooks(), $this->plugin->publisher(), $test ) )->add_hooks();
			( new Announcement_Notices( new Kept(), new Ailing( $this->plugin->webhooks() ) ) )->add_hooks();
			( new Status_Actions( new Report( $this->status(), $this->plugin->webhooks() ) ) )->add_hooks();
		}
	}

	/**
	 * Adds the menu.
	 */
	public function add_menu(): void {
		$title         = __( 'Webhooks', 'network-webhooks' );
		$this->screens = array(
			add_menu_page( $title, $title . $this->bubble(), Capabilities::MANAGE, self::PAGE, array( $this, 'print_page' ), 'dashicons-share', 22 ),
			add_submenu_page( self::PAGE, $title, __( 'All Webhooks', 'network-webhooks' ), Capabilities::MANAGE, self::PAGE, array( $this, 'print_page' ) ),
			add_submenu_page( self::PAGE, __( 'Add New Webhook', 'network-webhooks' ), __( 'Add New Webhook', 'network-webhooks' ), Capabilities::MANAGE, self::NEW, array( $this, 'print_new_page' ) ),
			add_submenu_page( self::PAGE, __( 'Webhooks Status', 'network-webhooks' ), __( 'Status', 'network-webhooks' ), Capabilities::MANAGE, self::STATUS, array( $this, 'print_status_page' ) ),
		);
	}

	/**
	 * Adds the assets to our pages.
	 */
	public function add_assets( string $screen ): void {
		if ( ! in_array( $screen, $this->screens, true ) ) {
			return;
		}
		wp_enqueue_style( 'network-webhooks', plugins_url( 'assets/admin.css', NETWORK_WEBHOOKS_FILE ), array(), NETWORK_WEBHOOKS_VERSION );
		wp_enqueue_script( 'network-webhooks', plugins_url( 'assets/admin.js', NETWORK_WEBHOOKS_FILE ), array( 'wp-i18n' ), NETWORK_WEBHOOKS_VERSION, true );
		wp_set_script_translations( 'network-webhooks', 'network-webhooks', dirname( NETWORK_WEBHOOKS_FILE ) . '/languages' );
	}

	/**
	 * Adds a link to the list of plugins.
	 *
	 * @param array<string, string> $links
	 * @return array<string, string>
	 */
	public function add_link( array $links ): array {
		if ( current_user_can( Capabilities::MANAGE ) ) {
			$link  = sprintf( '<a href="%s">%s</a>', esc_url( self::url() ), esc_html__( 'Webhooks', 'network-webhooks' ) );
			$links = array( 'webhooks' => $link ) + $links;
		}
		return $links;
	}

	/**
	 * Prints the page that the request asks for.
	 */
	public function print_page(): void {
		// Only chooses what is shown.
		$action  = sanitize_key( $_GET['action'] ?? '' );
		$id      = isset( $_GET['webhook'] ) ? sanitize_text_field( wp_unslash( $_GET['webhook'] ) ) : '';
		$event   = isset( $_GET['event'] ) ? sanitize_text_field( wp_unslash( $_GET['event'] ) ) : '';
		$webhook = '' === $id ? null : $this->plugin->webhooks()->find( $id );
		if ( $webhook ) {
			switch ( $action ) {
				case 'edit':
					( new Edit_Page( $this->plugin->catalogue() ) )->print( $webhook );
					return;
				case 'delete':
					( new Delete_Page() )->print( $webhook );
					return;
				case 'test':
					( new Test_Page( new Test_Event( $this->plugin->catalogue(), $this->plugin->dispatcher() ) ) )->print( $webhook, $event );
					return;
			}
		}
		( new List_Page( $this->plugin->webhooks(), $this->plugin->catalogue() ) )->print( '' !== $id && ! $webhook );
	}

	/**
	 * Prints the page for a new webhook.
	 */
	public function print_new_page(): void {
		( new Edit_Page( $this->plugin->catalogue() ) )->print( null );
	}

	/**
	 * Prints the status.
	 */
	public function print_status_page(): void {
		( new Status_Page( $this->status() ) )->print();
	}

	/**
	 * Figures of every part.
	 */
	private function status(): Status {
		return new Status( $this->plugin->webhooks(), $this->plugin->outbox() );
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
		$text = sprintf( _n( '%s webhook is failing or switched off', '%s webhooks are failing or switched off', $count, 'network-webhooks' ), number_format_i18n( $count ) );
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
}
