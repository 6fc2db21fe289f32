<?php
/**
 * The confirmation of a test event.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Date_Format;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;
use Network_Webhooks\Test_Event;

defined( 'ABSPATH' ) || exit;

/**
 * Says as HTML what came of a test event: the same with and without JavaScript.
 */
final class Test_Report {

	/** How much of a request or an answer is shown, in bytes. */
	private const SHOWN = 4000;

	/**
	 * Of a delivery that had its attempt.
	 *
	 * @param array<string, mixed> $delivery As webhooks_wait() gives it.
	 */
	public static function of( array $delivery ): string {
		$attempt = end( $delivery['attempts_made'] );
		if ( ! $attempt ) {
			return self::without_attempt( $delivery );
		}
		$lines = array();
		$time  = number_format_i18n( $attempt['duration_ms'], $attempt['duration_ms'] < 10 ? 1 : 0 );
		if ( null === $attempt['failure'] ) {
			/* translators: 1: HTTP status such as 200, 2: milliseconds */
			$title = sprintf( __( 'The test event arrived: the endpoint answered %1$d after %2$s ms.', 'network-webhooks' ), $attempt['status'], $time );
		} elseif ( $attempt['status'] ) {
			/* translators: 1: HTTP status such as 404, 2: milliseconds */
			$title   = sprintf( __( 'The endpoint did not accept the test event: it answered %1$d after %2$s ms.', 'network-webhooks' ), $attempt['status'], $time );
			$lines[] = Failure::sentence( $attempt );
		} else {
			/* translators: %s: milliseconds */
			$title   = sprintf( __( 'The test event did not arrive (after %s ms).', 'network-webhooks' ), $time );
			$lines[] = Failure::sentence( $attempt );
			$lines[] = Extension_Messages::translated( $attempt['failure']['message'] );
		}
		$details = array(
			__( 'Event', 'network-webhooks' )   => $delivery['event'],
			__( 'Id', 'network-webhooks' )      => $delivery['event_id'],
			__( 'Sent', 'network-webhooks' )    => Date_Format::exact( $attempt['started'] ),
			__( 'Address', 'network-webhooks' ) => (string) $attempt['address'],
		);
		return self::notice(
			null === $attempt['failure'] ? 'success' : 'error',
			$title,
			$lines,
			array_filter( $details ),
			self::exchange( $delivery, $attempt )
		);
	}

	/**
	 * Where nothing came yet.
	 *
	 * @param string|null $at_inbox Of Test_Event::at_inbox().
	 */
	public static function nothing_yet( string $event_id, ?string $at_inbox = null ): string {
		if ( null !== $at_inbox ) {
			return self::at_inbox( $event_id, $at_inbox );
		}
		$worker = webhooks_status()['worker'];
		$lines  = array( __( 'The attempt goes on in the background.', 'network-webhooks' ) );
		if ( ! $worker['running'] ) {
			$lines = array_filter( array( __( 'The worker that sends events is not running on this server.', 'network-webhooks' ), Extension_Messages::translated( (string) $worker['last_error'] ) ) );
		}
		/* translators: %s: number of seconds */
		$title = sprintf( _n( 'The endpoint did not answer within %s second.', 'The endpoint did not answer within %s seconds.', Test_Event::PATIENCE, 'network-webhooks' ), number_format_i18n( Test_Event::PATIENCE ) );
		return self::notice( 'warning', $title, $lines, array(), self::link( Test_View::url( $event_id ), __( 'See what came of it', 'network-webhooks' ) ) );
	}

	/**
	 * Where the test inbox did not answer yet.
	 */
	private static function at_inbox( string $event_id, string $at_inbox ): string {
		if ( Test_Event::TAKEN === $at_inbox ) {
			$title = __( 'The test inbox has the event, and has not answered yet.', 'network-webhooks' );
			$line  = __( 'It waits as long as you told it to.', 'network-webhooks' );
		} else {
			$title = __( 'This server has no free PHP process to take the test event.', 'network-webhooks' );
			$line  = __( 'The test inbox is a page of this network, and all PHP processes are busy, one of them with the page that waits here. The event arrives as soon as one is free: see the inbox now. Where that happens often, allow more processes: pm.max_children of php-fpm.', 'network-webhooks' );
		}
		$links = self::link( Inbox\Inbox_Page::url(), __( 'Look at the test inbox', 'network-webhooks' ) ) . self::link( Test_View::url( $event_id ), __( 'See what came of it', 'network-webhooks' ) );
		return self::notice( 'warning', $title, array( $line ), array(), $links );
	}

	/**
	 * A link in a line of its own.
	 */
	private static function link( string $url, string $text ): string {
		return sprintf( '<p><a href="%s">%s</a></p>', esc_url( $url ), esc_html( $text ) );
	}

	/**
	 * Where nothing could be sent.
	 */
	public static function error( string $message ): string {
		return self::notice( 'error', __( 'The test event could not be sent.', 'network-webhooks' ), array( $message ) );
	}

	/**
	 * Of a delivery that is settled, but of which no request was made.
	 */
	private static function without_attempt( array $delivery ): string {
		$reason = (string) ( $delivery['reason'] ?? '' );
		return self::error( '' === $reason ? __( 'The test event was not sent. Is the webhook still there, and published on this server?', 'network-webhooks' ) : Deliveries\Delivery_State::reason( $reason ) );
	}

	/**
	 * The request as sent and the response as received, as HTML.
	 */
	private static function exchange( array $delivery, array $attempt ): string {
		$html = '';
		if ( $attempt['request_headers'] || null !== $delivery['body'] ) {
			$html .= self::message( __( 'The request as it was sent', 'network-webhooks' ), $attempt['request_headers'], (string) $delivery['body'] );
		}
		if ( $attempt['status'] ) {
			$html .= self::message( __( 'The response as it came', 'network-webhooks' ), array( 'status' => (string) $attempt['status'] ) + $attempt['response_headers'], (string) $attempt['response_body'], true );
		}
		return $html;
	}

	/**
	 * Headers and body, folded away where they are not what one looks for.
	 *
	 * @param array<string, string> $headers
	 */
	private static function message( string $title, array $headers, string $body, bool $open = false ): string {
		$text = '';
		foreach ( $headers as $name => $value ) {
			$text .= "$name: $value\n";
		}
		$text .= '' === $body ? '' : "\n" . self::readable( $body );
		return sprintf(
			'<details%1$s><summary>%2$s</summary><pre tabindex="0" role="group" aria-label="%2$s">%3$s</pre></details>',
			$open ? ' open' : '',
			esc_html( $title ),
			Form\Fields::exact( $text )
		);
	}

	/**
	 * A notice that stays where it is printed.
	 *
	 * @param list<string>          $lines
	 * @param array<string, string> $details
	 * @param string                $more    HTML.
	 */
	private static function notice( string $kind, string $title, array $lines, array $details = array(), string $more = '' ): string {
		$html = sprintf( '<div class="notice notice-%s inline network-webhooks-report"><p><strong>%s</strong></p>', esc_attr( $kind ), esc_html( $title ) );
		foreach ( $lines as $line ) {
			$html .= '<p>' . esc_html( $line ) . '</p>';
		}
		if ( $details ) {
			$html .= '<dl>';
			foreach ( $details as $name => $value ) {
				$html .= sprintf( '<div><dt>%s</dt><dd>%s</dd></div>', esc_html( $name ), esc_html( $value ) );
			}
			$html .= '</dl>';
		}
		return $html . $more . '</div>';
	}

	/**
	 * The beginning of a body, which may be any bytes.
	 */
	private static function readable( string $bytes ): string {
		$start = substr( $bytes, 0, self::SHOWN );
		// A character may have been cut, and json_encode() knows how to mend that.
		$text = json_decode( (string) wp_json_encode( $start, JSON_INVALID_UTF8_SUBSTITUTE ) );
		return $text . ( strlen( $bytes ) > self::SHOWN ? ' …' : '' );
	}
}
