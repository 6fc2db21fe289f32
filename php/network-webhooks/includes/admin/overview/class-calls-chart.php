<?php
/**
 * The chart of a period.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Date_Format;

defined( 'ABSPATH' ) || exit;

/**
 * Draws delivered calls upwards and failed ones downwards from one line, so that they are told apart
 * without their colours too: large, or low above a list, with the same figures as a table, and small in a list. Nothing is
 * loaded for it.
 */
final class Calls_Chart {

	/** Of the whole picture, in its own units, of the halves above and below the line, and of what is free on each side of a bar. */
	private const LARGE = array( 720, 120, 60, 1.0 );

	/** The same of the picture above a list. */
	private const LOW = array( 720, 40, 20, 1.0 );

	/** The same of the picture in a list. */
	private const SMALL = array( 96, 20, 10, 0.5 );

	/**
	 * Calls by bar, the present one last.
	 *
	 * @var list<array{from: int, delivered: int, failed: int}>
	 */
	private readonly array $bars;

	/**
	 * @param list<array{hour: string, delivered: int, failed: int}> $hours As webhooks_stats() lists them: those in which something happened, in whatever order.
	 * @param int                                                    $now   Unix time.
	 */
	public function __construct( private readonly Period $period, array $hours, int $now ) {
		$wide  = $period->hours_per_bar();
		$count = intdiv( $period->hours(), $wide );
		$first = intdiv( $now, HOUR_IN_SECONDS ) - $period->hours() + 1;
		$bars  = array();
		for ( $bar = 0; $bar < $count; $bar++ ) {
			$bars[] = array(
				'from'      => ( $first + $bar * $wide ) * HOUR_IN_SECONDS,
				'delivered' => 0,
				'failed'    => 0,
			);
		}
		foreach ( $hours as $hour ) {
			$place = intdiv( Date_Format::stamp( $hour['hour'] ), HOUR_IN_SECONDS ) - $first;
			$bar   = $place < 0 ? -1 : intdiv( $place, $wide );
			if ( isset( $bars[ $bar ] ) ) {
				$bars[ $bar ]['delivered'] += $hour['delivered'];
				$bars[ $bar ]['failed']    += $hour['failed'];
			}
		}
		$this->bars = $bars;
	}

	/**
	 * How many were delivered.
	 */
	public function delivered(): int {
		return array_sum( array_column( $this->bars, 'delivered' ) );
	}

	/**
	 * How many failed.
	 */
	public function failed(): int {
		return array_sum( array_column( $this->bars, 'failed' ) );
	}

	/**
	 * Share of the calls that were delivered, in percent; null where there were none. Rounded down to a
	 * tenth, so that 100 means all of them.
	 */
	public function success_rate(): ?float {
		$calls = $this->delivered() + $this->failed();
		return $calls ? floor( 1000 * $this->delivered() / $calls ) / 10 : null;
	}

	/**
	 * Prints the picture, and the table behind it.
	 *
	 * @param bool $low Whether a list follows.
	 */
	public function print( bool $low = false ): void {
		printf( '<figure class="network-webhooks-chart%s">%s', $low ? ' is-low' : '', $this->svg( $low ? self::LOW : self::LARGE, $this->text() ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		printf( '<figcaption><span class="is-delivered">%s</span> <span class="is-failed">%s</span></figcaption></figure>', esc_html__( 'Delivered (above the line)', 'network-webhooks' ), esc_html__( 'Failed (below the line)', 'network-webhooks' ) );
		printf( '<details><summary>%s</summary>', esc_html__( 'Show as a table', 'network-webhooks' ) );
		echo '<table class="widefat striped"><thead><tr>';
		foreach ( array( __( 'From', 'network-webhooks' ), __( 'Delivered', 'network-webhooks' ), __( 'Failed', 'network-webhooks' ) ) as $column ) {
			printf( '<th scope="col">%s</th>', esc_html( $column ) );
		}
		echo '</tr></thead><tbody>';
		foreach ( $this->bars as $bar ) {
			printf( '<tr><th scope="row">%s</th><td>%s</td><td>%s</td></tr>', esc_html( $this->from( $bar['from'] ) ), esc_html( number_format_i18n( $bar['delivered'] ) ), esc_html( number_format_i18n( $bar['failed'] ) ) );
		}
		echo '</tbody></table></details>';
	}

	/**
	 * The picture alone, for a list. Its words also say when most happened.
	 */
	public function small(): string {
		$sums = array_map( static fn( array $bar ) => $bar['delivered'] + $bar['failed'], $this->bars );
		$text = $this->text();
		if ( array_sum( $sums ) ) {
			$peak  = (int) array_search( max( $sums ), $sums, true );
			$text .= ' ' . sprintf(
				/* translators: 1: time of day such as 14:00, 2: number of calls */
				__( 'Most in the hour from %1$s: %2$s.', 'network-webhooks' ),
				$this->from( $this->bars[ $peak ]['from'] ),
				number_format_i18n( $sums[ $peak ] )
			);
		}
		return $this->svg( self::SMALL, $text );
	}

	/**
	 * The picture.
	 *
	 * @param array{int, int, int, float} $size LARGE, LOW or SMALL.
	 * @param string                      $text What it shows, in words.
	 */
	private function svg( array $size, string $text ): string {
		list( $width, $up, $down, $free ) = $size;

		$most  = max( 1, ...array_column( $this->bars, 'delivered' ), ...array_column( $this->bars, 'failed' ) );
		$step  = $width / count( $this->bars );
		$paths = array(
			'delivered' => '',
			'failed'    => '',
		);
		foreach ( $this->bars as $place => $bar ) {
			$left = $place * $step + $free;
			$wide = $step - 2 * $free;
			if ( $bar['delivered'] ) {
				$high                = self::height( $bar['delivered'], $most, $up );
				$paths['delivered'] .= sprintf( 'M%1$.1F %2$dv-%4$dh%3$.1Fv%4$dz', $left, $up, $wide, $high );
			}
			if ( $bar['failed'] ) {
				$high             = self::height( $bar['failed'], $most, $down );
				$paths['failed'] .= sprintf( 'M%1$.1F %2$dv%4$dh%3$.1Fv-%4$dz', $left, $up + 1, $wide, $high );
			}
		}
		$drawn = '';
		foreach ( array_filter( $paths ) as $class => $path ) {
			$drawn .= sprintf( '<path class="%s" d="%s"/>', esc_attr( $class ), esc_attr( $path ) );
		}
		$high = $up + 1 + $down;
		return sprintf(
			'<svg class="network-webhooks-hours" role="img" aria-label="%1$s"%2$s viewBox="0 0 %3$d %4$d" preserveAspectRatio="none"><title>%5$s</title><path class="axis" d="M0 %6$dh%3$dv1H0z"/>%7$s</svg>',
			esc_attr( $text ),
			self::SMALL === $size ? " width=\"$width\" height=\"$high\"" : '',
			$width,
			$high,
			esc_html( $text ),
			$up,
			$drawn
		);
	}

	/**
	 * What the picture shows, in words.
	 */
	private function text(): string {
		if ( null === $this->success_rate() ) {
			/* translators: %s: a period such as 7 days */
			return sprintf( __( 'No calls in the last %s.', 'network-webhooks' ), $this->period->label() );
		}
		return sprintf(
			/* translators: 1: a period such as 7 days, 2: such as “5 delivered”, 3: such as “3 failed” */
			__( 'Last %1$s: %2$s, %3$s.', 'network-webhooks' ),
			$this->period->label(),
			/* translators: %s: number of calls */
			sprintf( _n( '%s delivered', '%s delivered', $this->delivered(), 'network-webhooks' ), number_format_i18n( $this->delivered() ) ),
			/* translators: %s: number of calls */
			sprintf( _n( '%s failed', '%s failed', $this->failed(), 'network-webhooks' ), number_format_i18n( $this->failed() ) )
		);
	}

	/**
	 * When a bar begins. A day's bars are hours, and those of longer periods have a date.
	 */
	private function from( int $at ): string {
		return Period::Day === $this->period ? Date_Format::hour( $at ) : Date_Format::minute( $at );
	}

	/**
	 * Height of a bar: never so low that it is not seen.
	 */
	private static function height( int $calls, int $most, int $highest ): int {
		return max( 2, (int) round( $calls / $most * $highest ) );
	}
}
