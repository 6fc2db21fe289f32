<?php
/**
 * A page of the menu.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Plugin;

defined( 'ABSPATH' ) || exit;

/**
 * A page below Network Admin › Webhooks: its place in the menu or among the tabs of a menu entry, who
 * may open it, what its forms ask for, its styles and scripts, its Help, and what it prints. A file
 * class-…-page.php below this folder that holds such a class is a page, and nothing else has to name it.
 */
abstract class Menu_Page {

	/** What Admin::url() takes. */
	public const SLUG = '';

	/** Its place in the menu, or among the tabs of a menu entry; the lowest is first. */
	public const ORDER = 100;

	/** Slug of the page whose menu entry leads to it; empty: it has one of its own. */
	public const BELOW = '';

	/** Who may open it. */
	protected const CAPABILITY = Capabilities::MANAGE;

	/**
	 * The classes of all pages, in the order of the menu, once looked for.
	 *
	 * @var list<class-string<self>>|null
	 */
	private static ?array $classes = null;

	/**
	 * Hook name of its screen, once it is in the menu.
	 */
	private string $screen = '';

	final public function __construct( protected readonly Plugin $plugin ) {}

	/**
	 * All pages, in the order of the menu.
	 *
	 * @return list<self>
	 */
	public static function all( Plugin $plugin ): array {
		self::$classes ??= self::classes();
		return array_map( static fn( string $page ) => new $page( $plugin ), self::$classes );
	}

	/**
	 * The classes of all pages, in the order of the menu.
	 *
	 * @return list<class-string<self>>
	 */
	private static function classes(): array {
		$pages = array();
		foreach ( scandir( __DIR__ ) as $folder ) {
			$files = '..' !== $folder && is_dir( __DIR__ . "/$folder" ) ? preg_grep( '/^class-(?:[\w-]+-)?page\.php$/D', scandir( __DIR__ . "/$folder" ) ) : array();
			foreach ( $files as $file ) {
				$class = self::class_of( $folder, $file );
				if ( is_subclass_of( $class, self::class ) ) {
					$pages[ $class ] = $class;
				}
			}
		}
		usort( $pages, static fn( string $a, string $b ) => $a::ORDER <=> $b::ORDER );
		return $pages;
	}

	/**
	 * The class in a file: of the namespace that is called like the folder, or of this one.
	 */
	private static function class_of( string $folder, string $file ): string {
		$name  = static fn( string $path ) => str_replace( ' ', '_', ucwords( strtr( $path, '-', ' ' ) ) );
		$noun  = $name( substr( $file, strlen( 'class-' ), -strlen( '.php' ) ) );
		$below = __NAMESPACE__ . '\\' . $name( $folder ) . '\\' . $noun;
		return '.' !== $folder && class_exists( $below ) ? $below : __NAMESPACE__ . '\\' . $noun;
	}

	/**
	 * Its heading.
	 */
	abstract public function title(): string;

	/**
	 * What the menu calls it.
	 */
	public function menu_title(): string {
		return $this->title();
	}

	/**
	 * What its tab says; empty: it has none.
	 */
	public function tab_title(): string {
		return $this->title();
	}

	/**
	 * Prints it.
	 */
	abstract public function print(): void;

	/**
	 * Adds what its forms ask for, in every request to the network's admin.
	 */
	public function add_hooks(): void {}

	/**
	 * Before it is printed: does what it posts to itself, and adds what the screen has, such as Help.
	 */
	public function load(): void {}

	/**
	 * Adds its styles and scripts.
	 */
	protected function add_assets(): void {
		$this->add_style( 'network-webhooks', 'admin' );
		$this->add_style( 'network-webhooks-list', 'list' );
		$this->add_style( 'network-webhooks-form', 'form' );
		$this->add_script( 'network-webhooks', 'admin', array( 'wp-a11y', 'wp-api-fetch', 'wp-i18n' ) );
	}

	/**
	 * Adds it to the menu.
	 */
	final public function register(): void {
		$this->screen = (string) add_submenu_page( Admin::PAGE, $this->title(), $this->menu_title(), static::CAPABILITY, static::SLUG, array( $this, 'print' ) );
		add_action( "load-$this->screen", array( $this, 'load' ) );
		add_action( 'admin_enqueue_scripts', fn( $screen = '' ) => $screen === $this->screen && $this->add_assets() );
	}

	/**
	 * Prints the tabs of the menu entry that leads here, where it leads to several pages that the
	 * current user may open.
	 */
	final protected function print_tabs(): void {
		$entry = static::BELOW ? static::BELOW : static::SLUG;
		$tabs  = array_filter(
			self::all( $this->plugin ),
			static fn( self $page ) => in_array( $entry, array( $page::SLUG, $page::BELOW ), true ) && '' !== $page->tab_title() && current_user_can( $page::CAPABILITY )
		);
		if ( count( $tabs ) < 2 ) {
			return;
		}
		printf( '<nav class="nav-tab-wrapper wp-clearfix" aria-label="%s">', esc_attr__( 'Secondary menu', 'network-webhooks' ) );
		foreach ( $tabs as $page ) {
			$is_open = static::SLUG === $page::SLUG;
			printf(
				'<a href="%s" class="nav-tab%s"%s>%s</a>',
				esc_url( Admin::url( array(), $page::SLUG ) ),
				$is_open ? ' nav-tab-active' : '',
				$is_open ? ' aria-current="page"' : '',
				esc_html( $page->tab_title() )
			);
		}
		echo '</nav>';
	}

	/**
	 * Adds a style.
	 */
	final protected function add_style( string $handle, string $file ): void {
		wp_enqueue_style( $handle, plugins_url( "assets/$file.css", NETWORK_WEBHOOKS_FILE ), array(), NETWORK_WEBHOOKS_VERSION );
	}

	/**
	 * Adds a script with its texts.
	 *
	 * @param list<string> $needs Handles of those that it needs.
	 */
	final protected function add_script( string $handle, string $file, array $needs ): void {
		wp_enqueue_script( $handle, plugins_url( "assets/$file.js", NETWORK_WEBHOOKS_FILE ), $needs, NETWORK_WEBHOOKS_VERSION, true );
		wp_set_script_translations( $handle, 'network-webhooks', dirname( NETWORK_WEBHOOKS_FILE ) . '/languages' );
	}

	/**
	 * A part of the address that only chooses what is shown.
	 */
	final protected static function asked( string $name ): string {
		return is_string( $_GET[ $name ] ?? null ) ? sanitize_text_field( wp_unslash( $_GET[ $name ] ) ) : '';
	}
}
