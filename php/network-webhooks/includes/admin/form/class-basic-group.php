<?php
/**
 * Name, URL and events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * What every webhook needs: all else has a default.
 */
final class Basic_Group implements Field_Group {

	public function __construct( private readonly Event_Registry $registry, private readonly Service_Group $service ) {}

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string|list<string>>
	 */
	public function show( Webhook $webhook ): array {
		return array(
			'name' => $webhook->name,
			'url'  => $webhook->url,
		) + $this->choose( ...array_filter( $webhook->events(), 'strlen' ) );
	}

	/**
	 * What stands in its inputs where these events are chosen. What the catalogue has not (a pattern, or an event whose
	 * plugin is away) stands among the patterns.
	 *
	 * @return array{events: list<string>, patterns: string}
	 */
	public function choose( string ...$events ): array {
		$known = array_values( array_filter( $events, fn( string $slug ) => (bool) $this->registry->find( $slug ) ) );
		return array(
			'events'   => $known,
			'patterns' => implode( ' ', array_diff( $events, $known ) ),
		);
	}

	/**
	 * What its inputs say.
	 *
	 * @return array<string, mixed>
	 */
	public function read( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$name = trim( $typed->text( 'name' ) );
		$url  = trim( $typed->text( 'url' ) );
		if ( '' === $name ) {
			$errors->add( 'name', __( 'Give the webhook a name by which you will know it again.', 'network-webhooks' ) );
		} elseif ( mb_strlen( $name ) > Webhook::NAME_LENGTH ) {
			/* translators: %s: number of characters */
			$errors->add( 'name', sprintf( _n( 'The name has more than %s character.', 'The name has more than %s characters.', Webhook::NAME_LENGTH, 'network-webhooks' ), number_format_i18n( Webhook::NAME_LENGTH ) ) );
		}
		if ( ! preg_match( '~^https?://[^/?#\s]+~i', $url ) ) {
			$errors->add( 'url', __( 'The URL has to be a whole one, beginning with https:// or http://.', 'network-webhooks' ) );
		}
		return array(
			'name'   => $name,
			'url'    => $url,
			'events' => $this->read_events( $typed, $old, $errors ),
		);
	}

	/**
	 * The events that were chosen. Those that were chosen before keep their order: saving without a change is none.
	 *
	 * @return list<string>
	 */
	private function read_events( Form_Input $typed, Webhook $old, Errors $errors ): array {
		$patterns = preg_split( '/[\s,]+/', $typed->text( 'patterns' ), -1, PREG_SPLIT_NO_EMPTY );
		$chosen   = array_values( array_unique( array_filter( array( ...$typed->texts( 'events' ), ...$patterns ), 'strlen' ) ) );
		if ( ! $chosen ) {
			$errors->add( 'events', __( 'Choose an event.', 'network-webhooks' ) );
		}
		foreach ( $chosen as $pattern ) {
			if ( ! self::is_pattern( $pattern ) ) {
				/* translators: %s: what was typed */
				$errors->add( in_array( $pattern, $patterns, true ) ? 'patterns' : 'events', sprintf( __( '“%s” is no name of events: it has 1 to 100 of the characters a-z 0-9 _ . - and * for any.', 'network-webhooks' ), $pattern ) );
			}
		}
		$kept = array_values( array_intersect( $old->events(), $chosen ) );
		return array( ...$kept, ...array_values( array_diff( $chosen, $kept ) ) );
	}

	/**
	 * Prints name, URL and the events.
	 */
	public function print( Fields $fields, ?Webhook $old ): void {
		$fields->text(
			'name',
			__( 'Name', 'network-webhooks' ),
			__( 'What you call it, such as “Payments to Zapier”.', 'network-webhooks' ),
			array(
				'maxlength' => Webhook::NAME_LENGTH,
				'required'  => true,
			)
		);
		$this->service->print( $fields, $old );
		$fields->text(
			'url',
			__( 'URL', 'network-webhooks' ),
			__( 'Where events are sent to. The receiving service shows it to you.', 'network-webhooks' ),
			array(
				'type'      => 'url',
				'class'     => 'large-text code',
				'maxlength' => 2048,
				'required'  => ! Service_Group::makes_url( $fields->typed ),
			)
		);
		( new Event_Picker( $this->registry ) )->print( $fields );
	}

	/**
	 * Whether events can be subscribed to by this name.
	 */
	private static function is_pattern( string $text ): bool {
		return Event::is_name( str_replace( '*', '_', $text ) );
	}
}
