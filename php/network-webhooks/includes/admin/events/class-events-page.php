<?php
/**
 * The page of all events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Last_Payload;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Events: what there is to be told of, and how it looks.
 */
final class Events_Page extends Menu_Page {

	/** How a payload is written for people. */
	private const JSON = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;

	public const SLUG = Admin::EVENTS;

	public const ORDER = 50;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Events', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return __( 'All Events', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_events( get_current_screen() );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		// Only chooses what is shown.
		$search = isset( $_GET['s'] ) ? trim( sanitize_text_field( wp_unslash( $_GET['s'] ) ) ) : '';
		$open   = isset( $_GET['event'] ) ? sanitize_text_field( wp_unslash( $_GET['event'] ) ) : '';
		$shown  = 0;
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Events', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php $this->print_tabs(); ?>
			<p>
				<?php
				printf(
					/* translators: 1: “data”, 2: further names of fields */
					esc_html__( 'Each event is sent as JSON. What is shown here stands in %1$s; beside it are %2$s.', 'network-webhooks' ),
					'<code>data</code>',
					'<code>id</code>, <code>type</code>, <code>timestamp</code>, <code>network_id</code>, <code>site</code>, <code>source</code>, <code>actor</code>'
				);
				?>
			</p>
			<form method="get" role="search" class="network-webhooks-search">
				<input type="hidden" name="page" value="<?php echo esc_attr( Admin::EVENTS ); ?>">
				<label for="network-webhooks-search"><?php esc_html_e( 'Search events', 'network-webhooks' ); ?></label>
				<input type="search" id="network-webhooks-search" name="s" value="<?php echo esc_attr( $search ); ?>">
				<?php submit_button( __( 'Search', 'network-webhooks' ), '', '', false, array( 'id' => 'network-webhooks-search-submit' ) ); ?>
				<span id="network-webhooks-found" role="status"></span>
			</form>
			<div id="network-webhooks-all-events">
			<?php
			foreach ( $this->plugin->catalogue()->by_category() as $category => $events ) {
				$events = array_filter( $events, static fn( Event $event ) => self::matches( $event, $category, $search ) );
				$shown += count( $events );
				if ( $events ) {
					printf( '<section><h2><span class="dashicons %s" aria-hidden="true"></span> %s</h2>', esc_attr( Event_Registry::icon( reset( $events )->category ) ), esc_html( $category ) );
					foreach ( $events as $event ) {
						$this->print_event( $event, $event->slug === $open );
					}
					echo '</section>';
				}
			}
			if ( ! $shown ) {
				printf( '<p>%s</p>', esc_html__( 'No event has that in its name, description or source.', 'network-webhooks' ) );
			}
			?>
			</div>
		</div>
		<?php
	}

	/**
	 * Prints an event. What is long is folded away, and the log is asked only for the one that
	 * somebody opened by its link: one question for each of a hundred would take too long.
	 */
	private function print_event( Event $event, bool $open ): void {
		$id = 'network-webhooks-event-' . $event->slug;
		printf(
			'<article class="network-webhooks-event" id="%1$s" data-text="%2$s"><h3>%3$s <code>%4$s</code></h3><p>%5$s</p>',
			esc_attr( $id ),
			esc_attr( mb_strtolower( self::text( $event ) ) ),
			esc_html( $event->name ),
			esc_html( $event->slug ),
			esc_html( $event->description )
		);
		printf( '<p class="network-webhooks-seen">%s</p>', esc_html( implode( ' · ', array_filter( array( $this->plugin->catalogue()->seen_text( $event->slug ), self::sources( $event ) ) ) ) ) );
		printf( '<p><a class="button" href="%s" aria-label="%s">%s</a></p>', esc_url( Admin::url( array( 'event' => $event->slug ), Admin::NEW ) ), esc_attr( __( 'Add a webhook for this', 'network-webhooks' ) . ": $event->name" ), esc_html__( 'Add a webhook for this', 'network-webhooks' ) );
		foreach ( $event->when as $source => $when ) {
			printf( '<p class="network-webhooks-source">%s %s</p>', '' === $source ? '' : '<code>' . esc_html( $source ) . '</code>', esc_html( $when ) );
		}
		printf( '<details%s><summary>%s</summary>', $open ? ' open' : '', esc_html__( 'Payload', 'network-webhooks' ) );
		$this->print_payloads( $event, $open );
		echo '</details>';
		if ( $event->schema() ) {
			printf( '<details><summary>%s</summary>', esc_html__( 'JSON Schema', 'network-webhooks' ) );
			self::print_json( $event->schema(), $event->name . ': ' . __( 'JSON Schema', 'network-webhooks' ) );
			echo '</details>';
		}
		echo '</article>';
	}

	/**
	 * Prints the last payload that really came, where it is asked for and there is one, otherwise
	 * the examples.
	 */
	private function print_payloads( Event $event, bool $ask ): void {
		$real = $ask ? ( new Last_Payload( $this->plugin->webhooks() ) )->to_show( $event ) : null;
		if ( $real ) {
			$label = sprintf(
				/* translators: 1: time, 2: source of an event, such as woocommerce */
				__( 'As it really happened at %1$s, from %2$s', 'network-webhooks' ),
				Date_Format::exact( gmdate( 'Y-m-d H:i:s', (int) strtotime( $real['at'] ) ) ),
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
	 * Prints JSON that can be copied.
	 */
	private static function print_json( mixed $value, string $label ): void {
		printf(
			'<pre tabindex="0" role="group" aria-label="%s" data-network-webhooks-copy>%s</pre>',
			esc_attr( $label ),
			Form\Fields::exact( (string) wp_json_encode( $value, self::JSON ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		);
	}

	/**
	 * Whether an event has a text in what is said of it.
	 */
	private static function matches( Event $event, string $category, string $search ): bool {
		return '' === $search || false !== mb_stripos( $category . ' ' . self::text( $event ), $search );
	}

	/**
	 * What is said of an event.
	 */
	private static function text( Event $event ): string {
		return implode( ' ', array( $event->name, $event->slug, $event->description, ...$event->sources() ) );
	}
}
