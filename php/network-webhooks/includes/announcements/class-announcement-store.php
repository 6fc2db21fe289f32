<?php
/**
 * Announcements that people have not dealt with yet.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

use Network_Webhooks\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps the announcements in a network option, newest last, until somebody dismisses them: for
 * the notices, and for the next mail. Writing is done under Collector's lock.
 */
final class Announcement_Store {

	/** How many are kept; the oldest go first. */
	private const MOST = 50;

	/**
	 * All of them, for pages.
	 *
	 * @return list<Announcement>
	 */
	public function all(): array {
		return self::from_option( Settings::get( Settings::ANNOUNCEMENTS, array() ) );
	}

	/**
	 * All of them as they stand in the database.
	 *
	 * @return list<Announcement>
	 */
	public function read(): array {
		return self::from_option( Settings::read( Settings::ANNOUNCEMENTS )[ Settings::ANNOUNCEMENTS ] );
	}

	/**
	 * Keeps further ones. What mail has not said yet is counted together with its like.
	 */
	public function add( Announcement ...$more ): void {
		$kept = $this->read();
		foreach ( $more as $announcement ) {
			foreach ( $kept as $at => $known ) {
				if ( ! $known->mailed && $known->is_like( $announcement ) ) {
					$kept[ $at ] = $known->and_another();
					continue 2;
				}
			}
			$kept[] = $announcement->with_id( bin2hex( random_bytes( 8 ) ) );
		}
		$this->write( $kept );
	}

	/**
	 * Notes which ones mail has said, or has not after all.
	 */
	public function set_mailed( bool $mailed, string ...$ids ): void {
		$this->write(
			array_map(
				static fn( Announcement $one ) => in_array( $one->id, $ids, true ) ? $one->with_mailed( $mailed ) : $one,
				$this->read()
			)
		);
	}

	/**
	 * Forgets one.
	 */
	public function dismiss( string $id ): void {
		$this->write( array_filter( $this->read(), static fn( Announcement $one ) => $one->id !== $id ) );
	}

	/**
	 * Writes them.
	 *
	 * @param array<Announcement> $kept
	 */
	private function write( array $kept ): void {
		$entries = array_map( static fn( Announcement $one ) => $one->to_array(), array_values( $kept ) );
		Settings::set( Settings::ANNOUNCEMENTS, array_slice( $entries, -self::MOST ) );
	}

	/**
	 * The announcements of the option.
	 *
	 * @return list<Announcement>
	 */
	private static function from_option( mixed $entries ): array {
		return array_map( array( Announcement::class, 'from_array' ), is_array( $entries ) ? array_values( $entries ) : array() );
	}
}
