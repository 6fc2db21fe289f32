<?php
/**
 * How a receiver verifies.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * The function that verifies a signature, in five languages. Each is a piece of the guide's programs,
 * which the tests run against the worker.
 */
final class Verify_Box {

	/** Name of a file below `verify` → the language. */
	public const LANGUAGES = array(
		'php'    => 'PHP',
		'node'   => 'Node.js',
		'python' => 'Python',
		'go'     => 'Go',
		'ruby'   => 'Ruby',
	);

	/**
	 * Prints it, for whoever writes the program that gets the webhook's events.
	 */
	public static function print( Webhook $webhook ): void {
		if ( ! str_starts_with( $webhook->secret(), 'whsec_' ) ) {
			return;
		}
		printf( '<h3>%s</h3>', esc_html__( 'Verify a signature', 'network-webhooks' ) );
		printf( '<p>%s</p>', esc_html__( 'For whoever programs the receiver. The key is what follows “whsec_” in the secret, decoded from base64; the body is taken as bytes, before anything parses it.', 'network-webhooks' ) );
		foreach ( self::LANGUAGES as $file => $language ) {
			printf(
				'<details class="network-webhooks-verify"><summary>%1$s</summary><pre tabindex="0" role="group" dir="ltr" aria-label="%1$s" data-network-webhooks-copy>%2$s</pre></details>',
				esc_html( $language ),
				esc_html( self::code( $file ) )
			);
		}
	}

	/**
	 * The function in a language.
	 */
	public static function code( string $file ): string {
		return (string) file_get_contents( __DIR__ . "/verify/$file.txt" ); // phpcs:ignore WordPress.WP.AlternativeFunctions -- a file of the plugin.
	}
}
