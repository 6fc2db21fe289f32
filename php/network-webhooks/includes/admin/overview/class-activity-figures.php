<?php
/**
 * The figures of a period.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * What was delivered and failed, how fast, and what waits: of one webhook, or of all.
 */
final class Activity_Figures {

	/**
	 * @param array<string, mixed> $of    As webhooks_stats() gives it of a webhook, or as webhooks_overview() does.
	 * @param Calls_Chart          $chart Of the same.
	 */
	public function __construct( private readonly array $of, private readonly Calls_Chart $chart ) {}

	/**
	 * Prints them.
	 *
	 * @param bool $briefly Whether it is only said how much waits, and not for what.
	 */
	public function print( bool $briefly = false ): void {
		$figures = array(
			__( 'Delivered', 'network-webhooks' )    => number_format_i18n( $this->chart->delivered() ),
			__( 'Failed', 'network-webhooks' )       => number_format_i18n( $this->chart->failed() ),
			__( 'Success rate', 'network-webhooks' ) => self::percentage( $this->chart->success_rate() ),
			__( 'Latency p50', 'network-webhooks' )  => self::duration( $this->of['p50_ms'] ?? null ),
			__( 'Latency p95', 'network-webhooks' )  => self::duration( $this->of['p95_ms'] ?? null ),
			__( 'Waiting', 'network-webhooks' )      => $briefly ? number_format_i18n( $this->of['pending'] + $this->of['held'] ) : $this->waiting(),
		);
		echo '<dl class="network-webhooks-figures">';
		foreach ( $figures as $name => $figure ) {
			printf( '<div><dt>%s</dt><dd>%s</dd></div>', esc_html( $name ), esc_html( $figure ) );
		}
		echo '</dl>';
	}

	/**
	 * What waits, and for what.
	 */
	private function waiting(): string {
		$parts = array();
		if ( $this->of['pending'] ) {
			/* translators: %s: number of deliveries */
			$parts[] = sprintf( _n( '%s for its turn or its next attempt', '%s for their turn or their next attempt', $this->of['pending'], 'network-webhooks' ), number_format_i18n( $this->of['pending'] ) );
		}
		if ( $this->of['held'] ) {
			/* translators: %s: number of deliveries */
			$parts[] = sprintf( _n( '%s held until the webhook is active', '%s held until the webhook is active', $this->of['held'], 'network-webhooks' ), number_format_i18n( $this->of['held'] ) );
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
