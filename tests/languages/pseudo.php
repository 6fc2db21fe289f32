<?php
/**
 * Gives a network a language in which every text of the plugin stands in ⟦brackets⟧: what has none
 * on a page can't be translated. WordPress itself gets as much of the language as makes it known.
 *
 *   php tests/languages/pseudo.php LOCALE [rtl]     rtl: it is written from right to left
 *
 * Run with a network's environment: see tests/network/up.sh. The plugin's folder is that network's
 * own copy.
 */

list( , $locale, $direction ) = $argv + array( 2 => 'ltr' );

$wordpress = getenv( 'WP_ROOT' );
$project   = dirname( __DIR__, 2 );
require $wordpress . '/wp-includes/compat.php';
require $wordpress . '/wp-includes/pomo/po.php';
require $wordpress . '/wp-includes/pomo/mo.php';

const HEADERS = array(
	'Content-Type' => 'text/plain; charset=UTF-8',
	'Plural-Forms' => 'nplurals=2; plural=(n != 1);',
);

$folder = sys_get_temp_dir() . '/pseudo-' . bin2hex( random_bytes( 5 ) );
mkdir( $folder );
$texts = new PO();
$texts->import_from_file( "$project/php/network-webhooks/languages/network-webhooks.pot" );
$texts->set_headers( array( 'Language' => $locale ) + HEADERS );
foreach ( $texts->entries as $entry ) {
	$forms = $entry->is_plural ? array( $entry->singular, $entry->plural ) : array( $entry->singular );

	$entry->translations = array_map( static fn( $text ) => "⟦{$text}⟧", $forms );
}
$texts->export_to_file( "$folder/network-webhooks-$locale.po" );

exec( escapeshellarg( "$project/packaging/languages/make.sh" ) . ' ' . escapeshellarg( $folder ) . ' 2>&1', $output, $code );
if ( 0 !== $code ) {
	fwrite( STDERR, implode( "\n", $output ) . "\n" );
	exit( 1 );
}
foreach ( glob( "$folder/network-webhooks-$locale*" ) as $file ) {
	if ( ! str_ends_with( $file, '.po' ) ) {
		copy( $file, "$wordpress/wp-content/plugins/network-webhooks/languages/" . basename( $file ) );
		chmod( "$wordpress/wp-content/plugins/network-webhooks/languages/" . basename( $file ), 0644 );
	}
}
array_map( 'unlink', glob( "$folder/*" ) );
rmdir( $folder );

$core = new MO();
$core->set_headers( array( 'Language' => $locale ) + HEADERS );
$core->add_entry(
	array(
		'singular'     => 'ltr',
		'context'      => 'text direction',
		'translations' => array( $direction ),
	)
);
if ( ! is_dir( "$wordpress/wp-content/languages" ) ) {
	mkdir( "$wordpress/wp-content/languages" );
}
$core->export_to_file( "$wordpress/wp-content/languages/$locale.mo" );
