<?php
/**
 * The route that keeps the page of the test inbox up to date.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Inbox\Inbox_Entries;
use Network_Webhooks\Inbox\Requests;

defined( 'ABSPATH' ) || exit;

/**
 * What came since, as the page has it.
 */
final class Inbox_Routes extends Abstract_Routes {

	/**
	 * {@inheritDoc}
	 */
	protected function add_routes(): void {
		$this->add( '/inbox', $this->requests( ... ), array( 'after' => self::number( 0, 0 ) ) );
	}

	/**
	 * The requests that came after one, as HTML.
	 */
	public function requests( \WP_REST_Request $request ): \WP_REST_Response {
		$entries  = new Inbox_Entries( new Requests() );
		$requests = $entries->read( (int) $request['after'] );
		return new \WP_REST_Response(
			array(
				'html'  => Inbox_Entries::html( $requests ),
				'count' => count( $requests ),
			)
		);
	}
}
