<?php
/**
 * How fast, how often, and for how long.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Duration;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Timeout, retries, rate, order, pausing and the log.
 */
final class Delivery_Group implements Field_Group {

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string>
	 */
	public function show( Webhook $webhook ): array {
		$rate    = $webhook->setting( 'rate_limit' );
		$retries = $webhook->setting( 'retries' );
		return array(
			'timeout'       => (string) $webhook->setting( 'timeout' ),
			'retries'       => $retries ? implode( ' ', array_map( array( Duration::class, 'format' ), $retries ) ) : '0',
			'disable_after' => Duration::format( $webhook->setting( 'disable_after' ) ),
			'rate_limit'    => (string) ( $rate['count'] ?? '' ),
			'rate_per'      => (string) ( $rate['per'] ?? 'second' ),
			'concurrency'   => (string) $webhook->setting( 'concurrency' ),
			'ordered'       => $webhook->setting( 'ordered' ) ? '1' : '',
			'paused'        => $webhook->paused ? '1' : '',
			'log_bodies'    => $webhook->setting( 'log_bodies' ) ? '1' : '',
		);
	}

	/**
	 * What its inputs say.
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		return array(
			'timeout'       => $this->number( 'timeout', $typed, $errors ),
			'retries'       => $this->retries( $typed, $errors ),
			'disable_after' => $this->disable_after( $typed, $errors ),
			'rate_limit'    => '' === trim( $typed->text( 'rate_limit' ) ) ? null : array(
				'count' => $this->number( 'rate_limit', $typed, $errors ),
				'per'   => 'minute' === $typed->text( 'rate_per' ) ? 'minute' : 'second',
			),
			'concurrency'   => $this->number( 'concurrency', $typed, $errors ),
			'ordered'       => $typed->is_on( 'ordered' ),
			'paused'        => $typed->is_on( 'paused' ),
			'log_bodies'    => $typed->is_on( 'log_bodies' ),
		);
	}

	/**
	 * Prints its inputs.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$small = array( 'class' => 'small-text', 'inputmode' => 'numeric' );
		$fields->text( 'timeout', __( 'Timeout', 'network-webhooks' ), __( 'Seconds that the endpoint has for its answer, 1 to 60. Default: 15.', 'network-webhooks' ), $small );
		$fields->text(
			'retries',
			__( 'Retries', 'network-webhooks' ),
			sprintf(
				/* translators: %s: lengths of time */
				__( 'How long to wait before each further attempt, in seconds (s), minutes (m), hours (h) or days (d). <code>0</code>: a single attempt. Default: <code>%s</code>.', 'network-webhooks' ),
				implode( ' ', array_map( array( Duration::class, 'format' ), Webhook::DEFAULTS['retries'] ) )
			),
			array( 'class' => 'large-text code' )
		);
		$fields->text( 'disable_after', __( 'Disable after', 'network-webhooks' ), __( 'Disable after this much continuous failure; you are emailed. <code>0</code>: never. Default: <code>5d</code>.', 'network-webhooks' ), array( 'class' => 'small-text' ) );
		$fields->row(
			'rate_limit',
			__( 'Rate limit', 'network-webhooks' ),
			__( 'Events beyond it wait. Default: none.', 'network-webhooks' ),
			function () use ( $fields, $small ): void {
				printf( '<input type="text" value="%s"%s> ', esc_attr( $fields->typed->text( 'rate_limit' ) ), $fields->attributes( 'rate_limit', 'help', $small ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				printf( '<select name="rate_per" aria-label="%s">', esc_attr__( 'Time of the rate limit', 'network-webhooks' ) );
				foreach ( array( 'second' => __( 'requests a second', 'network-webhooks' ), 'minute' => __( 'requests a minute', 'network-webhooks' ) ) as $value => $text ) {
					printf( '<option value="%s"%s>%s</option>', esc_attr( $value ), selected( $value, $fields->typed->text( 'rate_per' ), false ), esc_html( $text ) );
				}
				echo '</select>';
			}
		);
		$fields->text( 'concurrency', __( 'Requests at once', 'network-webhooks' ), __( '1 to 64. Default: 8.', 'network-webhooks' ), $small );
		$fields->boxes(
			__( 'Order', 'network-webhooks' ),
			array( 'ordered' => __( 'One event at a time, in the order in which they happened', 'network-webhooks' ) ),
			__( 'A failing event holds up the rest.', 'network-webhooks' )
		);
		$fields->boxes(
			__( 'Log', 'network-webhooks' ),
			array( 'log_bodies' => __( 'Keep what was sent and answered', 'network-webhooks' ) ),
			__( 'Without, the log says that and when an event was delivered, and nothing can be sent again. Default: on.', 'network-webhooks' )
		);
		$fields->boxes(
			__( 'Paused', 'network-webhooks' ),
			array( 'paused' => __( 'Send nothing for now; events are kept until the webhook is resumed', 'network-webhooks' ) )
		);
	}

	/**
	 * A number; the default where nothing stands.
	 */
	private function number( string $name, Form_Input $typed, Errors $errors ): int {
		$text = trim( $typed->text( $name ) );
		if ( '' === $text ) {
			return (int) Webhook::DEFAULTS[ $name ];
		}
		if ( 1 !== preg_match( '/^\d{1,9}$/D', $text ) ) {
			/* translators: %s: what was typed */
			$errors->add( $name, sprintf( __( '“%s” is no whole number.', 'network-webhooks' ), $text ) );
			return 0;
		}
		return (int) $text;
	}

	/**
	 * The delays between attempts.
	 *
	 * @return list<int>
	 */
	private function retries( Form_Input $typed, Errors $errors ): array {
		$texts = preg_split( '/[\s,]+/', $typed->text( 'retries' ), -1, PREG_SPLIT_NO_EMPTY );
		if ( ! $texts ) {
			return Webhook::DEFAULTS['retries'];
		}
		return array( '0' ) === $texts ? array() : array_map( fn( string $text ) => $this->duration( 'retries', $text, $errors ), $texts );
	}

	/**
	 * Seconds of failures that disable.
	 */
	private function disable_after( Form_Input $typed, Errors $errors ): int {
		$text = trim( $typed->text( 'disable_after' ) );
		return '' === $text ? Webhook::DEFAULTS['disable_after'] : $this->duration( 'disable_after', $text, $errors );
	}

	/**
	 * A length of time.
	 */
	private function duration( string $name, string $text, Errors $errors ): int {
		$seconds = Duration::parse( $text );
		if ( null === $seconds ) {
			/* translators: %s: what was typed */
			$errors->add( $name, sprintf( __( '“%s” is no length of time, such as 30s, 5m, 2h or 1d.', 'network-webhooks' ), $text ) );
		}
		return $seconds ?? 0;
	}
}
