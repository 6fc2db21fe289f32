<?php
/**
 * Failed logins, counted.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources\Core;

use Network_Webhooks\Host;

defined( 'ABSPATH' ) || exit;

/**
 * Counts the failed logins of each site and minute: the first ten are told one by one, all further
 * ones in one sum when the minute is over.
 *
 * A thousand attempts a second must not become as many events, nor as many writes to a table, and
 * none may be missing in the sum. So each site has a small file, which whoever counts holds locked:
 * in memory that processes share (APCu) a restart of php-fpm or a full segment would drop counts.
 * A file whose minute is over is handed in by whoever comes next: another attempt, or, while anybody
 * wants to know, the end of any request to this server; wp-cron's in any case. A marker beside the
 * files has the time at which the first of them is due, so that a request looks at one file's time
 * and nothing else.
 *
 * Where a count can't be kept, the attempt counts as one of the ten: told, rather than lost.
 */
final class Failed_Logins {

	/** How many of a minute are told one by one. */
	public const SINGLE = 10;

	/** Sums that one request hands in at most. */
	private const BATCH = 200;
	/** Seconds that a process waits for the others to have counted. */
	private const PATIENCE = 0.25;
	/** Id, first second of the minute, time of the last attempt, count: as long as before when written anew, so that a full disk is no obstacle. */
	private const RECORD = '%s %010d %010d %010d ';

	private const MARKER = 'due';

	/**
	 * Whether this process holds a file. A filter of the event that it sends meanwhile may log in
	 * too, and would wait for itself.
	 */
	private bool $holds = false;

	/**
	 * @param string                 $folder Empty: one of this installation and user, in the
	 *                                       system's folder for temporary files.
	 * @param (\Closure(): int)|null $clock  Unix time; null: the system's.
	 */
	public function __construct( private string $folder = '', private readonly ?\Closure $clock = null ) {}

	/**
	 * Counts an attempt.
	 *
	 * @param string                    $url  The site's address.
	 * @param callable(int, array): void $send Sends the sum of an earlier minute, see collect().
	 * @return bool Whether it is to be told by itself.
	 */
	public function count( int $site_id, string $url, callable $send ): bool {
		$file = $this->holds || ! $this->make_folder() ? null : $this->lock( $this->file( (string) $site_id ), true );
		if ( ! $file ) {
			return true;
		}
		$this->holds = true;
		try {
			$now  = $this->now();
			$kept = self::read( $file );
			if ( $kept && $this->is_over( $kept ) ) {
				self::hand_in( $site_id, $kept, $send );
				$kept = null;
			}
			$is_new       = ! $kept;
			$kept       ??= array(
				'id'    => bin2hex( random_bytes( 8 ) ),
				'since' => $now - $now % MINUTE_IN_SECONDS,
				'count' => 0,
				'url'   => $url,
			);
			$kept['last'] = $now;
			++$kept['count'];
			if ( ! self::write( $file, $kept ) ) {
				return true;
			}
			if ( $is_new ) {
				$this->mark( $kept['since'] + MINUTE_IN_SECONDS );
			}
			return $kept['count'] <= self::SINGLE;
		} finally {
			fclose( $file );
			$this->holds = false;
		}
	}

	/**
	 * Whether a sum may be due. Costs a look at one file's time.
	 */
	public function is_due(): bool {
		$due = $this->due();
		// A time far ahead: the clock was set back.
		return null !== $due && ( $due <= $this->now() || $due > $this->now() + 2 * MINUTE_IN_SECONDS );
	}

	/**
	 * Hands in the sums of the minutes that are over.
	 *
	 * @param callable(int, array): void $send Is given a site's id and `id`, `since`, `last`,
	 *                                         `count` and `url`. May be given the same ones again
	 *                                         where this process dies.
	 */
	public function collect( callable $send ): void {
		$marker = $this->is_due() ? @fopen( $this->file( self::MARKER ), 'r' ) : false;
		// Another process is at it; should it die, the marker is still there.
		if ( ! $marker || ! flock( $marker, LOCK_EX | LOCK_NB ) ) {
			return;
		}
		try {
			$left = self::BATCH;
			foreach ( $this->sites() as $site_id ) {
				if ( 0 === $left ) {
					return;
				}
				$left -= (int) $this->settle( $site_id, $send );
			}
			// What is begun after this look makes a marker of its own.
			@unlink( $this->file( self::MARKER ) );
			foreach ( $this->sites() as $site_id ) {
				$kept = self::read_file( $this->file( (string) $site_id ) );
				$this->mark( ( $kept['since'] ?? $this->now() ) + MINUTE_IN_SECONDS );
			}
		} finally {
			fclose( $marker );
		}
	}

	/**
	 * Hands in a site's sum, if its minute is over.
	 *
	 * @return bool Whether it was.
	 */
	private function settle( int $site_id, callable $send ): bool {
		$path = $this->file( (string) $site_id );
		$file = $this->lock( $path, false );
		if ( ! $file ) {
			return false;
		}
		$this->holds = true;
		try {
			$kept = self::read( $file );
			if ( $kept && ! $this->is_over( $kept ) ) {
				return false;
			}
			if ( $kept ) {
				self::hand_in( $site_id, $kept, $send );
			}
			@unlink( $path );
			return true;
		} finally {
			fclose( $file );
			$this->holds = false;
		}
	}

	/**
	 * Sends a sum, if there is more than was told already.
	 */
	private static function hand_in( int $site_id, array $kept, callable $send ): void {
		$kept['count'] -= self::SINGLE;
		if ( $kept['count'] > 0 ) {
			$send( $site_id, $kept );
		}
	}

	/**
	 * Whether a minute is over, or was never: the clock was set back.
	 */
	private function is_over( array $kept ): bool {
		$now = $this->now();
		return $now >= $kept['since'] + MINUTE_IN_SECONDS || $now < $kept['since'];
	}

	/**
	 * Opens a site's file and locks it.
	 *
	 * @return resource|null
	 */
	private function lock( string $path, bool $create ) {
		$end = microtime( true ) + self::PATIENCE;
		do {
			$file = @fopen( $path, $create ? 'c+' : 'r+' );
			if ( ! $file ) {
				return null;
			}
			while ( ! flock( $file, LOCK_EX | LOCK_NB ) ) {
				if ( microtime( true ) > $end ) {
					fclose( $file );
					return null;
				}
				usleep( 100 );
			}
			// Whoever held it may have deleted it: then this is nobody's file.
			if ( fstat( $file )['nlink'] > 0 ) {
				return $file;
			}
			fclose( $file );
		} while ( microtime( true ) < $end );
		return null;
	}

	/**
	 * What a file has.
	 *
	 * @param resource $file
	 * @return array{id: string, since: int, last: int, count: int, url: string}|null
	 */
	private static function read( $file ): ?array {
		rewind( $file );
		return self::parse( (string) stream_get_contents( $file ) );
	}

	/**
	 * What a file has, without its lock.
	 *
	 * @return array{id: string, since: int, last: int, count: int, url: string}|null
	 */
	private static function read_file( string $path ): ?array {
		return self::parse( (string) @file_get_contents( $path ) );
	}

	/**
	 * What a file has.
	 *
	 * @return array{id: string, since: int, last: int, count: int, url: string}|null
	 */
	private static function parse( string $content ): ?array {
		$parts = explode( ' ', $content, 5 );
		return 5 === count( $parts ) ? array(
			'id'    => $parts[0],
			'since' => (int) $parts[1],
			'last'  => (int) $parts[2],
			'count' => (int) $parts[3],
			'url'   => $parts[4],
		) : null;
	}

	/**
	 * Writes a file.
	 *
	 * @param resource $file
	 */
	private static function write( $file, array $kept ): bool {
		$content = sprintf( self::RECORD, $kept['id'], $kept['since'], $kept['last'], $kept['count'] ) . $kept['url'];
		rewind( $file );
		$written = @fwrite( $file, $content );
		return strlen( $content ) === $written && fflush( $file ) && ( fstat( $file )['size'] === $written || ftruncate( $file, $written ) );
	}

	/**
	 * Sites that have a file.
	 *
	 * @return list<int>
	 */
	private function sites(): array {
		return array_map( 'intval', array_filter( (array) @scandir( $this->folder() ), 'ctype_digit' ) );
	}

	/**
	 * Has somebody come at a time, unless somebody comes sooner.
	 */
	private function mark( int $time ): void {
		$due = $this->due();
		if ( null === $due || $due > $time ) {
			@touch( $this->file( self::MARKER ), $time );
		}
	}

	/**
	 * When the first sum is due; null: there is none.
	 */
	private function due(): ?int {
		$file = $this->file( self::MARKER );
		clearstatcache( true, $file );
		return @filemtime( $file ) ?: null;
	}

	/**
	 * Makes the folder. In a folder that everybody can write to it has to be ours, and nobody
	 * else's way to lead us somewhere.
	 */
	private function make_folder(): bool {
		$folder = $this->folder();
		if ( ! @is_dir( $folder ) && ! @mkdir( $folder, 0700 ) && ! @is_dir( $folder ) ) {
			return false;
		}
		return ! is_link( $folder ) && (string) fileowner( $folder ) === Host::user();
	}

	/**
	 * The folder. Named without asking the database, which a request that only looks must not.
	 */
	private function folder(): string {
		if ( '' === $this->folder ) {
			global $wpdb;
			$user         = Host::user();
			$place        = substr( hash( 'sha256', ABSPATH . "\n" . DB_NAME . "\n" . $wpdb->base_prefix ), 0, 16 );
			$this->folder = sys_get_temp_dir() . "/network-webhooks-logins-$user-$place";
		}
		return $this->folder;
	}

	/**
	 * A file of the folder.
	 */
	private function file( string $name ): string {
		return $this->folder() . "/$name";
	}

	/**
	 * The time.
	 */
	private function now(): int {
		return $this->clock ? ( $this->clock )() : time();
	}
}
