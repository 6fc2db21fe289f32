<?php
/**
 * One word for one thing: no type, function, variable or file carries a name that was replaced. The
 * names stand in words.txt, one a line:
 *
 *   class     Network_Webhooks\Heard     Captured_Events    this class of this namespace
 *   function  listening                  capture_session    functions and methods
 *   variable  heard                      captured           variables and properties
 *   part      heard                      captured           a part of the name of any of them, and of a file
 *   keep      function Schema::heard     …                  others rely on it
 *
 * And no two files of the plugin's classes have one name, as a class is found by it in whichever folder.
 *
 *   php tests/lint/words.php
 */

chdir( dirname( __DIR__, 2 ) );

$replaced = array();
$kept     = array();
foreach ( file( __DIR__ . '/words.txt', FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES ) as $line ) {
	if ( '#' === $line[0] ) {
		continue;
	}
	list( $kind, $old, $new ) = preg_split( '/\s{2,}/', $line ) + array( 2 => '' );
	if ( 'keep' === $kind ) {
		$kept[ $old ] = true;
	} else {
		$replaced[ $kind ][ strtolower( $old ) ] = $new;
	}
}

/**
 * Which part of a name was replaced.
 */
function part( string $name ): ?string {
	global $replaced;
	$parts = '_' . strtolower( preg_replace( '/-|\.|(?<=[a-z])(?=[A-Z])/', '_', $name ) ) . '_';
	foreach ( $replaced['part'] as $old => $new ) {
		if ( str_contains( $parts, "_{$old}_" ) ) {
			return "“{$old}” is now “{$new}”";
		}
	}
	return null;
}

/**
 * What a file declares: kind, name, line.
 *
 * @return list<array{string, string, int}>
 */
function declared( string $source ): array {
	$tokens    = array_values( array_filter( PhpToken::tokenize( $source ), static fn( PhpToken $token ) => ! $token->isIgnorable() ) );
	$namespace = '';
	$class     = '';
	$found     = array();
	foreach ( $tokens as $place => $token ) {
		$next = $tokens[ $place + 1 ] ?? null;
		$name = $next && '&' === $next->text ? $tokens[ $place + 2 ] ?? null : $next;
		if ( $token->is( T_NAMESPACE ) ) {
			$namespace = $next->text . '\\';
		} elseif ( $token->is( array( T_CLASS, T_INTERFACE, T_TRAIT ) ) && $name?->is( T_STRING ) && ! ( $tokens[ $place - 1 ] ?? null )?->is( T_DOUBLE_COLON ) ) {
			$class   = $name->text;
			$found[] = array( 'class', $namespace . $class, $token->line );
		} elseif ( $token->is( T_FUNCTION ) && $name?->is( T_STRING ) ) {
			$found[] = array( 'function', "$class::$name->text", $token->line );
		} elseif ( $token->is( T_VARIABLE ) ) {
			$found[] = array( 'variable', substr( $token->text, 1 ), $token->line );
		}
	}
	return $found;
}

$wrong  = array();
$places = array();
foreach ( explode( "\0", trim( (string) shell_exec( 'git ls-files -z -co --exclude-standard' ), "\0" ) ) as $file ) {
	if ( ! is_file( $file ) ) {
		continue;
	}
	$is_ours = preg_match( '#^(php/network-webhooks|tests/wordpress|docs/example-plugin)/.*\.(php|js|css)$#', $file ) && ! str_contains( $file, '/languages/' );
	if ( $is_ours && null !== part( basename( $file ) ) ) {
		$wrong[] = "$file: " . part( basename( $file ) );
	}
	if ( preg_match( '#^php/network-webhooks/.*/((?:class|interface|trait)-[^/]+)$#D', $file, $name ) ) {
		if ( isset( $places[ $name[1] ] ) ) {
			$wrong[] = "$file: there is another $name[1], {$places[ $name[1] ]}";
		}
		$places[ $name[1] ] = $file;
	}
	if ( ! str_ends_with( $file, '.php' ) || str_ends_with( $file, '.l10n.php' ) ) {
		continue;
	}
	$seen = array();
	foreach ( declared( file_get_contents( $file ) ) as list( $kind, $name, $line ) ) {
		$short = 'class' === $kind ? $name : preg_replace( '/^.*::/', '', $name );
		// The names of tests are sentences.
		if ( isset( $seen[ "$kind $name" ] ) || isset( $kept[ "$kind $name" ] ) || isset( $kept[ "$kind $short" ] ) || ( 'function' === $kind && str_starts_with( $short, 'test_' ) ) ) {
			continue;
		}
		$seen[ "$kind $name" ] = true;

		$new  = $replaced[ $kind ][ strtolower( $short ) ] ?? null;
		$part = $is_ours && 'variable' !== $kind ? part( preg_replace( '/^.*\\\\/', '', $short ) ) : null;
		if ( null !== $new ) {
			$wrong[] = "$file:$line: the $kind $short is called $new now";
		} elseif ( null !== $part ) {
			$wrong[] = "$file:$line: the $kind $short: $part";
		}
	}
}

if ( $wrong ) {
	fwrite( STDERR, implode( "\n", $wrong ) . "\nA name that was replaced is back, or a file's is there twice: see tests/lint/words.php.\n" );
	exit( 1 );
}
