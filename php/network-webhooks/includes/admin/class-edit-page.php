<?php
/**
 * The form of a webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Catalogue;
use Network_Webhooks\Event;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Add New Webhook, and Edit Webhook.
 */
final class Edit_Page {

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Catalogue $catalogue ) {}

	/**
	 * Prints the page.
	 *
	 * @param Webhook|null $webhook null: a new one.
	 */
	public function print( ?Webhook $webhook ): void {
		$typed  = Flash::typed( $webhook->id ?? '' );
		$values = $typed ?? array(
			'name'  => $webhook->name ?? '',
			'url'   => $webhook->url ?? '',
			'event' => $webhook?->events()[0] ?? '',
		);
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php echo esc_html( $webhook ? __( 'Edit Webhook', 'network-webhooks' ) : __( 'Add New Webhook', 'network-webhooks' ) ); ?></h1>
			<?php if ( $webhook ) : ?>
				<a class="page-title-action" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'All Webhooks', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<hr class="wp-header-end">
			<div id="network-webhooks-test" role="status" aria-live="polite"></div>
			<form method="post" action="<?php echo esc_url( Actions::url( 'save' ) ); ?>" <?php echo null === $typed ? '' : 'aria-describedby="network-webhooks-error"'; ?>>
				<?php Actions::print_nonce(); ?>
				<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ?? '' ); ?>">
				<table class="form-table" role="presentation">
					<tr>
						<th scope="row"><label for="network-webhooks-name"><?php esc_html_e( 'Name', 'network-webhooks' ); ?></label></th>
						<td>
							<input type="text" id="network-webhooks-name" name="name" class="regular-text" maxlength="200" required value="<?php echo esc_attr( $values['name'] ); ?>" aria-describedby="network-webhooks-name-help">
							<p class="description" id="network-webhooks-name-help"><?php esc_html_e( 'What you call it, such as “Payments to Zapier”.', 'network-webhooks' ); ?></p>
						</td>
					</tr>
					<tr>
						<th scope="row"><label for="network-webhooks-url"><?php esc_html_e( 'URL', 'network-webhooks' ); ?></label></th>
						<td>
							<input type="url" id="network-webhooks-url" name="url" class="large-text code" maxlength="2048" required value="<?php echo esc_attr( $values['url'] ); ?>" aria-describedby="network-webhooks-url-help">
							<p class="description" id="network-webhooks-url-help"><?php esc_html_e( 'Where events are sent to. The receiving service shows it to you.', 'network-webhooks' ); ?></p>
						</td>
					</tr>
					<tr>
						<th scope="row"><label for="network-webhooks-event"><?php esc_html_e( 'Event', 'network-webhooks' ); ?></label></th>
						<td>
							<?php $this->print_select( $values['event'] ); ?>
							<p class="description" id="network-webhooks-event-help"><?php esc_html_e( 'When something is sent. All events are described below.', 'network-webhooks' ); ?></p>
						</td>
					</tr>
					<?php if ( $webhook && '' !== $webhook->secret() ) : ?>
						<tr>
							<th scope="row"><label for="network-webhooks-secret"><?php esc_html_e( 'Secret', 'network-webhooks' ); ?></label></th>
							<td>
								<input type="text" id="network-webhooks-secret" class="large-text code" readonly value="<?php echo esc_attr( $webhook->secret() ); ?>" aria-describedby="network-webhooks-secret-help">
								<p class="description" id="network-webhooks-secret-help"><?php esc_html_e( 'Signs what is sent (Standard Webhooks). Give it to the receiver, so that it can tell your events from forged ones, and to nobody else.', 'network-webhooks' ); ?></p>
							</td>
						</tr>
					<?php endif; ?>
				</table>
				<p class="submit">
					<?php submit_button( $webhook ? __( 'Save Webhook', 'network-webhooks' ) : __( 'Add Webhook', 'network-webhooks' ), 'primary', 'submit', false ); ?>
					<?php if ( $webhook ) : ?>
						<button type="submit" class="button" form="network-webhooks-row" formaction="<?php echo esc_url( Actions::url( 'test' ) ); ?>" name="webhook" value="<?php echo esc_attr( $webhook->id ); ?>" data-network-webhooks="test"><?php esc_html_e( 'Send Test Event', 'network-webhooks' ); ?></button>
					<?php endif; ?>
				</p>
			</form>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
			<?php $this->print_events(); ?>
		</div>
		<?php
	}

	/**
	 * Prints the choice of the event. One that the catalogue does not know (its plugin may be
	 * away) stays chosen.
	 */
	private function print_select( string $chosen ): void {
		$groups = array();
		foreach ( $this->catalogue->by_category() as $category => $events ) {
			$groups[ $category ] = array_column( array_map( static fn( Event $event ) => array( $event->slug, $event->name ), $events ), 1, 0 );
		}
		if ( '' !== $chosen && ! $this->catalogue->find( $chosen ) ) {
			$groups[ Catalogue::categories()['other'] ][ $chosen ] = $chosen;
		}
		echo '<select id="network-webhooks-event" name="event" required aria-describedby="network-webhooks-event-help">';
		printf( '<option value="">%s</option>', esc_html__( '— Choose an event —', 'network-webhooks' ) );
		foreach ( $groups as $category => $events ) {
			printf( '<optgroup label="%s">', esc_attr( $category ) );
			foreach ( $events as $slug => $name ) {
				printf( '<option value="%s" %s>%s</option>', esc_attr( $slug ), selected( (string) $slug, $chosen, false ), esc_html( $name ) );
			}
			echo '</optgroup>';
		}
		echo '</select>';
	}

	/**
	 * Prints every event with its description and payloads.
	 */
	private function print_events(): void {
		?>
		<h2><?php esc_html_e( 'Events', 'network-webhooks' ); ?></h2>
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
		<?php
		foreach ( $this->catalogue->by_category() as $category => $events ) {
			printf( '<h3>%s</h3>', esc_html( $category ) );
			foreach ( $events as $event ) {
				$this->print_event( $event );
			}
		}
	}

	/**
	 * Prints an event.
	 */
	private function print_event( Event $event ): void {
		printf(
			'<div class="network-webhooks-event"><h4 id="%1$s">%2$s <code>%3$s</code></h4><p>%4$s</p><p class="network-webhooks-seen">%5$s</p>',
			esc_attr( 'network-webhooks-event-' . $event->slug ),
			esc_html( $event->name ),
			esc_html( $event->slug ),
			esc_html( $event->description ),
			esc_html( $this->catalogue->seen_text( $event->slug ) )
		);
		foreach ( $event->examples as $source => $example ) {
			/* translators: %s: name of an event's source, such as woocommerce */
			$label = '' === $source ? __( 'Example', 'network-webhooks' ) : sprintf( __( 'Example from %s', 'network-webhooks' ), $source );
			printf(
				'<p class="network-webhooks-source">%1$s</p><pre tabindex="0" role="region" aria-label="%2$s">%3$s</pre>',
				esc_html( $label ),
				esc_attr( "$event->name: $label" ),
				esc_html( (string) wp_json_encode( $example, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE ) )
			);
		}
		echo '</div>';
	}
}
