<?php
/**
 * Rows of the list of deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Row_Url;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Failure;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Deliveries as cells and rows of a table, wherever they are listed.
 */
final class Delivery_Rows {

	/**
	 * Names of the webhooks by id, deleted ones among them.
	 *
	 * @var array<string, string>
	 */
	private readonly array $names;

	/**
	 * Ids of the deleted ones.
	 *
	 * @var list<string>
	 */
	private readonly array $deleted;

	/**
	 * Addresses of sites by id.
	 *
	 * @var array<int, string>
	 */
	private array $sites = array();

	/**
	 * Whether this user may change webhooks, asked once and not in every row.
	 */
	private readonly bool $may_manage;

	/**
	 * Addresses of deliveries, and of those of a webhook or a site.
	 */
	private readonly Row_Url $urls;

	/**
	 * Address that sends one again, escaped; empty: not made yet.
	 */
	private string $resend = '';

	public function __construct( Webhooks $webhooks, private readonly Event_Registry $registry ) {
		list( $this->names, $this->deleted ) = $webhooks->names();

		$this->may_manage = current_user_can( Capabilities::MANAGE );
		$this->urls       = new Row_Url();
	}

	/**
	 * The columns.
	 *
	 * @return array<string, string>
	 */
	public static function columns(): array {
		return array(
			'event'   => __( 'Event', 'network-webhooks' ),
			'webhook' => __( 'Webhook', 'network-webhooks' ),
			'site'    => __( 'Site', 'network-webhooks' ),
			'state'   => __( 'State', 'network-webhooks' ),
			'answer'  => __( 'Last Answer', 'network-webhooks' ),
			'created' => __( 'Happened', 'network-webhooks' ),
		);
	}

	/**
	 * Prints caption and head of their table.
	 */
	public static function print_head(): void {
		?>
		<caption class="screen-reader-text"><?php esc_html_e( 'Deliveries, newest first', 'network-webhooks' ); ?></caption>
		<thead>
			<tr>
				<?php foreach ( self::columns() as $column => $name ) : ?>
					<th scope="col" class="column-<?php echo esc_attr( $column . ( 'event' === $column ? ' column-primary' : '' ) ); ?>"><?php echo esc_html( $name ); ?></th>
				<?php endforeach; ?>
			</tr>
		</thead>
		<?php
	}

	/**
	 * The rows as HTML, of a table without checkboxes.
	 *
	 * @param list<array<string, mixed>> $deliveries As webhooks_deliveries() gives them; at least one.
	 */
	public function html( array $deliveries ): string {
		$this->prepare( $deliveries );
		return implode( '', array_map( fn( array $one ) => $this->row( $one ), $deliveries ) );
	}

	/**
	 * Reads the addresses of the deliveries' sites, in one query.
	 *
	 * @param list<array<string, mixed>> $deliveries
	 */
	public function prepare( array $deliveries ): void {
		$ids          = array_diff( array_filter( array_unique( array_column( $deliveries, 'site_id' ) ) ), array_keys( $this->sites ) );
		$this->sites += Site_Addresses::of( $ids );
	}

	/**
	 * What the webhooks are called that are not deleted, as one looks them up.
	 *
	 * @return array<string, string> By their ids.
	 */
	public function present(): array {
		$names = array_diff_key( $this->names, array_flip( $this->deleted ) );
		asort( $names, SORT_NATURAL | SORT_FLAG_CASE );
		return $names;
	}

	/**
	 * What a webhook is called.
	 */
	public function name( string $webhook_id ): string {
		return $this->names[ $webhook_id ] ?? $webhook_id;
	}

	/**
	 * One row.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private function row( array $delivery ): string {
		$html  = '';
		$names = self::columns();
		foreach ( $this->cells( $delivery ) as $column => $cell ) {
			$html .= sprintf( '<td class="column-%s%s" data-colname="%s">%s</td>', esc_attr( $column ), 'event' === $column ? ' column-primary' : '', esc_attr( $names[ $column ] ), $cell );
		}
		return sprintf( '<tr data-delivery="%s">%s</tr>', esc_attr( $delivery['id'] ), $html );
	}

	/**
	 * The cells of a delivery, as HTML. prepare() has read what they need.
	 *
	 * @param array<string, mixed> $delivery
	 * @return array<string, string>
	 */
	public function cells( array $delivery ): array {
		return array(
			'event'   => $this->event( $delivery ),
			'webhook' => $this->filter( 'webhook', $delivery['webhook_id'], $this->name( $delivery['webhook_id'] ) ),
			'site'    => $this->site( (int) $delivery['site_id'] ),
			'state'   => self::state( $delivery ),
			'answer'  => self::answer( $delivery ),
			'created' => Date_Format::ago( $delivery['created'] ),
		);
	}

	/**
	 * The site's address, leading to its deliveries.
	 */
	private function site( int $id ): string {
		$name = Site_Addresses::called( $id, $this->sites );
		return $id ? $this->filter( 'site', $this->sites[ $id ] ?? (string) $id, $name ) : esc_html( $name );
	}

	/**
	 * A link to the deliveries of one kind.
	 */
	private function filter( string $part, string $value, string $text ): string {
		$url = $this->urls->of( $part, $value, static fn( string $any ) => Admin::url( array( $part => $any ), Admin::DELIVERIES ) );
		return sprintf( '<a href="%s">%s</a>', $url, esc_html( $text ) );
	}

	/**
	 * The event, leading to the delivery, with what can be done.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private function event( array $delivery ): string {
		$url     = $this->urls->of( 'delivery', $delivery['id'], array( Delivery_View::class, 'url' ) );
		$name    = $this->registry->name( $delivery['event'] );
		$actions = array( sprintf( '<a href="%s" aria-label="%s">%s</a>', $url, esc_attr( self::label( __( 'Details', 'network-webhooks' ), $delivery ) ), esc_html__( 'Details', 'network-webhooks' ) ) );
		if ( $this->may_manage && ! in_array( $delivery['state'], array( 'pending', 'delivering' ), true ) ) {
			$this->resend = '' === $this->resend ? esc_url( Actions::url( 'resend' ) ) : $this->resend;
			$actions[]    = sprintf(
				'<button class="button-link" form="network-webhooks-row" formaction="%s" name="delivery" value="%s" aria-label="%s">%s</button>',
				$this->resend,
				esc_attr( $delivery['id'] ),
				esc_attr( self::label( __( 'Resend', 'network-webhooks' ), $delivery ) ),
				esc_html__( 'Resend', 'network-webhooks' )
			);
		}
		return sprintf(
			'<strong><a class="row-title" href="%s">%s</a></strong>%s <div class="row-actions visible">%s</div><button type="button" class="toggle-row"><span class="screen-reader-text">%s</span></button>',
			$url,
			esc_html( $name ),
			$delivery['test'] ? ' <span class="post-state">' . esc_html__( 'Test', 'network-webhooks' ) . '</span>' : '',
			implode( ' | ', $actions ),
			esc_html__( 'Show more details', 'network-webhooks' )
		);
	}

	/**
	 * The state, when the next attempt is, and why there is none.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private static function state( array $delivery ): string {
		$html = Delivery_State::html( $delivery['state'] );
		if ( 'pending' === $delivery['state'] && $delivery['due'] && $delivery['attempts'] ) {
			/* translators: %s: date and time */
			$html .= '<br>' . esc_html( sprintf( __( 'Next attempt %s', 'network-webhooks' ), Date_Format::exact( $delivery['due'] ) ) );
		}
		$reason = Delivery_State::reason( $delivery['reason'] );
		return '' === $reason ? $html : $html . '<br>' . esc_html( $reason );
	}

	/**
	 * What the endpoint last answered.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private static function answer( array $delivery ): string {
		if ( ! $delivery['attempts'] ) {
			return '<span aria-hidden="true">—</span><span class="screen-reader-text">' . esc_html__( 'None yet', 'network-webhooks' ) . '</span>';
		}
		$text = $delivery['last_status'] ? (string) $delivery['last_status'] : Failure::cause( (string) $delivery['last_failure'] );
		if ( null !== $delivery['duration_ms'] ) {
			/* translators: %s: number of milliseconds */
			$text .= ', ' . sprintf( __( '%s ms', 'network-webhooks' ), number_format_i18n( $delivery['duration_ms'] ) );
		}
		/* translators: %s: number of attempts */
		return esc_html( $text ) . '<br>' . esc_html( sprintf( _n( '%s attempt', '%s attempts', $delivery['attempts'], 'network-webhooks' ), number_format_i18n( $delivery['attempts'] ) ) );
	}

	/**
	 * What a link or button does, for those who don't see in which row it is.
	 *
	 * @param array<string, mixed> $delivery
	 */
	private static function label( string $text, array $delivery ): string {
		/* translators: 1: what a link or button does, such as Resend, 2: id of an event */
		return sprintf( __( '%1$s %2$s', 'network-webhooks' ), $text, $delivery['event_id'] );
	}
}
