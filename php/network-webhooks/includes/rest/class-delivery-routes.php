<?php
/**
 * The route that keeps the list of deliveries up to date.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Rest;

use Network_Webhooks\Admin\Deliveries\Bulk_Progress;
use Network_Webhooks\Admin\Deliveries\Delivery_Query;
use Network_Webhooks\Admin\Deliveries\Delivery_Table;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Environment;
use Network_Webhooks\Extension_Messages;

defined( 'ABSPATH' ) || exit;

/**
 * The newest deliveries as the page has them.
 */
final class Delivery_Routes extends Abstract_Routes {

	/**
	 * {@inheritDoc}
	 */
	protected function add_routes(): void {
		if ( Environment::has_extension() ) {
			$this->add( '/deliveries', $this->deliveries( ... ), capability: Capabilities::VIEW );
		}
	}

	/**
	 * Rows and bars as HTML.
	 *
	 * @return \WP_REST_Response|\WP_Error
	 */
	public function deliveries( \WP_REST_Request $request ) {
		$bulks = current_user_can( Capabilities::MANAGE ) ? Bulk_Progress::html() : '';
		if ( $request->get_param( 'none' ) ) {
			return new \WP_REST_Response( array( 'bulks' => $bulks ) );
		}
		try {
			$query = Delivery_Query::of( wp_slash( $request->get_query_params() ) );
			$table = new Delivery_Table( $this->plugin->webhooks(), $this->plugin->catalogue(), $query, Delivery_Table::SCREEN );
			$table->prepare_items();
		} catch ( \Exception $error ) {
			return new \WP_Error( 'network_webhooks', Extension_Messages::of( $error ), array( 'status' => 400 ) );
		}
		return new \WP_REST_Response(
			array(
				'rows'  => $table->rows_html(),
				'bulks' => $bulks,
			)
		);
	}
}
