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
		$chart   = new Calls_Chart( $this->period, $this->of['hours'], time() );
		$figures = array(
			__( 'Delivered', 'network-webhooks' )    => number_format_i18n( $chart->delivered() ),
			__( 'Failed', 'network-webhooks' )       => number_format_i18n( $chart->failed() ),
			__( 'Success rate', 'network-webhooks' ) => self::percentage( $chart->success_rate() ),
			__( 'Latency p50', 'network-webhooks' )  => self::duration( $this->of['p50_ms'] ?? null ),
			__( 'Latency p95', 'network-webhooks' )  => self::duration( $this->of['p95_ms'] ?? null ),
			__( 'Waiting', 'network-webhooks' )      => self::waiting( $this->of ),
		);
		printf( '<h2>%s</h2>', esc_html__( 'Activity', 'network-webhooks' ) );
		$this->print_periods();
		echo '<dl class="network-webhooks-figures">';
		foreach ( $figures as $name => $figure ) {
			printf( '<div><dt>%s</dt><dd>%s</dd></div>', esc_html( $name ), esc_html( $figure ) );
		}
		echo '</dl>';
		$chart->print();
	}

	/**
	 * Prints the choice of a period.
	 */
	private function print_periods(): void {
		printf( '<ul class="subsubsub network-webhooks-periods" aria-label="%s">', esc_attr__( 'Period', 'network-webhooks' ) );
		foreach ( Period::cases() as $at => $period ) {
			printf(
				'<li>%s<a href="%s"%s>%s</a></li>',
				$at ? '| ' : '',
				esc_url( ( $this->url )( $period ) ),
				$period === $this->period ? ' class="current" aria-current="true"' : '',
				esc_html( $period->label() )
			);
		}
		echo '</ul>';
	}

	/**
	 * What waits, and for what.
	 *
	 * @param array<string, mixed> $of As webhooks_stats() gives it.
	 */
	private static function waiting( array $of ): string {
		$parts = array();
		if ( $of['pending'] ) {
			/* translators: %s: number of deliveries */
			$parts[] = sprintf( _n( '%s for its turn or its next attempt', '%s for their turn or their next attempt', $of['pending'], 'network-webhooks' ), number_format_i18n( $of['pending'] ) );
		}
		if ( $of['held'] ) {
			/* translators: %s: number of deliveries */
			$parts[] = sprintf( _n( '%s held until the webhook is active', '%s held until the webhook is active', $of['held'], 'network-webhooks' ), number_format_i18n( $of['held'] ) );
		}
		return $parts ? implode( ', ', $parts ) : number_format_i18n( 0 );
	}

	/**
	 * A share, for people.
	 */
	private static function percentage( ?float $rate ): string {
		if ( null === $rate ) {
			return '—';
		}
		/* translators: %s: a percentage without its sign */
		return sprintf( __( '%s %%', 'network-webhooks' ), number_format_i18n( $rate, 100.0 === $rate ? 0 : 1 ) );
	}

	/**
	 * A duration, for people.
	 */
	private static function duration( ?float $milliseconds ): string {
		return match ( true ) {
			null === $milliseconds => '—',
			/* translators: %s: milliseconds */
			$milliseconds < 1000 => sprintf( __( '%s ms', 'network-webhooks' ), number_format_i18n( $milliseconds, $milliseconds < 10 ? 1 : 0 ) ),
			/* translators: %s: seconds */
			default => sprintf( __( '%s s', 'network-webhooks' ), number_format_i18n( $milliseconds / 1000, 1 ) ),
		};
	}
}
