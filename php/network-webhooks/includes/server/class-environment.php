<?php
/**
 * What the plugin needs of the server.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Judges PHP, WordPress and the extension, and says what is missing.
 *
 * Written in a syntax that PHP 5.6 reads.
 */
final class Environment {

	const PHP       = '8.1';
	const WORDPRESS = '6.1';
	const EXTENSION = '0.1.0';

	/**
	 * Whether the extension is there, once known.
	 *
	 * @var bool|null
	 */
	private static $extension = null;

	/**
	 * Whether this process runs tests, once known.
	 *
	 * @var bool|null
	 */
	private static $test = null;

	/**
	 * Whether the plugin can run at all. The extension is not asked for: without it events wait
	 * in the outbox.
	 *
	 * @return bool
	 */
	public static function is_fit() {
		return is_multisite()
			&& version_compare( PHP_VERSION, self::PHP, '>=' )
			&& version_compare( get_bloginfo( 'version' ), self::WORDPRESS, '>=' );
	}

	/**
	 * Whether this process has the extension, in a version that the plugin can use.
	 *
	 * @return bool
	 */
	public static function has_extension() {
		if ( null === self::$extension ) {
			// Of one that is not there the version is empty, which is older than any.
			self::$extension = version_compare( (string) phpversion( 'webhooks' ), self::EXTENSION, '>=' );
		}
		return self::$extension;
	}

	/**
	 * Has WordPress load the translations with the first text that is asked for, from `init` on.
	 *
	 * Until then texts are in English: whoever dispatches wrongly in its first lines shall read of
	 * that, and not that a translation was loaded too early.
	 *
	 * @return void
	 */
	public static function add_texts() {
		if ( did_action( 'init' ) ) {
			self::load_texts();
			return;
		}
		add_filter( 'lang_dir_for_domain', array( __CLASS__, 'hide_texts' ), 10, 2 );
		add_action( 'init', array( __CLASS__, 'load_texts' ) );
	}

	/**
	 * There is no folder with our translations yet.
	 *
	 * @param string|false $path   Where those of a text domain lie.
	 * @param string       $domain The text domain.
	 * @return string|false
	 */
	public static function hide_texts( $path, $domain ) {
		return 'network-webhooks' === $domain ? false : $path;
	}

	/**
	 * Says where the translations lie that came with the plugin; a language pack goes first.
	 *
	 * @return void
	 */
	public static function load_texts() {
		remove_filter( 'lang_dir_for_domain', array( __CLASS__, 'hide_texts' ) );
		$folder = dirname( plugin_basename( NETWORK_WEBHOOKS_FILE ) ) . '/languages';
		if ( 0 === strpos( wp_normalize_path( NETWORK_WEBHOOKS_FILE ), wp_normalize_path( WPMU_PLUGIN_DIR ) . '/' ) ) {
			load_muplugin_textdomain( 'network-webhooks', $folder );
		} else {
			load_plugin_textdomain( 'network-webhooks', false, $folder );
		}
	}

	/**
	 * Tells those who can do something about it why the plugin does not run.
	 *
	 * @return void
	 */
	public static function add_notice() {
		$hook = is_multisite() ? 'network_admin_notices' : 'admin_notices';
		add_action( $hook, array( __CLASS__, 'print_unfit' ) );
	}

	/**
	 * Prints why the plugin does not run.
	 *
	 * @return void
	 */
	public static function print_unfit() {
		if ( ! current_user_can( is_multisite() ? 'manage_network_plugins' : 'activate_plugins' ) ) {
			return;
		}
		if ( ! is_multisite() ) {
			$text = __( 'Network Webhooks is for WordPress networks (multisite), and this is a single site. It does nothing here: deactivate it, or create a network first.', 'network-webhooks' );
		} elseif ( version_compare( PHP_VERSION, self::PHP, '<' ) ) {
			/* translators: 1: needed version, 2: the server's version */
			$text = sprintf( __( 'Network Webhooks needs PHP %1$s or newer, and this server runs %2$s. It does nothing until PHP is updated.', 'network-webhooks' ), self::PHP, PHP_VERSION );
		} else {
			/* translators: 1: needed version, 2: the network's version */
			$text = sprintf( __( 'Network Webhooks needs WordPress %1$s or newer, and this network runs %2$s. It does nothing until WordPress is updated.', 'network-webhooks' ), self::WORDPRESS, get_bloginfo( 'version' ) );
		}
		printf( '<div class="notice notice-error"><p>%s</p></div>', esc_html( $text ) );
	}

	/**
	 * Whether events are recorded for a test: neither spool nor worker nor tables are touched.
	 *
	 * @return bool
	 */
	public static function is_recording() {
		if ( null === self::$test ) {
			self::$test = self::runs_tests();
		}
		return self::$test && null !== Testing\Recorder::current();
	}

	/**
	 * Says that this process runs tests, should it have looked otherwise.
	 *
	 * @return void
	 */
	public static function expect_tests() {
		self::$test = true;
	}

	/**
	 * Whether this process looks as if it ran tests. Never in a web server; on the command line it
	 * is PHPUnit, in whichever way it was started, also as the process of its own that it gives a
	 * test.
	 *
	 * @return bool
	 */
	private static function runs_tests() {
		return in_array( PHP_SAPI, array( 'cli', 'phpdbg' ), true ) && (
			defined( 'PHPUNIT_COMPOSER_INSTALL' )
			|| defined( '__PHPUNIT_PHAR__' )
			|| class_exists( 'PHPUnit\\Framework\\TestCase', false )
			|| function_exists( '__phpunit_run_isolated_test' )
			|| defined( 'WP_TESTS_DOMAIN' )
			|| defined( 'NETWORK_WEBHOOKS_RECORD' )
		);
	}

	/**
	 * Why this process can't use the extension, and what to do; empty where it can.
	 *
	 * @return string
	 */
	public static function extension_problem() {
		if ( self::has_extension() ) {
			return '';
		}
		$ini = Host::ini();
		$ini = '' !== $ini ? $ini : __( 'none', 'network-webhooks' );
		if ( ! extension_loaded( 'webhooks' ) ) {
			return sprintf(
				/* translators: 1: PHP version, 2: name of the server interface such as fpm-fcgi, 3: path of php.ini */
				__( 'PHP %1$s (%2$s, php.ini: %3$s) does not load the extension “webhooks”. Install it for this PHP with “make install”, or add “extension=webhooks.so” to its configuration, and restart PHP.', 'network-webhooks' ),
				PHP_VERSION,
				PHP_SAPI,
				$ini
			);
		}
		return sprintf(
			/* translators: 1: version of the extension, 2: needed version */
			__( 'The PHP extension “webhooks” is version %1$s, and this plugin needs %2$s or newer. Install the newer one with “make install” and restart PHP.', 'network-webhooks' ),
			phpversion( 'webhooks' ),
			self::EXTENSION
		);
	}
}
