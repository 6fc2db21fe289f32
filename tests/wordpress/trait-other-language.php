<?php
/**
 * Makes this process speak another language than English, of the plugin's texts only.
 */

trait Other_Language {

	private string $language_file = '';
	private ?Closure $language    = null;

	/**
	 * From now on.
	 *
	 * @param array<string, string> $texts In English, context and forms as WordPress keeps them → in the language.
	 */
	protected function speak( string $locale, array $texts ): void {
		$this->language_file = get_temp_dir() . 'language-' . bin2hex( random_bytes( 5 ) ) . '.l10n.php';
		file_put_contents( $this->language_file, '<?php return ' . var_export( array( 'messages' => $texts ), true ) . ';' );
		$this->language = static fn() => $locale;
		add_filter( 'locale', $this->language );
		add_filter( 'pre_determine_locale', $this->language );
		load_textdomain( 'network-webhooks', substr( $this->language_file, 0, -strlen( '.l10n.php' ) ) . '.mo', $locale );
	}

	/**
	 * English again.
	 */
	protected function speak_english(): void {
		if ( ! $this->language ) {
			return;
		}
		remove_filter( 'locale', $this->language );
		remove_filter( 'pre_determine_locale', $this->language );
		WP_Translation_Controller::get_instance()->unload_textdomain( 'network-webhooks' );
		unset( $GLOBALS['l10n']['network-webhooks'] );
		unlink( $this->language_file );
		$this->language = null;
	}
}
