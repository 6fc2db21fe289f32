<?php
/**
 * Hooks that can't become events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Knows which hooks carry passwords, keys and tokens, which fire in every request, and which are
 * no actions of their own, and says why each is refused.
 *
 * Whether a hook is a filter is not decided by a list: Hook_Calls looks into the code that is
 * installed, and Source_Actions sees it when the hook fires.
 */
final class Refused_Hooks {

	/** Hooks whose arguments are or hold passwords, keys, tokens, cookies, or links that open a door. */
	private const SECRET = array(
		'wpmu_activate_*',
		'wpmu_signup_*_notification*',
		'after_signup_*',
		'wpmu_new_user_password*',
		'set_auth_cookie',
		'set_logged_in_cookie',
		'clear_auth_cookie',
		'auth_cookie_*',
		'wp_authenticate*',
		'authenticate_*',
		'check_passwords',
		'wp_login_failed',
		'login_form_*',
		'wp_set_password',
		'retrieve_password*',
		'password_reset*',
		'after_password_reset',
		'validate_password_reset',
		'wp_*_application_password*',
		'application_password_*',
		'application_passwords_*',
		'*_user_meta',
		'*_usermeta',
		'*_option',
		'*_site_option',
		'*_network_option',
		'*_options',
		'set_transient*',
		'setted_transient*',
		'set_site_transient*',
		'setted_site_transient*',
		'http_api_*',
		'http_request_*',
		'requests-*',
		'phpmailer_init',
		'wp_mail*',
		'xmlrpc_call*',
		'generate_recovery_mode_*',
		'confirm_email_address',
		'wu_event*',
		'wu_confirm_email*',
		'user_profile_update_errors',
		'invite_user',
		'activate_header',
		'heartbeat_*',
	);

	/** Both have user_pass among their data. */
	private const MASKED = array( 'user_register', 'profile_update' );

	/** Hooks of starting up, of parsing the request, and of what runs in every one. */
	private const BOOT = array(
		'mu_plugin_loaded',
		'network_plugin_loaded',
		'plugin_loaded',
		'muplugins_loaded',
		'plugins_loaded',
		'setup_theme',
		'after_setup_theme',
		'set_current_user',
		'switch_blog',
		'init',
		'wp_loaded',
		'parse_request',
		'parse_query',
		'parse_*_query',
		'send_headers',
		'wp',
		'template_redirect',
		'pre_get_*',
		'pre_user_query',
		'posts_selection',
		'the_post',
		'loop_*',
		'admin_init',
		'admin_menu',
		'network_admin_menu',
		'user_admin_menu',
		'current_screen',
		'rest_api_init',
		'widgets_init',
		'wp_register_sidebar_widget',
		'register_sidebar',
		'register_post_type_args',
		'register_taxonomy_args',
		'registered_post_type*',
		'registered_taxonomy*',
		'unregistered_post_type',
		'unregistered_taxonomy*',
		'load_textdomain',
		'unload_textdomain',
		'change_locale',
		'restore_previous_locale',
		'wp_default_*',
		'sanitize_comment_cookies',
		'clean_*_cache',
		'deprecated_*',
		'doing_it_wrong_*',
		'wp_error_added',
		'is_wp_error_*',
		'wp_trigger_error_*',
		'ms_*_loaded',
		'after_plugin_row*',
		'after_theme_row*',
		'load-*',
		'shutdown',
		'log_query_custom_data',
		'wp_abilities_api_*',
	);

	/** Hooks at which pages are put out. */
	private const OUTPUT = array(
		'wp_head',
		'wp_body_open',
		'wp_footer',
		'wp_meta',
		'wp_enqueue_*',
		'wp_print_*',
		'enqueue_*',
		'get_header*',
		'get_footer*',
		'get_sidebar*',
		'get_template_part*',
		'get_search_form',
		'login_init',
		'login_head',
		'login_header',
		'login_footer',
		'login_form',
		'login_enqueue_scripts',
		'register_form',
		'lostpassword_form',
		'resetpass_form',
		'post_password_*',
		'admin_head*',
		'admin_footer*',
		'admin_print_*',
		'admin_enqueue_*',
		'admin_notices',
		'*_admin_notices',
		'in_admin_*',
		'admin_bar_*',
		'add_admin_bar_menus',
		'wp_before_admin_bar_render',
		'wp_after_admin_bar_render',
		'adminmenu',
		'dynamic_sidebar*',
		'the_widget',
		'customize_register',
		'customize_preview_*',
		'customize_controls_*',
		'customize_render_*',
		'embed_head',
		'embed_footer',
		'embed_content*',
		'rss_*',
		'rss2_*',
		'rdf_*',
		'atom_*',
		'comments_atom_*',
		'commentsrss2_*',
		'do_feed*',
		'do_robots*',
		'do_favicon*',
		'comment_form*',
		'before_signup_*',
		'signup_header',
		'signup_hidden_fields',
		'signup_extra_fields',
		'signup_blogform',
		'signup_finished',
		'preprocess_signup_form',
		'manage_*_column',
		'restrict_manage_*',
		'media_buttons',
		'edit_form_*',
		'add_meta_boxes*',
		'do_meta_boxes',
		'wp_dashboard_setup',
		'wp_network_dashboard_setup',
		'show_user_profile',
		'edit_user_profile',
		'wp_playlist_scripts',
		'print_media_templates',
	);

	/**
	 * Why a hook can't become an event, in a sentence; empty where it can.
	 */
	public static function reason( string $hook ): string {
		return match ( true ) {
			'all' === $hook => __( '“all” is no action: WordPress calls it for every hook there is.', 'network-webhooks' ),
			str_starts_with( $hook, 'network_webhooks_' ) => __( 'This is one of this plugin’s own hooks: an event of it would raise itself.', 'network-webhooks' ),
			in_array( $hook, self::MASKED, true ) => '',
			self::is_one( $hook, self::SECRET ) || 1 === preg_match( '/password|passwd|pwd|(?:^|[_-])pass(?:$|[_-])|key(?:$|[_-])|token|secret|nonce|cookie|credential/i', $hook )
				/* translators: %s: name of a hook */
				=> sprintf( __( '%s hands over passwords, keys, tokens or cookies, or settings and messages in which such stand. None of that may leave the network. See whether the catalogue has an event for what you want to know.', 'network-webhooks' ), $hook ),
			self::is_one( $hook, self::BOOT )
				/* translators: %s: name of a hook */
				=> sprintf( __( '%s fires while WordPress starts or works, in every request: nothing happened then that a receiver could want to know.', 'network-webhooks' ), $hook ),
			self::is_one( $hook, self::OUTPUT )
				/* translators: %s: name of a hook */
				=> sprintf( __( '%s fires while a page is put out: it says that somebody looks, and not that something happened.', 'network-webhooks' ), $hook ),
			default => '',
		};
	}

	/**
	 * Whether a hook is one of those.
	 *
	 * @param list<string> $patterns
	 */
	private static function is_one( string $hook, array $patterns ): bool {
		$expression = '/^(?:' . str_replace( '\*', '.*', implode( '|', array_map( static fn( string $pattern ) => preg_quote( $pattern, '/' ), $patterns ) ) ) . ')$/Di';
		return 1 === preg_match( $expression, $hook );
	}
}
