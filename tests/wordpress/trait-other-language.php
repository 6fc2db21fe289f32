<?php
/**
 * Makes this process speak another language than English, of the plugin's texts only.
 */

trait Other_Language {

	private string $language_file = '';

	/**
	 * From now on.
	 *
	 * @param array<string, string> $texts In English, context and forms as WordPress keeps them → in the language.
	 */
	protected function speak( string $locale, array $texts ): void {
		$this->language_file = get_temp_dir() . 'language-' . bin2hex( random_bytes( 5 ) ) . '.l10n.php';
		file_put_contents( $this->language_file, '<?php return ' . var_export( array( 'messages' => $texts ), true ) . ';' );
		add_filter( 'pre_determine_locale', static fn() => $locale );
		load_textdomain( 'network-webhooks', substr( $this->language_file, 0, -strlen( '.l10n.php' ) ) . '.mo', $locale );
	}

	/**
	 * English again.
	 */
	protected function speak_english(): void {
		remove_all_filters( 'pre_determine_locale' );
		WP_Translation_Controller::get_instance()->unload_textdomain( 'network-webhooks' );
		unset( $GLOBALS['l10n']['network-webhooks'] );
		if ( '' !== $this->language_file ) {
			unlink( $this->language_file );
			$this->language_file = '';
		}
	}
}
