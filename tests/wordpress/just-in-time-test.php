<?php
/**
 * No text is translated before `init`, on any kind of page, in a language that the network has.
 */

final class Just_In_Time_Test extends Network_Test_Case {

	private const LOCALE = 'nl_NL';

	/** Also asks for a text too early where the address says so, so that the watching is seen to work. */
	private const WATCH = <<<'PHP'
		<?php
		$saw = static function ( string $what ) {
			file_put_contents( getenv( 'SEEN' ) ?: '@SEEN@', ( $_SERVER['REQUEST_URI'] ?? 'cli' ) . "\t$what\n", FILE_APPEND );
		};
		foreach ( array( 'gettext', 'gettext_with_context', 'ngettext', 'ngettext_with_context' ) as $kind ) {
			add_filter(
				"{$kind}_network-webhooks",
				static function ( $text, $original ) use ( $saw ) {
					if ( ! did_action( 'init' ) ) {
						$saw( "early: $original" );
					}
					return $text;
				},
				10,
				2
			);
		}
		add_action( 'doing_it_wrong_run', static fn( $function, $message ) => $saw( "$function: $message" ), 10, 2 );
		add_action( 'init', static fn() => $saw( 'visited in ' . determine_locale() ), 0 );
		// A plugin that has something to say as soon as it can.
		add_action( 'plugins_loaded', static fn() => network_webhooks_dispatch( 'lesson_finished', array( 'number' => 1 ) ), 0 );
		if ( isset( $_GET['early'] ) ) {
			add_action( 'plugins_loaded', static fn() => __( 'Webhooks', 'network-webhooks' ) );
		}
		if ( isset( $_GET['wrong'] ) ) {
			add_action( 'plugins_loaded', static fn() => network_webhooks_dispatch( 'Not a name', array() ), 0 );
		}
		PHP;

	private static string $seen;
	private static string $plugin;
	private static array $languages;

	public static function setUpBeforeClass(): void {
		self::$seen   = get_temp_dir() . 'seen-' . bin2hex( random_bytes( 5 ) );
		self::$plugin = WPMU_PLUGIN_DIR . '/watch.php';
		// WordPress has a language where it has a file, and looks for ours before `init` only where a language pack lies.
		self::$languages = array( WP_LANG_DIR . '/' . self::LOCALE . '.mo', WP_LANG_DIR . '/plugins/network-webhooks-' . self::LOCALE . '.mo' );
		touch( self::$seen );
		chmod( self::$seen, 0666 );
		wp_mkdir_p( WPMU_PLUGIN_DIR );
		wp_mkdir_p( WP_LANG_DIR . '/plugins' );
		file_put_contents( self::$plugin, str_replace( '@SEEN@', self::$seen, self::WATCH ) );
		foreach ( self::$languages as $file ) {
			copy( WP_PLUGIN_DIR . '/network-webhooks/languages/network-webhooks-nl_NL.mo', $file );
		}
		// This process has looked for languages already.
		$chosen = static fn() => self::LOCALE;
		add_filter( 'sanitize_option_WPLANG', $chosen, 20 );
		update_network_option( null, 'WPLANG', self::LOCALE );
		update_option( 'WPLANG', self::LOCALE );
		remove_filter( 'sanitize_option_WPLANG', $chosen, 20 );
		update_user_meta( 1, 'locale', self::LOCALE );
	}

	public static function tearDownAfterClass(): void {
		array_map( 'unlink', array( self::$plugin, self::$seen, ...self::$languages ) );
		delete_network_option( null, 'WPLANG' );
		delete_option( 'WPLANG' );
		delete_user_meta( 1, 'locale' );
	}

	public function test_nothing_is_translated_before_init(): void {
		$visitor = new Browser();
		$admin   = new Browser( getenv( 'ADMIN_USER' ), getenv( 'ADMIN_PASSWORD' ) );
		file_put_contents( self::$seen, '' );

		$public = array( '/', '/?feed=rss2', '/nothing-there/', '/wp-login.php', '/wp-login.php?action=lostpassword', '/wp-signup.php', '/wp-activate.php', '/wp-cron.php?doing_wp_cron', '/wp-json/', '/wp-json/network-webhooks/v1', '/wp-json/network-webhooks/v1/sites', '/wp-admin/admin-ajax.php?action=nothing', '/wp-admin/admin-post.php', '/xmlrpc.php' );
		foreach ( $public as $path ) {
			$visitor->get( $path );
		}
		$inside = array( '/wp-admin/', '/wp-admin/site-health.php', '/wp-admin/privacy-policy-guide.php', '/wp-admin/profile.php', '/wp-admin/user/', '/wp-admin/network/', '/wp-admin/network/plugins.php', '/wp-admin/network/users.php', '/wp-admin/network/user-edit.php?user_id=1', '/wp-admin/network/sites.php', '/wp-admin/admin-ajax.php?action=heartbeat' );
		foreach ( array_merge( $inside, $this->own_pages( $admin ) ) as $path ) {
			$admin->get( $path );
			$this->assertSame( 'nl-NL', $admin->values( '//html/@lang' )[0] ?? 'nl-NL', $path );
		}
		$this->run_process( __DIR__ . '/processes/note.php', array( 'from the command line' ) );

		$seen = file( self::$seen, FILE_IGNORE_NEW_LINES );
		$this->assertSame( array(), array_values( preg_grep( '/\tvisited in /', $seen, PREG_GREP_INVERT ) ) );
		$visited = preg_grep( '/\tvisited in nl_NL$/', $seen );
		$this->assertSame( $seen, $visited );
		$this->assertGreaterThan( count( $public ) + count( $inside ) + 5, count( $visited ) );
	}

	public function test_a_text_that_comes_too_early_is_seen(): void {
		file_put_contents( self::$seen, '' );
		( new Browser() )->get( '/?early' );
		$this->assertStringContainsString( 'early: Webhooks', (string) file_get_contents( self::$seen ) );
	}

	public function test_a_wrong_call_before_init_is_told_and_nothing_else(): void {
		file_put_contents( self::$seen, '' );
		( new Browser() )->get( '/?wrong' );
		$seen = (string) file_get_contents( self::$seen );
		$this->assertStringContainsString( 'network_webhooks_dispatch: An event’s name is', $seen );
		$this->assertStringNotContainsString( '_load_textdomain_just_in_time', $seen );
	}

	public function test_what_was_asked_for_too_early_is_translated_later(): void {
		exec( PHP_BINARY . ' ' . escapeshellarg( __DIR__ . '/../languages/pseudo.php' ) . ' xx_XX', $output, $code );
		$this->assertSame( 0, $code, implode( "\n", $output ) );
		$files = array( WP_LANG_DIR . '/xx_XX.mo', ...glob( WP_PLUGIN_DIR . '/network-webhooks/languages/network-webhooks-xx_XX*' ) );
		$this->assertSame( 'Webhooks, ⟦Webhooks⟧', $this->run_process( __DIR__ . '/processes/translated.php', array( 'xx_XX', 'Webhooks' ) ) );
		array_map( 'unlink', $files );
	}

	/**
	 * The plugin's pages: those of the menu, and what they lead to.
	 *
	 * @return list<string>
	 */
	private function own_pages( Browser $admin ): array {
		$admin->get( '/wp-admin/network/' );
		$paths = array();
		foreach ( $admin->values( '//*[@id="toplevel_page_network-webhooks"]//a/@href' ) as $link ) {
			$paths[ "/wp-admin/network/$link" ] = true;
		}
		$this->assertGreaterThan( 4, count( $paths ) );
		return array_keys( $paths );
	}
}
