<?php
/**
 * Failed attempts in words.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Turns what the worker recorded of a failed attempt into a sentence that says what it means and
 * what to do.
 */
final class Failure {

	/**
	 * The sentence for an attempt.
	 *
	 * @param array{status: int|null, failure: array{phase: string, code: string, message: string}|null} $attempt
	 */
	public static function sentence( array $attempt ): string {
		$status = (int) ( $attempt['status'] ?? 0 );
		if ( $status ) {
			return self::of_status( $status );
		}
		return self::of_code( (string) ( $attempt['failure']['code'] ?? '' ) );
	}

	/**
	 * The cause in a word or two; as the worker names it where it is one of a later version.
	 */
	public static function cause( string $code ): string {
		return match ( $code ) {
			'name_not_found' => __( 'name not found', 'network-webhooks' ),
			'address_refused' => __( 'address not allowed', 'network-webhooks' ),
			'refused' => __( 'connection refused', 'network-webhooks' ),
			'timeout' => __( 'out of time', 'network-webhooks' ),
			'certificate' => __( 'certificate not valid', 'network-webhooks' ),
			'tls' => __( 'no encrypted connection', 'network-webhooks' ),
			'reset' => __( 'connection closed', 'network-webhooks' ),
			'protocol' => __( 'no HTTP', 'network-webhooks' ),
			'too_large' => __( 'too large', 'network-webhooks' ),
			'template' => __( 'error in the template', 'network-webhooks' ),
			'condition' => __( 'error in the condition', 'network-webhooks' ),
			'url' => __( 'error in the URL', 'network-webhooks' ),
			'header' => __( 'error in a header', 'network-webhooks' ),
			'secret' => __( 'error in the secret', 'network-webhooks' ),
			'invalid' => __( 'webhook invalid', 'network-webhooks' ),
			'proxy' => __( 'error in the proxy’s URL', 'network-webhooks' ),
			'body' => __( 'error in the body', 'network-webhooks' ),
			'pruned' => __( 'body no longer kept', 'network-webhooks' ),
			'internal' => __( 'internal error', 'network-webhooks' ),
			'worker_died' => __( 'the worker died of it', 'network-webhooks' ),
			'io' => __( 'error of the network', 'network-webhooks' ),
			default => $code,
		};
	}

	/**
	 * At which part of a request it was.
	 */
	public static function phase( string $phase ): string {
		return match ( $phase ) {
			'prepare' => __( 'preparing', 'network-webhooks' ),
			'resolve' => __( 'resolving the name', 'network-webhooks' ),
			'connect' => __( 'connecting', 'network-webhooks' ),
			'send_request' => __( 'sending the request', 'network-webhooks' ),
			'send_body' => __( 'sending the body', 'network-webhooks' ),
			'recv_response' => __( 'waiting for the response', 'network-webhooks' ),
			'recv_body' => __( 'reading the response\'s body', 'network-webhooks' ),
			default => $phase,
		};
	}

	/**
	 * The sentence for an answer that is not a success.
	 */
	private static function of_status( int $status ): string {
		return match ( true ) {
			$status >= 300 && $status < 400 => __( 'The endpoint says that it moved. Events are never sent on to another address: open the URL in a browser, and enter the one at which you end up.', 'network-webhooks' ),
			401 === $status || 403 === $status => __( 'The endpoint does not let the request in. Check whether the URL holds the right key, and whether the receiver verifies the signature with this webhook’s secret.', 'network-webhooks' ),
			404 === $status || 405 === $status => __( 'The endpoint’s server answers, but knows nothing at this URL that takes a POST. Check the path.', 'network-webhooks' ),
			410 === $status => __( 'The endpoint says that it is gone for good. Ask the receiver for a new URL.', 'network-webhooks' ),
			413 === $status => __( 'The endpoint finds the event too large. Ask the receiver to accept larger requests.', 'network-webhooks' ),
			429 === $status => __( 'The endpoint gets more requests than it takes. Try again later.', 'network-webhooks' ),
			$status >= 500 => __( 'The endpoint’s own program failed. Its log knows why: tell whoever runs it the time of this request.', 'network-webhooks' ),
			default => __( 'The endpoint did not accept the event. What it answered says why.', 'network-webhooks' ),
		};
	}

	/**
	 * The sentence for an attempt that got no answer.
	 */
	private static function of_code( string $code ): string {
		return match ( $code ) {
			'name_not_found' => __( 'The name in the URL was not found. Check its spelling, and whether this server can look up names.', 'network-webhooks' ),
			'address_refused' => __( 'This server may not reach that address. The next line says by which rule, and how to allow it.', 'network-webhooks' ),
			'refused' => __( 'Nothing answers at this address. Check host and port, and whether the receiver is running.', 'network-webhooks' ),
			'timeout' => __( 'The endpoint did not answer in time. It should accept the event first and work on it afterwards.', 'network-webhooks' ),
			'certificate' => __( 'The endpoint’s certificate is not valid. Ask whoever runs it to renew it or to complete its chain.', 'network-webhooks' ),
			'tls' => __( 'No encrypted connection came about. Ask whoever runs the endpoint whether it speaks TLS 1.2 or newer at this port.', 'network-webhooks' ),
			'reset' => __( 'The endpoint closed the connection before it answered. Its log may know why.', 'network-webhooks' ),
			'protocol' => __( 'What answers at this address does not speak HTTP. Check the port, and http:// or https://.', 'network-webhooks' ),
			'too_large' => __( 'The event, or what the endpoint answered, is larger than allowed.', 'network-webhooks' ),
			'template' => __( 'The body could not be made from the webhook’s template.', 'network-webhooks' ),
			'condition' => __( 'The webhook’s condition can’t be judged of this event. Correct it in the webhook’s settings.', 'network-webhooks' ),
			'url' => __( 'No address can be made of the webhook’s URL for this event. Correct it in the webhook’s settings.', 'network-webhooks' ),
			'header' => __( 'One of the webhook’s headers can’t be sent. Correct it in the webhook’s settings.', 'network-webhooks' ),
			'secret' => __( 'The webhook’s secret can’t be used. Give it a new one, and tell the receiver.', 'network-webhooks' ),
			'invalid' => __( 'The webhook is invalid, and nothing is sent to it. Its form says what has to be corrected.', 'network-webhooks' ),
			'proxy' => __( 'The proxy of this network can’t be used. Correct it in wp-config.php.', 'network-webhooks' ),
			'body' => __( 'What is kept of the event can’t be read any more.', 'network-webhooks' ),
			'pruned' => __( 'The event’s body is no longer kept, so it can’t be sent.', 'network-webhooks' ),
			'internal' => __( 'The worker met an error of its own. The file worker.log in the spool says more.', 'network-webhooks' ),
			'worker_died' => __( 'The worker died each time that it sent this, so it is not sent again by itself. The file worker.log in the spool and the system’s own log say more.', 'network-webhooks' ),
			default => __( 'The request did not reach the endpoint.', 'network-webhooks' ),
		};
	}
}
