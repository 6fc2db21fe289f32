<?php
/**
 * What is wrong with a server.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

use Network_Webhooks\Cron;
use Network_Webhooks\Environment;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Host;
use Network_Webhooks\Installation;
use Network_Webhooks\Lock;
use Network_Webhooks\Outbox;
use Network_Webhooks\Server;
use Network_Webhooks\Settings;
use Network_Webhooks\Unpublished;

defined( 'ABSPATH' ) || exit;

/**
 * Looks at what the worker can't announce because it is about the worker, the disk or PHP itself,
 * and announces when something of that begins or ends.
 */
final class Health_Checks {

	/** The disk counts as almost full below this many bytes, and below this part of it. */
	private const FREE_BYTES = GB_IN_BYTES;
	private const FREE_PART  = 0.05;

	/** Seconds that this server's clock may be from the database's: so much receivers of signatures allow. */
	private const CLOCKS_APART = 5 * MINUTE_IN_SECONDS;

	/** Where the conditions of the whole network are kept, among those of servers. */
	private const NETWORK = '(network)';

	/** What the worker or Set_Aside announce themselves, of each webhook to those whom it concerns. */
	private const ANNOUNCED = array( 'invalid_webhook', 'webhook_disabled', 'store_set_aside' );
	/** Webhooks can't be published. Its announcement keeps why as Unpublished has it. */
	public const PUBLICATION = 'publication';

	public function __construct( private readonly Collector $collector ) {}

	/**
	 * What is wrong now, here and with the whole network, each with what it is and what to do.
	 *
	 * @return array<string, string> Condition → sentence.
	 */
	public static function now(): array {
		return self::here() + self::everywhere();
	}

	/**
	 * What is wrong with the database, which all servers share.
	 *
	 * @return array<string, string> Condition → sentence.
	 */
	public static function everywhere(): array {
		return ( new Outbox() )->warnings() + Cron::warnings() + Mail::warnings();
	}

	/**
	 * What is wrong with this server and kind of process.
	 *
	 * @return array<string, string> Condition → sentence.
	 */
	public static function here(): array {
		if ( ! Environment::has_extension() ) {
			return array( 'extension' => Environment::extension_problem() );
		}
		$status = self::status();
		$wrong  = array();
		foreach ( $status['problems'] as $problem ) {
			$wrong[ $problem['code'] ] = trim( ( $wrong[ $problem['code'] ] ?? '' ) . ' ' . Extension_Messages::translated( $problem['message'] ) );
		}
		$unpublished = Unpublished::here();
		if ( '' !== $unpublished ) {
			$wrong[ self::PUBLICATION ] = Unpublished::sentence( $unpublished );
		}
		$full = self::fullness( $status['spool']['path'] );
		if ( null !== $full ) {
			// That it is full says the extension.
			$wrong += array( 'disk' => $full );
		}
		$clock = self::clock();
		if ( null !== $clock ) {
			$wrong += array( 'clock' => $clock );
		}
		return $wrong;
	}

	/**
	 * What the extension says. Who looks has a worker started first, where there is none: one that only
	 * nobody needed until now is no problem.
	 *
	 * @return array<string, mixed> As webhooks_status() gives it.
	 */
	private static function status(): array {
		$status = webhooks_status();
		if ( ! $status['problems'] || $status['worker']['running'] || ! $status['spool']['usable'] || Environment::is_recording() || Installation::is_elsewhere() ) {
			return $status;
		}
		try {
			webhooks_wake();
		} catch ( \Throwable ) {
			return $status; // Why it can't be started stands there.
		}
		return webhooks_status();
	}

	/**
	 * In a few words.
	 */
	public static function title( string $condition ): string {
		return match ( $condition ) {
			'extension' => __( 'PHP runs without the extension “webhooks”', 'network-webhooks' ),
			'spool' => __( 'The spool can’t be used', 'network-webhooks' ),
			'store' => __( 'The log of deliveries can’t be read', 'network-webhooks' ),
			'journal' => __( 'The journal can’t be read', 'network-webhooks' ),
			'worker' => __( 'The worker does not run', 'network-webhooks' ),
			'worker_hangs' => __( 'The worker hangs', 'network-webhooks' ),
			'mail' => __( 'Mails about webhooks can’t be sent', 'network-webhooks' ),
			'outbox_waits' => __( 'Events wait in the database', 'network-webhooks' ),
			'worker_dies' => __( 'The worker dies again and again', 'network-webhooks' ),
			'allow' => __( 'Servers disagree on the addresses that may be reached', 'network-webhooks' ),
			'config' => __( 'The published webhooks can’t be read', 'network-webhooks' ),
			'invalid_webhook' => __( 'A webhook is invalid', 'network-webhooks' ),
			'webhook_disabled' => __( 'A webhook is disabled', 'network-webhooks' ),
			'names' => __( 'No name of an endpoint is found', 'network-webhooks' ),
			'endpoints' => __( 'No endpoint is reached', 'network-webhooks' ),
			'backlog' => __( 'Events wait in the journal for too long', 'network-webhooks' ),
			'clock' => __( 'The clock is wrong', 'network-webhooks' ),
			'cron' => __( 'WP-Cron does not run', 'network-webhooks' ),
			'store_away'      => __( 'The database of the log is away', 'network-webhooks' ),
			'store_went_back' => __( 'The database of the log had lost something', 'network-webhooks' ),
			'spool_copied' => __( 'A server’s spool was a copy of another one’s', 'network-webhooks' ),
			'store_left'      => __( 'Part of the log was not moved', 'network-webhooks' ),
			'store_set_aside' => __( 'The log of deliveries was damaged', 'network-webhooks' ),
			'descriptors' => __( 'The worker may open too few files', 'network-webhooks' ),
			'keep_segments' => __( 'Servers disagree on how long the journal is kept', 'network-webhooks' ),
			'max_in_flight' => __( 'Servers disagree on how many requests there may be at once', 'network-webhooks' ),
			self::PUBLICATION => __( 'The webhooks could not be published', 'network-webhooks' ),
			'version' => __( 'Worker and extension have different versions', 'network-webhooks' ),
			'file_size' => __( 'The worker’s files are limited in size', 'network-webhooks' ),
			'disk' => __( 'The disk is almost full', 'network-webhooks' ),
			'outbox_full' => __( 'The outbox is almost full', 'network-webhooks' ),
			'outbox_old' => __( 'Events wait in the outbox for too long', 'network-webhooks' ),
			'refused' => __( 'Events were refused', 'network-webhooks' ),
			default => $condition,
		};
	}

	/**
	 * Announces what began or ended since the last time here.
	 *
	 * @throws \Exception Where the database refuses.
	 */
	public function review(): void {
		$this->compare( Server::name() . ' ' . PHP_SAPI, Server::name(), array_diff_key( Extension_Messages::in_english( array( self::class, 'here' ) ), array_flip( self::ANNOUNCED ) ) );
		$this->review_network();
	}

	/**
	 * The same of what is wrong with the whole network alone.
	 *
	 * @throws \Exception Where the database refuses.
	 */
	public function review_network(): void {
		// Whichever server looks first says it for all.
		$this->compare( self::NETWORK, '', Extension_Messages::in_english( array( self::class, 'everywhere' ) ) );
	}

	/**
	 * Announces what began or ended at a place since the last time.
	 *
	 * @param string                $server Name of the server; empty: the whole network.
	 * @param array<string, string> $now    Condition → sentence.
	 * @throws \Exception Where the database refuses.
	 */
	private function compare( string $place, string $server, array $now ): void {
		$known = (array) Settings::get( Settings::CONDITIONS, array() );
		if ( array_keys( $now ) === ( $known[ $place ] ?? array() ) ) {
			return;
		}
		$news = array();
		$done = Lock::try(
			'conditions',
			10,
			static function () use ( $place, $server, $now, &$news ): void {
				$known  = (array) Settings::read( Settings::CONDITIONS )[ Settings::CONDITIONS ];
				$before = (array) ( $known[ $place ] ?? array() );
				foreach ( array_diff( array_keys( $now ), $before ) as $condition ) {
					$news[] = self::announcement( Announcement::BEGAN, $condition, $server, array( 'message' => $now[ $condition ] ) );
				}
				foreach ( array_diff( $before, array_keys( $now ) ) as $condition ) {
					$news[] = self::announcement( Announcement::ENDED, $condition, $server );
				}
				Settings::set( Settings::CONDITIONS, array_filter( array( $place => array_keys( $now ) ) + $known ) );
			}
		);
		if ( $done && $news ) {
			$this->collector->raise( ...$news );
		}
	}

	/**
	 * The announcement of a beginning or an end.
	 *
	 * @param array<string, string> $params
	 */
	private static function announcement( string $code, string $condition, string $server, array $params = array() ): Announcement {
		return new Announcement(
			$code,
			array(
				'condition' => $condition,
				'server'    => $server,
			) + $params,
			time()
		);
	}

	/**
	 * How far the clock of this server is from that of the database's, where that needs saying.
	 */
	private static function clock(): ?string {
		global $wpdb;
		$there = (int) $wpdb->get_var( 'SELECT UNIX_TIMESTAMP()' );
		$apart = $there - time();
		if ( 0 === $there || abs( $apart ) <= self::CLOCKS_APART ) {
			return null;
		}
		return sprintf(
			/* translators: 1: date and time, 2: date and time */
			__( 'The clock of this server stands at %1$s (UTC), and that of the database at %2$s (UTC): one of them is wrong. Receivers refuse what is signed with a wrong time. Have both kept right (NTP).', 'network-webhooks' ),
			gmdate( 'Y-m-d H:i:s' ),
			gmdate( 'Y-m-d H:i:s', $there )
		);
	}

	/**
	 * How full the disk of a folder is, where that needs saying.
	 */
	private static function fullness( string $folder ): ?string {
		list( $free, $total ) = Host::room( $folder ) ?? array( INF, 0.0 );
		if ( $free > self::FREE_BYTES || $free > $total * self::FREE_PART ) {
			return null;
		}
		return sprintf(
			/* translators: 1: amount such as 300 MB, 2: path of a folder */
			__( 'Only %1$s are free for %2$s. Make room: with none left, events wait in WordPress’s database, and no attempt is made.', 'network-webhooks' ),
			(string) size_format( $free ),
			$folder
		);
	}
}
