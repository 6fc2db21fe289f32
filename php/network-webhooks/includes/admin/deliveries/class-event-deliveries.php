<?php
/**
 * An event's other deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * On the page of a delivery: to whom else the same event went, and what came of it there.
 */
final class Event_Deliveries {

	/** Most that are shown: an event can have thousands. */
	private const SHOWN = 50;

	public function __construct( private readonly Webhooks $webhooks, private readonly Delivery_Rows $rows ) {}

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
		$others = array_filter( $found['deliveries'], static fn( array $one ) => $one['id'] !== $delivery['id'] );
		if ( ! $others ) {
			printf( '<p>%s</p>', esc_html__( 'It went to no other webhook.', 'network-webhooks' ) );
			return;
		}
		echo '<table class="wp-list-table widefat striped network-webhooks-deliveries">';
		Delivery_Rows::print_head();
		echo '<tbody>', $this->rows->html( array_slice( array_values( $others ), 0, self::SHOWN ) ), '</tbody></table>'; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		if ( current_user_can( Capabilities::MANAGE ) ) {
			// The buttons of all rows belong to this one.
			echo '<form id="network-webhooks-row" method="post">';
			Actions::print_nonce();
			echo '</form>';
		}
		if ( null !== $found['cursor'] ) {
			printf( '<p><a href="%s">%s</a></p>', esc_url( Delivery_Query::of( array( 's' => $delivery['event_id'] ) )->url() ), esc_html__( 'All deliveries of this event', 'network-webhooks' ) );
		}
	}
}
