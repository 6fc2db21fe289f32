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

	/** Deliveries of a page. */
	public const ROWS = 50;

	public const SLUG = Admin::DELIVERIES;

	public const ORDER = 30;

	protected const CAPABILITY = Capabilities::VIEW;

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
		( new Delivery_Actions( $this->plugin->webhooks() ) )->add_hooks();
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
			( new Bulk_View() )->print();
		} elseif ( $manages && $webhook && in_array( self::asked( 'action' ), array( 'recover', 'mend' ), true ) ) {
			( new Recover_View() )->print( $webhook );
		} else {
			$this->print_all();
		}
	}

	/**
	 * Prints the list.
	 */
	private function print_all(): void {
		$query = Delivery_Query::of( $_GET );
		$rows  = new Delivery_Rows( $this->plugin->webhooks(), $this->plugin->catalogue() );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Deliveries', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php
			if ( ! Environment::has_extension() ) {
				echo '</div>';
				return;
			}
			if ( current_user_can( Capabilities::MANAGE ) ) {
				( new Bulk_Progress() )->print();
			}
			( new Failures_Box( $rows ) )->print( $query->typed( 'webhook' ) );
			$this->print_filter( $query );
			$this->print_list( $query, $rows );
			?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}

	/**
	 * One page of deliveries, and where the next one begins.
	 *
	 * @return array{deliveries: list<array<string, mixed>>, cursor: string|null}
	 * @throws \Exception Says what is wrong with the filter, or why the log can't be read.
	 */
	public static function read( Delivery_Query $query ): array {
		$before = $query->typed( 'before' );
		return webhooks_deliveries( $query->filter() + array( 'limit' => self::ROWS ) + ( '' === $before ? array() : array( 'cursor' => $before ) ) );
	}

	/**
	 * Prints search and filters.
	 */
	private function print_filter( Delivery_Query $query ): void {
		?>
		<form method="get" class="network-webhooks-log-filter">
			<input type="hidden" name="page" value="<?php echo esc_attr( Admin::DELIVERIES ); ?>">
			<p class="search-box">
				<label class="screen-reader-text" for="network-webhooks-search"><?php esc_html_e( 'Search by event id, order number, reference or email address', 'network-webhooks' ); ?></label>
				<input type="search" id="network-webhooks-search" name="s" value="<?php echo esc_attr( $query->typed( 's' ) ); ?>" placeholder="<?php esc_attr_e( 'Order number, email, event id', 'network-webhooks' ); ?>">
				<?php submit_button( __( 'Search Deliveries', 'network-webhooks' ), '', '', false ); ?>
			</p>
			<div class="tablenav top">
				<div class="alignleft actions network-webhooks-filters">
					<?php
					$names = array_column( $this->plugin->webhooks()->all(), 'name', 'id' );
					asort( $names, SORT_NATURAL | SORT_FLAG_CASE );
					self::print_choice( 'webhook', __( 'All webhooks', 'network-webhooks' ), $names, $query );
					$events = array_map( static fn( $event ) => $event->name, $this->plugin->catalogue()->all() );
					asort( $events, SORT_NATURAL | SORT_FLAG_CASE );
					self::print_choice( 'event', __( 'All events', 'network-webhooks' ), $events, $query );
					self::print_choice( 'state', __( 'All states', 'network-webhooks' ), Delivery_State::labels(), $query );
					if ( '' !== $query->typed( 'cause' ) ) {
						self::print_choice( 'cause', __( 'All causes', 'network-webhooks' ), array( $query->typed( 'cause' ) => Bulk_View::cause( $query ) ), $query );
					}
					self::print_text( 'site', __( 'Site: id or address', 'network-webhooks' ), $query );
					self::print_text( 'since', __( 'Since, such as 2026-11-20 14:30', 'network-webhooks' ), $query );
					self::print_text( 'until', __( 'Until', 'network-webhooks' ), $query );
					submit_button( __( 'Filter', 'network-webhooks' ), '', '', false );
					if ( $query->is_filtered() ) {
						printf( ' <a href="%s">%s</a>', esc_url( Admin::url( array(), Admin::DELIVERIES ) ), esc_html__( 'Show all', 'network-webhooks' ) );
					}
					?>
				</div>
			</div>
		</form>
		<?php
	}

	/**
	 * Prints the table and the ways to other pages.
	 */
	private function print_list( Delivery_Query $query, Delivery_Rows $rows ): void {
		try {
			$found = self::read( $query );
		} catch ( \Exception $error ) {
			printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			return;
		}
		if ( $query->is_filtered() && $found['deliveries'] && current_user_can( Capabilities::MANAGE ) ) {
			printf( '<p><a class="button" href="%s">%s</a></p>', esc_url( Bulk_View::url( $query ) ), esc_html__( 'Resend or cancel all of these', 'network-webhooks' ) );
		}
		?>
		<table class="wp-list-table widefat striped network-webhooks-deliveries" data-live="<?php echo esc_attr( $query->is_newest() ? (string) wp_json_encode( $query->parts() ) : '' ); ?>">
			<?php Delivery_Rows::print_head(); ?>
			<tbody><?php echo $rows->html( $found['deliveries'], $query->is_filtered() || ! $query->is_newest() ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there. ?></tbody>
		</table>
		<p class="network-webhooks-pages">
			<?php if ( ! $query->is_newest() ) : ?>
				<a class="button" href="<?php echo esc_url( $query->url( array( 'before' => '' ) ) ); ?>"><?php esc_html_e( 'Newest', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<?php if ( null !== $found['cursor'] ) : ?>
				<a class="button" href="<?php echo esc_url( $query->url( array( 'before' => $found['cursor'] ) ) ); ?>"><?php esc_html_e( 'Older deliveries', 'network-webhooks' ); ?></a>
			<?php endif; ?>
		</p>
		<?php
	}

	/**
	 * Prints a list to choose from.
	 *
	 * @param array<string, string> $options
	 */
	private static function print_choice( string $part, string $all, array $options, Delivery_Query $query ): void {
		$chosen = $query->typed( $part );
		// What the list does not know, such as a deleted webhook, stays chosen.
		if ( '' !== $chosen && ! isset( $options[ $chosen ] ) ) {
			$options[ $chosen ] = $chosen;
		}
		printf( '<label class="screen-reader-text" for="network-webhooks-%1$s">%2$s</label><select name="%1$s" id="network-webhooks-%1$s"><option value="">%2$s</option>', esc_attr( $part ), esc_html( $all ) );
		foreach ( $options as $value => $name ) {
			printf( '<option value="%s" %s>%s</option>', esc_attr( (string) $value ), selected( $chosen, (string) $value, false ), esc_html( $name ) );
		}
		echo '</select> ';
	}

	/**
	 * Prints a field.
	 */
	private static function print_text( string $part, string $label, Delivery_Query $query ): void {
		printf(
			'<label class="screen-reader-text" for="network-webhooks-%1$s">%2$s</label><input type="text" name="%1$s" id="network-webhooks-%1$s" value="%3$s" placeholder="%2$s"> ',
			esc_attr( $part ),
			esc_attr( $label ),
			esc_attr( $query->typed( $part ) )
		);
	}
}
