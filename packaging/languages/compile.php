<?php
/**
 * Makes of each language's .mo and .po what WordPress reads: the .l10n.php for PHP, which needs no
 * parsing, and the .json for each script that has texts, named after the script's path in the
 * plugin, as wp_set_script_translations() looks for it. Part of make.sh:
 *
 *   php -n compile.php WORDPRESS LANGUAGES
 */

list( , $wordpress, $languages ) = $argv;

// WordPress's own readers and writers, which need nothing else of it.
require $wordpress . '/wp-includes/compat.php';
require $wordpress . '/wp-includes/pomo/po.php';
require $wordpress . '/wp-includes/l10n/class-wp-translation-file.php';
require $wordpress . '/wp-includes/l10n/class-wp-translation-file-mo.php';
require $wordpress . '/wp-includes/l10n/class-wp-translation-file-php.php';

/**
 * The texts of each script, as wp.i18n takes them.
 *
 * @return array<string, array<string, list<string>>> By the script's path, by text.
 */
function texts_of_scripts( PO $translation ): array {
	$scripts = array();
	foreach ( $translation->entries as $entry ) {
		if ( in_array( 'fuzzy', $entry->flags, true ) || ! $entry->translations || in_array( '', $entry->translations, true ) ) {
			continue;
		}
		foreach ( $entry->references as $reference ) {
			if ( str_ends_with( $reference, '.js' ) ) {
				$text = null === $entry->context ? $entry->singular : $entry->context . "\4" . $entry->singular;

				$scripts[ $reference ][ $text ] = $entry->translations;
			}
		}
	}
	return $scripts;
}

// What a script, or a language, has no more.
foreach ( glob( "$languages/network-webhooks-*.{l10n.php,json}", GLOB_BRACE ) as $old ) {
	unlink( $old );
}

foreach ( glob( "$languages/network-webhooks-*.po" ) as $po ) {
	$base = substr( $po, 0, -3 );
	file_put_contents( "$base.l10n.php", WP_Translation_File::transform( "$base.mo", 'php' ) );

	$translation = new PO();
	$translation->import_from_file( $po );
	$header = array(
		'domain'       => 'network-webhooks',
		'lang'         => $translation->get_header( 'Language' ),
		'plural-forms' => $translation->get_header( 'Plural-Forms' ),
	);
	foreach ( texts_of_scripts( $translation ) as $script => $texts ) {
		$json = array(
			'source'      => $script,
			'domain'      => 'network-webhooks',
			'locale_data' => array( 'messages' => array( '' => $header ) + $texts ),
		);
		file_put_contents(
			sprintf( '%s-%s.json', $base, md5( $script ) ),
			json_encode( $json, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR ) . "\n"
		);
	}
}
