<?php
/**
 * How far changes of many deliveries are.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;

defined( 'ABSPATH' ) || exit;

/**
 * Bars of the changes that are under way, and those of the last minutes.
 */
final class Bulk_Progress {

	/** Seconds for which a finished one is still shown. */
	private const SHOWN = 120;

	/**
	 * Prints them; the element is always there, as it is filled again and again.
	 */
	public function print(): void {
		echo '<div id="network-webhooks-bulks" role="status" aria-live="polite">', self::html(), '</div>'; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
	}

	/**
	 * The bars as HTML; empty where nothing is under way.
	 */
	public static function html(): string {
		try {
			$bulks = webhooks_bulks();
		} catch ( \Exception ) {
			return '';
		}
		$html = '';
		foreach ( $bulks as $bulk ) {
			if ( null === $bulk['ended'] || strtotime( $bulk['ended'] ) > time() - self::SHOWN ) {
				$html .= self::bar( $bulk );
			}
		}
		return $html;
	}

	/**
	 * One bar.
	 *
	 * @param array<string, mixed> $bulk As webhooks_bulks() gives it.
	 */
	private static function bar( array $bulk ): string {
		// Of what would take long to count, more may be found.
		$of   = max( $bulk['matched'], $bulk['changed'] );
		$text = match ( $bulk['action'] ) {
			/* translators: 1: number of deliveries, 2: number of deliveries */
			'cancel' => _n( 'Cancelled %1$s of %2$s delivery.', 'Cancelled %1$s of %2$s deliveries.', $of, 'network-webhooks' ),
			/* translators: 1: number of events, 2: number of events */
			'backfill' => _n( 'Queued %1$s of %2$s past event.', 'Queued %1$s of %2$s past events.', $of, 'network-webhooks' ),
			/* translators: 1: number of deliveries, 2: number of deliveries */
			default => _n( 'Queued %1$s of %2$s delivery to be sent again.', 'Queued %1$s of %2$s deliveries to be sent again.', $of, 'network-webhooks' ),
		};
		$text = sprintf( $text, number_format_i18n( $bulk['changed'] ), number_format_i18n( $of ) );
		return sprintf(
			'<div class="notice notice-info inline"%1$s><p><label>%2$s <progress max="%3$d" value="%4$d"></progress></label>%5$s</p></div>',
			null === $bulk['ended'] ? ' data-under-way' : '',
			esc_html( $text ),
			max( 1, $of ),
			null === $bulk['ended'] ? $bulk['changed'] : max( 1, $of ),
			'backfill' === $bulk['action'] ? self::stop( $bulk ) : ''
		);
	}

	/**
	 * A button that ends a backfill, and gives up what of it still waits.
	 *
	 * @param array<string, mixed> $bulk
	 */
	private static function stop( array $bulk ): string {
		return sprintf(
			' <button class="button" form="network-webhooks-row" formaction="%s" name="backfill" value="%s">%s</button>',
			esc_url( Actions::url( 'stop_backfill' ) ),
			esc_attr( $bulk['id'] ),
			esc_html__( 'Cancel what waits of it', 'network-webhooks' )
		);
	}
}
