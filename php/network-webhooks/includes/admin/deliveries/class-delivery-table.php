<?php
/**
 * The table of deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

require_once ABSPATH . 'wp-admin/includes/template.php';
require_once ABSPATH . 'wp-admin/includes/class-wp-screen.php';
require_once ABSPATH . 'wp-admin/includes/screen.php';
require_once ABSPATH . 'wp-admin/includes/class-wp-list-table.php';

/**
 * Deliveries, newest first, paged by the log's cursor: nothing is counted to find a page, however
 * many there are. The same for the page and for the route that keeps it up to date.
 */
final class Delivery_Table extends \WP_List_Table {

	/** Name of the screen option. */
	public const PER_PAGE = 'network_webhooks_deliveries_per_page';

	/** Rows of a page where nobody chose, and at most: as many as the log gives at once. */
	public const ROWS      = 20;
	public const MOST_ROWS = 200;

	/** Its screen, for a request that has none. */
	public const SCREEN = 'webhooks_page_network-webhooks-deliveries-network';

	/** Up to how many are counted for the views: beyond, a page would wait for it. */
	private const COUNTED = 10000;

	/** The states that have a view. */
	private const VIEWS = array( 'failed', 'pending', 'delivered', 'skipped', 'held' );

	/** Parts of a filter whose counts need no look at each delivery. */
	private const CHEAP = array( 'webhook', 's', 'since', 'until' );

	/**
	 * Makes the cells.
	 */
	private readonly Delivery_Rows $rows;

	/**
	 * Those of the row that is printed: all are made at once.
	 *
	 * @var array<string, string>
	 */
	private array $cells = array();

	/**
	 * Whether this user may send again and cancel.
	 */
	private readonly bool $may_manage;

	/**
	 * Where the next page begins; null: this is the last.
	 */
	private ?string $cursor = null;

	/**
	 * @param string|null $screen SCREEN where the request has none of its own.
	 */
	public function __construct( Webhooks $webhooks, Event_Registry $registry, private readonly Delivery_Query $query, ?string $screen = null ) {
		parent::__construct(
			array(
				'singular' => 'delivery',
				'plural'   => 'deliveries',
				'screen'   => $screen,
			)
		);
		$this->rows       = new Delivery_Rows( $webhooks, $registry );
		$this->may_manage = current_user_can( Capabilities::MANAGE );
	}

	/**
	 * How many rows somebody chose in Screen Options; `set-screen-option` gives it to be stored.
	 */
	public static function rows( mixed $stored, mixed $option, mixed $chosen ): int {
		return max( 1, min( self::MOST_ROWS, is_numeric( $chosen ) ? (int) $chosen : 0 ) );
	}

	/**
	 * What makes the cells, and knows what webhooks are called.
	 */
	public function rows_of(): Delivery_Rows {
		return $this->rows;
	}

	/**
	 * Reads the page.
	 *
	 * @throws \Exception Says what is wrong with the filter, or why the log can't be read.
	 */
	public function prepare_items(): void {
		$before       = $this->query->typed( 'before' );
		$size         = min( self::MOST_ROWS, $this->get_items_per_page( self::PER_PAGE, self::ROWS ) );
		$found        = webhooks_deliveries( $this->query->filter() + array( 'limit' => $size ) + ( '' === $before ? array() : array( 'cursor' => $before ) ) );
		$this->items  = $found['deliveries'];
		$this->cursor = $found['cursor'];
		$this->rows->prepare( $this->items );
	}

	/**
	 * The columns.
	 *
	 * @return array<string, string>
	 */
	public function get_columns(): array {
		// Asked for before the table is made, too.
		return ( current_user_can( Capabilities::MANAGE ) ? array( 'cb' => '<input type="checkbox">' ) : array() ) + Delivery_Rows::columns();
	}

	/**
	 * The column that stays on narrow screens.
	 */
	protected function get_default_primary_column_name(): string {
		return 'event';
	}

	/**
	 * Classes of the table.
	 *
	 * @return list<string>
	 */
	protected function get_table_classes(): array {
		return array( 'widefat', 'striped', 'network-webhooks-deliveries' );
	}

	/**
	 * All, and the states that people look for, with how many they are.
	 *
	 * @return array<string, string>
	 */
	protected function get_views(): array {
		$chosen = $this->query->typed( 'state' );
		$labels = array( '' => __( 'All', 'network-webhooks' ) ) + array_intersect_key( array_replace( array_flip( self::VIEWS ), Delivery_State::labels() ), array_flip( self::VIEWS ) );
		$counts = $this->counts();
		$views  = array();
		foreach ( $labels as $state => $label ) {
			$views[ '' === $state ? 'all' : $state ] = sprintf(
				'<a href="%s"%s>%s%s</a>',
				esc_url( $this->query->url( array( 'state' => $state, 'before' => '' ) ) ),
				$chosen === $state ? ' class="current" aria-current="page"' : '',
				esc_html( $label ),
				isset( $counts[ $state ] ) ? ' <span class="count">(' . esc_html( self::number( $counts[ $state ], self::COUNTED ) ) . ')</span>' : ''
			);
		}
		return $views;
	}

	/**
	 * A number that was counted up to one more than `$most`.
	 */
	public static function number( int $count, int $most ): string {
		return $count > $most
			/* translators: %s: a number; there are more than that */
			? sprintf( __( '%s+', 'network-webhooks' ), number_format_i18n( $most ) )
			: number_format_i18n( $count );
	}

	/**
	 * How many deliveries each view has; of a filter by which counting is no short work: none.
	 *
	 * @return array<string, int> By state, all of them under the empty one.
	 */
	private function counts(): array {
		if ( array_diff_key( $this->query->parts(), array_flip( array( ...self::CHEAP, 'state', 'before' ) ) ) ) {
			return array();
		}
		try {
			$filter = array_diff_key( $this->query->filter(), array( 'state' => '' ) );
			$counts = webhooks_count_by_state( array( 'state' => self::VIEWS ) + $filter, self::COUNTED + 1 );
			return array( '' => $counts['all'] ) + $counts['states'];
		} catch ( \Exception ) {
			return array(); // What is wrong is said where the list should be.
		}
	}

	/**
	 * What can be done with many at once.
	 *
	 * @return array<string, string>
	 */
	protected function get_bulk_actions(): array {
		return $this->may_manage
			? array(
				'resend' => __( 'Resend', 'network-webhooks' ),
				'cancel' => __( 'Cancel', 'network-webhooks' ),
			)
			: array();
	}

	/**
	 * The way to what is done with all that match, beyond this page.
	 *
	 * @param string $which
	 */
	protected function extra_tablenav( $which ): void {
		if ( 'top' === $which && $this->may_manage && $this->items ) {
			printf( '<div class="alignleft"><a class="button" href="%s">%s</a></div>', esc_url( Bulk_View::url( $this->query ) ), esc_html__( 'Resend or cancel all of these', 'network-webhooks' ) );
		}
	}

	/**
	 * The ways to other pages: the log knows where the next one begins, and not how many there are.
	 *
	 * @param string $which
	 */
	protected function pagination( $which ): void {
		$links = array();
		if ( ! $this->query->is_newest() ) {
			$links[] = array( $this->query->url( array( 'before' => '' ) ), __( 'Newest', 'network-webhooks' ) );
		}
		if ( null !== $this->cursor ) {
			$links[] = array( $this->query->url( array( 'before' => $this->cursor ) ), __( 'Older deliveries', 'network-webhooks' ) );
		}
		echo '<div class="tablenav-pages network-webhooks-pages">';
		foreach ( $links as list( $url, $text ) ) {
			printf( '<a class="button" href="%s">%s</a> ', esc_url( $url ), esc_html( $text ) );
		}
		echo '</div>';
	}

	/**
	 * What stands in place of an empty list.
	 */
	public function no_items(): void {
		echo $this->query->is_filtered() || ! $this->query->is_newest() ? esc_html__( 'No deliveries match.', 'network-webhooks' ) : esc_html__( 'No deliveries yet.', 'network-webhooks' );
	}

	/**
	 * The rows as HTML, for a page that has the rest already.
	 */
	public function rows_html(): string {
		ob_start();
		$this->display_rows_or_placeholder();
		return (string) ob_get_clean();
	}

	/**
	 * A row, by which scripts and people tell a delivery.
	 *
	 * @param array<string, mixed> $item
	 */
	public function single_row( $item ): void {
		$this->cells = $this->rows->cells( $item );
		printf( '<tr data-delivery="%s">', esc_attr( $item['id'] ) );
		$this->single_row_columns( $item );
		echo '</tr>';
	}

	/**
	 * The checkbox.
	 *
	 * @param array<string, mixed> $item
	 */
	protected function column_cb( $item ): string {
		return sprintf(
			'<label class="screen-reader-text" for="network-webhooks-%1$s">%2$s</label><input type="checkbox" name="deliveries[]" id="network-webhooks-%1$s" value="%1$s">',
			esc_attr( $item['id'] ),
			/* translators: %s: id of an event */
			esc_html( sprintf( __( 'Select %s', 'network-webhooks' ), $item['event_id'] ) )
		);
	}

	/**
	 * Any other cell.
	 *
	 * @param array<string, mixed> $item
	 * @param string               $column_name
	 */
	protected function column_default( $item, $column_name ): string {
		return $this->cells[ $column_name ] ?? '';
	}

	/**
	 * Nothing: the cell of the event has what can be done with it.
	 *
	 * @param array<string, mixed> $item
	 * @param string               $column_name
	 * @param string               $primary
	 */
	protected function handle_row_actions( $item, $column_name, $primary ): string {
		return '';
	}
}
