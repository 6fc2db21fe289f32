<?php
/**
 * Network Admin › Webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Plugin;
use Network_Webhooks\Unhealthy_Webhooks;

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

	/** Page of the status, the first of the settings. */
	public const STATUS = 'network-webhooks-status';

	public function __construct( private readonly Plugin $plugin ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		( new Viewer_Field() )->add_hooks();
		if ( is_network_admin() ) {
			$pages = Menu_Page::all( $this->plugin );
			foreach ( $pages as $page ) {
				$page->add_hooks();
			}
			add_action( 'network_admin_menu', fn() => $this->add_menu( $pages ) );
			add_action( 'admin_head', fn() => self::hide_tabs( $pages ) );
			add_filter( 'submenu_file', fn( $file = null ) => self::entry_of( $pages, $file ) );
			add_filter( 'network_admin_plugin_action_links_' . plugin_basename( NETWORK_WEBHOOKS_FILE ), array( $this, 'add_link' ) );
			( new Notices( $this->plugin->publisher(), $this->plugin->webhooks() ) )->add_hooks();
			( new Announcement_Notices( new Announcement_Store(), new Unhealthy_Webhooks( $this->plugin->webhooks() ) ) )->add_hooks();
		}
	}

	/**
	 * Adds the menu.
	 *
	 * @param list<Menu_Page> $pages
	 */
	private function add_menu( array $pages ): void {
		$title = __( 'Webhooks', 'network-webhooks' );
		// WordPress names screens after the entry as it is shown: what people chose in Screen Options would be
		// lost with every webhook that begins to fail, and in another language.
		$name = static fn (): string => 'webhooks';
		add_filter( 'sanitize_title', $name, PHP_INT_MAX );
		add_menu_page( $title, $title . $this->bubble(), Capabilities::VIEW, self::PAGE, '', 'dashicons-share', 22 );
		remove_filter( 'sanitize_title', $name, PHP_INT_MAX );
		foreach ( $pages as $page ) {
			$page->register();
		}
	}

	/**
	 * Takes the pages out of the menu that are reached by a tab or a button. WordPress has checked by
	 * now who may open the one that is asked for.
	 *
	 * @param list<Menu_Page> $pages
	 */
	private static function hide_tabs( array $pages ): void {
		foreach ( $pages as $page ) {
			if ( '' !== $page::BELOW ) {
				remove_submenu_page( self::PAGE, $page::SLUG );
			}
		}
	}

	/**
	 * Which menu entry is marked as the open one.
	 *
	 * @param list<Menu_Page> $pages
	 * @param mixed           $file  What WordPress or another plugin chose.
	 */
	private static function entry_of( array $pages, mixed $file ): mixed {
		foreach ( $pages as $page ) {
			if ( '' !== $page::BELOW && ( $GLOBALS['plugin_page'] ?? null ) === $page::SLUG ) {
				return $page::BELOW;
			}
		}
		return $file;
	}

	/**
	 * Adds a link to the list of plugins.
	 *
	 * @param mixed $links Array of them, or what another plugin made of it.
	 * @return array<string, string>
	 */
	public function add_link( mixed $links ): array {
		$links = is_array( $links ) ? $links : array();
		// Of another network whoever may do this looks after its plugins, and perhaps after the main one's webhooks.
		if ( current_user_can( is_main_network() ? Capabilities::VIEW : 'manage_network_plugins' ) ) {
			$link  = sprintf( '<a href="%s">%s</a>', esc_url( self::url() ), esc_html__( 'Webhooks', 'network-webhooks' ) );
			$links = array( 'webhooks' => $link ) + $links;
		}
		return $links;
	}

	/**
	 * How many webhooks need somebody, beside the menu's title.
	 */
	private function bubble(): string {
		$count = ( new Unhealthy_Webhooks( $this->plugin->webhooks() ) )->count();
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
	 * Address of a page: on the main network, whichever of several networks speaks of it, as in a mail of its WP-Cron.
	 *
	 * @param array<string, string> $query
	 */
	public static function url( array $query = array(), string $page = self::PAGE ): string {
		return add_query_arg( array_map( 'rawurlencode', array( 'page' => $page ) + $query ), is_main_network() ? network_admin_url( 'admin.php' ) : self::of_main_network() );
	}

	/**
	 * Where its Network Admin is.
	 */
	private static function of_main_network(): string {
		$main = get_network( get_main_network_id() );
		return set_url_scheme( "http://$main->domain{$main->path}wp-admin/network/admin.php", 'admin' );
	}
}
