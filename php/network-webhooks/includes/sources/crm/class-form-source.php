<?php
/**
 * What the sources of forms have in common.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Sources;

use Network_Webhooks\Event;
use Network_Webhooks\Money;
use Network_Webhooks\Payload_Schema;
use Network_Webhooks\Plain_Text;
use Network_Webhooks\Sources\Core\Payload;

defined( 'ABSPATH' ) || exit;

/**
 * A plugin that has forms. What people typed comes as a list of fields with names and labels, and by name
 * alone; what was typed as a secret does not come at all.
 */
abstract class Form_Source extends Abstract_Source {

	/** Kinds of fields whose value is a secret, or none of the one who filled it in. */
	private const SECRET_TYPES = array( 'password', 'input_password', 'credit-card', 'stripe-credit-card', 'square', 'authorize_net', 'paypal-commerce', 'quiz', 'captchac', 'captchar', 'captcha', 'recaptcha', 'hcaptcha', 'turnstile', 'submit' );

	/** Names and labels of fields that are secrets, whichever kind they have. */
	private const SECRET_NAMES = '/(?<![a-z])(?:pass(?:wor[dt]|wd|code|phrase)?|pwd|wachtwoord|kennwort|contrase|pin|secret|token|cvc|cvv|api[-_ ]?key|card[-_ ]?(?:number|no))(?![a-z])/i';

	/** Fields of a form, and how deep a value is looked into. */
	private const FIELDS = 500;
	private const DEPTH  = 4;

	/** Keys of a payload that may be null. */
	private const NULLABLE = array( 'entry_id', 'page_url', 'user_id', 'payment_id' );

	/**
	 * The events of forms that a plugin has.
	 *
	 * @param array<string, string> $when Slug → which hook raises it, and when not.
	 * @return list<Event>
	 */
	final protected static function form_events( array $when ): array {
		$texts  = array(
			'form_submitted'        => array( __( 'Form Submitted', 'network-webhooks' ), __( 'Somebody sent a form. Spam and what was not valid is none.', 'network-webhooks' ) ),
			'form_payment_received' => array( __( 'Form Payment Received', 'network-webhooks' ), __( 'What a form asked for was paid.', 'network-webhooks' ) ),
			'form_payment_refunded' => array( __( 'Form Payment Refunded', 'network-webhooks' ), __( 'A payment by a form was refunded, in whole or in part.', 'network-webhooks' ) ),
		);
		$events = array();
		foreach ( $when as $slug => $hook ) {
			$example = self::compose( $slug, self::example(), 3, '2026-11-20T10:00:00Z' );
			$schema  = Payload_Schema::of( $example, self::NULLABLE );
			// Which names a form has is its own affair, and a value may be a text, a list or an address.
			$schema['properties']['values']                                 = array( 'type' => 'object' );
			$schema['properties']['fields']['items']['properties']['value'] = true;

			$events[] = new Event( $slug, 'crm', $texts[ $slug ][0], $texts[ $slug ][1], array( static::NAME => $example ), array( static::NAME => $schema ), array( static::NAME => $hook ), array( 'entry_id', 'form.id', 'values.email' ) );
		}
		return $events;
	}

	/**
	 * A payload in the order that its event has.
	 *
	 * @param array<string, mixed> $given `form`, `entry_id`, `fields`, `page_url`, `user_id`, and of a payment
	 *                                    `payment_id`, `amount`, `refund`, `currency`, `payment_method` and
	 *                                    `transaction_id`.
	 * @return array<string, mixed>
	 */
	private static function compose( string $slug, array $given, int $site_id, string $time ): array {
		$data = array(
			'trigger'  => $slug,
			'site_id'  => $site_id,
			'form'     => array(
				'id'    => $given['form']['id'],
				'title' => Plain_Text::of( $given['form']['title'] ),
			),
			'entry_id' => $given['entry_id'] ?? null,
		);
		if ( 'form_submitted' !== $slug ) {
			$currency = (string) $given['currency'];
			$data    += array( 'payment_id' => $given['payment_id'] ?? null );
			$data    += Money::fields( 'amount', $given['amount'], $currency );
			$data    += 'form_payment_refunded' === $slug ? Money::fields( 'refund', $given['refund'], $currency ) : array();
			$data    += array(
				'currency'       => $currency,
				'payment_method' => (string) ( $given['payment_method'] ?? '' ),
				'transaction_id' => (string) ( $given['transaction_id'] ?? '' ),
			);
		}
		$times = array(
			'form_submitted'        => 'submitted_at',
			'form_payment_received' => 'paid_at',
			'form_payment_refunded' => 'refunded_at',
		);
		return $data + array(
			'fields'         => $given['fields'],
			'values'         => array_column( $given['fields'], 'value', 'name' ),
			'page_url'       => $given['page_url'] ?? null,
			'user_id'        => $given['user_id'] ?? null,
			$times[ $slug ] => $time,
		);
	}

	/**
	 * Sends an event of a form.
	 *
	 * @param string                     $key   Of which there is one event only; empty: of which there may be more.
	 * @param \Closure(): (array|null)   $given Makes what compose() takes; null: no event.
	 */
	final protected function tell( string $slug, string $key, \Closure $given ): void {
		$this->send(
			$slug,
			static function () use ( $slug, $given ): ?array {
				$given = $given();
				if ( null === $given ) {
					return null;
				}
				$data = self::compose( $slug, $given, get_current_blog_id(), Payload::time( time() ) );
				// Names that are numbers would make a list of it.
				$data['values'] = (object) $data['values'];
				return $data;
			},
			'' === $key ? array() : array( 'idempotency_key' => static::NAME . ":$key" )
		);
	}

	/**
	 * Fields as they are sent: without secrets, and in their order.
	 *
	 * @param iterable<array{name: string, label: string, type: string, value: mixed}> $fields
	 * @return list<array{name: string, label: string, type: string, value: mixed}>
	 */
	final protected static function fields( iterable $fields ): array {
		$sent = array();
		foreach ( $fields as $field ) {
			$is_secret = in_array( $field['type'], self::SECRET_TYPES, true ) || preg_match( self::SECRET_NAMES, "$field[name] $field[label]" );
			if ( $is_secret || '' === $field['name'] ) {
				continue;
			}
			$field['value'] = self::value( $field['value'], self::DEPTH );
			$sent[]         = $field;
			if ( count( $sent ) >= self::FIELDS ) {
				break;
			}
		}
		return $sent;
	}

	/**
	 * A value as text, as a list or, where its parts have names, as an object.
	 */
	private static function value( mixed $value, int $depth ): mixed {
		if ( is_array( $value ) && $depth > 0 ) {
			$parts = array();
			foreach ( array_slice( $value, 0, self::FIELDS, true ) as $name => $part ) {
				if ( is_int( $name ) || ! preg_match( self::SECRET_NAMES, $name ) ) {
					$parts[ $name ] = self::value( $part, $depth - 1 );
				}
			}
			return $parts;
		}
		return is_scalar( $value ) || $value instanceof \Stringable ? (string) $value : '';
	}

	/**
	 * {@inheritDoc}
	 *
	 * What people typed comes as they typed it: nothing of it is stored escaped.
	 */
	protected function plain( array|object $data ): array|object {
		return $data;
	}

	/**
	 * What is known of a form, made up.
	 *
	 * @return array<string, mixed>
	 */
	private static function example(): array {
		return array(
			'form'           => array(
				'id'    => 5,
				'title' => 'Contact',
			),
			'entry_id'       => 91,
			'payment_id'     => 17,
			'amount'         => '49.00',
			'refund'         => '10.00',
			'currency'       => 'EUR',
			'payment_method' => 'stripe',
			'transaction_id' => 'ch_3Pq',
			'fields'         => array(
				array(
					'name'  => 'email',
					'label' => 'Your e-mail address',
					'type'  => 'email',
					'value' => 'jane@example.com',
				),
				array(
					'name'  => 'message',
					'label' => 'Your message',
					'type'  => 'textarea',
					'value' => 'When does the next course begin?',
				),
			),
			'page_url'       => 'https://network.example/photography/contact/',
			'user_id'        => 7,
		);
	}
}
