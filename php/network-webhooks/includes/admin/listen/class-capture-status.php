<?php
/**
 * Whether somebody listens.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Environment;
use Network_Webhooks\Event_Capture;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Publisher;
use Network_Webhooks\Server;
use Network_Webhooks\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * Says whether the network is listened to, until when and to what, how much was heard, and what
 * stands in the way: as HTML, the same for the page and for what keeps it up to date.
 */
final class Capture_Status {

	/** Seconds after which a server that was not seen is not waited for. */
	private const GONE = DAY_IN_SECONDS;

	/**
	 * @param (\Closure(): int)|null $clock Unix time; null: the system's.
	 */
	public function __construct( private readonly Publisher $publisher, private readonly ?\Closure $clock = null ) {}

	/**
	 * The listening, if it is going on.
	 */
	public function current(): ?Capture_Session {
		$capture_session = Capture_Session::stored();
		return $capture_session?->is_on( $this->now() ) ? $capture_session : null;
	}

	/**
	 * The box.
	 */
	public function html(): string {
		$current = $this->current();
		$html    = $current ? $this->going_on( $current ) : self::over();
		$html   .= self::left_out();
		$problem = Settings::read( Settings::LISTEN_PROBLEM )[ Settings::LISTEN_PROBLEM ];
		if ( is_array( $problem ) && current_user_can( Capabilities::MANAGE ) ) {
			$html .= self::notice(
				'error',
				/* translators: 1: date and time, 2: message of an error */
				sprintf( __( 'Events could not be recorded at %1$s: %2$s', 'network-webhooks' ), Date_Format::exact( (int) ( $problem['at'] ?? 0 ) ), Extension_Messages::translated( (string) ( $problem['message'] ?? '' ) ) )
			);
		}
		foreach ( $current && current_user_can( Capabilities::MANAGE ) ? $this->obstacles() : array() as $obstacle ) {
			$html .= self::notice( 'warning', $obstacle );
		}
		return $html;
	}

	/**
	 * What keeps events from being recorded though somebody listens.
	 *
	 * @return list<string>
	 */
	public function obstacles(): array {
		$obstacles = array();
		$published = Custom_Events::capture_session( true );
		if ( Environment::has_extension() && ( $published['id'] ?? null ) !== Capture_Session::stored()?->id ) {
			$obstacles[] = __( 'This server does not know yet that somebody listens.', 'network-webhooks' ) . ' ' . $this->publisher->obstacle();
		}
		foreach ( self::servers_behind() as $name ) {
			/* translators: %s: name of a server */
			$obstacles[] = sprintf( __( 'The server %s has not been seen since: what happens there is recorded as soon as it has taken up the newest webhooks, which wp-cron does every five minutes.', 'network-webhooks' ), $name );
		}
		return $obstacles;
	}

	/**
	 * What is said while it goes on.
	 */
	private function going_on( Capture_Session $capture_session ): string {
		$whose = array();
		if ( $capture_session->sites ) {
			/* translators: %s: ids of sites */
			$whose[] = sprintf( _n( 'of the site %s', 'of the sites %s', count( $capture_session->sites ), 'network-webhooks' ), implode( ', ', $capture_session->sites ) );
		}
		if ( $capture_session->user ) {
			$user = get_userdata( $capture_session->user );
			/* translators: %s: name of a user */
			$whose[] = sprintf( __( 'of the user %s', 'network-webhooks' ), $user->user_login ?? "#$capture_session->user" );
		}
		$count = Captured_Events::count();
		$text  = $whose
			/* translators: 1: time such as 14:30:05, 2: whose events, such as “of the site 3” */
			? sprintf( __( 'Every event is recorded until %1$s: those %2$s.', 'network-webhooks' ), Date_Format::of_day( $capture_session->until() ), implode( ' ', $whose ) )
			/* translators: %s: time such as 14:30:05 */
			: sprintf( __( 'Every event of the network is recorded until %s.', 'network-webhooks' ), Date_Format::of_day( $capture_session->until() ) );
		/* translators: %s: number of events */
		$text .= ' ' . sprintf( _n( '%s event so far.', '%s events so far.', $count, 'network-webhooks' ), number_format_i18n( $count ) );
		$stop  = current_user_can( Capabilities::MANAGE )
			? sprintf( ' <button class="button" form="network-webhooks-row" formaction="%s">%s</button>', esc_url( Actions::url( 'listen_stop' ) ), esc_html__( 'Stop', 'network-webhooks' ) )
			: '';
		return sprintf( '<div class="notice notice-info inline" data-under-way><p>%s%s</p></div>', esc_html( $text ), $stop );
	}

	/**
	 * What is said while nobody listens.
	 */
	private static function over(): string {
		$capture_session = Capture_Session::stored();
		$count           = Captured_Events::count();
		if ( ! $count ) {
			return '';
		}
		/* translators: %s: number of events */
		$text = sprintf( _n( 'Nothing is recorded any more. %s event was recorded, and is removed after 24 hours.', 'Nothing is recorded any more. %s events were recorded, and are removed after 24 hours.', $count, 'network-webhooks' ), number_format_i18n( $count ) );
		if ( $capture_session ) {
			/* translators: %s: date and time */
			$text .= ' ' . sprintf( __( 'It ended at %s.', 'network-webhooks' ), Date_Format::exact( $capture_session->until() ) );
		}
		return self::notice( 'info', $text );
	}

	/**
	 * How many are not there.
	 */
	private static function left_out(): string {
		$count = Captured_Events::left_out();
		if ( ! $count ) {
			return '';
		}
		return self::notice(
			'warning',
			sprintf(
				/* translators: 1: number of events, 2: number of events, 3: number of events */
				_n( '%1$s more event happened and is left out: the newest %2$s are kept, and %3$s of one request. Choose sites or a user to see all of theirs.', '%1$s more events happened and are left out: the newest %2$s are kept, and %3$s of one request. Choose sites or a user to see all of theirs.', $count, 'network-webhooks' ),
				number_format_i18n( $count ),
				number_format_i18n( Captured_Events::KEPT ),
				number_format_i18n( Event_Capture::MOST )
			)
		);
	}

	/**
	 * Servers that have older webhooks than this one.
	 *
	 * @return list<string>
	 */
	private static function servers_behind(): array {
		$newest = array();
		foreach ( Server::all() as $one ) {
			if ( $one['seen'] > time() - self::GONE && '' !== $one['extension'] ) {
				$newest[ $one['server'] ] = max( $newest[ $one['server'] ] ?? 0, $one['revision'] );
			}
		}
		$here = Environment::has_extension() ? webhooks_revision() : 0;
		unset( $newest[ Server::name() ] );
		return array_map( 'strval', array_keys( array_filter( $newest, static fn( int $revision ) => $revision < $here ) ) );
	}

	/**
	 * A notice that stays where it is.
	 */
	private static function notice( string $kind, string $text ): string {
		return sprintf( '<div class="notice notice-%s inline"><p>%s</p></div>', esc_attr( $kind ), esc_html( $text ) );
	}

	/**
	 * The time.
	 */
	private function now(): int {
		return $this->clock ? ( $this->clock )() : time();
	}
}
