<?php
/**
 * The confirmation of a test event.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Failure;

defined( 'ABSPATH' ) || exit;

/**
 * Says as HTML what came of a test event: the same with and without JavaScript.
 */
final class Test_Report {

	/** How much of an answer is shown, in bytes. */
	private const ANSWER = 2000;

	/**
	 * Of a delivery that had its attempt.
	 *
	 * @param array<string, mixed> $delivery As webhooks_wait() gives it.
	 */
	public static function of( array $delivery ): string {
		$attempt = end( $delivery['attempts_made'] );
		if ( ! $attempt ) {
			return self::error( __( 'The test event was not sent. Is the webhook still there, and published on this server?', 'network-webhooks' ) );
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
			$lines[] = $attempt['failure']['message'];
		}
		$details = array(
			__( 'Event', 'network-webhooks' )   => $delivery['event'],
			__( 'Id', 'network-webhooks' )      => $delivery['event_id'],
			__( 'Sent', 'network-webhooks' )    => get_date_from_gmt( gmdate( 'Y-m-d H:i:s', (int) strtotime( $attempt['started'] ) ), get_option( 'date_format' ) . ' H:i:s' ),
			__( 'Address', 'network-webhooks' ) => (string) $attempt['address'],
		);
		return self::notice( null === $attempt['failure'] ? 'success' : 'error', $title, $lines, array_filter( $details ), (string) $attempt['response_body'] );
	}

	/**
	 * Where nothing came yet.
	 */
	public static function nothing_yet(): string {
		$lines  = array( __( 'The attempt goes on in the background; reload this page later to see what came of it.', 'network-webhooks' ) );
		$worker = webhooks_status()['worker'];
		if ( ! $worker['running'] ) {
			$lines = array_filter( array( __( 'The worker that sends events is not running on this server.', 'network-webhooks' ), (string) $worker['last_error'] ) );
		}
		return self::notice( 'warning', __( 'The endpoint did not answer within 20 seconds.', 'network-webhooks' ), $lines );
	}

	/**
	 * Where nothing could be sent.
	 */
	public static function error( string $message ): string {
		return self::notice( 'error', __( 'The test event could not be sent.', 'network-webhooks' ), array( $message ) );
	}

	/**
	 * A notice that stays where it is printed.
	 *
	 * @param list<string>          $lines
	 * @param array<string, string> $details
	 */
	private static function notice( string $kind, string $title, array $lines, array $details = array(), string $answer = '' ): string {
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
		if ( '' !== $answer ) {
			$label = esc_html__( 'What the endpoint answered', 'network-webhooks' );
			$html .= sprintf( '<p>%1$s</p><pre tabindex="0" role="group" aria-label="%1$s">%2$s</pre>', $label, esc_html( self::readable( $answer ) ) );
		}
		return $html . '</div>';
	}

	/**
	 * The beginning of an answer, which may be any bytes.
	 */
	private static function readable( string $bytes ): string {
		$start = substr( $bytes, 0, self::ANSWER );
		// A character may have been cut, and json_encode() knows how to mend that.
		$text = json_decode( (string) wp_json_encode( $start, JSON_INVALID_UTF8_SUBSTITUTE ) );
		return $text . ( strlen( $bytes ) > self::ANSWER ? ' …' : '' );
	}
}
