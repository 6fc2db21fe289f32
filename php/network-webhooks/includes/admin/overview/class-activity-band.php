<?php
/**
 * The network at a glance.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Environment;
use Network_Webhooks\Status;
use Network_Webhooks\Unhealthy_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Stands on top of the list of webhooks: how they are in a sentence, what was delivered in the last 24 hours, and the
 * way to the whole overview.
 */
final class Activity_Band {

	/**
	 * @param array<string, int> $statuses How many webhooks have each status.
	 */
	public function __construct( private readonly array $statuses ) {}

	/**
	 * Prints it; nothing where the log can't be read, which is said elsewhere.
	 */
	public function print(): void {
		if ( ! Environment::has_extension() ) {
			return;
		}
		try {
			// Which sites and events make most stands on the overview alone.
			$of = webhooks_overview(
				array(
					'hours'  => Period::Day->hours(),
					'sample' => 0,
				)
			);
		} catch ( \Exception ) {
			return;
		}
		$chart = new Calls_Chart( Period::Day, $of['hours'], time() );
		printf( '<section class="network-webhooks-band" aria-labelledby="network-webhooks-band"><h2 id="network-webhooks-band">%s</h2>', esc_html__( 'Last 24 hours', 'network-webhooks' ) );
		printf( '<p class="network-webhooks-sentence">%s <a href="%s">%s</a></p>', esc_html( $this->sentence() ), esc_url( Admin::url( array(), Overview_Page::SLUG ) ), esc_html__( 'See the whole overview', 'network-webhooks' ) );
		( new Activity_Figures( $of, $chart ) )->print( true );
		$chart->print( true );
		echo '</section>';
	}

	/**
	 * How all of them are.
	 */
	private function sentence(): string {
		$invalid   = $this->statuses[ Status::INVALID ] ?? 0;
		$other     = ( $this->statuses[ Status::DISABLED ] ?? 0 ) + ( $this->statuses[ Status::FAILING ] ?? 0 );
		$sentences = Unhealthy_Webhooks::say( $other, $invalid );
		return $sentences ? implode( ' ', $sentences ) : __( 'All webhooks are healthy.', 'network-webhooks' );
	}
}
