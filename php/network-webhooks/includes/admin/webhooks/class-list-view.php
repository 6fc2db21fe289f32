<?php
/**
 * The list of webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks.
 */
final class List_View {

	/**
	 * Made before the page is printed, so that Screen Options know its columns.
	 */
	private readonly List_Table $table;

	public function __construct( Webhooks $webhooks, Event_Registry $registry ) {
		$this->table = new List_Table( $webhooks, $registry, List_Query::of_request() );
	}

	/**
	 * Adds Screen Options and Help, before the page is printed.
	 */
	public function load(): void {
		add_screen_option(
			'per_page',
			array(
				'label'   => __( 'Webhooks per page', 'network-webhooks' ),
				'default' => List_Table::ROWS,
				'option'  => List_Table::PER_PAGE,
			)
		);
		get_current_screen()->set_screen_reader_content(
			array(
				'heading_views'      => __( 'Filter webhooks list', 'network-webhooks' ),
				'heading_pagination' => __( 'Webhooks list navigation', 'network-webhooks' ),
				'heading_list'       => __( 'Webhooks list', 'network-webhooks' ),
			)
		);
		Help::of_list( get_current_screen() );
	}

	/**
	 * How many rows somebody chose in Screen Options; `set-screen-option` gives it to be stored.
	 */
	public static function rows( mixed $stored, mixed $option, mixed $chosen ): int {
		return max( 1, min( List_Table::MOST_ROWS, is_numeric( $chosen ) ? (int) $chosen : 0 ) );
	}

	/**
	 * Prints the page.
	 *
	 * @param callable(): void $tabs    Prints the tabs.
	 * @param bool             $missing Whether the request asked for a webhook that is not there.
	 */
	public function print( callable $tabs, bool $missing ): void {
		$this->table->prepare_items();
		$may_manage = current_user_can( Capabilities::MANAGE );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Webhooks', 'network-webhooks' ); ?></h1>
			<?php if ( $may_manage ) : ?>
				<a class="page-title-action" href="<?php echo esc_url( Admin::url( array(), Admin::NEW ) ); ?>"><?php esc_html_e( 'Add New Webhook', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<hr class="wp-header-end">
			<?php $tabs(); ?>
			<?php if ( $missing ) : ?>
				<div class="notice notice-error"><p><?php esc_html_e( 'This webhook no longer exists. Somebody deleted it.', 'network-webhooks' ); ?></p></div>
			<?php endif; ?>
			<div id="network-webhooks-test" role="status" aria-live="polite"></div>
			<?php $this->print_band(); ?>
			<?php $this->table->views(); ?>
			<?php $this->table->print_filter_form(); ?>
			<?php if ( $may_manage ) : ?>
				<form method="post" action="<?php echo esc_url( Admin::url() ); ?>" class="network-webhooks-list">
					<input type="hidden" name="<?php echo esc_attr( Bulk_Actions::FIELD ); ?>" value="1">
					<?php $this->table->display(); ?>
				</form>
			<?php else : ?>
				<div class="network-webhooks-list"><?php $this->table->display(); ?></div>
			<?php endif; ?>
			<?php if ( $may_manage ) : ?>
				<?php // The buttons of all rows belong to this one: a form can't stand inside another. ?>
				<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
			<?php endif; ?>
		</div>
		<?php
	}

	/**
	 * Prints the network at a glance, where there are webhooks.
	 */
	private function print_band(): void {
		$statuses = $this->table->statuses();
		if ( null !== $statuses ) {
			( new Activity_Band( $statuses ) )->print();
		}
	}
}
