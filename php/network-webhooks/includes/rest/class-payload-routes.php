<?php
/**
 * The route of payloads.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Event_Article;

defined( 'ABSPATH' ) || exit;

/**
 * Shows what an event sends, beside the events of the form.
 */
final class Payload_Routes extends Abstract_Routes {

	/**
	 * {@inheritDoc}
	 */
	protected function add_routes(): void {
		$this->add( '/payload', $this->payload( ... ), array( 'event' => self::text() ) );
	}

	/**
	 * What is said of an event, with the last payload that really came or else the examples.
	 */
	public function payload( \WP_REST_Request $request ): \WP_REST_Response {
		$event = $this->plugin->catalogue()->find( (string) $request['event'] );
		if ( ! $event ) {
			/* translators: %s: name of an event */
			return new \WP_REST_Response( array( 'html' => sprintf( '<p>%s</p>', esc_html( sprintf( __( 'There is no event “%s”.', 'network-webhooks' ), (string) $request['event'] ) ) ) ) );
		}
		return new \WP_REST_Response( array( 'html' => ( new Event_Article( $this->plugin->catalogue(), $this->plugin->webhooks() ) )->payloads( $event ) ) );
	}
}
