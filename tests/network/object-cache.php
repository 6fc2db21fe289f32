<?php
/**
 * A persistent object cache, as wp-content/object-cache.php: what one process caches others read, until it is deleted.
 * Each value is a file. It does what such caches do, and no more: it knows nothing of what stands in the database.
 *
 * Where wp-content/object-cache.split exists, each kind of PHP process has a cache of its own, as with APCu: what the
 * command line writes the web server never hears of.
 */

defined( 'ABSPATH' ) || exit;

require_once ABSPATH . WPINC . '/class-wp-object-cache.php';

/**
 * WordPress's own cache of a process, before one of files.
 */
final class File_Object_Cache extends WP_Object_Cache {

	/** Groups of which nothing outlives the process. */
	private array $of_process = array();

	/** Before the keys of what belongs to a site. */
	private string $site;

	private readonly string $folder;

	public function __construct() {
		parent::__construct();
		$this->site   = get_current_blog_id() . ':';
		$this->folder = dirname( ABSPATH ) . '/tmp/object-cache' . ( file_exists( WP_CONTENT_DIR . '/object-cache.split' ) ? '-' . PHP_SAPI : '' );
	}

	public function keep_in_process( array $groups ): void {
		$this->of_process += array_fill_keys( $groups, true );
	}

	public function add( $key, $data, $group = 'default', $expire = 0 ) {
		$this->get( $key, $group, false, $found );
		return ! $found && ! wp_suspend_cache_addition() && $this->set( $key, $data, $group, $expire );
	}

	public function replace( $key, $data, $group = 'default', $expire = 0 ) {
		$this->get( $key, $group, false, $found );
		return $found && $this->set( $key, $data, $group, $expire );
	}

	public function set( $key, $data, $group = 'default', $expire = 0 ) {
		if ( ! parent::set( $key, $data, $group ) ) {
			return false;
		}
		$file = $this->file( $key, $group );
		if ( null !== $file ) {
			$entry = serialize( array( $expire ? time() + (int) $expire : 0, $data ) );
			$this->make( dirname( $file ) );
			$new = tempnam( dirname( $file ), 'new' );
			file_put_contents( $new, $entry );
			chmod( $new, 0644 );
			rename( $new, $file );
		}
		return true;
	}

	public function get( $key, $group = 'default', $force = false, &$found = null ) {
		$value = $force ? false : parent::get( $key, $group, false, $found );
		$file  = $force || ! $found ? $this->file( $key, $group ) : null;
		$entry = null === $file ? false : @file_get_contents( $file );
		if ( false === $entry ) {
			return $value;
		}
		list( $until, $data ) = maybe_unserialize( $entry );

		$found = 0 === $until || $until > time();
		if ( ! $found ) {
			return false;
		}
		parent::set( $key, $data, $group );
		return $data;
	}

	public function delete( $key, $group = 'default', $deprecated = false ) {
		$deleted = parent::delete( $key, $group );
		$file    = $this->file( $key, $group );
		return ( null !== $file && @unlink( $file ) ) || $deleted;
	}

	public function incr( $key, $offset = 1, $group = 'default' ) {
		$value = $this->get( $key, $group, false, $found );
		if ( ! $found ) {
			return false;
		}
		$value = max( 0, ( is_numeric( $value ) ? (int) $value : 0 ) + (int) $offset );
		$this->set( $key, $value, $group );
		return $value;
	}

	public function decr( $key, $offset = 1, $group = 'default' ) {
		return $this->incr( $key, -$offset, $group );
	}

	public function flush() {
		array_map( 'unlink', glob( "$this->folder/*/*" ) );
		return parent::flush();
	}

	public function flush_group( $group ) {
		array_map( 'unlink', glob( dirname( $this->path( '', $group ) ) . '/*' ) );
		return parent::flush_group( $group );
	}

	public function flush_runtime(): bool {
		return parent::flush();
	}

	public function switch_to_blog( $blog_id ) {
		$this->site = "$blog_id:";
		parent::switch_to_blog( $blog_id );
	}

	/**
	 * The file of a value; null: it has none.
	 */
	private function file( $key, $group ): ?string {
		$group = empty( $group ) ? 'default' : $group;
		return isset( $this->of_process[ $group ] ) || ! $this->is_valid_key( $key ) ? null : $this->path( ( isset( $this->global_groups[ $group ] ) ? '' : $this->site ) . $key, $group );
	}

	private function path( string $key, string $group ): string {
		return "$this->folder/" . sha1( $group ) . '/' . sha1( $key );
	}

	/**
	 * Makes a folder into which the web server and the command line both write.
	 */
	private function make( string $folder ): void {
		foreach ( array( $this->folder, $folder ) as $one ) {
			if ( @mkdir( $one ) ) {
				chmod( $one, 0777 );
			}
		}
	}
}

function wp_cache_init() {
	$GLOBALS['wp_object_cache'] = new File_Object_Cache();
}

function wp_cache_add( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->add( $key, $data, $group, $expire );
}

function wp_cache_replace( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->replace( $key, $data, $group, $expire );
}

function wp_cache_set( $key, $data, $group = '', $expire = 0 ) {
	return $GLOBALS['wp_object_cache']->set( $key, $data, $group, $expire );
}

function wp_cache_get( $key, $group = '', $force = false, &$found = null ) {
	return $GLOBALS['wp_object_cache']->get( $key, $group, $force, $found );
}

function wp_cache_delete( $key, $group = '' ) {
	return $GLOBALS['wp_object_cache']->delete( $key, $group );
}

function wp_cache_incr( $key, $offset = 1, $group = '' ) {
	return $GLOBALS['wp_object_cache']->incr( $key, $offset, $group );
}

function wp_cache_decr( $key, $offset = 1, $group = '' ) {
	return $GLOBALS['wp_object_cache']->decr( $key, $offset, $group );
}

function wp_cache_flush() {
	return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_flush_runtime() {
	return $GLOBALS['wp_object_cache']->flush_runtime();
}

function wp_cache_flush_group( $group ) {
	return $GLOBALS['wp_object_cache']->flush_group( $group );
}

function wp_cache_supports( $feature ) {
	return in_array( $feature, array( 'flush_runtime', 'flush_group' ), true );
}

function wp_cache_close() {
	return true;
}

function wp_cache_add_global_groups( $groups ) {
	$GLOBALS['wp_object_cache']->add_global_groups( $groups );
}

function wp_cache_add_non_persistent_groups( $groups ) {
	$GLOBALS['wp_object_cache']->keep_in_process( (array) $groups );
}

function wp_cache_switch_to_blog( $blog_id ) {
	$GLOBALS['wp_object_cache']->switch_to_blog( $blog_id );
}
