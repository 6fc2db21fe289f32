<?php
/**
 * An event's other deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Capabilities;

defined( 'ABSPATH' ) || exit;

/**
 * On the page of a delivery: to whom else the same event went, and what came of it there.
 */
final class Event_Deliveries {

	/** Most that are shown: an event can have thousands. */
	private const SHOWN = 50;

	public function __construct( private readonly Delivery_Rows $rows ) {}

	/**
	 * Prints them; a sentence where there are none.
	 *
	 * @param array<string, mixed> $delivery The one that the page is about.
	 * @throws \Exception Says why the log can't be read.
	 */
	public function print( array $delivery ): void {
		printf( '<h2>%s</h2>', esc_html__( 'Other deliveries of this event', 'network-webhooks' ) );
		$found  = webhooks_deliveries(
			array(
				'event_id' => $delivery['event_id'],
				'limit'    => self::SHOWN + 1,
			)
		);
		$others = array_values( array_filter( $found['deliveries'], static fn( array $one ) => $one['id'] !== $delivery['id'] ) );
		if ( $others ) {
			echo '<table class="wp-list-table widefat striped network-webhooks-deliveries">';
			Delivery_Rows::print_head();
			echo '<tbody>', $this->rows->html( array_slice( $others, 0, self::SHOWN ) ), '</tbody></table>'; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		} else {
			printf( '<p>%s</p>', esc_html__( 'It went to no other webhook.', 'network-webhooks' ) );
		}
		if ( null !== $found['cursor'] ) {
			printf( '<p><a href="%s">%s</a></p>', esc_url( Admin::url( array( 's' => $delivery['event_id'] ), Admin::DELIVERIES ) ), esc_html__( 'All deliveries of this event', 'network-webhooks' ) );
		}
		if ( current_user_can( Capabilities::MANAGE ) ) {
			// The buttons of all rows belong to this one.
			echo '<form id="network-webhooks-row" method="post">';
			Actions::print_nonce();
			echo '</form>';
			if ( null !== $delivery['body'] && ! $delivery['test'] ) {
				$this->print_choice( $delivery, array_column( $found['deliveries'], 'state', 'webhook_id' ) );
			}
		}
	}

	/**
	 * Prints the choice of a webhook that has not had the event.
	 *
	 * @param array<string, mixed>  $delivery
	 * @param array<string, string> $had      Id of a webhook → state of its delivery.
	 */
	private function print_choice( array $delivery, array $had ): void {
		$had   = array_diff( $had, array( 'skipped' ) );
		$names = array_diff_key( $this->rows->present(), $had );
		if ( ! $names ) {
			return;
		}
		printf( '<form method="post" action="%s">', esc_url( Actions::url( 'send_event' ) ) );
		Actions::print_nonce();
		printf( '<input type="hidden" name="event_id" value="%s"><input type="hidden" name="delivery" value="%s">', esc_attr( $delivery['event_id'] ), esc_attr( $delivery['id'] ) );
		printf( '<p><label for="network-webhooks-other">%s</label> <select name="webhook" id="network-webhooks-other">', esc_html__( 'Send this event to another webhook:', 'network-webhooks' ) );
		foreach ( $names as $id => $name ) {
			printf( '<option value="%s">%s</option>', esc_attr( $id ), esc_html( $name ) );
		}
		printf( '</select> <button class="button">%s</button></p></form>', esc_html__( 'Send', 'network-webhooks' ) );
	}
}
