<?php
/**
 * What a webhook would send.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Admin\Form\Errors;
use Network_Webhooks\Environment;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;
use Network_Webhooks\Kept_Secrets;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Shows as HTML what the code that delivers would make of an event, with nothing sent.
 */
final class Preview_Box {

	/**
	 * The preview.
	 *
	 * @param string $data   As Test_Event::sample() takes it.
	 * @param Errors $errors What is wrong with the form; what the extension finds is added.
	 */
	public static function html( Webhook $webhook, Test_Event $test, string $data, Errors $errors ): string {
		if ( ! Environment::has_extension() ) {
			return self::line( 'error', Environment::extension_problem() );
		}
		if ( ! array_filter( $webhook->events(), 'strlen' ) ) {
			return self::line( 'warning', __( 'Choose an event: then its request is shown here.', 'network-webhooks' ) );
		}
		$lost = $webhook->lost();
		if ( null !== $lost ) {
			$errors->add_refusal( $lost, Kept_Secrets::LOST );
			return self::line( 'error', Kept_Secrets::reason() );
		}
		try {
			$sample = $test->sample( $webhook, $data );
		} catch ( \RuntimeException $error ) {
			return self::line( 'error', Extension_Messages::of( $error ) );
		}
		$seen = webhooks_preview( $webhook->with_paused( false )->to_config(), $sample['event'], $sample['data'], $test->options( $sample['source'] ) );
		$html = '';
		if ( $seen['error'] ) {
			$errors->add_refusal( $seen['error']['field'], self::place( $seen['error'] ) );
			$html .= self::line( 'error', self::place( $seen['error'] ) );
		}
		if ( $seen['address'] ) {
			$html .= self::line( 'error', Failure::sentence( array( 'status' => null, 'failure' => $seen['address'] ) ) . ' ' . Extension_Messages::translated( $seen['address']['message'] ) );
		}
		if ( $seen['condition'] ) {
			$html .= self::line( $seen['condition']['result'] ? 'success' : 'warning', self::condition( $seen['condition'] ) );
		}
		if ( '' === $seen['body'] && $seen['error'] ) {
			return $html;
		}
		$text = "{$seen['method']} {$seen['url']}\n";
		foreach ( $seen['headers'] as $name => $value ) {
			$text .= "$name: $value\n";
		}
		return $html . sprintf(
			'<pre tabindex="0" role="group" aria-label="%s">%s</pre>',
			esc_attr__( 'Preview of the request', 'network-webhooks' ),
			Form\Fields::exact( $text . "\n" . self::readable( $seen ) )
		);
	}

	/**
	 * What the condition says, and of which values.
	 *
	 * @param array{result: bool, values: array<string, mixed>} $condition
	 */
	private static function condition( array $condition ): string {
		$values = array();
		foreach ( $condition['values'] as $name => $value ) {
			$values[] = $name . ' = ' . wp_json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
		}
		$result = $condition['result']
			? __( 'The condition is true of this event: it is sent.', 'network-webhooks' )
			: __( 'The condition is not true of this event: it is not sent.', 'network-webhooks' );
		return $values ? $result . ' (' . implode( ', ', $values ) . ')' : $result;
	}

	/**
	 * A mistake, and where.
	 *
	 * @param array{field: string, message: string, line: int|null, column: int|null} $error
	 */
	private static function place( array $error ): string {
		$said = Extension_Messages::translated( $error['message'] );
		if ( ! $error['line'] || str_starts_with( $error['message'], 'line ' ) ) {
			return $said;
		}
		/* translators: 1: number of a line, 2: number of a character in it, 3: what is wrong there */
		return sprintf( __( 'Line %1$d, column %2$d: %3$s', 'network-webhooks' ), $error['line'], (int) $error['column'], $said );
	}

	/**
	 * The body, JSON in lines.
	 *
	 * @param array{body: string, content_type: string} $seen
	 */
	private static function readable( array $seen ): string {
		$value = str_contains( $seen['content_type'], 'json' ) ? json_decode( $seen['body'] ) : null;
		return null === $value ? $seen['body'] : (string) wp_json_encode( $value, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE );
	}

	/**
	 * A line with a colour.
	 */
	private static function line( string $kind, string $text ): string {
		return sprintf( '<div class="notice notice-%s inline"><p>%s</p></div>', esc_attr( $kind ), esc_html( $text ) );
	}
}
