<?php
/**
 * The plugin's texts can be translated, and what is made of the translations is up to date.
 */

use PHPUnit\Framework\TestCase;

final class Languages_Test extends TestCase {

	private const PLUGIN = __DIR__ . '/../../php/network-webhooks';

	/** Function → how many texts it is given first. */
	private const FUNCTIONS = array(
		'__'           => 1,
		'_e'           => 1,
		'esc_html__'   => 1,
		'esc_html_e'   => 1,
		'esc_attr__'   => 1,
		'esc_attr_e'   => 1,
		'_x'           => 2,
		'_ex'          => 2,
		'esc_html_x'   => 2,
		'esc_attr_x'   => 2,
		'_n'           => 2,
		'_nx'          => 2,
		'_n_noop'      => 2,
		'_nx_noop'     => 3,
	);

	public function test_the_files_are_made_of_their_sources(): void {
		$made = get_temp_dir() . 'languages-' . bin2hex( random_bytes( 5 ) );
		mkdir( $made );
		foreach ( $this->languages() as $po ) {
			copy( $po, $made . '/' . basename( $po ) );
		}
		exec( escapeshellarg( __DIR__ . '/../../packaging/languages/make.sh' ) . ' ' . escapeshellarg( $made ) . ' 2>&1', $output, $code );
		$this->assertSame( 0, $code, implode( "\n", $output ) );
		$names = array_map( 'basename', glob( self::PLUGIN . '/languages/*' ) );
		$this->assertSame( $names, array_map( 'basename', glob( "$made/*" ) ), 'Run: make languages' );
		foreach ( $names as $name ) {
			$this->assertEquals( self::content( "$made/$name" ), self::content( self::PLUGIN . "/languages/$name" ), "$name is stale. Run: make languages" );
		}
		array_map( 'unlink', glob( "$made/*" ) );
		rmdir( $made );
	}

	public function test_every_text_is_found_by_its_call(): void {
		$known = new Translation( self::PLUGIN . '/languages/network-webhooks.pot' );
		$known = array_column( $known->entries, 'singular', 'singular' );
		$calls = 0;
		foreach ( $this->sources() as $file ) {
			foreach ( self::calls( (string) file_get_contents( $file ) ) as [ $line, $function, $arguments ] ) {
				$what = sprintf( '%s( %s ) in %s, line %d', $function, implode( ', ', $arguments ), $file->getFilename(), $line );
				$this->assertSame( "'network-webhooks'", end( $arguments ), $what );
				foreach ( array_slice( $arguments, 0, self::FUNCTIONS[ $function ] ) as $text ) {
					$this->assertMatchesRegularExpression( '/^([\'"]).+\1$/s', $text, "$what: only a text as it stands can be found by translators." );
				}
				$this->assertArrayHasKey( self::text( $arguments[0] ), $known, "$what is not in the .pot. Run: make languages" );
				++$calls;
			}
		}
		$this->assertGreaterThan( 1000, $calls );
	}

	public function test_no_page_has_a_text_of_its_own(): void {
		foreach ( $this->sources() as $file ) {
			$html = implode( '', array_map( static fn( $token ) => $token->is( T_INLINE_HTML ) ? $token->text : '', PhpToken::tokenize( (string) file_get_contents( $file ) ) ) );
			$this->assertDoesNotMatchRegularExpression( '/[A-Za-z]{2}/', preg_replace( '/<[^>]*>|&\w+;/', ' ', $html ), $file->getFilename() );
		}
	}

	public function test_a_text_with_a_placeholder_says_what_comes_there(): void {
		$texts   = new Translation( self::PLUGIN . '/languages/network-webhooks.pot' );
		$unnamed = array();
		foreach ( $texts->entries as $entry ) {
			if ( preg_match( '/%(\d\$)?[sd]/', $entry->singular . $entry->plural ) && ! str_contains( $entry->extracted_comments, 'translators:' ) ) {
				$unnamed[] = $entry->singular;
			}
		}
		$this->assertSame( array(), $unnamed );
	}

	public function test_every_script_has_its_texts(): void {
		foreach ( glob( self::PLUGIN . '/assets/*.js' ) as $script ) {
			$source = (string) file_get_contents( $script );
			$found  = preg_match_all( '/\b(?:__|_n|_x|_nx)\( /', $source );
			$whole  = preg_match_all( '/\b(?:__|_n|_x|_nx)\( (?:(\'(?:[^\'\\\\]|\\\\.)+\'), )+(?:[^\'()]+, )?\'network-webhooks\' \)/', $source );
			$this->assertSame( $found, $whole, basename( $script ) . ': a text stands between quotes, and its call ends with the domain.' );
		}
	}

	public function test_translations_keep_what_is_filled_in(): void {
		foreach ( $this->languages() as $po ) {
			$translation = new Translation( $po );
			$this->assertGreaterThan( 0, $translation->forms(), basename( $po ) );
			$this->assertSame( array(), $translation->faults(), basename( $po ) );
		}
	}

	public function test_translations_are_complete(): void {
		foreach ( $this->languages() as $po ) {
			$this->assertSame( array(), ( new Translation( $po ) )->gaps(), basename( $po ) );
		}
	}

	public function test_what_is_wrong_with_a_translation_is_seen(): void {
		$file = get_temp_dir() . 'wrong-' . bin2hex( random_bytes( 5 ) ) . '.po';
		$head = "msgid \"\"\nmsgstr \"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n\n";
		$good = "msgid \"%s of %s\"\nmsgstr \"%2\$s: %1\$s\"\n\nmsgid \"%d day\"\nmsgid_plural \"%d days\"\nmsgstr[0] \"één dag %d\"\nmsgstr[1] \"%d dagen\"\n\n";
		$entries = array(
			''                                                                          => array( 0, 0 ),
			"msgid \"a %s\"\nmsgstr \"b\"\n"                                            => array( 1, 0 ),
			"msgid \"a\"\nmsgstr \"b %s\"\n"                                            => array( 1, 0 ),
			"msgid \"a %1\$s %2\$s\"\nmsgstr \"b %1\$s %1\$s\"\n"                       => array( 1, 0 ),
			"msgid \"a <code>b</code>\"\nmsgstr \"c <code>d</code>\"\n"                 => array( 1, 0 ),
			"msgid \"%d x\"\nmsgid_plural \"%d y\"\nmsgstr[0] \"%d\"\nmsgstr[1] \"z\"\n" => array( 1, 0 ),
			"msgid \"%d x\"\nmsgid_plural \"%d y\"\nmsgstr[0] \"%d\"\nmsgstr[1] \"\"\n"  => array( 0, 1 ),
			"msgid \"%d x\"\nmsgid_plural \"%d y\"\nmsgstr[0] \"%d\"\n"                 => array( 0, 1 ),
			"msgid \"a\"\nmsgstr \"\"\n"                                                => array( 0, 1 ),
			"#, fuzzy\nmsgid \"a\"\nmsgstr \"b\"\n"                                     => array( 0, 1 ),
		);
		foreach ( $entries as $entry => [ $faults, $gaps ] ) {
			file_put_contents( $file, $head . $good . $entry );
			$translation = new Translation( $file );
			$this->assertSame( array( $faults, $gaps ), array( count( $translation->faults() ), count( $translation->gaps() ) ), $entry );
		}
		unlink( $file );
	}

	/**
	 * @return list<SplFileInfo> The plugin's PHP.
	 */
	private function sources(): array {
		$all = iterator_to_array( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( self::PLUGIN ) ), false );
		return array_filter( $all, static fn( $file ) => 'php' === $file->getExtension() && ! str_ends_with( $file->getFilename(), '.l10n.php' ) );
	}

	/**
	 * @return list<string> Files that translators edit.
	 */
	private function languages(): array {
		$found = glob( self::PLUGIN . '/languages/network-webhooks-*.po' );
		$this->assertNotEmpty( $found );
		return $found;
	}

	/**
	 * What a file says, whichever version of gettext or WordPress wrote it.
	 */
	private static function content( string $file ): array {
		if ( str_ends_with( $file, '.json' ) ) {
			return json_decode( (string) file_get_contents( $file ), true, 16, JSON_THROW_ON_ERROR );
		}
		if ( str_ends_with( $file, '.mo' ) || str_ends_with( $file, '.l10n.php' ) ) {
			$read = WP_Translation_File::create( $file );
			return array( $read->entries(), $read->headers() );
		}
		$read = new Translation( $file );
		return array( $read->entries, $read->headers );
	}

	/**
	 * The text that a literal of PHP stands for.
	 */
	private static function text( string $literal ): string {
		$inside = substr( $literal, 1, -1 );
		return '"' === $literal[0] ? stripcslashes( $inside ) : strtr( $inside, array( "\\'" => "'", '\\\\' => '\\' ) );
	}

	/**
	 * The calls of WordPress's functions for texts in a source.
	 *
	 * @return list<array{int, string, list<string>}> Line, function, arguments as written.
	 */
	private static function calls( string $source ): array {
		$tokens = array_values( array_filter( PhpToken::tokenize( $source ), static fn( $token ) => ! $token->isIgnorable() ) );
		$calls  = array();
		foreach ( $tokens as $number => $token ) {
			$before = $tokens[ $number - 1 ]->text ?? '';
			if ( ! isset( self::FUNCTIONS[ $token->text ] ) || '(' !== ( $tokens[ $number + 1 ]->text ?? '' ) || in_array( $before, array( '->', '::', 'function' ), true ) ) {
				continue;
			}
			$arguments = array( '' );
			for ( $depth = 1, $at = $number + 2; $depth > 0; ++$at ) {
				$text   = $tokens[ $at ]->text;
				$depth += match ( $text ) {
					'(', '[' => 1,
					')', ']' => - 1,
					default  => 0,
				};
				if ( ',' === $text && 1 === $depth ) {
					$arguments[] = '';
				} elseif ( $depth > 0 ) {
					$arguments[ array_key_last( $arguments ) ] .= $text;
				}
			}
			$calls[] = array( $token->line, $token->text, array_values( array_filter( $arguments, 'strlen' ) ) );
		}
		return $calls;
	}
}
