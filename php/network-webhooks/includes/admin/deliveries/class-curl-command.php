<?php
/**
 * A request as a command.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

defined( 'ABSPATH' ) || exit;

/**
 * Writes a request as a line for a shell that sends it once more. What is in it comes from plugins,
 * visitors and endpoints: none of it may be taken for a part of the command, or for a file.
 */
final class Curl_Command {

	/** Headers that curl writes itself. */
	private const OWN = array( 'host', 'content-length', 'accept-encoding', 'connection' );

	/**
	 * The command.
	 *
	 * @param array<string, string|list<string>> $headers
	 * @param string                             $method  Where it is not POST, which curl takes for itself.
	 */
	public static function of( string $url, array $headers, string $body, string $method = 'POST' ): string {
		$parts = array(
			'curl -i ' . self::quote( $url ),
			'--globoff', // Brackets and braces of the URL are no pattern.
		);
		if ( 'POST' !== $method ) {
			$parts[] = '-X ' . self::quote( $method );
		}
		foreach ( array_diff_key( $headers, array_flip( self::OWN ) ) as $name => $values ) {
			foreach ( (array) $values as $value ) {
				$parts[] = '-H ' . self::quote( "$name: $value" );
			}
		}
		// With any other option curl sends the file that a leading @ names.
		$parts[] = '--data-raw ' . self::quote( $body );
		return implode( " \\\n  ", $parts );
	}

	/**
	 * A text as one word of a POSIX shell. A NUL, which no command can have, ends nothing.
	 */
	public static function quote( string $text ): string {
		return "'" . str_replace( array( "\0", "'" ), array( '', "'\\''" ), $text ) . "'";
	}
}
