<?php
/**
 * The list of deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Help;
use Network_Webhooks\Admin\Menu_Page;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Environment;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Deliveries: what fails and why, then all deliveries, newest first,
 * paged by the log's cursor.
 */
final class Deliveries_Page extends Menu_Page {

	public const SLUG = Admin::DELIVERIES;

	public const ORDER = 30;

	protected const CAPABILITY = Capabilities::VIEW;

	/**
	 * The table, made before the page is printed, so that Screen Options know its columns; null where
	 * another page than the list is asked for.
	 */
	private ?Delivery_Table $table = null;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Deliveries', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		add_filter( 'set_screen_option_' . Delivery_Table::PER_PAGE, array( Delivery_Table::class, 'rows' ), 10, 3 );
		( new Delivery_Actions( $this->plugin->webhooks() ) )->add_hooks();
		( new Backfill_Actions( $this->plugin->webhooks() ) )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	protected function add_assets(): void {
		parent::add_assets();
		$this->add_script( 'network-webhooks-deliveries', 'deliveries', array( 'wp-api-fetch' ) );
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_deliveries( get_current_screen() );
		if ( ! Environment::has_extension() || '' !== self::asked( 'delivery' ) || '' !== self::asked( 'action' ) ) {
			return;
		}
		$this->table = new Delivery_Table( $this->plugin->webhooks(), $this->plugin->catalogue(), Delivery_Query::of( $_GET ) );
		add_screen_option(
			'per_page',
			array(
				'label'   => __( 'Deliveries per page', 'network-webhooks' ),
				'default' => Delivery_Table::ROWS,
				'option'  => Delivery_Table::PER_PAGE,
			)
		);
		get_current_screen()->set_screen_reader_content(
			array(
				'heading_views'      => __( 'Filter deliveries list', 'network-webhooks' ),
				'heading_pagination' => __( 'Deliveries list navigation', 'network-webhooks' ),
				'heading_list'       => __( 'Deliveries, newest first', 'network-webhooks' ),
			)
		);
	}

	/**
	 * Prints the deliveries, one of them, or what is done with many.
	 */
	public function print(): void {
		$webhooks = $this->plugin->webhooks();
		$webhook  = $webhooks->find( self::asked( 'webhook' ) );
		$manages  = current_user_can( Capabilities::MANAGE );
		if ( '' !== self::asked( 'delivery' ) ) {
			( new Delivery_View( $webhooks, $this->plugin->catalogue() ) )->print( self::asked( 'delivery' ) );
		} elseif ( $manages && 'bulk' === self::asked( 'action' ) ) {
			( new Bulk_View( $this->plugin->webhooks(), $this->plugin->catalogue() ) )->print();
		} elseif ( $manages && $webhook && in_array( self::asked( 'action' ), array( 'recover', 'mend' ), true ) ) {
			( new Recover_View() )->print( $webhook );
		} elseif ( $manages && $webhook && Backfill_View::ACTION === self::asked( 'action' ) ) {
			( new Backfill_View() )->print( $webhook );
		} else {
			$this->print_all();
		}
	}

	/**
	 * Prints the list.
	 */
	private function print_all(): void {
		$query = Delivery_Query::of( $_GET );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Deliveries', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php
			if ( Environment::has_extension() ) {
				$table    = $this->table ?? new Delivery_Table( $this->plugin->webhooks(), $this->plugin->catalogue(), $query );
				$failures = Failures_Box::of( $query->typed( 'webhook' ), $table->rows_of() );
				if ( current_user_can( Capabilities::MANAGE ) ) {
					( new Bulk_Progress() )->print();
				}
				$failures->print();
				$table->views();
				( new Delivery_Filters( $this->plugin->catalogue(), $query, $failures->causes(), $table->rows_of()->present() ) )->print();
				$this->print_list( $query, $table );
			}
			?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}

	/**
	 * Prints the table, in the form of what is done with many.
	 */
	private function print_list( Delivery_Query $query, Delivery_Table $table ): void {
		try {
			$table->prepare_items();
		} catch ( \Exception $error ) {
			printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			return;
		}
		printf( '<div class="network-webhooks-live" data-live="%s">', esc_attr( $query->is_newest() ? (string) wp_json_encode( $query->parts() ) : '' ) );
		if ( current_user_can( Capabilities::MANAGE ) ) {
			printf( '<form method="post" action="%s">', esc_url( Actions::url( 'deliveries' ) ) );
			foreach ( $query->parts() as $part => $value ) {
				printf( '<input type="hidden" name="%s" value="%s">', esc_attr( $part ), esc_attr( $value ) );
			}
			$table->display();
			echo '</form>';
		} else {
			$table->display();
		}
		echo '</div>';
	}
}
