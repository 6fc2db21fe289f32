<?php
/**
 * The address of the test inbox.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Inbox;

use Network_Webhooks\Host;
use Network_Webhooks\Lock;
use Network_Webhooks\Log;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Takes the requests. Before anybody is logged in, before a query is parsed and before REST: what
 * came is read raw, and the plugin's own hooks are not there, so nothing of it becomes an event.
 */
final class Receiver {

	/** Seconds for which a request that was turned away should wait. */
	private const PAUSE = Requests::WINDOW;

	/**
	 * Whether this request is for the inbox, whichever method it has.
	 */
	public static function is_asked(): bool {
		return isset( $_GET[ Inbox::PARAMETER ] );
	}

	/**
	 * Has the request answered as soon as WordPress has its functions, and by nothing else.
	 */
	public static function add_hooks(): void {
		add_action( 'plugins_loaded', array( self::class, 'answer' ), PHP_INT_MIN );
	}

	/**
	 * Answers, and ends the request.
	 */
	public static function answer(): never {
		// What was begun is shown, also where the sender does not wait for the end.
		Host::outlive_the_client();
		list( $status, $text, $headers ) = self::take( $_GET[ Inbox::PARAMETER ] ); // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- there by is_asked(), and compared only.
		nocache_headers();
		status_header( $status );
		foreach ( $headers as $name => $value ) {
			header( "$name: $value" );
		}
		header( 'Content-Type: text/plain; charset=utf-8' );
		header( 'X-Content-Type-Options: nosniff' );
		header( 'X-Robots-Tag: noindex' );
		if ( ! in_array( $status, array( 204, 205, 304 ), true ) ) {
			echo $text, "\n"; // phpcs:ignore WordPress.Security.EscapeOutput -- Texts of our own, and no HTML.
		}
		exit;
	}

	/**
	 * Takes the request, and says what to answer. In English: a program reads it.
	 *
	 * @return array{int, string, array<string, string>}
	 */
	private static function take( mixed $token ): array {
		$inbox = Inbox::find();
		if ( ! is_string( $token ) || ! is_main_site() || ! is_main_network() || ! $inbox?->is_open() || ! $inbox->has_token( $token ) ) {
			return array( 404, 'There is no test inbox at this address.', array() );
		}
		try {
			$requests = new Requests();
			if ( $requests->are_too_many() ) {
				return array( 429, 'The test inbox takes ' . Requests::BURST . ' requests in ' . Requests::WINDOW . ' seconds.', array( 'Retry-After' => (string) self::PAUSE ) );
			}
			return self::keep( $inbox, $requests );
		} catch ( \RuntimeException $error ) {
			Log::write( 'inbox', $error->getMessage() );
			return array( 500, 'The test inbox could not keep the request.', array() );
		}
	}

	/**
	 * Keeps the request, and waits as long as the inbox is to wait.
	 *
	 * @return array{int, string, array<string, string>}
	 */
	private static function keep( Inbox $inbox, Requests $requests ): array {
		$request   = Request::current();
		$signature = Signature::of( $request, $inbox, new Webhooks(), time() );
		if ( $request->is_too_large() ) {
			$requests->add( $request, $signature, 413, 0 );
			return array( 413, 'The test inbox takes bodies of up to ' . Inbox::LARGEST_BODY . ' bytes.', array() );
		}
		// One at a time: each that waits keeps a PHP process from everybody else.
		$was_delayed = $inbox->delay > 0 && Lock::try(
			'inbox',
			0,
			static function () use ( $request, $signature, $requests, $inbox ): void {
				// First, so that it is seen while the sender waits.
				$requests->add( $request, $signature, $inbox->status, $inbox->delay );
				sleep( $inbox->delay );
			}
		);
		if ( ! $was_delayed ) {
			$requests->add( $request, $signature, $inbox->status, 0 );
		}
		return array( $inbox->status, $inbox->status < 300 ? 'The test inbox has the request.' : "The test inbox has the request, and answers $inbox->status as it was told to.", array() );
	}
}
