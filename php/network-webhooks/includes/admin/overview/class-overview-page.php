<?php
/**
 * All webhooks together.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Environment;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Site_Addresses;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Overview: what was delivered of all webhooks and how fast, what waits, and
 * the sites and events that make most.
 */
final class Overview_Page extends Menu_Page {

	public const SLUG = 'network-webhooks-overview';

	public const ORDER = 15;

	public const BELOW = Admin::PAGE;

	protected const CAPABILITY = Capabilities::VIEW;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Webhooks Overview', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return __( 'Overview', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_overview( get_current_screen() );
	}

	/**
	 * {@inheritDoc}
	 */
	public function print(): void {
		?>
		<div class="wrap network-webhooks-view">
			<h1><?php esc_html_e( 'Webhooks Overview', 'network-webhooks' ); ?></h1>
			<?php
			$this->print_tabs();
			if ( Environment::has_extension() ) {
				try {
					$this->print_overview( Period::of_request() );
				} catch ( \Exception $error ) {
					printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
				}
			}
			?>
		</div>
		<?php
	}

	/**
	 * Prints what a period was like.
	 *
	 * @throws \Exception Says why the log can't be read.
	 */
	private function print_overview( Period $period ): void {
		$of       = webhooks_overview( array( 'hours' => $period->hours() ) );
		$activity = new Activity_Box( $period, $of, static fn( Period $other ) => Admin::url( array( Period::PARAMETER => $other->value ), self::SLUG ) );
		$activity->print();
		if ( ! $of['sampled'] ) {
			return;
		}
		/* translators: %s: number of events */
		printf( '<p>%s</p>', esc_html( sprintf( _n( 'The sites and events that make most, of the last %s event of this period:', 'The sites and events that make most, of the last %s events of this period:', $of['sampled'], 'network-webhooks' ), number_format_i18n( $of['sampled'] ) ) ) );
		echo '<div class="network-webhooks-columns">';
		self::print_most( __( 'Site', 'network-webhooks' ), self::sites( $of['sites'] ), $of['sampled'] );
		$events = array();
		foreach ( $of['events'] as $event ) {
			$events[] = array( $this->plugin->catalogue()->name( $event['event'] ), array( 'event' => $event['event'] ), $event['count'] );
		}
		self::print_most( __( 'Event', 'network-webhooks' ), $events, $of['sampled'] );
		echo '</div>';
	}

	/**
	 * Sites with their addresses, in one query.
	 *
	 * @param list<array{site_id: int, count: int}> $counts
	 * @return list<array{string, array<string, string>, int}>
	 */
	private static function sites( array $counts ): array {
		$sites = Site_Addresses::of( array_filter( array_column( $counts, 'site_id' ) ) );
		$rows  = array();
		foreach ( $counts as $count ) {
			$id     = $count['site_id'];
			$rows[] = array( Site_Addresses::called( $id, $sites ), 0 === $id ? array() : array( 'site' => (string) $id ), $count['count'] );
		}
		return $rows;
	}

	/**
	 * Prints which of a kind make most, each leading to its deliveries.
	 *
	 * @param list<array{string, array<string, string>, int}> $rows Name, filter of the deliveries (empty: none), number of events.
	 */
	private static function print_most( string $kind, array $rows, int $of ): void {
		printf( '<table class="widefat striped"><thead><tr><th scope="col">%s</th><th scope="col">%s</th><th scope="col">%s</th></tr></thead><tbody>', esc_html( $kind ), esc_html__( 'Events', 'network-webhooks' ), esc_html__( 'Share', 'network-webhooks' ) );
		foreach ( $rows as list( $name, $filter, $count ) ) {
			printf(
				'<tr><th scope="row">%s</th><td>%s</td><td>%s</td></tr>',
				$filter ? sprintf( '<a href="%s">%s</a>', esc_url( Admin::url( $filter, Admin::DELIVERIES ) ), esc_html( $name ) ) : esc_html( $name ),
				esc_html( number_format_i18n( $count ) ),
				/* translators: %s: a percentage without its sign */
				esc_html( sprintf( __( '%s %%', 'network-webhooks' ), number_format_i18n( 100 * $count / $of, 1 ) ) )
			);
		}
		echo '</tbody></table>';
	}
}
