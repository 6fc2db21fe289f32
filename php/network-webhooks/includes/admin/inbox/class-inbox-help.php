<?php
/**
 * Help of the test inbox.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Inbox;

defined( 'ABSPATH' ) || exit;

/**
 * The tabs behind “Help”.
 */
final class Inbox_Help {

	/**
	 * Adds the tabs.
	 */
	public static function add( \WP_Screen $screen ): void {
		foreach ( self::tabs() as $id => $tab ) {
			$screen->add_help_tab(
				array(
					'id'      => "network-webhooks-inbox-$id",
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
			'overview'  => array(
				'title' => __( 'Overview', 'network-webhooks' ),
				'lines' => array(
					__( 'The inbox stands in for a receiver that is not there yet, or that you can’t look into. Add a webhook with its address, send a test event, and see what a receiver gets.', 'network-webhooks' ),
					__( 'Any program can send to it, with any method and any body. Requests are taken before WordPress reads them: what is broken shows as it came, and nothing of it has an effect on the network.', 'network-webhooks' ),
				),
			),
			'signature' => array(
				'title' => __( 'Signature', 'network-webhooks' ),
				'lines' => array(
					__( 'Signatures are checked when a request arrives, with the secrets of the webhooks whose URL is the inbox’s address.', 'network-webhooks' ),
					__( 'Not signed: the sender has no secret, or its signature is turned off. Wrong: it has another secret, or something on the way changed the body, such as a proxy that writes JSON anew. Too old: the request was repeated, or a clock is wrong.', 'network-webhooks' ),
				),
			),
			'limits'    => array(
				'title' => __( 'Limits', 'network-webhooks' ),
				'lines' => array(
					__( 'The last 100 requests are kept for 24 hours. Bodies of more than 256 KB are answered with 413 and not kept; more than 30 requests in 10 seconds with 429.', 'network-webhooks' ),
					__( 'Of headers that hold a secret, such as Authorization and Cookie, only the length is kept. The number after *** is that of its characters.', 'network-webhooks' ),
					__( 'In production environments the inbox is off until somebody turns it on.', 'network-webhooks' ),
				),
			),
		);
	}
}
