<?php
/**
 * The table of webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Counters;
use Network_Webhooks\Endpoint_Url;
use Network_Webhooks\Event;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

require_once ABSPATH . 'wp-admin/includes/class-wp-list-table.php';

/**
 * Each webhook with its target, its status and what was sent. Who may only see them gets neither
 * buttons nor the part of a URL in which its secret may be.
 */
final class List_Table extends \WP_List_Table {

	/** Name of the screen option. */
	public const PER_PAGE = 'network_webhooks_per_page';

	/** Rows of a page where nobody chose, and at most: PHP takes a thousand fields of a form. */
	public const ROWS      = 20;
	public const MOST_ROWS = 500;

	/** Id of the form that search and filters belong to. */
	private const FILTER_FORM = 'network-webhooks-filter';

	/**
	 * Counters of the page's webhooks.
	 */
	private Counters $counters;

	/**
	 * Webhooks by status, whatever status is asked for.
	 *
	 * @var array<string, int>
	 */
	private array $numbers = array();

	/**
	 * How many there are without any filter.
	 */
	private int $total = 0;

	/**
	 * Whether this user may change webhooks.
	 */
	private readonly bool $may_manage;

	/**
	 * Addresses of sites.
	 */
	private readonly Site_Addresses $sites;

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
		$this->sites      = new Site_Addresses();
	}

	/**
	 * Reads all webhooks with their counters, and of the page's what its columns need.
	 */
	public function prepare_items(): void {
		$all         = $this->webhooks->all();
		$this->total = count( $all );
		$size        = $this->get_items_per_page( self::PER_PAGE, self::ROWS );
		// One question where one page holds all of them.
		$is_small = $this->total <= $size;
		$counters = Counters::read( null, $is_small ? Period::Day->hours() : 0 );
		$found    = $this->query->filter( $all, $this->registry, $this->may_manage );
		$codes    = array_map( static fn( Webhook $webhook ) => Status::of( $webhook, $counters )->code, $found );

		$this->numbers = array_count_values( $codes );
		if ( '' !== $this->query->status ) {
			$found = array_values( array_intersect_key( $found, array_flip( array_keys( $codes, $this->query->status, true ) ) ) );
		}
		$this->set_pagination_args(
			array(
				'total_items' => count( $found ),
				'per_page'    => $size,
			)
		);
		$found          = $this->query->sort( $found, $counters );
		$this->items    = array_slice( $found, ( $this->get_pagenum() - 1 ) * $size, $size );
		$this->counters = $is_small ? $counters : Counters::read( array_column( $this->items, 'id' ), Period::Day->hours() );
		$this->sites->prepare( $this->items );
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
	 * The form of search and filters. It stands apart: what changes something is posted, what
	 * only looks is not.
	 */
	public function print_filter_form(): void {
		if ( 0 === $this->total ) {
			return;
		}
		printf( '<form method="get" id="%s">', esc_attr( self::FILTER_FORM ) );
		printf( '<input type="hidden" name="page" value="%s">', esc_attr( Admin::PAGE ) );
		if ( '' !== $this->query->status ) {
			printf( '<input type="hidden" name="status" value="%s">', esc_attr( $this->query->status ) );
		}
		foreach ( array_intersect_key( $this->query->to_query(), array_flip( array( 'orderby', 'order' ) ) ) as $name => $value ) {
			printf( '<input type="hidden" name="%s" value="%s">', esc_attr( $name ), esc_attr( $value ) );
		}
		?>
		<p class="search-box">
			<label class="screen-reader-text" for="network-webhooks-search"><?php esc_html_e( 'Search webhooks by name, URL or event', 'network-webhooks' ); ?></label>
			<input type="search" id="network-webhooks-search" name="s" value="<?php echo esc_attr( $this->query->search ); ?>">
			<?php submit_button( __( 'Search Webhooks', 'network-webhooks' ), '', '', false, array( 'id' => 'search-submit' ) ); ?>
		</p>
		</form>
		<?php
	}

	/**
	 * The filters.
	 *
	 * @param string $which
	 */
	protected function extra_tablenav( $which ): void {
		if ( 'top' !== $which || 0 === $this->total ) {
			return;
		}
		?>
		<div class="alignleft actions network-webhooks-filters">
			<label class="screen-reader-text" for="network-webhooks-filter-event"><?php esc_html_e( 'Filter by event', 'network-webhooks' ); ?></label>
			<select name="event" id="network-webhooks-filter-event" form="<?php echo esc_attr( self::FILTER_FORM ); ?>">
				<option value=""><?php esc_html_e( 'All events', 'network-webhooks' ); ?></option>
				<?php $this->print_events(); ?>
			</select>
			<label class="screen-reader-text" for="network-webhooks-filter-site"><?php esc_html_e( 'Filter by site: its id or address', 'network-webhooks' ); ?></label>
			<input type="text" name="site" id="network-webhooks-filter-site" form="<?php echo esc_attr( self::FILTER_FORM ); ?>" value="<?php echo esc_attr( $this->query->site ); ?>" placeholder="<?php esc_attr_e( 'Site: id or address', 'network-webhooks' ); ?>">
			<button type="submit" class="button" form="<?php echo esc_attr( self::FILTER_FORM ); ?>"><?php esc_html_e( 'Filter', 'network-webhooks' ); ?></button>
			<?php if ( $this->query->is_filtered() ) : ?>
				<a href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'Show all', 'network-webhooks' ); ?></a>
			<?php endif; ?>
		</div>
		<?php
	}

	/**
	 * Prints the events by category. One that the catalogue does not know stays chosen.
	 */
	private function print_events(): void {
		$groups = array();
		foreach ( $this->registry->all() as $event ) {
			$groups[ $event->category ][] = $event;
		}
		$names  = Event_Registry::categories();
		$option = fn( string $value, string $text ) => printf( '<option value="%s" %s>%s</option>', esc_attr( $value ), selected( $value, $this->query->event, false ), esc_html( $text ) );
		foreach ( $groups as $category => $events ) {
			printf( '<optgroup label="%s">', esc_attr( $names[ $category ] ) );
			/* translators: %s: a category of events, such as Sales */
			$option( List_Query::CATEGORY . $category, sprintf( __( '%s: all', 'network-webhooks' ), $names[ $category ] ) );
			foreach ( $events as $event ) {
				$option( $event->slug, $event->name );
			}
			echo '</optgroup>';
		}
		$chosen = $this->query->event;
		if ( '' !== $chosen && ! str_starts_with( $chosen, List_Query::CATEGORY ) && ! $this->registry->find( $chosen ) ) {
			$option( $chosen, $chosen );
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
	 * The checkbox.
	 *
	 * @param Webhook $item
	 */
	protected function column_cb( $item ): string {
		$id = "network-webhooks-$item->id";
		/* translators: %s: name of a webhook */
		$label = sprintf( __( 'Select %s', 'network-webhooks' ), $item->name );
		return sprintf( '<label class="screen-reader-text" for="%1$s">%2$s</label><input type="checkbox" name="webhooks[]" id="%1$s" value="%3$s">', esc_attr( $id ), esc_html( $label ), esc_attr( $item->id ) );
	}

	/**
	 * The name, leading to its page.
	 *
	 * @param Webhook $item
	 */
	protected function column_name( $item ): string {
		return sprintf( '<strong><a class="row-title" href="%s">%s</a></strong>', esc_url( Webhook_View::url( $item->id ) ), esc_html( $item->name ) );
	}

	/**
	 * The events that it gets.
	 *
	 * @param Webhook $item
	 */
	protected function column_event( $item ): string {
		return implode( ', ', array_map( fn( string $event ) => esc_html( $this->registry->name( $event ) ), $item->events() ) );
	}

	/**
	 * Where they go: the host first, which tells receivers apart.
	 *
	 * @param Webhook $item
	 */
	protected function column_url( $item ): string {
		$url = new Endpoint_Url( $item->url );
		if ( ! $this->may_manage ) {
			return '<span class="network-webhooks-host" dir="ltr">' . esc_html( $url->host ) . '</span>';
		}
		/* translators: %s: name of a webhook */
		$label = sprintf( __( 'Copy the URL of “%s”', 'network-webhooks' ), $item->name );
		return sprintf(
			'<span title="%s" dir="ltr"><span class="network-webhooks-host">%s</span><span class="network-webhooks-rest">%s</span></span> <span class="copy-to-clipboard-container hide-if-no-js"><button type="button" class="button-link network-webhooks-copy" data-clipboard-text="%s" aria-label="%s"><span class="dashicons dashicons-admin-page" aria-hidden="true"></span></button> <span class="success hidden" aria-hidden="true">%s</span></span>',
			esc_attr( $item->url ),
			esc_html( $url->host ),
			esc_html( $url->short_rest() ),
			esc_attr( $item->url ),
			esc_attr( $label ),
			esc_html__( 'Copied!', 'network-webhooks' )
		);
	}

	/**
	 * Of which sites.
	 *
	 * @param Webhook $item
	 */
	protected function column_sites( $item ): string {
		return esc_html( $this->sites->describe( $item ) );
	}

	/**
	 * How it is, as a word and a colour, and what waits.
	 *
	 * @param Webhook $item
	 */
	protected function column_status( $item ): string {
		$status = Status::of( $item, $this->counters );
		$html   = sprintf( '<span class="network-webhooks-status is-%s">%s</span>', esc_attr( $status->code ), esc_html( $status->label() ) );
		if ( null !== $status->since ) {
			/* translators: %s: a time span such as 5 mins */
			$since = sprintf( __( 'for %s', 'network-webhooks' ), human_time_diff( Date_Format::stamp( $status->since ) ) );
			$html .= sprintf( ' <time datetime="%s" title="%s">%s</time>', esc_attr( $status->since ), esc_attr( Date_Format::exact( $status->since ) ), esc_html( $since ) );
		}
		if ( '' !== $status->reason() ) {
			$html .= '<br><span class="description">' . esc_html( $status->reason() ) . '</span>';
		}
		$waiting = $this->counters->waiting( $item->id );
		if ( $waiting ) {
			/* translators: %s: number of deliveries */
			$text  = sprintf( _n( '%s delivery waits', '%s deliveries wait', $waiting, 'network-webhooks' ), number_format_i18n( $waiting ) );
			$html .= '<br><span class="description">' . esc_html( $text ) . '</span>';
		}
		return $html;
	}

	/**
	 * How often something was delivered or failed, test events apart.
	 *
	 * @param Webhook $item
	 */
	protected function column_calls( $item ): string {
		if ( ! $this->counters->are_known() ) {
			return self::unknown();
		}
		$of    = $this->counters->of( $item->id );
		$chart = new Calls_Chart( Period::Day, $of['hours'], time() );
		return sprintf(
			'<span class="network-webhooks-calls"><span>%s</span> %s</span> <span class="network-webhooks-calls"><span>%s</span> %s</span>',
			esc_html__( '24 hours:', 'network-webhooks' ),
			self::calls( $chart->delivered(), $chart->failed() ),
			esc_html__( 'All:', 'network-webhooks' ),
			self::calls( $of['delivered'], $of['failed'] )
		);
	}

	/**
	 * When something was last sent.
	 *
	 * @param Webhook $item
	 */
	protected function column_last( $item ): string {
		if ( ! $this->counters->are_known() ) {
			return self::unknown();
		}
		$of = $this->counters->of( $item->id );
		if ( null === $of['last_attempt'] ) {
			return esc_html__( 'Never', 'network-webhooks' );
		}
		$html = Date_Format::ago( $of['last_attempt'] );
		if ( $of['last_attempt'] !== $of['last_success'] ) {
			$html .= '<br><span class="description">' . esc_html__( 'It failed.', 'network-webhooks' ) . '</span>';
		}
		return $html;
	}

	/**
	 * The last 24 hours as a picture.
	 *
	 * @param Webhook $item
	 */
	protected function column_hours( $item ): string {
		return $this->counters->are_known() ? ( new Calls_Chart( Period::Day, $this->counters->of( $item->id )['hours'], time() ) )->small() : self::unknown();
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
			return parent::handle_row_actions( $item, $column_name, $primary );
		}
		$status = Status::of( $item, $this->counters );
		if ( ! $this->may_manage ) {
			return $this->row_actions( array_slice( $this->log_actions( $item, $status ), 0, 1 ) ) . parent::handle_row_actions( $item, $column_name, $primary );
		}
		$actions = array(
			'edit' => $this->link( 'edit', __( 'Edit', 'network-webhooks' ), $item ),
			'test' => $this->button( 'test', __( 'Send Test Event', 'network-webhooks' ), $item ),
		) + $this->log_actions( $item, $status );
		if ( Status::DISABLED === $status->code ) {
			$actions['enable'] = $this->button( 'enable', __( 'Enable', 'network-webhooks' ), $item, array( 'disabling' => $status->disabling ) );
		}
		$actions['pause']     = $item->paused
			? $this->button( 'resume', __( 'Resume', 'network-webhooks' ), $item )
			: $this->button( 'pause', __( 'Pause', 'network-webhooks' ), $item );
		$actions['duplicate'] = $this->button( 'duplicate', __( 'Duplicate', 'network-webhooks' ), $item );
		$actions['delete']    = $this->link( 'delete', __( 'Delete', 'network-webhooks' ), $item );
		return $this->row_actions( $actions );
	}

	/**
	 * What leads to the log.
	 *
	 * @return array<string, string>
	 */
	private function log_actions( Webhook $webhook, Status $status ): array {
		$link    = static fn( string $url, string $text ) => sprintf( '<a href="%s" aria-label="%s">%s</a>', esc_url( $url ), esc_attr( self::label( $text, $webhook ) ), esc_html( $text ) );
		$actions = array( 'deliveries' => $link( Admin::url( array( 'webhook' => $webhook->id ), Admin::DELIVERIES ), __( 'Deliveries', 'network-webhooks' ) ) );
		if ( in_array( $status->code, array( Status::DISABLED, Status::FAILING ), true ) || $this->counters->waiting( $webhook->id ) ) {
			$actions['recover'] = $link( Deliveries\Recover_View::url( $webhook->id ), __( 'Recover', 'network-webhooks' ) );
		}
		return $actions;
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
	 * Delivered and failed calls.
	 */
	private static function calls( int $delivered, int $failed ): string {
		/* translators: %s: number of calls */
		$html = esc_html( sprintf( _n( '%s delivered', '%s delivered', $delivered, 'network-webhooks' ), number_format_i18n( $delivered ) ) );
		if ( $failed ) {
			/* translators: %s: number of calls */
			$text  = sprintf( _n( '%s failed', '%s failed', $failed, 'network-webhooks' ), number_format_i18n( $failed ) );
			$html .= ', <span class="network-webhooks-failed">' . esc_html( $text ) . '</span>';
		}
		return $html;
	}

	/**
	 * Where the log can't be read.
	 */
	private static function unknown(): string {
		return '<span aria-hidden="true">—</span><span class="screen-reader-text">' . esc_html__( 'Unknown', 'network-webhooks' ) . '</span>';
	}

	/**
	 * A link to a page of a webhook.
	 */
	private function link( string $action, string $text, Webhook $webhook ): string {
		return sprintf( '<a href="%s" aria-label="%s">%s</a>', esc_url( $this->url( $action, $webhook ) ), esc_attr( self::label( $text, $webhook ) ), esc_html( $text ) );
	}

	/**
	 * A button that does something with a webhook.
	 *
	 * @param array<string, string> $query What else it needs to know.
	 */
	private function button( string $action, string $text, Webhook $webhook, array $query = array() ): string {
		return sprintf(
			'<button type="submit" class="button-link" form="network-webhooks-row" formaction="%s" name="webhook" value="%s" aria-label="%s" data-network-webhooks="%s">%s</button>',
			esc_url( add_query_arg( array_map( 'rawurlencode', $query ), Actions::url( $action ) ) ),
			esc_attr( $webhook->id ),
			esc_attr( self::label( $text, $webhook ) ),
			esc_attr( $action ),
			esc_html( $text )
		);
	}

	/**
	 * What a link or button does, for those who don't see in which row it is.
	 */
	private static function label( string $text, Webhook $webhook ): string {
		/* translators: 1: what a link or button does, such as Edit, 2: name of a webhook */
		return sprintf( __( '%1$s “%2$s”', 'network-webhooks' ), $text, $webhook->name );
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
}
