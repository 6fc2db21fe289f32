<?php
/**
 * The bar of the last 24 hours.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

defined( 'ABSPATH' ) || exit;

/**
 * Draws delivered calls upwards and failed ones downwards, an hour a bar: so that they are told
 * apart without their colours, too.
 */
final class Hours_Chart {

	public const HOURS = 24;

	/** Of a bar with the gap after it, and of the upper and the lower half. */
	private const WIDTH = 4;
	private const UP    = 20;
	private const DOWN  = 10;

	/**
	 * Calls by hour, the present one last.
	 *
	 * @var list<array{delivered: int, failed: int}>
	 */
	private readonly array $hours;

	/**
	 * @param list<array{hour: string, delivered: int, failed: int}> $hours As webhooks_stats() lists them: those in which something happened, in whatever order.
	 */
	public function __construct( array $hours ) {
		$now  = intdiv( time(), HOUR_IN_SECONDS );
		$bars = array_fill(
			0,
			self::HOURS,
			array(
				'delivered' => 0,
				'failed'    => 0,
			)
		);
		foreach ( $hours as $hour ) {
			$place = self::HOURS - 1 + intdiv( Date_Format::stamp( $hour['hour'] ), HOUR_IN_SECONDS ) - $now;
			if ( isset( $bars[ $place ] ) ) {
				$bars[ $place ] = array_intersect_key( $hour, $bars[ $place ] );
			}
		}
		$this->hours = $bars;
	}

	/**
	 * How many were delivered.
	 */
	public function delivered(): int {
		return array_sum( array_column( $this->hours, 'delivered' ) );
	}

	/**
	 * How many failed.
	 */
	public function failed(): int {
		return array_sum( array_column( $this->hours, 'failed' ) );
	}

	/**
	 * The picture, with its text.
	 */
	public function svg(): string {
		$most  = max( 1, ...array_column( $this->hours, 'delivered' ), ...array_column( $this->hours, 'failed' ) );
		$paths = array(
			'delivered' => '',
			'failed'    => '',
		);
		foreach ( $this->hours as $place => $hour ) {
			$left = $place * self::WIDTH;
			$wide = self::WIDTH - 1;
			if ( $hour['delivered'] ) {
				$high                = self::height( $hour['delivered'], $most, self::UP );
				$paths['delivered'] .= sprintf( 'M%d %dv-%dh%dv%dz', $left, self::UP, $high, $wide, $high );
			}
			if ( $hour['failed'] ) {
				$high             = self::height( $hour['failed'], $most, self::DOWN );
				$paths['failed'] .= sprintf( 'M%d %dv%dh%dv-%dz', $left, self::UP + 1, $high, $wide, $high );
			}
		}
		$width = self::HOURS * self::WIDTH - 1;
		$drawn = '';
		foreach ( array_filter( $paths ) as $class => $path ) {
			$drawn .= sprintf( '<path class="%s" d="%s"/>', esc_attr( $class ), esc_attr( $path ) );
		}
		return sprintf(
			'<svg class="network-webhooks-hours" role="img" aria-label="%1$s" width="%2$d" height="%3$d" viewBox="0 0 %2$d %3$d"><title>%4$s</title><path class="axis" d="M0 %5$dh%2$dv1H0z"/>%6$s</svg>',
			esc_attr( $this->text() ),
			$width,
			self::UP + 1 + self::DOWN,
			esc_html( $this->text() ),
			self::UP,
			$drawn
		);
	}

	/**
	 * What the picture shows, in words.
	 */
	private function text(): string {
		$calls = $this->delivered() + $this->failed();
		if ( 0 === $calls ) {
			return __( 'No calls in the last 24 hours.', 'network-webhooks' );
		}
		$sums = array_map( 'array_sum', $this->hours );
		$peak = (int) array_search( max( $sums ), $sums, true );
		$hour = intdiv( time(), HOUR_IN_SECONDS ) - ( self::HOURS - 1 - $peak );
		return sprintf(
			/* translators: 1: such as “5 delivered”, 2: such as “3 failed”, 3: number of calls, 4: time of day such as 14:00 */
			__( 'Last 24 hours: %1$s, %2$s. Most in the hour from %4$s: %3$s.', 'network-webhooks' ),
			/* translators: %s: number of calls */
			sprintf( _n( '%s delivered', '%s delivered', $this->delivered(), 'network-webhooks' ), number_format_i18n( $this->delivered() ) ),
			/* translators: %s: number of calls */
			sprintf( _n( '%s failed', '%s failed', $this->failed(), 'network-webhooks' ), number_format_i18n( $this->failed() ) ),
			number_format_i18n( $sums[ $peak ] ),
			wp_date( get_option( 'time_format' ), $hour * HOUR_IN_SECONDS )
		);
	}

	/**
	 * Height of a bar: never so low that it is not seen.
	 */
	private static function height( int $calls, int $most, int $highest ): int {
		return max( 2, (int) round( $calls / $most * $highest ) );
	}
}
