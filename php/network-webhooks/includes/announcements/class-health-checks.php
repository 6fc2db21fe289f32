<?php
/**
 * What is wrong with a server.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Announcements;

use Network_Webhooks\Environment;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Host;
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

	/** Where the conditions of the whole network are kept, among those of servers. */
	private const NETWORK = '(network)';

	/** Webhooks are set aside. That is announced of each of them, to those whom it concerns: see Set_Aside. */
	private const INVALID = 'invalid_webhook';
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
		return ( new Outbox() )->warnings();
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
		$status = webhooks_status();
		$wrong  = array();
		foreach ( $status['problems'] as $problem ) {
			$wrong[ $problem['code'] ] = trim( ( $wrong[ $problem['code'] ] ?? '' ) . ' ' . Extension_Messages::translated( $problem['message'] ) );
		}
		$worker = $status['worker'];
		if ( $worker['running'] && $worker['version'] && $worker['version'] !== $status['version'] ) {
			$wrong['version'] = sprintf(
				/* translators: 1: version of the worker, 2: version of the extension */
				__( 'The worker that runs is version %1$s and the PHP extension %2$s: one of them was updated. Restart the worker, and PHP.', 'network-webhooks' ),
				$worker['version'],
				$status['version']
			);
		}
		$unpublished = Unpublished::here();
		if ( '' !== $unpublished ) {
			$wrong[ self::PUBLICATION ] = Unpublished::sentence( $unpublished );
		}
		$full = self::fullness( $status['spool']['path'] );
		if ( null !== $full ) {
			$wrong['disk'] = $full;
		}
		return $wrong;
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
			'worker' => __( 'The worker can’t be started', 'network-webhooks' ),
			'worker_dies' => __( 'The worker dies again and again', 'network-webhooks' ),
			'allow' => __( 'Servers disagree on the addresses that may be reached', 'network-webhooks' ),
			'config' => __( 'The published webhooks can’t be read', 'network-webhooks' ),
			self::INVALID => __( 'A webhook is invalid', 'network-webhooks' ),
			self::PUBLICATION => __( 'The webhooks could not be published', 'network-webhooks' ),
			'version' => __( 'Worker and extension have different versions', 'network-webhooks' ),
			'file_size' => __( 'The worker’s files are limited in size', 'network-webhooks' ),
			'descriptors' => __( 'The worker may open too few files', 'network-webhooks' ),
			'max_in_flight' => __( 'Servers disagree on how many requests may be under way', 'network-webhooks' ),
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
		$this->compare( Server::name() . ' ' . PHP_SAPI, Server::name(), array_diff_key( Extension_Messages::in_english( array( self::class, 'here' ) ), array( self::INVALID => '' ) ) );
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
