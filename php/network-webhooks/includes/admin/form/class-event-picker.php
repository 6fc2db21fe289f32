<?php
/**
 * The choice of events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Form;

use Network_Webhooks\Admin\Event_Article;
use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Source_Plugins;

defined( 'ABSPATH' ) || exit;

/**
 * All events by category, each with a box, when it happens, and a link to what it sends; and patterns for many at
 * once. A script adds the search, the chosen ones as chips, and the payload beside the list.
 */
final class Event_Picker {

	private readonly Source_Plugins $plugins;

	public function __construct( private readonly Event_Registry $registry ) {
		$this->plugins = new Source_Plugins();
	}

	/**
	 * Prints the row of the form.
	 */
	public function print( Fields $fields ): void {
		$fields->group(
			'events',
			__( 'Events', 'network-webhooks' ),
			__( 'The events that trigger this webhook: one, or several.', 'network-webhooks' ),
			function () use ( $fields ): void {
				// A box that is not checked is not posted; the empty text says that the boxes were there.
				echo '<input type="hidden" name="events[]" value="">';
				$attributes = $fields->attributes(
					'events',
					'',
					array(
						'class'      => 'network-webhooks-picker',
						'role'       => 'group',
						'aria-label' => __( 'Events by category', 'network-webhooks' ),
						'tabindex'   => '-1',
						'name'       => false,
					)
				);
				printf( '<div%s><div class="network-webhooks-events">', $attributes ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
				foreach ( $this->registry->by_category() as $category => $events ) {
					$this->print_category( $category, $events, $fields->typed->texts( 'events' ) );
				}
				echo '</div></div>';
			}
		);
		$fields->text(
			'patterns',
			__( 'Patterns', 'network-webhooks' ),
			__( 'Only for many events at once, separated by spaces: <code>payment_*</code> stands for all that begin with <code>payment_</code>, also those that come with later versions, and <code>*</code> for all events there are.', 'network-webhooks' ),
			array(
				'class'        => 'regular-text code',
				'autocomplete' => 'off',
				'spellcheck'   => 'false',
			)
		);
	}

	/**
	 * Prints a category, open where something of it is chosen.
	 *
	 * @param list<Event>  $events
	 * @param list<string> $chosen Slugs.
	 */
	private function print_category( string $category, array $events, array $chosen ): void {
		$here = count( array_intersect( array_column( $events, 'slug' ), $chosen ) );
		printf(
			'<details%s><summary><span class="dashicons %s" aria-hidden="true"></span> <span class="network-webhooks-category">%s</span> <span class="description">%s</span></summary>',
			$here ? ' open' : '',
			esc_attr( Event_Registry::icon( $events[0]->category ) ),
			esc_html( $category ),
			/* translators: %s: number of events */
			esc_html( sprintf( _n( '%s event', '%s events', count( $events ), 'network-webhooks' ), number_format_i18n( count( $events ) ) ) )
		);
		foreach ( $this->by_plugin( $events ) as $missing => $these ) {
			$id = 'network-webhooks-missing-' . $events[0]->slug . '-' . md5( $missing );
			echo '<div class="network-webhooks-events-of">';
			if ( '' === $missing ) {
				echo '<ul>';
			} else {
				printf( '<p class="description network-webhooks-missing" id="%1$s"><strong>%2$s</strong></p><ul aria-labelledby="%1$s">', esc_attr( $id ), esc_html( $missing ) );
			}
			foreach ( $these as $event ) {
				$this->print_event( $event, in_array( $event->slug, $chosen, true ) );
			}
			echo '</ul></div>';
		}
		echo '</details>';
	}

	/**
	 * Events by what is said of the plugins that they need and that are not active, so that it is said once: those of
	 * which nothing is said first.
	 *
	 * @param list<Event> $events
	 * @return array<string, list<Event>> Sentence (empty: they can happen) → events.
	 */
	private function by_plugin( array $events ): array {
		$groups = array( '' => array() );
		foreach ( $events as $event ) {
			$groups[ $this->plugins->missing( $event, $this->registry ) ][] = $event;
		}
		return array_filter( $groups );
	}

	/**
	 * Prints an event.
	 */
	private function print_event( Event $event, bool $is_chosen ): void {
		printf(
			'<li><label><input type="checkbox" name="events[]" value="%1$s" aria-describedby="network-webhooks-about-%1$s"%2$s> <span class="network-webhooks-name">%3$s</span> <code>%1$s</code></label> <a href="#%4$s" data-network-webhooks-payload="%1$s" aria-label="%5$s">%6$s</a><p class="description" id="network-webhooks-about-%1$s">%7$s</p></li>',
			esc_attr( $event->slug ),
			checked( $is_chosen, true, false ),
			esc_html( $event->name ),
			esc_attr( Event_Article::manual_id( $event ) ),
			esc_attr( __( 'Payload', 'network-webhooks' ) . ": $event->name" ),
			esc_html__( 'Payload', 'network-webhooks' ),
			esc_html( $event->description )
		);
	}
}
