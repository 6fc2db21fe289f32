<?php
/**
 * What is known of events beyond what this request has loaded.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Remembers, for the whole network, which events happened on which sites, and what plugins that
 * are active on one site only registered.
 *
 * An event costs a write to an array. When the request ends, what it saw is held against an
 * autoloaded option of its site, which WordPress has read anyway; only what stands not there goes
 * into the tables. An event belongs to the site whose request it is, also under switch_to_blog():
 * another site's option would have to be asked for.
 */
final class Seen_Events {

	/** The option of a site: what its plugins were when they were looked at, and the events seen. */
	private const OPTION = 'network_webhooks_seen';
	/** Names that a site remembers: one that makes names up must not grow its options. */
	private const SITE_LIMIT = 500;
	/** Names that the network remembers beside the built-in ones. */
	private const NETWORK_LIMIT = 2000;

	/**
	 * Events that happened in this process.
	 *
	 * @var array<string, true>
	 */
	private array $noted = array();

	/**
	 * Site whose request this is.
	 */
	private readonly int $site_id;

	/**
	 * Event → on how many sites, once asked for.
	 *
	 * @var array<string, int>|null
	 */
	private ?array $sites = null;

	/**
	 * Takes the site, before anybody switches to another.
	 */
	public function __construct() {
		$this->site_id = get_current_blog_id();
	}

	/**
	 * An event happened, whether or not anybody subscribes.
	 */
	public function note( string $slug ): void {
		$this->noted[ $slug ] = true;
	}

	/**
	 * On how many sites an event happened.
	 */
	public function sites( string $slug ): int {
		if ( null === $this->sites ) {
			global $wpdb;
			Schema::migrate();
			$rows        = $wpdb->get_results( 'SELECT event, COUNT(*) AS sites FROM ' . Schema::sightings() . ' GROUP BY event' );
			$this->sites = array_map( 'intval', array_column( (array) $rows, 'sites', 'event' ) );
		}
		return $this->sites[ $slug ] ?? 0;
	}

	/**
	 * The events beside the built-in ones.
	 *
	 * @return array<string, Event>
	 */
	public function events(): array {
		global $wpdb;
		$events = array();
		if ( Environment::is_recording() ) {
			// A test sees what it has loaded, and not what happened on its network.
			return $events;
		}
		Schema::migrate();
		foreach ( (array) $wpdb->get_results( 'SELECT event, definition FROM ' . Schema::events() ) as $row ) {
			$events[ $row->event ] = Event::registered( $row->event, (array) json_decode( $row->definition, true ) );
		}
		return $events;
	}

	/**
	 * Whether this request has anything to remember, so that it is worth making the catalogue.
	 *
	 * @param bool $look Whether it may look at what the site's plugins register.
	 */
	public function is_due( bool $look ): bool {
		if ( ! $this->noted && ! $look ) {
			return false;
		}
		list( $looked, $seen ) = $this->mark();
		return ( array_diff_key( $this->noted, $seen ) && count( $seen ) < self::SITE_LIMIT ) || ( $look && $looked !== $this->loaded() );
	}

	/**
	 * Remembers what this process saw.
	 *
	 * @param array<string, Event> $built_in   Events of which only the sites are remembered.
	 * @param array<string, Event> $registered Events that the site's plugins registered.
	 * @return bool Whether the paths by which people search changed.
	 * @throws \RuntimeException With the database's own words.
	 */
	public function remember( array $built_in, array $registered ): bool {
		list( , $seen ) = $this->mark();
		$new            = array_slice( array_diff_key( $this->noted, $seen ), 0, max( 0, self::SITE_LIMIT - count( $seen ) ) );
		Schema::migrate();
		$changed = $this->define( array_diff_key( $registered, $built_in ), array_diff_key( $new, $built_in, $registered ) );
		$this->count( array_keys( $new ) );
		$this->write_mark( implode( ' ', array( $this->loaded(), ...array_keys( $seen + $new ) ) ) );
		$this->sites = null;
		return $changed;
	}

	/**
	 * Forgets a site that was deleted.
	 */
	public static function forget_site( int $site_id ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( 'DELETE FROM ' . Schema::sightings() . ' WHERE site_id = %d', $site_id ) );
	}

	/**
	 * Removes the marks of all sites.
	 */
	public static function forget_marks(): void {
		foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site_id ) {
			delete_blog_option( (int) $site_id, self::OPTION );
		}
	}

	/**
	 * Remembers what events are; those that nobody registered, by their names alone.
	 *
	 * @param array<string, Event> $registered
	 * @param array<string, true>  $unregistered
	 * @return bool Whether the paths by which people search changed.
	 */
	private function define( array $registered, array $unregistered ): bool {
		global $wpdb;
		if ( ! $registered && ! $unregistered ) {
			return false;
		}
		$known   = array_column( (array) $wpdb->get_results( 'SELECT event, definition FROM ' . Schema::events() ), 'definition', 'event' );
		$changed = false;
		foreach ( array_fill_keys( array_keys( $unregistered ), null ) + $registered as $slug => $event ) {
			// In ASCII, with escapes for other letters: so any charset of the table takes it, and wpdb,
			// which refuses other letters where a table mixes charsets, has nothing to refuse.
			$definition = $event ? (string) wp_json_encode( $event->definition(), JSON_UNESCAPED_SLASHES ) : '{}';
			$stored     = $known[ $slug ] ?? null;
			if ( $stored === $definition || ( null !== $stored && ! $event ) || ( null === $stored && count( $known ) >= self::NETWORK_LIMIT ) ) {
				continue;
			}
			$done = $wpdb->query( $wpdb->prepare( 'INSERT INTO ' . Schema::events() . ' (event, definition) VALUES (%s, %s) ON DUPLICATE KEY UPDATE definition = VALUES(definition)', $slug, $definition ) );
			if ( false === $done ) {
				// Nothing of this request is marked as seen, so another one tries again.
				throw new \RuntimeException( "the database did not take the event $slug: $wpdb->last_error" );
			}
			$paths          = array( json_decode( $stored ?? '{}', true )['lookup'] ?? array(), $event->lookup ?? array() );
			$changed        = $changed || $paths[0] !== $paths[1];
			$known[ $slug ] = $definition;
		}
		return $changed;
	}

	/**
	 * Counts this site for events.
	 *
	 * @param list<string> $slugs
	 */
	private function count( array $slugs ): void {
		global $wpdb;
		foreach ( array_chunk( $slugs, 100 ) as $some ) {
			$values = array();
			foreach ( $some as $slug ) {
				array_push( $values, $slug, $this->site_id );
			}
			$marks = implode( ', ', array_fill( 0, count( $some ), '(%s, %d)' ) );
			if ( false === $wpdb->query( $wpdb->prepare( 'INSERT IGNORE INTO ' . Schema::sightings() . " (event, site_id) VALUES $marks", ...$values ) ) ) {
				throw new \RuntimeException( "the database did not take where events happened: $wpdb->last_error" );
			}
		}
	}

	/**
	 * The mark of the site: which plugins were looked at, and which events are remembered.
	 *
	 * @return array{string, array<string, true>}
	 */
	private function mark(): array {
		$words = explode( ' ', (string) $this->on_own_site( static fn() => get_option( self::OPTION, '' ) ) );
		return array( $words[0], array_fill_keys( array_slice( $words, 1 ), true ) );
	}

	/**
	 * Writes the mark, so that it is loaded with the site's other options.
	 *
	 * Two requests that write options at once leave one of them out of a persistent object cache. Where the database
	 * has the mark already, WordPress takes that for nothing to do, and the cache would stay behind for good: each
	 * request would remember the same events once more.
	 */
	private function write_mark( string $mark ): void {
		$this->on_own_site(
			static function () use ( $mark ): void {
				if ( ! update_option( self::OPTION, $mark, true ) && wp_using_ext_object_cache() ) {
					array_map( static fn( string $key ) => wp_cache_delete( $key, 'options' ), array( self::OPTION, 'alloptions', 'notoptions' ) );
				}
			}
		);
	}

	/**
	 * What the site has loaded, in short. It counts as something else after a week: plugins learn
	 * to register more when they are updated. Not all sites in the same request of the network.
	 */
	private function loaded(): string {
		return $this->on_own_site(
			fn(): string => hash(
				'crc32b',
				implode(
					' ',
					array(
						NETWORK_WEBHOOKS_VERSION,
						...array_map( 'strval', (array) get_option( 'active_plugins', array() ) ),
						...array_keys( (array) get_site_option( 'active_sitewide_plugins', array() ) ),
						get_option( 'stylesheet' ),
						intdiv( intdiv( time(), DAY_IN_SECONDS ) + $this->site_id, 7 ),
					)
				)
			)
		);
	}

	/**
	 * Does something on the site whose request this is, should somebody have switched to another.
	 */
	private function on_own_site( callable $act ): mixed {
		if ( get_current_blog_id() === $this->site_id ) {
			return $act();
		}
		switch_to_blog( $this->site_id );
		try {
			return $act();
		} finally {
			restore_current_blog();
		}
	}
}
