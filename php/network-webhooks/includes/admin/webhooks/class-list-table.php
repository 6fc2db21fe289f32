<?php
/**
 * The table of webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Counters;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

require_once ABSPATH . 'wp-admin/includes/class-wp-list-table.php';

/**
 * All webhooks, narrowed and in order, a page at a time. Who may only see them gets nothing that changes one.
 */
final class List_Table extends \WP_List_Table {

	/** Name of the screen option. */
	public const PER_PAGE = 'network_webhooks_per_page';

	/** Rows of a page where nobody chose, and at most: PHP takes a thousand fields of a form. */
	public const ROWS      = 20;
	public const MOST_ROWS = 500;

	/**
	 * Webhooks by status, whatever status is asked for.
	 *
	 * @var array<string, int>
	 */
	private array $numbers = array();

	/**
	 * The same of all, whatever is asked for; null: it can't be read what was sent.
	 *
	 * @var array<string, int>|null
	 */
	private ?array $of_all = null;

	/**
	 * How many there are without any filter.
	 */
	private int $total = 0;

	/**
	 * Whether this user may change webhooks.
	 */
	private readonly bool $may_manage;

	/**
	 * Search and filters.
	 */
	private readonly List_Filters $filters;

	/**
	 * Cells of the page's webhooks.
	 */
	private List_Cells $cells;

	/**
	 * What can be done with them.
	 */
	private List_Actions $actions;

	public function __construct(
		private readonly Webhooks $webhooks,
		private readonly Event_Registry $registry,
		private readonly List_Query $query,
	) {
		parent::__construct(
			array(
				'singular' => 'webhook',
				'plural'   => 'webhooks',
			)
		);
		$this->may_manage = current_user_can( Capabilities::MANAGE );
		$this->filters    = new List_Filters( $registry, $query );
	}

	/**
	 * Reads all webhooks with their counters, and of the page's what its columns need.
	 */
	public function prepare_items(): void {
		$is_filtered = $this->query->is_filtered();
		$all         = $is_filtered ? $this->webhooks->with_targets() : $this->webhooks->without_settings();
		$this->total = count( $all );
		$size        = $this->get_items_per_page( self::PER_PAGE, self::ROWS );
		// One question where one page holds all of them.
		$is_small = $this->total <= $size;
		$counters = $is_small ? Counters::read( array_column( $all, 'id' ), Period::Day->hours() ) : Counters::of_all( ...$this->query->counters() );
		$code     = static fn( Webhook $webhook ) => Status::of( $webhook, $counters )->code;
		$found    = $this->query->filter( $all, $this->registry, $this->may_manage );
		$codes    = array_map( $code, $found );

		$this->numbers = array_count_values( $codes );
		if ( $counters->are_known() ) {
			$this->of_all = count( $found ) === $this->total ? $this->numbers : array_count_values( array_map( $code, $all ) );
		}
		if ( '' !== $this->query->status ) {
			$found = array_values( array_intersect_key( $found, array_flip( array_keys( $codes, $this->query->status, true ) ) ) );
		}
		$this->set_pagination_args(
			array(
				'total_items' => count( $found ),
				'per_page'    => $size,
			)
		);
		$found       = $this->query->sort( $found, $counters );
		$this->items = $this->webhooks->with_settings( array_slice( $found, ( $this->get_pagenum() - 1 ) * $size, $size ) );
		$of_page     = $is_small ? $counters : Counters::read( array_column( $this->items, 'id' ), Period::Day->hours() );
		$sites       = new Site_Addresses();
		$sites->prepare( $this->items );
		$this->cells   = new List_Cells( $this->registry, $of_page, $sites, $this->may_manage );
		$this->actions = new List_Actions( $of_page, $this->may_manage );
	}

	/**
	 * How many webhooks have each status, whatever is asked for; null: there are none, or it can't be read what was
	 * sent.
	 *
	 * @return array<string, int>|null
	 */
	public function statuses(): ?array {
		return $this->total ? $this->of_all : null;
	}

	/**
	 * The columns.
	 *
	 * @return array<string, string>
	 */
	public function get_columns(): array {
		$columns = array(
			'name'   => __( 'Name', 'network-webhooks' ),
			'event'  => __( 'Events', 'network-webhooks' ),
			'url'    => __( 'URL', 'network-webhooks' ),
			'sites'  => __( 'Sites', 'network-webhooks' ),
			'status' => __( 'Status', 'network-webhooks' ),
			'calls'  => __( 'Calls', 'network-webhooks' ),
			'last'   => __( 'Last Delivery', 'network-webhooks' ),
			'hours'  => __( '24 Hours', 'network-webhooks' ),
		);
		// Asked for before the table is made, too.
		return current_user_can( Capabilities::MANAGE ) ? array( 'cb' => '<input type="checkbox">' ) + $columns : $columns;
	}

	/**
	 * By which columns one can sort; numbers and times with the highest first.
	 *
	 * @return array<string, array>
	 */
	protected function get_sortable_columns(): array {
		return array(
			'name'   => array( 'name', false, __( 'Name', 'network-webhooks' ), __( 'Table ordered by Name.', 'network-webhooks' ), 'asc' ),
			'url'    => array( 'url', false, __( 'URL', 'network-webhooks' ), __( 'Table ordered by URL.', 'network-webhooks' ) ),
			'status' => array( 'status', false, __( 'Status', 'network-webhooks' ), __( 'Table ordered by Status.', 'network-webhooks' ) ),
			'calls'  => array( 'calls', true, __( 'Calls', 'network-webhooks' ), __( 'Table ordered by Calls.', 'network-webhooks' ) ),
			'last'   => array( 'last', true, __( 'Last Delivery', 'network-webhooks' ), __( 'Table ordered by Last Delivery.', 'network-webhooks' ) ),
		);
	}

	/**
	 * The column that stays on narrow screens.
	 */
	protected function get_default_primary_column_name(): string {
		return 'name';
	}

	/**
	 * All, each status that occurs, and what was deleted.
	 *
	 * @return array<string, string>
	 */
	protected function get_views(): array {
		$others = array_diff_key( $this->query->to_query(), array( 'status' => '' ) );
		$views  = array( 'all' => array( Admin::url( $others ), __( 'All', 'network-webhooks' ), array_sum( $this->numbers ), '' === $this->query->status ) );
		foreach ( Status::labels() as $code => $label ) {
			$number = $this->numbers[ $code ] ?? 0;
			if ( $number || $code === $this->query->status ) {
				$views[ $code ] = array( Admin::url( array( 'status' => $code ) + $others ), $label, $number, $code === $this->query->status );
			}
		}
		$deleted = $this->may_manage ? $this->webhooks->count_deleted() : 0;
		if ( $deleted ) {
			$views['deleted'] = array( Deleted_View::url(), __( 'Deleted', 'network-webhooks' ), $deleted, false );
		}
		return array_map( static fn( array $view ) => self::view( ...$view ), $views );
	}

	/**
	 * What can be done with many at once.
	 *
	 * @return array<string, string>
	 */
	protected function get_bulk_actions(): array {
		return $this->may_manage
			? array(
				'pause'  => __( 'Pause', 'network-webhooks' ),
				'resume' => __( 'Resume', 'network-webhooks' ),
				'test'   => __( 'Send Test Event', 'network-webhooks' ),
				'delete' => __( 'Delete', 'network-webhooks' ),
			)
			: array();
	}

	/**
	 * Prints the form of search and filters.
	 */
	public function print_filter_form(): void {
		if ( $this->total ) {
			$this->filters->print_form();
		}
	}

	/**
	 * Prints the filters.
	 *
	 * @param string $which
	 */
	protected function extra_tablenav( $which ): void {
		if ( 'top' === $which && $this->total ) {
			$this->filters->print();
		}
	}

	/**
	 * What stands in place of an empty list: without any webhook, two ways to begin.
	 */
	public function no_items(): void {
		if ( $this->total ) {
			esc_html_e( 'No webhooks match.', 'network-webhooks' );
			return;
		}
		printf( '<p>%s</p>', esc_html__( 'No webhooks yet. A webhook tells another service, such as Zapier or your CRM, what happens on the network.', 'network-webhooks' ) );
		if ( $this->may_manage ) {
			printf(
				'<p><a class="button button-primary" href="%s">%s</a> <button type="submit" class="button" form="network-webhooks-row" formaction="%s">%s</button></p>',
				esc_url( Admin::url( array(), Admin::NEW ) ),
				esc_html__( 'Add Your First Webhook', 'network-webhooks' ),
				esc_url( add_query_arg( 'then', 'new', Actions::url( 'inbox_make' ) ) ),
				esc_html__( 'Try It With the Test Inbox', 'network-webhooks' )
			);
		}
	}

	/**
	 * A link above the list.
	 */
	private static function view( string $url, string $label, int $number, bool $is_current ): string {
		return sprintf(
			'<a href="%s"%s>%s <span class="count">(%s)</span></a>',
			esc_url( $url ),
			$is_current ? ' class="current" aria-current="page"' : '',
			esc_html( $label ),
			esc_html( number_format_i18n( $number ) )
		);
	}

	/**
	 * The checkbox.
	 *
	 * @param Webhook $item
	 */
	protected function column_cb( $item ): string {
		return $this->cells->html( $item, 'cb' );
	}

	/**
	 * Any other cell.
	 *
	 * @param Webhook $item
	 * @param string  $column_name
	 */
	protected function column_default( $item, $column_name ): string {
		return $this->cells->html( $item, $column_name );
	}

	/**
	 * What can be done with a webhook.
	 *
	 * @param Webhook $item
	 * @param string  $column_name
	 * @param string  $primary
	 */
	protected function handle_row_actions( $item, $column_name, $primary ): string {
		$more = parent::handle_row_actions( $item, $column_name, $primary );
		return $column_name === $primary ? $this->row_actions( $this->actions->of( $item ) ) . ( $this->may_manage ? '' : $more ) : $more;
	}
}
