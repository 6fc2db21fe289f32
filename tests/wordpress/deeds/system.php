<?php
/**
 * Plugins, themes and WordPress itself, updated from packages by WordPress's own upgraders.
 */

require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
require_once ABSPATH . 'wp-admin/includes/class-pclzip.php';

// Nobody at WordPress.org is asked, which an upgrader does when it is done.
add_filter(
	'pre_http_request',
	static fn( $answer, $request, string $url ) => wp_parse_url( $url, PHP_URL_HOST ) === wp_parse_url( network_home_url(), PHP_URL_HOST ) ? $answer : array(
		'headers'  => array(),
		'body'     => '',
		'response' => array(
			'code'    => 503,
			'message' => '',
		),
		'cookies'  => array(),
		'filename' => null,
	),
	10,
	3
);

// Writes a plugin or theme with a version, and gives its folder.
$write = static function ( string $kind, string $name, string $version, string $parent = WP_CONTENT_DIR ): string {
	$folder = "$parent/{$kind}s/$name";
	wp_mkdir_p( $folder );
	if ( 'plugin' === $kind ) {
		file_put_contents( "$folder/$name.php", "<?php\n/* Plugin Name: $name\n * Version: $version */\n" );
	} else {
		file_put_contents( "$folder/style.css", "/* Theme Name: $name\n * Version: $version */\n" );
		file_put_contents( "$folder/index.php", "<?php\n" );
	}
	wp_clean_plugins_cache( false );
	wp_clean_themes_cache( false );
	return $folder;
};

// A zip of a folder, with the folder in it.
$pack = static function ( string $folder ): string {
	$zip = get_temp_dir() . Deeds::name() . '.zip';
	if ( ! ( new PclZip( $zip ) )->create( $folder, PCLZIP_OPT_REMOVE_PATH, dirname( $folder ) ) ) {
		throw new RuntimeException( "No $zip." );
	}
	return $zip;
};

// Version 1.0.0 is there, and 1.0.1 on offer.
$offer = static function ( string $kind ) use ( $write, $pack ): string {
	$name    = Deeds::name();
	$package = $pack( $write( $kind, $name, '1.0.1', get_temp_dir() . $name ) );
	$write( $kind, $name, '1.0.0' );
	$file   = 'plugin' === $kind ? "$name/$name.php" : $name;
	$update = array(
		'slug'        => $name,
		'new_version' => '1.0.1',
		'package'     => $package,
	);
	$offers = get_site_transient( "update_{$kind}s" );
	$offers = is_object( $offers ) ? $offers : new stdClass();

	$offers->response[ $file ] = 'plugin' === $kind ? (object) $update : $update;
	set_site_transient( "update_{$kind}s", $offers );
	return $file;
};

return array(
	'plugin_activated'   => array(
		'before' => static function () use ( $write ): string {
			$name = Deeds::name();
			$write( 'plugin', $name, '3.2.1' );
			return "$name/$name.php";
		},
		'act'    => static function ( int $site, string $file ) {
			if ( is_wp_error( activate_plugin( $file ) ) ) {
				throw new RuntimeException( $file );
			}
		},
		'files'  => true,
	),
	'plugin_deactivated' => array(
		'before' => static function () use ( $write ): string {
			$name = Deeds::name();
			$write( 'plugin', $name, '3.2.1' );
			activate_plugin( "$name/$name.php" );
			return "$name/$name.php";
		},
		'act'    => static fn( int $site, string $file ) => deactivate_plugins( $file ),
		'files'  => true,
	),
	'plugin_updated'     => array(
		'before' => static fn(): string => $offer( 'plugin' ),
		'act'    => static fn( int $site, string $file ) => Deeds::must( ( new Plugin_Upgrader( new Automatic_Upgrader_Skin() ) )->upgrade( $file ) ),
		'about'  => 'network',
		'files'  => true,
	),
	'theme_switched'     => array(
		'before' => static function () use ( $write ): string {
			$name = Deeds::name();
			$write( 'theme', $name, '1.0.0' );
			return $name;
		},
		'act'    => static fn( int $site, string $theme ) => switch_theme( $theme ),
		'files'  => true,
	),
	'theme_updated'      => array(
		'before' => static fn(): string => $offer( 'theme' ),
		'act'    => static fn( int $site, string $theme ) => Deeds::must( ( new Theme_Upgrader( new Automatic_Upgrader_Skin() ) )->upgrade( $theme ) ),
		'about'  => 'network',
		'files'  => true,
	),
	'core_updated'       => array(
		// The version that is there, once more, in a package of its fewest files.
		'before' => static function () use ( $pack ): string {
			$folder = get_temp_dir() . Deeds::name() . '/wordpress';
			foreach ( array( 'readme.html', 'wp-includes/version.php', 'wp-admin/includes/update-core.php' ) as $file ) {
				wp_mkdir_p( dirname( "$folder/$file" ) );
				if ( is_file( ABSPATH . $file ) ) {
					copy( ABSPATH . $file, "$folder/$file" );
				} else {
					touch( "$folder/$file" );
				}
			}
			return $pack( $folder );
		},
		'act'    => static function ( int $site, string $package ) {
			$update = (object) array(
				'response'        => 'reinstall',
				'current'         => $GLOBALS['wp_version'],
				'version'         => $GLOBALS['wp_version'],
				'locale'          => 'en_US',
				'partial_version' => '',
				'new_files'       => false,
				'packages'        => (object) array_fill_keys( array( 'full', 'no_content', 'new_bundled', 'partial', 'rollback' ), '' ),
			);

			$update->packages->full = $package;
			Deeds::must( ( new Core_Upgrader( new Automatic_Upgrader_Skin() ) )->upgrade( $update ) );
		},
		'about'  => 'network',
		'files'  => true,
	),
);
