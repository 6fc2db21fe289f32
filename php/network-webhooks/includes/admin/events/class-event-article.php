<?php
/**
 * An event, as the manual has it.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Date_Format;
use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Last_Payload;
use Network_Webhooks\Text;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * What an event is called, when it happens and what is sent: on the page of all events, and below the
 * form of a webhook.
 */
final class Event_Article {

	/** How a payload is written for people. */
	private const JSON = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;

	/** What has a meaning in HTML, the ampersand first. */
	private const ESCAPED = array(
		'&' => '&amp;',
		'<' => '&lt;',
		'>' => '&gt;',
		'"' => '&quot;',
		"'" => '&#039;',
	);

	public function __construct( private readonly Event_Registry $registry, private readonly Webhooks $webhooks ) {}

	/**
	 * Prints all events for whoever sets up a webhook: their names, when they happen, and an example of
	 * what is sent. Closed until asked for.
	 */
	public function print_manual(): void {
		printf( '<details class="network-webhooks-manual"><summary><h2>%s</h2></summary>', esc_html__( 'All events, with what they send', 'network-webhooks' ) );
		foreach ( $this->registry->by_category() as $category => $events ) {
			printf( '<section><h3>%s</h3>', esc_html( $category ) );
			foreach ( $events as $event ) {
				// A link to what is within opens what it is in.
				printf( '<details class="network-webhooks-event"><summary>%1$s <code>%2$s</code></summary><p id="%3$s">%4$s</p>', esc_html( $event->name ), esc_html( $event->slug ), esc_attr( self::manual_id( $event ) ), esc_html( $event->description ) );
				printf( '<p class="network-webhooks-seen">%s</p>', esc_html( implode( ' · ', array_filter( array( $this->registry->seen_text( $event->slug ), self::sources( $event ) ) ) ) ) );
				foreach ( $event->examples as $source => $example ) {
					/* translators: %s: name of an event's source, such as woocommerce */
					$from = __( 'Example from %s', 'network-webhooks' );
					self::print_json( $example, "$event->name: " . ( '' === $source ? __( 'Example', 'network-webhooks' ) : sprintf( $from, $source ) ) );
				}
				echo '</details>';
			}
			echo '</section>';
		}
		echo '</details>';
	}

	/**
	 * Where print_manual() describes an event, as an element's id.
	 */
	public static function manual_id( Event $event ): string {
		return "network-webhooks-manual-$event->slug";
	}

	/**
	 * What an event sends, for the page's script: the last one that really happened, or else the examples.
	 */
	public function payloads( Event $event ): string {
		ob_start();
		printf( '<p class="network-webhooks-name"><strong>%s</strong> <code>%s</code></p><p>%s</p>', esc_html( $event->name ), esc_html( $event->slug ), esc_html( $event->description ) );
		$this->print_payloads( $event, true );
		return (string) ob_get_clean();
	}

	/**
	 * Prints an event. What is long is folded away, and the log is asked only for the one that
	 * somebody opened by its link: one question for each of a hundred would take too long.
	 */
	public function print( Event $event, bool $open ): void {
		$id = 'network-webhooks-event-' . $event->slug;
		printf(
			'<article class="network-webhooks-event" id="%1$s" data-text="%2$s"><h3>%3$s <code>%4$s</code></h3><p>%5$s</p>',
			esc_attr( $id ),
			esc_attr( Text::lower( self::text( $event ) ) ),
			esc_html( $event->name ),
			esc_html( $event->slug ),
			esc_html( $event->description )
		);
		printf( '<p class="network-webhooks-seen">%s</p>', esc_html( implode( ' · ', array_filter( array( $this->registry->seen_text( $event->slug ), self::sources( $event ) ) ) ) ) );
		printf( '<p><a class="button" href="%s" aria-label="%s">%s</a></p>', esc_url( Admin::url( array( 'event' => $event->slug ), Admin::NEW ) ), esc_attr( __( 'Add a webhook for this', 'network-webhooks' ) . ": $event->name" ), esc_html__( 'Add a webhook for this', 'network-webhooks' ) );
		foreach ( $event->when as $source => $when ) {
			printf( '<p class="network-webhooks-source">%s %s</p>', '' === $source ? '' : '<code>' . esc_html( $source ) . '</code>', esc_html( $when ) );
		}
		printf( '<details%s><summary>%s</summary>', $open ? ' open' : '', esc_html__( 'Payload', 'network-webhooks' ) );
		$this->print_payloads( $event, $open );
		echo '</details>';
		$schema = $event->schema();
		if ( $schema ) {
			printf( '<details><summary>%s</summary>', esc_html__( 'JSON Schema', 'network-webhooks' ) );
			self::print_json( $schema, $event->name . ': ' . __( 'JSON Schema', 'network-webhooks' ) );
			echo '</details>';
		}
		echo '</article>';
	}

	/**
	 * Prints the last payload that really came, where it is asked for and there is one, otherwise
	 * the examples.
	 */
	private function print_payloads( Event $event, bool $ask ): void {
		$real = $ask ? ( new Last_Payload( $this->webhooks ) )->to_show( $event ) : null;
		if ( $real ) {
			$label = sprintf(
				/* translators: 1: time, 2: source of an event, such as woocommerce */
				__( 'As it really happened at %1$s, from %2$s', 'network-webhooks' ),
				Date_Format::exact( (int) strtotime( $real['at'] ) ),
				'' === $real['source'] ? 'WordPress' : $real['source']
			);
			printf( '<p class="network-webhooks-source">%s</p>', esc_html( $event->sensitive ? $label . ' ' . __( '(text is hidden because it may contain access links)', 'network-webhooks' ) : $label ) );
			self::print_json( $real['data'], "$event->name: $label" );
			return;
		}
		foreach ( $event->examples as $source => $example ) {
			/* translators: %s: name of an event's source, such as woocommerce */
			$from  = __( 'Example from %s', 'network-webhooks' );
			$label = '' === $source ? __( 'Example', 'network-webhooks' ) : sprintf( $from, $source );
			printf( '<p class="network-webhooks-source">%s</p>', esc_html( $label ) );
			self::print_json( $example, "$event->name: $label" );
		}
		if ( $ask ) {
			printf( '<p class="description">%s</p>', esc_html__( 'No event of this kind is in the log yet whose whole data is known.', 'network-webhooks' ) );
		} else {
			printf(
				'<p><a href="%s">%s</a></p>',
				esc_url( Admin::url( array( 'event' => $event->slug ), Admin::EVENTS ) . '#network-webhooks-event-' . $event->slug ),
				esc_html__( 'Show the last one that really happened', 'network-webhooks' )
			);
		}
	}

	/**
	 * Who raises it.
	 */
	private static function sources( Event $event ): string {
		$sources = implode( ', ', array_filter( $event->sources() ) );
		/* translators: %s: names of sources, such as woocommerce */
		return '' === $sources ? '' : sprintf( __( 'From: %s', 'network-webhooks' ), $sources );
	}

	/**
	 * Prints JSON that can be copied. Not with esc_textarea(): it looks at each letter, and all events are 800 kB.
	 */
	private static function print_json( mixed $value, string $label ): void {
		printf(
			'<pre tabindex="0" role="group" aria-label="%s" data-network-webhooks-copy>%s</pre>',
			esc_attr( $label ),
			str_replace( array_keys( self::ESCAPED ), self::ESCAPED, (string) wp_json_encode( $value, self::JSON ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		);
	}

	/**
	 * What is said of an event.
	 */
	public static function text( Event $event ): string {
		return implode( ' ', array( $event->name, $event->slug, $event->description, ...$event->sources() ) );
	}
}
