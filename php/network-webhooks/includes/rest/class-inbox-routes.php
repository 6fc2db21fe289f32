<?php
/**
 * The route that keeps the page of the test inbox up to date.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Inbox\Entries;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Inbox\Requests;

defined( 'ABSPATH' ) || exit;

/**
 * What came since, as the page has it. On the main site only, since a site's own REST API is under
 * that site's administrators.
 */
final class Inbox_Routes {

	/**
	 * Adds the route.
	 */
	public function add_routes(): void {
		if ( ! is_main_network() || ! is_main_site() ) {
			return;
		}
		register_rest_route(
			'network-webhooks/v1',
			'/inbox',
			array(
				'methods'             => 'GET',
				'callback'            => array( $this, 'requests' ),
				'permission_callback' => static fn() => current_user_can( Capabilities::MANAGE ),
				'show_in_index'       => false,
				'args'                => array(
					'after' => array(
						'type'    => 'integer',
						'minimum' => 0,
						'default' => 0,
					),
				),
			)
		);
	}

	/**
	 * The requests that came after one, as HTML.
	 */
	public function requests( \WP_REST_Request $request ): \WP_REST_Response {
		$entries  = new Entries( new Requests() );
		$requests = $entries->read( (int) $request['after'] );
		return new \WP_REST_Response(
			array(
				'html'  => Entries::html( $requests ),
				'count' => count( $requests ),
			)
		);
	}
}
