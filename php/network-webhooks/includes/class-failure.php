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
			$status >= 500 => __( 'The endpoint’s own program failed. Its log knows why: tell whoever runs it the time of this test.', 'network-webhooks' ),
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
			'template', 'condition' => __( 'The body could not be made from the webhook’s template.', 'network-webhooks' ),
			default => __( 'The request did not reach the endpoint.', 'network-webhooks' ),
		};
	}
}
