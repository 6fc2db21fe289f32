<?php
/**
 * The route that keeps the page Listen up to date.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Listen\Page;
use Network_Webhooks\Admin\Listen\Rows;
use Network_Webhooks\Admin\Listen\Standing;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Heard;
use Network_Webhooks\Plugin;

defined( 'ABSPATH' ) || exit;

/**
 * The newest recorded events as the page has them. On the main site only, since a site's own REST
 * API is under that site's administrators.
 */
final class Listen_Routes {

	/**
	 * Takes the plugin, whose parts the route needs.
	 */
	public function __construct( private readonly Plugin $plugin ) {}

	/**
	 * Adds the route.
	 */
	public function add_routes(): void {
		if ( ! is_main_network() || ! is_main_site() ) {
			return;
		}
		register_rest_route(
			'network-webhooks/v1',
			'/heard',
			array(
				'methods'             => 'GET',
				'callback'            => array( $this, 'heard' ),
				'permission_callback' => static fn() => current_user_can( Capabilities::VIEW ),
				'show_in_index'       => false,
				'args'                => array(
					'event' => array(
						'type'    => 'string',
						'default' => '',
					),
				),
			)
		);
	}

	/**
	 * How it stands, and the rows, as HTML.
	 */
	public function heard( \WP_REST_Request $request ): \WP_REST_Response {
		$heard = Heard::page( Page::ROWS, (string) $request['event'] );
		return new \WP_REST_Response(
			array(
				'standing' => ( new Standing( $this->plugin->publisher() ) )->html(),
				'rows'     => ( new Rows( $this->plugin->webhooks(), $this->plugin->catalogue() ) )->html( $heard ),
			)
		);
	}
}
