<?php
/**
 * What is WordPress's own is changed by WordPress's functions: its lists of hooks and of texts were
 * written into once, which the next version of WordPress may not survive.
 */

final class Core_Globals_Test extends Network_Test_Case {

	/** The one that may, with its reason. */
	private const MAY = array( 'class-hook-stack.php' );

	public function test_no_global_of_wordpress_is_written_into(): void {
		$files = 0;
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( WP_PLUGIN_DIR . '/network-webhooks', FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			if ( 'php' === $file->getExtension() && ! str_ends_with( $file->getFilename(), '.l10n.php' ) ) {
				++$files;
				$this->assertSame( in_array( $file->getFilename(), self::MAY, true ), (bool) self::written( file_get_contents( $file ) ), $file->getFilename() );
			}
		}
		$this->assertGreaterThan( 100, $files );
	}

	/**
	 * @testWith ["$GLOBALS['l10n']['x'] = 1;"]
	 *           ["unset( $GLOBALS['l10n']['x'] );"]
	 *           ["global $wp_filter; $wp_filter['init'] ??= $one;"]
	 *           ["global $l10n; unset( $l10n['x'] );"]
	 *           ["global $post, $wp_filter; $wp_filter[ $hook ][10][] = $one;"]
	 */
	public function test_writing_into_one_is_seen( string $source ): void {
		$this->assertNotSame( array(), self::written( "<?php $source" ) );
		$this->assertSame( array(), self::written( '<?php global $wpdb; $rows = $wpdb->get_col( $sql ); $is = $GLOBALS["pagenow"] === $page;' ) );
	}

	/**
	 * Where a source writes into a global: what it assigns to or unsets.
	 *
	 * @return list<string>
	 */
	private static function written( string $source ): array {
		$code = '';
		foreach ( PhpToken::tokenize( $source ) as $token ) {
			$code .= $token->is( array( T_COMMENT, T_DOC_COMMENT, T_INLINE_HTML ) ) ? '' : $token->text;
		}
		preg_match_all( '/\bglobal\s+([^;]+);/', $code, $lists );
		preg_match_all( '/\$(\w+)/', implode( ' ', $lists[1] ), $names );
		$global = array_map( static fn( string $name ) => preg_quote( "\$$name", '/' ), array_unique( $names[1] ) );
		$places = implode( '|', array( '\$GLOBALS(?=\s*\[)', ...$global ) );
		$found  = array();
		foreach ( array( "/(?:$places)(?:\\s*\\[[^][;]*\\])*\\s*(?:[.+\\-*\\/]|\\?\\?)?=(?![=>])/", "/\\bunset\\(\\s*(?:$places)/" ) as $pattern ) {
			preg_match_all( $pattern, $code, $matches );
			array_push( $found, ...$matches[0] );
		}
		return $found;
	}
}
