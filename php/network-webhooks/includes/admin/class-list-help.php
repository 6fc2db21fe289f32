<?php
/**
 * Help of the list.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The tabs behind “Help”.
 */
final class List_Help {

	/**
	 * Adds the tabs.
	 */
	public static function add( \WP_Screen $screen ): void {
		foreach ( self::tabs() as $id => $tab ) {
			$screen->add_help_tab(
				array(
					'id'      => "network-webhooks-$id",
					'title'   => $tab['title'],
					'content' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $tab['lines'] ) ) . '</p>',
				)
			);
		}
	}

	/**
	 * Titles and paragraphs.
	 *
	 * @return array<string, array{title: string, lines: list<string>}>
	 */
	private static function tabs(): array {
		return array(
			'overview' => array(
				'title' => __( 'Overview', 'network-webhooks' ),
				'lines' => array(
					__( 'A webhook tells another service what happens on the network: each time one of its events occurs, what is known about it is sent to its URL.', 'network-webhooks' ),
					__( 'Search looks at names, URLs and events. Choose columns and the number of rows in Screen Options.', 'network-webhooks' ),
				),
			),
			'status'   => array(
				'title' => __( 'Status', 'network-webhooks' ),
				'lines' => array(
					__( 'Active: events are sent as they happen.', 'network-webhooks' ),
					__( 'Paused: somebody paused it. Its events are kept, and sent once it is resumed.', 'network-webhooks' ),
					__( 'Failing: the last attempts failed. They are repeated at growing intervals, and nothing has to be done if the receiver comes back by itself.', 'network-webhooks' ),
					__( 'Disabled: the receiver said that it is gone, or nothing but failures came back for days. Its events are kept. Correct the URL, send a test event, then enable it.', 'network-webhooks' ),
				),
			),
			'calls'    => array(
				'title' => __( 'Calls', 'network-webhooks' ),
				'lines' => array(
					__( 'A call is delivered when the receiver answered with a success, and failed when all attempts were used up. Test events are not counted.', 'network-webhooks' ),
					__( 'The picture shows the last 24 hours, one bar an hour: delivered calls upwards, failed ones downwards.', 'network-webhooks' ),
				),
			),
			'actions'  => array(
				'title' => __( 'Actions', 'network-webhooks' ),
				'lines' => array(
					__( 'Send Test Event sends an example to this webhook alone, also while it is paused, and shows what the receiver answered.', 'network-webhooks' ),
					__( 'Duplicate makes a paused copy with a secret of its own.', 'network-webhooks' ),
					__( 'Delete asks first. For 30 days a deleted webhook stands under “Deleted”, from where it can be brought back.', 'network-webhooks' ),
				),
			),
		);
	}
}
