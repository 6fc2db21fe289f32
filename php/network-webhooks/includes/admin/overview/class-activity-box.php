<?php
/**
 * What was delivered in a period.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * The choice of a period, its figures and its chart: of one webhook, or of all.
 */
final class Activity_Box {

	/**
	 * @param array<string, mixed>     $of  As webhooks_stats() gives it of a webhook, or as webhooks_overview() does.
	 * @param \Closure(Period): string $url Address of the same page with another period.
	 */
	public function __construct( private readonly Period $period, private readonly array $of, private readonly \Closure $url ) {}

	/**
	 * Prints it.
	 */
	public function print(): void {
		$chart = new Calls_Chart( $this->period, $this->of['hours'], time() );
		printf( '<h2>%s</h2>', esc_html__( 'Activity', 'network-webhooks' ) );
		$this->print_periods();
		( new Activity_Figures( $this->of, $chart ) )->print();
		$chart->print();
	}

	/**
	 * Prints the choice of a period.
	 */
	private function print_periods(): void {
		printf( '<ul class="subsubsub network-webhooks-periods" aria-label="%s">', esc_attr__( 'Period', 'network-webhooks' ) );
		$periods = Period::cases();
		foreach ( $periods as $period ) {
			printf(
				'<li><a href="%s"%s>%s</a>%s</li>',
				esc_url( ( $this->url )( $period ) ),
				$period === $this->period ? ' class="current" aria-current="true"' : '',
				esc_html( $period->label() ),
				end( $periods ) === $period ? '' : ' |'
			);
		}
		echo '</ul>';
	}
}
