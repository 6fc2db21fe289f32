<?php
/**
 * includes/sources/hooks.php: which source listens to which hooks.
 */

use Network_Webhooks\Plugin;
use Network_Webhooks\Sources\Source;

final class Hook_List {

	/** The plugin's own file, and the one of the network that a test or `make docs` has. */
	private const FILE = __DIR__ . '/../../php/network-webhooks/includes/sources/hooks.php';

	private const HEAD = <<<'PHP'
		<?php
		/**
		 * Which source listens to which hooks, in the order in which they describe events: a request in which
		 * none of these is fired loads no source, and where a `plugin` does not run its hooks are not added.
		 * Made by `make docs` from what the sources listen to; a test fails when it is out of date.
		 *
		 * @package Network_Webhooks
		 */

		namespace Network_Webhooks\Sources;

		defined( 'ABSPATH' ) || exit;

		return array(

		PHP;

	/**
	 * The classes below sources/ that are sources, whether or not the list knows them.
	 *
	 * @return list<class-string<Source>>
	 */
	public function sources(): array {
		$folder = dirname( ( new ReflectionClass( Source::class ) )->getFileName() );
		$found  = array();
		foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $folder, FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			$source = file_get_contents( $file );
			if ( preg_match( '/^namespace ([\w\\\\]+);.*^final class (\w+) (?:extends|implements)/ms', $source, $name ) && is_subclass_of( "$name[1]\\$name[2]", Source::class ) ) {
				$found[] = "$name[1]\\$name[2]";
			}
		}
		usort( $found, static fn( string $a, string $b ) => array( $a::ORDER, $a ) <=> array( $b::ORDER, $b ) );
		return $found;
	}

	/**
	 * The file as it should be.
	 */
	public function text(): string {
		$hooks = array();
		foreach ( $this->sources() as $source ) {
			$hooks[ substr( $source, strlen( 'Network_Webhooks\\Sources\\' ) ) . '::class' ] = Plugin::instance()->sources()->get( $source )->hooks();
		}
		$width = max( array_map( 'strlen', array_keys( $hooks ) ) );
		$text  = self::HEAD;
		foreach ( $hooks as $source => $names ) {
			$names = array_map( static fn( string $name ) => var_export( $name, true ), $names );
			$plugin = constant( str_replace( '::class', '::PLUGIN', "Network_Webhooks\\Sources\\$source" ) );
			if ( '' !== $plugin ) {
				array_unshift( $names, "'plugin' => " . var_export( $plugin, true ) );
			}
			$text .= sprintf( "\t%s => %s,\n", str_pad( $source, $width ), $names ? 'array( ' . implode( ', ', $names ) . ' )' : 'array()' );
		}
		return "$text);\n";
	}

	public function is_old(): bool {
		return ! is_file( self::FILE ) || file_get_contents( self::FILE ) !== $this->text();
	}

	/**
	 * Writes it into the project, and into the network's copy of the plugin.
	 */
	public function write(): void {
		$text = $this->text();
		foreach ( array( self::FILE, dirname( NETWORK_WEBHOOKS_FILE ) . '/includes/sources/hooks.php' ) as $file ) {
			if ( strlen( $text ) !== file_put_contents( $file, $text ) ) {
				fwrite( STDERR, "$file could not be written.\n" );
				exit( 1 );
			}
		}
		echo realpath( self::FILE ), ': ', substr_count( $text, '::class' ), " sources\n";
	}
}
