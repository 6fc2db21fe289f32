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

defined( 'ABSPATH' ) || exit;

/**
 * The newest recorded events as the page has them.
 */
final class Listen_Routes extends Abstract_Routes {

	/**
	 * {@inheritDoc}
	 */
	protected function add_routes(): void {
		$this->add( '/heard', $this->heard( ... ), array( 'event' => self::text() ), capability: Capabilities::VIEW );
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
