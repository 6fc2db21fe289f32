<?php
/**
 * docs/rooms.md: which folder of the plugin holds what, and which others it uses, made of the code.
 *
 *   php tests/lint/rooms.php           fails where the page is out of date
 *   php tests/lint/rooms.php --write   writes it
 */

chdir( dirname( __DIR__, 2 ) );

const PLUGIN = 'php/network-webhooks/includes/';
const PAGE   = 'docs/rooms.md';

/** What each is for. A folder that is not here has no sentence yet, and fails. */
const ROOMS = array(
	'admin'         => 'pages of Network Admin, each a class that registers itself, and what their forms ask for',
	'announcements' => 'what people have to be told, by notice and by mail, and what is looked at for that',
	'custom-events' => 'WordPress actions that an admin made events',
	'deliveries'    => 'what the log says of webhooks and attempts, in words',
	'dispatch'      => 'the way of an event into the journal, what keeps it from that, and whose code it was',
	'events'        => 'which events there are, with examples and schemas, which were seen, and test events',
	'health'        => 'the figures of every part: Site Health, status and report',
	'inbox'         => 'the test inbox',
	'outbox'        => 'events that the journal could not take, and those that nothing can send',
	'privacy'       => 'who may see what; export, erasure, and secrets in what is kept',
	'publishing'    => 'from the database to the extension, and what is done for it beside the requests',
	'recording'     => 'Listen: a session, what it captures, and why a webhook did or did not get it',
	'rest'          => 'routes of the pages’ scripts',
	'server'        => 'this process and server: PHP, the extension and what it says, the log',
	'sites'         => 'sites of the network by id, address and name',
	'sources'       => 'WordPress and plugins as sources of events',
	'storage'       => 'tables, options, locks, transactions, limits',
	'webhooks'      => 'a webhook, the table of them, and their history',
);

/**
 * The class files, by class: path below includes/.
 *
 * @return array<string, string>
 */
function classes(): array {
	$found = array();
	foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( PLUGIN, FilesystemIterator::SKIP_DOTS ) ) as $file ) {
		$source = file_get_contents( $file );
		if ( preg_match( '/^(?:class|interface|trait)-.*\.php$/', $file->getFilename() ) && preg_match( '/^namespace ([\w\\\\]+);.*^(?:(?:final|abstract) )?(?:class|interface|trait) (\w+)/ms', $source, $name ) ) {
			$found[ "$name[1]\\$name[2]" ] = substr( $file->getPathname(), strlen( PLUGIN ) );
		}
	}
	ksort( $found );
	return $found;
}

/**
 * The room of a file; the plugin itself has none.
 */
function room( string $file ): string {
	return str_contains( $file, '/' ) ? strstr( $file, '/', true ) : '';
}

/**
 * The classes that a source names.
 *
 * @return list<string>
 */
function named( string $source ): array {
	$tokens    = array_values( array_filter( PhpToken::tokenize( $source ), static fn( PhpToken $token ) => ! $token->isIgnorable() ) );
	$namespace = '';
	$imports   = array();
	$named     = array();
	foreach ( $tokens as $place => $token ) {
		$next = $tokens[ $place + 1 ] ?? null;
		if ( $token->is( T_NAMESPACE ) ) {
			$namespace = $next->text;
		} elseif ( $token->is( T_USE ) && $next->is( T_NAME_QUALIFIED ) ) {
			$alias             = ( $tokens[ $place + 2 ] ?? null )?->is( T_AS ) ? $tokens[ $place + 3 ]->text : substr( strrchr( $next->text, '\\' ), 1 );
			$imports[ $alias ] = $next->text;
		} elseif ( $token->is( T_NAME_FULLY_QUALIFIED ) ) {
			$named[] = substr( $token->text, 1 );
		} elseif ( $token->is( array( T_STRING, T_NAME_QUALIFIED ) ) && ! $tokens[ $place - 1 ]->is( array( T_OBJECT_OPERATOR, T_NULLSAFE_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION, T_CONST, T_USE, T_NAMESPACE ) ) ) {
			$first   = strtok( $token->text, '\\' );
			$named[] = isset( $imports[ $first ] ) ? $imports[ $first ] . substr( $token->text, strlen( $first ) ) : "$namespace\\$token->text";
		}
	}
	return array_values( array_unique( $named ) );
}

/**
 * The page.
 */
function page(): string {
	$classes = classes();
	$rooms   = array();
	foreach ( $classes as $class => $file ) {
		$room = room( $file );
		if ( '' === $room ) {
			continue;
		}
		$rooms[ $room ] ??= array();
		foreach ( named( file_get_contents( PLUGIN . $file ) ) as $name ) {
			$used = isset( $classes[ $name ] ) ? room( $classes[ $name ] ) : '';
			if ( '' !== $used && $used !== $room ) {
				$rooms[ $room ]['uses'][ $used ] = true;
			}
		}
	}
	ksort( $rooms );
	$wrong = array_merge( array_diff( array_keys( $rooms ), array_keys( ROOMS ) ), array_diff( array_keys( ROOMS ), array_keys( $rooms ) ) );
	if ( $wrong ) {
		fwrite( STDERR, 'What is in ' . PLUGIN . implode( ', ', $wrong ) . "? Say it in tests/lint/rooms.php.\n" );
		exit( 1 );
	}
	$page = <<<'PAGE'
		# The plugin’s rooms

		<!-- Made by `php tests/lint/rooms.php --write` from the code. `make lint` fails when this file is out of date. -->

		The folders of `php/network-webhooks/includes/`. Beside them stand `class-plugin.php`, which makes the
		parts; `api.php`, the functions for other plugins; `autoload.php`, which finds a class’s file; and
		`dispatch.php`, what a dispatch loads at once. An arrow says whose classes a room names.

		| Room | Holds | Uses |
		|---|---|---|

		PAGE;
	foreach ( $rooms as $room => $of ) {
		$uses = array_keys( $of['uses'] ?? array() );
		sort( $uses );
		$page .= sprintf( "| `%s` | %s | %s |\n", $room, ROOMS[ $room ], $uses ? '→ ' . implode( ', ', $uses ) : '' );
	}
	return $page;
}

$page = page();
if ( '--write' === ( $argv[1] ?? '' ) ) {
	file_put_contents( PAGE, $page );
} elseif ( ! is_file( PAGE ) || file_get_contents( PAGE ) !== $page ) {
	fwrite( STDERR, PAGE . " is out of date. Run: php tests/lint/rooms.php --write\n" );
	exit( 1 );
}
