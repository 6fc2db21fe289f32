<?php
/**
 * The page Listen.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Menu_Page;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Capture_Session;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Schema;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Listen: a button that records for ten minutes whatever happens, what
 * was recorded, and why an event that one misses is not among it.
 */
final class Listen_Page extends Menu_Page {

	/** Events of a page. */
	public const ROWS = 50;

	public const SLUG = Admin::LISTEN;

	public const ORDER = 60;

	protected const CAPABILITY = Capabilities::VIEW;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Listen', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function menu_title(): string {
		return __( 'Debug', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		( new Capture_Actions( $this->plugin->publisher() ) )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	protected function add_assets(): void {
		parent::add_assets();
		$this->add_script( 'network-webhooks-listen', 'listen', array( 'wp-a11y', 'wp-api-fetch' ) );
	}

	/**
	 * Adds the tab behind “Help”, before the page is printed.
	 */
	public function load(): void {
		$lines = array(
			__( 'Listen records every event of the network for 10 minutes, whether or not a webhook is for it: press the button, do what should have fired, and see what became of it. Leave the fields empty to record everything.', 'network-webhooks' ),
			__( 'It ends by itself. While nobody listens it costs nothing.', 'network-webhooks' ),
			__( 'The newest 500 events are kept for 24 hours. Text that may contain access links is hidden before it is stored, and payloads are shown only to those who manage webhooks.', 'network-webhooks' ),
			__( '“Outcome” says for each webhook whether the event is sent to it, or why not. Whether it then arrived is told by Deliveries.', 'network-webhooks' ),
			__( 'Choose the event that you miss: if it was not recorded, the page says what may keep it from happening.', 'network-webhooks' ),
		);
		get_current_screen()->add_help_tab(
			array(
				'id'      => 'network-webhooks-listen',
				'title'   => __( 'Listen', 'network-webhooks' ),
				'content' => '<p>' . implode( '</p><p>', array_map( 'esc_html', $lines ) ) . '</p>',
			)
		);
	}

	/**
	 * Prints what was recorded while somebody listened, or one event of it.
	 */
	public function print(): void {
		$id = absint( $_GET['heard'] ?? 0 );
		if ( $id ) {
			( new Captured_Event_View( $this->plugin->webhooks(), $this->plugin->catalogue() ) )->print( $id );
		} else {
			$this->print_all();
		}
	}

	/**
	 * Prints the page.
	 */
	private function print_all(): void {
		Schema::migrate();
		Captured_Events::remove_old( time() );
		$event          = self::asked( 'event' );
		$before         = absint( $_GET['before'] ?? 0 );
		$capture_status = new Capture_Status( $this->plugin->publisher() );
		$captured       = Captured_Events::page( self::ROWS + 1, $event, $before );
		?>
		<div class="wrap network-webhooks-listen">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Listen', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php $this->print_tabs(); ?>
			<p><?php esc_html_e( 'Why did it not fire? Listen records for 10 minutes every event on the network, whether or not a webhook is for it, and says of each webhook whether it was sent, or why not.', 'network-webhooks' ); ?></p>
			<div id="network-webhooks-listening"><?php echo $capture_status->html(); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there. ?></div>
			<?php
			if ( current_user_can( Capabilities::MANAGE ) ) {
				self::print_start( $capture_status->current() );
			}
			$this->print_filter( $event );
			if ( '' !== $event && ! $captured && ! $before ) {
				( new Missing_Box( $this->plugin, $capture_status ) )->print( $event );
			}
			$this->print_list( $event, $before, $captured );
			?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}

	/**
	 * Prints the button that begins.
	 */
	private static function print_start( ?Capture_Session $current ): void {
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'listen' ) ); ?>" class="network-webhooks-listen-form">
			<?php Actions::print_nonce(); ?>
			<p>
				<label for="network-webhooks-listen-sites"><?php esc_html_e( 'Sites', 'network-webhooks' ); ?></label>
				<input type="text" class="regular-text" id="network-webhooks-listen-sites" name="sites" value="<?php echo esc_attr( self::asked( 'sites' ) ); ?>" placeholder="<?php esc_attr_e( 'All', 'network-webhooks' ); ?>" aria-describedby="network-webhooks-listen-help">
				<label for="network-webhooks-listen-user"><?php esc_html_e( 'User', 'network-webhooks' ); ?></label>
				<input type="text" id="network-webhooks-listen-user" name="user" value="<?php echo esc_attr( self::asked( 'user' ) ); ?>" placeholder="<?php esc_attr_e( 'Everybody', 'network-webhooks' ); ?>" aria-describedby="network-webhooks-listen-help">
				<button class="button<?php echo $current ? '' : ' button-primary'; ?>"><?php echo esc_html( $current ? __( 'Restart recording (10 minutes)', 'network-webhooks' ) : __( 'Listen for 10 minutes', 'network-webhooks' ) ); ?></button>
			</p>
			<p class="description" id="network-webhooks-listen-help"><?php esc_html_e( 'Sites: ids or addresses. User: name, email address or id, for what that user does, and what is about the user. What was recorded before is removed.', 'network-webhooks' ); ?></p>
		</form>
		<?php
	}

	/**
	 * Prints the choice of an event.
	 */
	private function print_filter( string $event ): void {
		?>
		<form method="get" class="network-webhooks-listen-form">
			<input type="hidden" name="page" value="<?php echo esc_attr( Admin::LISTEN ); ?>">
			<p>
				<label for="network-webhooks-event"><?php esc_html_e( 'Find an event', 'network-webhooks' ); ?></label>
				<select name="event" id="network-webhooks-event">
					<option value=""><?php esc_html_e( 'All events', 'network-webhooks' ); ?></option>
					<?php
					$known = false;
					foreach ( $this->plugin->catalogue()->by_category() as $category => $events ) {
						printf( '<optgroup label="%s">', esc_attr( $category ) );
						foreach ( $events as $one ) {
							$known = $known || $one->slug === $event;
							printf( '<option value="%s" %s>%s</option>', esc_attr( $one->slug ), selected( $event, $one->slug, false ), esc_html( $one->name ) );
						}
						echo '</optgroup>';
					}
					if ( '' !== $event && ! $known ) {
						printf( '<option value="%1$s" selected>%1$s</option>', esc_attr( $event ) );
					}
					?>
				</select>
				<?php submit_button( __( 'Search', 'network-webhooks' ), '', '', false ); ?>
				<?php if ( '' !== $event ) : ?>
					<a href="<?php echo esc_url( Admin::url( array(), Admin::LISTEN ) ); ?>"><?php esc_html_e( 'Show all', 'network-webhooks' ); ?></a>
				<?php endif; ?>
			</p>
		</form>
		<?php
	}

	/**
	 * Prints the table and the ways to other pages.
	 *
	 * @param list<\Network_Webhooks\Captured_Event> $captured One more than a page has, if there are more.
	 */
	private function print_list( string $event, int $before, array $captured ): void {
		$rows  = new Captured_Rows( $this->plugin->webhooks(), $this->plugin->catalogue() );
		$shown = array_slice( $captured, 0, self::ROWS );
		$query = array_filter( array( 'event' => $event ), 'strlen' );
		?>
		<table class="wp-list-table widefat striped network-webhooks-heard" data-live="<?php echo esc_attr( $before ? '' : (string) wp_json_encode( (object) $query ) ); ?>">
			<caption class="screen-reader-text"><?php esc_html_e( 'Recorded events, newest first', 'network-webhooks' ); ?></caption>
			<thead>
				<tr>
					<?php foreach ( Captured_Rows::columns() as $column => $name ) : ?>
						<th scope="col" class="column-<?php echo esc_attr( $column . ( 'event' === $column ? ' column-primary' : '' ) ); ?>"><?php echo esc_html( $name ); ?></th>
					<?php endforeach; ?>
				</tr>
			</thead>
			<tbody><?php echo $rows->html( $shown ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there. ?></tbody>
		</table>
		<p class="network-webhooks-pages">
			<?php if ( $before ) : ?>
				<a class="button" href="<?php echo esc_url( Admin::url( $query, Admin::LISTEN ) ); ?>"><?php esc_html_e( 'Newest', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<?php if ( count( $captured ) > self::ROWS ) : ?>
				<a class="button" href="<?php echo esc_url( Admin::url( $query + array( 'before' => (string) end( $shown )->id ), Admin::LISTEN ) ); ?>"><?php esc_html_e( 'Older events', 'network-webhooks' ); ?></a>
			<?php endif; ?>
		</p>
		<?php
	}
}
