<?php
/**
 * The table of deleted webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Date_Format;
use Network_Webhooks\Endpoint_Url;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

require_once ABSPATH . 'wp-admin/includes/class-wp-list-table.php';

/**
 * Name, events and host of each, who deleted it when, and until when that can be undone.
 */
final class Deleted_Table extends \WP_List_Table {

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {
		// A screen of its own, so that the list's Screen Options don't hide these columns.
		parent::__construct(
			array(
				'plural' => 'webhooks',
				'screen' => 'network-webhooks-deleted',
			)
		);
	}

	/**
	 * Reads the page's webhooks.
	 */
	public function prepare_items(): void {
		$all         = $this->webhooks->deleted();
		$size        = $this->get_items_per_page( List_Table::PER_PAGE, List_Table::ROWS );
		$this->items = array_slice( $all, ( $this->get_pagenum() - 1 ) * $size, $size );
		$this->set_pagination_args(
			array(
				'total_items' => count( $all ),
				'per_page'    => $size,
			)
		);
		// One query for all names.
		cache_users( array_unique( array_column( $this->items, 'deleted_by' ) ) );
		$this->_column_headers = array( $this->get_columns(), array(), array(), 'name' );
	}

	/**
	 * The columns.
	 *
	 * @return array<string, string>
	 */
	public function get_columns(): array {
		return array(
			'name'    => __( 'Name', 'network-webhooks' ),
			'event'   => __( 'Events', 'network-webhooks' ),
			'url'     => __( 'URL', 'network-webhooks' ),
			'deleted' => __( 'Deleted', 'network-webhooks' ),
			'by'      => __( 'By', 'network-webhooks' ),
			'until'   => __( 'Kept Until', 'network-webhooks' ),
		);
	}

	/**
	 * What stands in place of an empty list.
	 */
	public function no_items(): void {
		esc_html_e( 'No webhook was deleted within these days.', 'network-webhooks' );
	}

	/**
	 * The name, and the button that brings it back.
	 *
	 * @param Webhook $item
	 */
	protected function column_name( $item ): string {
		/* translators: %s: name of a webhook */
		$label = sprintf( __( 'Undo the deleting of “%s”', 'network-webhooks' ), $item->name );
		return sprintf(
			'<strong>%s</strong><div class="row-actions visible"><button type="submit" class="button-link" form="network-webhooks-row" formaction="%s" name="webhook" value="%s" aria-label="%s">%s</button></div>',
			esc_html( $item->name ),
			esc_url( Actions::url( 'restore' ) ),
			esc_attr( $item->id ),
			esc_attr( $label ),
			esc_html__( 'Undo', 'network-webhooks' )
		);
	}

	/**
	 * The events that it got.
	 *
	 * @param Webhook $item
	 */
	protected function column_event( $item ): string {
		return implode( ', ', array_map( fn( string $event ) => esc_html( $this->registry->name( $event ) ), $item->events() ) );
	}

	/**
	 * Where they went.
	 *
	 * @param Webhook $item
	 */
	protected function column_url( $item ): string {
		return '<span class="network-webhooks-host" dir="ltr">' . esc_html( ( new Endpoint_Url( $item->url ) )->host ) . '</span>';
	}

	/**
	 * When it was deleted.
	 *
	 * @param Webhook $item
	 */
	protected function column_deleted( $item ): string {
		return Date_Format::ago( (string) $item->deleted );
	}

	/**
	 * Who did it.
	 *
	 * @param Webhook $item
	 */
	protected function column_by( $item ): string {
		return esc_html( History_Box::who( $item->deleted_by ) );
	}

	/**
	 * Until when that can be undone.
	 *
	 * @param Webhook $item
	 */
	protected function column_until( $item ): string {
		return esc_html( Date_Format::day( Date_Format::stamp( (string) $item->deleted ) + Webhooks::UNDO_DAYS * DAY_IN_SECONDS ) );
	}
}
