<?php
/**
 * From the worker's announcements to people.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

use Network_Webhooks\Environment;
use Network_Webhooks\Lock;
use Network_Webhooks\Log;
use Network_Webhooks\Server;
use Network_Webhooks\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * Collects what the worker announced since the last time, each announcement once: it is kept
 * for notices and mail, and told to other plugins.
 */
final class Collector {

	/** Announcements that one call takes, so that a flood of them holds up no request. */
	private const MOST = 2000;

	public function __construct( private readonly Announcement_Store $kept ) {}

	/**
	 * Collects what is new. Costs no query but that of the option where nothing is.
	 *
	 * @throws \Exception Where the log can't be read or the database refuses.
	 */
	public function collect(): void {
		if ( ! Environment::has_extension() ) {
			return;
		}
		$newest = webhooks_status()['store']['announcements'];
		$known  = (array) Settings::get( Settings::ANNOUNCED, array() );
		if ( $newest === ( $known[ Server::store() ] ?? 0 ) ) {
			return;
		}
		// Another process is at it: what it leaves is for the next time.
		Lock::try( 'announcements', 0, fn() => $this->collect_until( $newest ) );
	}

	/**
	 * Announces what this server found out about itself.
	 *
	 * @throws \Exception Where the database refuses.
	 */
	public function raise( Announcement ...$announcements ): void {
		if ( Lock::try( 'announcements', 10, fn() => $this->kept->add( ...$announcements ) ) ) {
			array_walk( $announcements, array( self::class, 'tell' ) );
		}
	}

	/**
	 * Takes announcements up to a number. Kept and counted as collected in one transaction: a
	 * process that dies here leaves both to the next one, or neither.
	 */
	private function collect_until( int $newest ): void {
		global $wpdb;
		$known = (array) Settings::read( Settings::ANNOUNCED )[ Settings::ANNOUNCED ];
		$last  = (int) ( $known[ Server::store() ] ?? 0 );
		// A lower number than before is that of a new store.
		$last = $last > $newest ? 0 : $last;
		$news = array();
		for ( $taken = 0; $last < $newest && $taken < self::MOST; ) {
			$page = webhooks_announcements( $last );
			if ( ! $page ) {
				$last = $newest; // Older ones were pruned.
			}
			foreach ( $page as $announced ) {
				$last   = $announced['number'];
				$news[] = Announcement::from_store( $announced );
				++$taken;
			}
		}
		$news = array_values( array_filter( $news ) );
		$wpdb->query( 'START TRANSACTION' );
		try {
			if ( $news ) {
				$this->kept->add( ...$news );
			}
			Settings::set( Settings::ANNOUNCED, array( Server::store() => $last ) + $known );
			$wpdb->query( 'COMMIT' );
		} catch ( \Throwable $error ) {
			$wpdb->query( 'ROLLBACK' );
			array_map( array( Settings::class, 'uncache' ), array( Settings::ANNOUNCEMENTS, Settings::ANNOUNCED ) );
			throw $error;
		}
		array_walk( $news, array( self::class, 'tell' ) );
	}

	/**
	 * Tells other plugins. What they do wrong is theirs.
	 */
	private static function tell( Announcement $announcement ): void {
		try {
			/**
			 * Something happened that people should know.
			 *
			 * @since 0.1.0
			 *
			 * @param Announcement $announcement Its `code` and `params`.
			 */
			do_action( 'network_webhooks_announcement', $announcement );
			if ( Announcement::DISABLED === $announcement->code ) {
				/**
				 * The worker disabled a webhook.
				 *
				 * @since 0.1.0
				 *
				 * @param string $webhook_id Which one.
				 * @param string $reason     `failing`: no attempt succeeded for days; `gone`: it answered 410.
				 * @param array  $params     All that is known.
				 */
				do_action( 'network_webhooks_disabled', $announcement->webhook_id(), (string) ( $announcement->params['reason'] ?? '' ), $announcement->params );
			}
		} catch ( \Throwable $error ) {
			Log::write( 'announcement', "A plugin failed at the announcement {$announcement->code}: {$error->getMessage()}" );
		}
	}
}
