<?php
/**
 * Copies the plugin's PHP and JavaScript for xgettext, which takes the end of a heredoc that is
 * indented, as PHP has them since 7.3, for part of it, and finds nothing in the rest of the file:
 * heredocs become empty texts. Prints the names of the files, in order. Part of make.sh:
 *
 *   php sources.php PLUGIN COPY
 */

list( , $plugin, $copy ) = $argv;

/**
 * A source without its heredocs.
 */
function without_heredocs( string $source ): string {
	$plain  = '';
	$inside = false;
	foreach ( PhpToken::tokenize( $source ) as $token ) {
		if ( $token->is( T_START_HEREDOC ) ) {
			$inside = true;
			$plain .= "''";
		} elseif ( $token->is( T_END_HEREDOC ) ) {
			$inside = false;
		} elseif ( ! $inside ) {
			$plain .= $token->text;
		}
	}
	return $plain;
}

$names = array();
foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $plugin, FilesystemIterator::SKIP_DOTS ) ) as $file ) {
	$name = substr( $file->getPathname(), strlen( $plugin ) + 1 );
	if ( ! str_starts_with( $name, 'languages/' ) && in_array( $file->getExtension(), array( 'php', 'js' ), true ) ) {
		$source = (string) file_get_contents( $file );
		@mkdir( dirname( "$copy/$name" ), 0777, true );
		file_put_contents( "$copy/$name", 'php' === $file->getExtension() ? without_heredocs( $source ) : $source );
		$names[] = $name;
	}
}
sort( $names );
echo implode( "\n", $names ), "\n";
