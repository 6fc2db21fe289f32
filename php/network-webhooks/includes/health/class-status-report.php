<?php
/**
 * Figures of every part.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What the status page, Site Health's information and the downloaded report say: the same words
 * in each, and nothing secret.
 */
final class Status_Report {

	public function __construct( private readonly Webhooks $webhooks, private readonly Outbox $outbox ) {}

	/**
	 * Every part: its title, and what is known of it.
	 *
	 * @return array<string, array<string, string>>
	 */
	public function sections(): array {
		$sections = array();
		if ( Environment::has_extension() ) {
			$status   = webhooks_status();
			$sections = array(
				__( 'Worker', 'network-webhooks' )  => self::worker( $status ),
				__( 'Journal', 'network-webhooks' ) => self::journal( $status ),
				__( 'Store', 'network-webhooks' )   => array(
					__( 'Address', 'network-webhooks' ) => $status['store']['url'],
					__( 'Size', 'network-webhooks' )    => (string) size_format( $status['store']['size'] ),
					__( 'Schema', 'network-webhooks' )  => (string) ( $status['store']['schema'] ?? __( 'none yet', 'network-webhooks' ) ),
				),
			);
		}
		$sections[ __( 'Outbox', 'network-webhooks' ) ]   = $this->outbox();
		$sections[ __( 'Webhooks', 'network-webhooks' ) ] = $this->webhooks();
		$sections[ __( 'Versions', 'network-webhooks' ) ] = array(
			__( 'Plugin', 'network-webhooks' )    => NETWORK_WEBHOOKS_VERSION,
			__( 'Extension', 'network-webhooks' ) => (string) ( phpversion( 'webhooks' ) ? phpversion( 'webhooks' ) : __( 'none', 'network-webhooks' ) ),
			'PHP'                                 => PHP_VERSION . ' (' . PHP_SAPI . ')',
			'WordPress'                           => get_bloginfo( 'version' ),
		);
		return $sections;
	}

	/**
	 * Names of the columns of servers().
	 *
	 * @return list<string>
	 */
	public static function server_columns(): array {
		return array(
			__( 'Server', 'network-webhooks' ),
			__( 'Process', 'network-webhooks' ),
			'PHP',
			__( 'php.ini', 'network-webhooks' ),
			__( 'Extension', 'network-webhooks' ),
			__( 'Webhooks of', 'network-webhooks' ),
			__( 'Seen', 'network-webhooks' ),
		);
	}

	/**
	 * The servers and kinds of processes.
	 *
	 * @return list<list<string>>
	 */
	public function servers(): array {
		Server::note();
		return array_map(
			static fn( array $one ) => array(
				$one['server'],
				$one['sapi'],
				$one['php'],
				'' === $one['ini'] ? __( 'none', 'network-webhooks' ) : $one['ini'],
				'' === $one['extension'] ? __( 'missing', 'network-webhooks' ) : $one['extension'],
				$one['revision'] ? self::date( intdiv( $one['revision'], 1000 ) ) : '—',
				self::date( $one['seen'] ),
			),
			Server::all()
		);
	}

	/**
	 * The worker.
	 *
	 * @param array<string, array> $status As webhooks_status() gives it.
	 * @return array<string, string>
	 */
	private static function worker( array $status ): array {
		$worker = $status['worker'];
		$rows   = array();
		if ( $worker['running'] ) {
			/* translators: %s: date and time */
			$since = __( 'running since %s', 'network-webhooks' );
			$state = $worker['since'] ? sprintf( $since, self::date( (int) strtotime( $worker['since'] ) ) ) : __( 'running', 'network-webhooks' );

			$rows[ __( 'State', 'network-webhooks' ) ]   = $state;
			$rows[ __( 'Version', 'network-webhooks' ) ] = (string) $worker['version'];
			$rows[ __( 'Process', 'network-webhooks' ) ] = (string) $worker['pid'];
			$rows[ __( 'Memory', 'network-webhooks' ) ]  = self::memory( (int) $worker['pid'] );
		} else {
			$rows[ __( 'State', 'network-webhooks' ) ] = $worker['autostart']
				? __( 'not running; it is started when there is something to send', 'network-webhooks' )
				: __( 'not running; the service manager has to start it', 'network-webhooks' );
		}
		if ( $worker['last_error'] ) {
			/* translators: 1: date and time, 2: message */
			$error = sprintf( __( '%1$s: %2$s', 'network-webhooks' ), self::date( (int) strtotime( (string) $worker['last_error_at'] ) ), Extension_Messages::translated( $worker['last_error'] ) );

			$rows[ __( 'Last error', 'network-webhooks' ) ] = $error;
		}
		if ( $status['config']['held'] ) {
			$rows[ __( 'Sending', 'network-webhooks' ) ] = __( 'held: events are kept and not sent', 'network-webhooks' );
		}
		return $rows;
	}

	/**
	 * The journal.
	 *
	 * @param array<string, array> $status As webhooks_status() gives it.
	 * @return array<string, string>
	 */
	private static function journal( array $status ): array {
		$journal = $status['journal'];
		$oldest  = $journal['oldest'];
		/* translators: %s: a time such as “5 mins” */
		$lag = __( 'the oldest event waits for %s', 'network-webhooks' );
		return array(
			__( 'Folder', 'network-webhooks' )           => $status['spool']['path'] . ' (' . (string) $status['spool']['owner'] . ')',
			__( 'Files', 'network-webhooks' )            => number_format_i18n( $journal['segments'] ),
			__( 'Waiting to be processed', 'network-webhooks' ) => (string) size_format( $journal['bytes_waiting'] ),
			__( 'Lag', 'network-webhooks' )              => $oldest ? sprintf( $lag, Date_Format::span( $oldest ) ) : __( 'none', 'network-webhooks' ),
		);
	}

	/**
	 * The outbox.
	 *
	 * @return array<string, string>
	 */
	private function outbox(): array {
		$waiting = $this->outbox->status();
		$rows    = array( __( 'Events waiting in the database', 'network-webhooks' ) => number_format_i18n( $waiting['count'] ) );
		if ( $waiting['count'] ) {
			$rows[ __( 'Since', 'network-webhooks' ) ] = self::date( (int) strtotime( $waiting['oldest'] . ' UTC' ) );
			$rows[ __( 'Size', 'network-webhooks' ) ]  = (string) size_format( $waiting['bytes'] );
			$rows[ __( 'Why', 'network-webhooks' ) ]   = implode( ' ', array_map( array( Extension_Messages::class, 'translated' ), $waiting['reasons'] ) );
		}
		$rows[ __( 'Events that were refused', 'network-webhooks' ) ] = number_format_i18n( Refused_Events::count() );
		return $rows;
	}

	/**
	 * How the webhooks do, as numbers.
	 *
	 * @return array<string, string>
	 */
	private function webhooks(): array {
		$rows = array( __( 'Set up', 'network-webhooks' ) => number_format_i18n( $this->webhooks->count() ) );
		if ( Environment::has_extension() ) {
			$rows[ __( 'Published on this server', 'network-webhooks' ) ] = number_format_i18n( webhooks_status()['config']['webhooks'] );
			$rows[ __( 'Failing or disabled', 'network-webhooks' ) ]      = number_format_i18n( ( new Unhealthy_Webhooks( $this->webhooks ) )->count() );
		}
		return $rows;
	}

	/**
	 * Memory of a process, where the system tells.
	 */
	private static function memory( int $pid ): string {
		$about = @file_get_contents( "/proc/$pid/status" );
		if ( ! is_string( $about ) || ! preg_match( '/^VmRSS:\s+(\d+) kB/m', $about, $found ) ) {
			return __( 'unknown', 'network-webhooks' );
		}
		return (string) size_format( (int) $found[1] * KB_IN_BYTES );
	}

	/**
	 * A time in the reader's form.
	 */
	private static function date( int $time ): string {
		return Date_Format::minute( $time );
	}
}
