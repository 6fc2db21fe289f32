<?php
/**
 * Search and filters of the list of deliveries.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Choice;
use Network_Webhooks\Event_Registry;

defined( 'ABSPATH' ) || exit;

/**
 * The form in which people say which deliveries they look for. It only looks, so it is not posted.
 */
final class Delivery_Filters {

	/** A date as a date picker has it. */
	private const DATE = '/^\d{4}-\d{2}-\d{2}$/D';

	/**
	 * @param array<string, string> $causes What fails, as it stands in an address → in words.
	 * @param array<string, string> $names  What the webhooks are called that can be chosen, by id, in their order.
	 */
	public function __construct(
		private readonly Event_Registry $registry,
		private readonly Delivery_Query $query,
		private readonly array $causes,
		private readonly array $names,
	) {}

	/**
	 * Prints the form.
	 */
	public function print(): void {
		?>
		<form method="get" class="network-webhooks-log-filter">
			<input type="hidden" name="page" value="<?php echo esc_attr( Admin::DELIVERIES ); ?>">
			<p class="search-box">
				<label class="screen-reader-text" for="network-webhooks-search"><?php esc_html_e( 'Search by event id, order number, reference or email address', 'network-webhooks' ); ?></label>
				<input type="search" id="network-webhooks-search" name="s" value="<?php echo esc_attr( $this->query->typed( 's' ) ); ?>" placeholder="<?php esc_attr_e( 'Order number, email, event id', 'network-webhooks' ); ?>">
				<?php submit_button( __( 'Search Deliveries', 'network-webhooks' ), '', '', false ); ?>
			</p>
			<div class="tablenav top">
				<div class="alignleft actions network-webhooks-filters">
					<?php
					$this->print_choice( 'webhook', __( 'All webhooks', 'network-webhooks' ), $this->names );
					$events = array_map( static fn( $event ) => $event->name, $this->registry->all() );
					asort( $events, SORT_NATURAL | SORT_FLAG_CASE );
					$this->print_choice( 'event', __( 'All events', 'network-webhooks' ), $events );
					$this->print_choice( 'state', __( 'All states', 'network-webhooks' ), Delivery_State::labels() );
					$cause  = $this->query->typed( 'cause' );
					$causes = $this->causes + ( '' === $cause ? array() : array( $cause => Bulk_View::cause( $this->query ) ) );
					if ( $causes ) {
						$this->print_choice( 'cause', __( 'All causes', 'network-webhooks' ), $causes );
					}
					$this->print_site();
					$this->print_date( 'since', __( 'From', 'network-webhooks' ) );
					$this->print_date( 'until', __( 'Up to', 'network-webhooks' ) );
					submit_button( __( 'Filter', 'network-webhooks' ), '', '', false );
					if ( $this->query->is_filtered() ) {
						printf( ' <a href="%s">%s</a>', esc_url( Admin::url( array(), Admin::DELIVERIES ) ), esc_html__( 'Show all', 'network-webhooks' ) );
					}
					?>
				</div>
			</div>
		</form>
		<?php
	}

	/**
	 * Prints a choice. What was chosen and is not there any more stays chosen.
	 *
	 * @param array<string, string> $options Value → name.
	 */
	private function print_choice( string $part, string $all, array $options ): void {
		$chosen = $this->query->typed( $part );
		if ( '' !== $chosen && ! isset( $options[ $chosen ] ) ) {
			$options[ $chosen ] = $chosen;
		}
		printf( '<label class="screen-reader-text" for="network-webhooks-%1$s">%2$s</label><select name="%1$s" id="network-webhooks-%1$s"><option value="">%2$s</option>', esc_attr( $part ), esc_html( $all ) );
		echo Choice::options( $options, $chosen ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		echo '</select> ';
	}

	/**
	 * Prints the field of the site: with its address, also where an address has its id.
	 */
	private function print_site(): void {
		$typed = $this->query->typed( 'site' );
		$site  = ctype_digit( $typed ) ? get_site( (int) $typed ) : null;
		printf(
			'<label class="screen-reader-text" for="network-webhooks-site">%1$s</label><input type="text" name="site" id="network-webhooks-site" value="%2$s" placeholder="%1$s"> ',
			esc_attr__( 'Site: id or address', 'network-webhooks' ),
			esc_attr( $site ? untrailingslashit( $site->domain . $site->path ) : $typed )
		);
	}

	/**
	 * Prints a date picker; a field of text where an address has a time that no picker has.
	 */
	private function print_date( string $part, string $label ): void {
		$typed = $this->query->typed( $part );
		printf(
			'<span><label for="network-webhooks-%1$s">%2$s</label> <input type="%3$s" name="%1$s" id="network-webhooks-%1$s" value="%4$s"></span> ',
			esc_attr( $part ),
			esc_html( $label ),
			'' === $typed || preg_match( self::DATE, $typed ) ? 'date' : 'text',
			esc_attr( $typed )
		);
	}
}
