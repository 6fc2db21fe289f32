<?php
/**
 * The page of all events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Text;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Events: what there is to be told of, and how it looks.
 */
final class Events_Page extends Menu_Page {

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
		$search  = isset( $_GET['s'] ) ? trim( sanitize_text_field( wp_unslash( $_GET['s'] ) ) ) : '';
		$open    = isset( $_GET['event'] ) ? sanitize_text_field( wp_unslash( $_GET['event'] ) ) : '';
		$shown   = 0;
		$article = new Event_Article( $this->plugin->catalogue(), $this->plugin->webhooks() );
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
						$article->print( $event, $event->slug === $open );
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
	 * Whether an event has a text in what is said of it.
	 */
	private static function matches( Event $event, string $category, string $search ): bool {
		return '' === $search || Text::has( $category . ' ' . Event_Article::text( $event ), $search );
	}
}
