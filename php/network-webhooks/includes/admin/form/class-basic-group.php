<?php
/**
 * Name, URL and event.
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

	public function __construct( private readonly Event_Registry $registry ) {}

	/**
	 * What stands in its inputs for a webhook.
	 *
	 * @return array<string, string|list<string>>
	 */
	public function show( Webhook $webhook ): array {
		$events = $webhook->events();
		return array(
			'name'  => $webhook->name,
			'url'   => $webhook->url,
			'event' => (string) array_shift( $events ),
		) + $this->split( $events );
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
		$event = trim( $typed->text( 'event' ) );
		if ( ! self::is_pattern( $event ) ) {
			$errors->add( 'event', __( 'Choose an event.', 'network-webhooks' ) );
		}
		$patterns = preg_split( '/[\s,]+/', $typed->text( 'patterns' ), -1, PREG_SPLIT_NO_EMPTY );
		foreach ( $patterns as $pattern ) {
			if ( ! self::is_pattern( $pattern ) ) {
				/* translators: %s: what was typed */
				$errors->add( 'patterns', sprintf( __( '“%s” is no name of events: it has 1 to 100 of the characters a-z 0-9 _ . - and * for any.', 'network-webhooks' ), $pattern ) );
			}
		}
		return array(
			'name'   => $name,
			'url'    => $url,
			'events' => array_values( array_unique( array( $event, ...$typed->texts( 'events' ), ...$patterns ) ) ),
		);
	}

	/**
	 * Prints name, URL and the first event.
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
		$fields->text(
			'url',
			__( 'URL', 'network-webhooks' ),
			__( 'Where events are sent to. The receiving service shows it to you.', 'network-webhooks' ),
			array(
				'type'      => 'url',
				'class'     => 'large-text code',
				'maxlength' => 2048,
				'required'  => true,
			)
		);
		$help = __( 'The event that triggers this webhook. Further events can be chosen below “More”.', 'network-webhooks' );
		$fields->row( 'event', __( 'Event', 'network-webhooks' ), $help, fn() => $this->print_select( $fields, $help ) );
	}

	/**
	 * Prints the further events.
	 */
	public function print_further( Fields $fields ): void {
		$chosen = $fields->typed->texts( 'events' );
		$fields->group(
			'events',
			__( 'Further events', 'network-webhooks' ),
			'',
			function () use ( $chosen ): void {
				echo '<input type="hidden" name="events[]" value="">';
				echo '<div class="network-webhooks-events" tabindex="-1">';
				foreach ( $this->registry->by_category() as $category => $events ) {
					printf( '<fieldset><legend><span class="dashicons %s" aria-hidden="true"></span> %s</legend>', esc_attr( Event_Registry::icon( $events[0]->category ) ), esc_html( $category ) );
					foreach ( $events as $event ) {
						printf(
							'<label title="%4$s"><input type="checkbox" name="events[]" value="%1$s"%2$s> %3$s</label>',
							esc_attr( $event->slug ),
							checked( in_array( $event->slug, $chosen, true ), true, false ),
							esc_html( $event->name ),
							esc_attr( $event->slug )
						);
					}
					echo '</fieldset>';
				}
				echo '</div>';
			}
		);
		$fields->text(
			'patterns',
			__( 'Events by name', 'network-webhooks' ),
			__( 'Names and patterns, separated by spaces: <code>payment_*</code> stands for all that begin with <code>payment_</code>, also those that come with later versions, and <code>*</code> for all events there are.', 'network-webhooks' ),
			array( 'class' => 'large-text code' )
		);
	}

	/**
	 * Prints the choice of the event. One that the catalogue does not know (its plugin may be
	 * away), or a pattern, stays chosen.
	 */
	private function print_select( Fields $fields, string $help ): void {
		$chosen = $fields->typed->text( 'event' );
		$groups = array();
		foreach ( $this->registry->by_category() as $category => $events ) {
			$groups[ $category ] = array_column( array_map( static fn( Event $event ) => array( $event->slug, $event->name ), $events ), 1, 0 );
		}
		if ( '' !== $chosen && ! $this->registry->find( $chosen ) ) {
			$groups[ Event_Registry::categories()['other'] ][ $chosen ] = $chosen;
		}
		printf( '<select%s>', $fields->attributes( 'event', $help, array( 'required' => true ) ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		printf( '<option value="">%s</option>', esc_html__( '— Choose an event —', 'network-webhooks' ) );
		foreach ( $groups as $category => $events ) {
			printf( '<optgroup label="%s">', esc_attr( $category ) );
			foreach ( $events as $slug => $name ) {
				printf( '<option value="%s" %s>%s</option>', esc_attr( (string) $slug ), selected( (string) $slug, $chosen, false ), esc_html( $name ) );
			}
			echo '</optgroup>';
		}
		echo '</select>';
	}

	/**
	 * Events that have a box of their own, and the others.
	 *
	 * @param list<string> $events
	 * @return array{events: list<string>, patterns: string}
	 */
	private function split( array $events ): array {
		$known = array_values( array_filter( $events, fn( string $slug ) => (bool) $this->registry->find( $slug ) ) );
		return array(
			'events'   => $known,
			'patterns' => implode( ' ', array_diff( $events, $known ) ),
		);
	}

	/**
	 * Whether events can be subscribed to by this name.
	 */
	private static function is_pattern( string $text ): bool {
		return Event::is_name( str_replace( '*', '_', $text ) );
	}
}
