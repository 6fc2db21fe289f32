<?php
/**
 * The route that keeps the page Listen up to date.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Listen\Capture_Status;
use Network_Webhooks\Admin\Listen\Captured_Rows;
use Network_Webhooks\Admin\Listen\Listen_Page;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Captured_Events;

defined( 'ABSPATH' ) || exit;

/**
 * The newest recorded events as the page has them.
 */
final class Listen_Routes extends Abstract_Routes {

	/**
	 * {@inheritDoc}
	 */
	protected function add_routes(): void {
		$this->add( '/heard', $this->captured( ... ), array( 'event' => self::text() ), capability: Capabilities::VIEW );
	}

	/**
	 * How it stands, and the rows, as HTML.
	 */
	public function captured( \WP_REST_Request $request ): \WP_REST_Response {
		$captured = Captured_Events::page( Listen_Page::ROWS, (string) $request['event'] );
		return new \WP_REST_Response(
			array(
				'standing' => ( new Capture_Status( $this->plugin->publisher() ) )->html(),
				'rows'     => ( new Captured_Rows( $this->plugin->webhooks(), $this->plugin->catalogue() ) )->html( $captured ),
			)
		);
	}
}
