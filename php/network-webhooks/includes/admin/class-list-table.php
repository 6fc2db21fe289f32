<?php
/**
 * The table of webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Catalogue;
use Network_Webhooks\Environment;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

require_once ABSPATH . 'wp-admin/includes/class-wp-list-table.php';

/**
 * Name, event, URL and number of calls of each webhook.
 */
final class List_Table extends \WP_List_Table {

	private const PER_PAGE = 50;

	/**
	 * Calls by webhook id; null where the log can't be read.
	 *
	 * @var array<string, int>|null
	 */
	private ?array $calls = null;

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Webhooks $webhooks, private readonly Catalogue $catalogue ) {
		parent::__construct(
			array(
				'singular' => 'webhook',
				'plural'   => 'webhooks',
			)
		);
	}

	/**
	 * Reads the page's webhooks, and their calls at once.
	 */
	public function prepare_items(): void {
		$this->_column_headers = array( $this->get_columns(), array(), array(), 'name' );
		$this->items           = $this->webhooks->page( $this->get_pagenum(), self::PER_PAGE );
		$this->calls           = $this->read_calls();
		$this->set_pagination_args(
			array(
				'total_items' => $this->webhooks->count(),
				'per_page'    => self::PER_PAGE,
			)
		);
	}

	/**
	 * The columns.
	 *
	 * @return array<string, string>
	 */
	public function get_columns(): array {
		return array(
			'name'  => __( 'Name', 'network-webhooks' ),
			'event' => __( 'Event', 'network-webhooks' ),
			'url'   => __( 'URL', 'network-webhooks' ),
			'calls' => __( 'Calls', 'network-webhooks' ),
		);
	}

	/**
	 * What stands in place of an empty list.
	 */
	public function no_items(): void {
		esc_html_e( 'No webhooks yet. A webhook tells another service, such as Zapier or your CRM, what happens on the network.', 'network-webhooks' );
	}

	/**
	 * The name, leading to the form.
	 *
	 * @param Webhook $item
	 */
	protected function column_name( $item ): string {
		$state = $item->paused ? ' — <span class="post-state">' . esc_html__( 'Paused', 'network-webhooks' ) . '</span>' : '';
		return sprintf( '<strong><a class="row-title" href="%s">%s</a>%s</strong>', esc_url( $this->url( 'edit', $item ) ), esc_html( $item->name ), $state );
	}

	/**
	 * The events that it gets.
	 *
	 * @param Webhook $item
	 */
	protected function column_event( $item ): string {
		return implode( ', ', array_map( fn( string $event ) => esc_html( $this->catalogue->name( $event ) ), $item->events() ) );
	}

	/**
	 * Where they go.
	 *
	 * @param Webhook $item
	 */
	protected function column_url( $item ): string {
		return '<code class="network-webhooks-url">' . esc_html( $item->url ) . '</code>';
	}

	/**
	 * How often something was sent, test events apart.
	 *
	 * @param Webhook $item
	 */
	protected function column_calls( $item ): string {
		return null === $this->calls
			? '<span aria-hidden="true">—</span><span class="screen-reader-text">' . esc_html__( 'Unknown', 'network-webhooks' ) . '</span>'
			: esc_html( number_format_i18n( $this->calls[ $item->id ] ?? 0 ) );
	}

	/**
	 * What can be done with a webhook. Links only show something; what writes is a button of the
	 * form below the table.
	 *
	 * @param Webhook $item
	 * @param string  $column_name
	 * @param string  $primary
	 */
	protected function handle_row_actions( $item, $column_name, $primary ): string {
		if ( $column_name !== $primary ) {
			return '';
		}
		return $this->row_actions(
			array(
				'edit'   => $this->link( 'edit', __( 'Edit', 'network-webhooks' ), $item ),
				'test'   => $this->button( 'test', __( 'Send Test Event', 'network-webhooks' ), $item ),
				'pause'  => $item->paused
					? $this->button( 'resume', __( 'Resume', 'network-webhooks' ), $item )
					: $this->button( 'pause', __( 'Pause', 'network-webhooks' ), $item ),
				'delete' => $this->link( 'delete', __( 'Delete', 'network-webhooks' ), $item ),
			)
		);
	}

	/**
	 * A link to a page of a webhook.
	 */
	private function link( string $action, string $text, Webhook $webhook ): string {
		/* translators: 1: what a link does, such as Edit, 2: name of a webhook */
		$label = sprintf( __( '%1$s “%2$s”', 'network-webhooks' ), $text, $webhook->name );
		return sprintf( '<a href="%s" aria-label="%s">%s</a>', esc_url( $this->url( $action, $webhook ) ), esc_attr( $label ), esc_html( $text ) );
	}

	/**
	 * A button that does something with a webhook.
	 */
	private function button( string $action, string $text, Webhook $webhook ): string {
		/* translators: 1: what a button does, such as Pause, 2: name of a webhook */
		$label = sprintf( __( '%1$s “%2$s”', 'network-webhooks' ), $text, $webhook->name );
		return sprintf(
			'<button type="submit" class="button-link" form="network-webhooks-row" formaction="%s" name="webhook" value="%s" aria-label="%s" data-network-webhooks="%s">%s</button>',
			esc_url( Actions::url( $action ) ),
			esc_attr( $webhook->id ),
			esc_attr( $label ),
			esc_attr( $action ),
			esc_html( $text )
		);
	}

	/**
	 * Address of a page of a webhook.
	 */
	private function url( string $action, Webhook $webhook ): string {
		return Admin::url(
			array(
				'action'  => $action,
				'webhook' => $webhook->id,
			)
		);
	}

	/**
	 * Calls of the page's webhooks.
	 *
	 * @return array<string, int>|null
	 */
	private function read_calls(): ?array {
		if ( ! Environment::has_extension() ) {
			return null;
		}
		if ( ! $this->items ) {
			return array();
		}
		try {
			$stats = webhooks_stats(
				array(
					'webhook_ids' => array_column( $this->items, 'id' ),
					'hours'       => 0,
				)
			);
			return array_map( static fn( array $of ) => $of['delivered'] + $of['failed'], $stats['webhooks'] );
		} catch ( \Throwable ) {
			return null;
		}
	}
}
