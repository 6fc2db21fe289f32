<?php
/**
 * Search and filters of the list of webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Event_Registry;

defined( 'ABSPATH' ) || exit;

/**
 * What narrows the list: the search, the event, the site. The form stands apart from the table: what changes
 * something is posted, and what only looks is not.
 */
final class List_Filters {

	/** Id of the form that all of them belong to. */
	private const FORM = 'network-webhooks-filter';

	public function __construct( private readonly Event_Registry $registry, private readonly List_Query $query ) {}

	/**
	 * Prints the form, with the search.
	 */
	public function print_form(): void {
		printf( '<form method="get" id="%s">', esc_attr( self::FORM ) );
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
	 * Prints the filters, which stand above the table.
	 */
	public function print(): void {
		?>
		<div class="alignleft actions network-webhooks-filters">
			<label class="screen-reader-text" for="network-webhooks-filter-event"><?php esc_html_e( 'Filter by event', 'network-webhooks' ); ?></label>
			<select name="event" id="network-webhooks-filter-event" form="<?php echo esc_attr( self::FORM ); ?>">
				<option value=""><?php esc_html_e( 'All events', 'network-webhooks' ); ?></option>
				<?php $this->print_events(); ?>
			</select>
			<label class="screen-reader-text" for="network-webhooks-filter-site"><?php esc_html_e( 'Filter by site: its id or address', 'network-webhooks' ); ?></label>
			<input type="text" name="site" id="network-webhooks-filter-site" form="<?php echo esc_attr( self::FORM ); ?>" value="<?php echo esc_attr( $this->query->site ); ?>" placeholder="<?php esc_attr_e( 'Site: id or address', 'network-webhooks' ); ?>">
			<button type="submit" class="button" form="<?php echo esc_attr( self::FORM ); ?>"><?php esc_html_e( 'Filter', 'network-webhooks' ); ?></button>
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
		$chosen = $this->query->event;
		foreach ( $groups as $category => $events ) {
			/* translators: %s: a category of events, such as Sales */
			$all = array( List_Query::CATEGORY . $category => sprintf( __( '%s: all', 'network-webhooks' ), $names[ $category ] ) );
			printf( '<optgroup label="%s">%s</optgroup>', esc_attr( $names[ $category ] ), Choice::options( $all + array_column( $events, 'name', 'slug' ), $chosen ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		}
		if ( '' !== $chosen && ! str_starts_with( $chosen, List_Query::CATEGORY ) && ! $this->registry->find( $chosen ) ) {
			echo Choice::options( array( $chosen => $chosen ), $chosen ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		}
	}
}
