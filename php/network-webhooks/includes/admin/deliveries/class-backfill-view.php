<?php
/**
 * Past events for a webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Webhook_View;
use Network_Webhooks\Counters;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Sends a webhook events of the log that it has not had, as one that was added late needs it: since
 * when, how many that are, and how fast they go.
 */
final class Backfill_View {

	/** Name of the page among those of the deliveries. */
	public const ACTION = 'backfill';

	/** Most deliveries a minute that can be asked for. */
	public const MOST_RATE = 60000;

	/**
	 * Address of a webhook's page.
	 */
	public static function url( string $webhook_id ): string {
		return Admin::url(
			array(
				'action'  => self::ACTION,
				'webhook' => $webhook_id,
			),
			Admin::DELIVERIES
		);
	}

	/**
	 * What webhooks_missed() and webhooks_backfill() are asked, from a form.
	 *
	 * @param array<string, mixed> $request As WordPress has it, slashed.
	 * @return array<string, mixed>
	 * @throws \InvalidArgumentException Says which part can't be understood.
	 */
	public static function query( array $request ): array {
		$query  = Delivery_Query::of( $request )->until_now()->filter();
		$rate   = trim( sanitize_text_field( wp_unslash( is_string( $request['rate'] ?? null ) ? $request['rate'] : '' ) ) );
		$chosen = array_intersect_key( $query, array_flip( array( 'since', 'until' ) ) );
		if ( '' === $rate ) {
			return $chosen;
		}
		if ( ! ctype_digit( $rate ) || (int) $rate < 1 || (int) $rate > self::MOST_RATE ) {
			/* translators: 1: what was typed, 2: highest number that can be chosen */
			throw new \InvalidArgumentException( sprintf( __( '“%1$s” is not a number of deliveries per minute: choose 1 to %2$s, or leave it empty.', 'network-webhooks' ), $rate, number_format_i18n( self::MOST_RATE ) ) );
		}
		return $chosen + array( 'per_minute' => (int) $rate );
	}

	/**
	 * Prints the page.
	 */
	public function print( Webhook $webhook ): void {
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline">
				<?php
				/* translators: %s: name of a webhook */
				echo esc_html( sprintf( __( 'Send Past Events to “%s”', 'network-webhooks' ), $webhook->name ) );
				?>
			</h1>
			<a class="page-title-action" href="<?php echo esc_url( Webhook_View::url( $webhook->id ) ); ?>"><?php esc_html_e( 'Back to the webhook', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php ( new Bulk_Progress() )->print(); ?>
			<p><?php esc_html_e( 'The webhook is sent the events of the log that are for it and that it has not had, oldest first. Events that no webhook was subscribed to when they happened are not in the log.', 'network-webhooks' ); ?></p>
			<?php
			self::print_question( $webhook );
			$code = Status::of( $webhook, Counters::read( array( $webhook->id ), 0 ) )->code;
			try {
				if ( in_array( $code, array( Status::PAUSED, Status::DISABLED, Status::INVALID ), true ) ) {
					printf( '<div class="notice notice-warning inline"><p>%s</p></div>', esc_html__( 'Nothing is sent to this webhook at the moment. Make it active first.', 'network-webhooks' ) );
				} elseif ( isset( $_GET['since'] ) || isset( $_GET['rate'] ) ) {
					// Only where it was asked: to look through a long log takes a second.
					self::print_form( $webhook );
				}
			} catch ( \Exception $error ) {
				printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			}
			?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}

	/**
	 * Prints the question since when, and how fast.
	 */
	private static function print_question( Webhook $webhook ): void {
		// Only chooses what is counted.
		$rate = is_string( $_GET['rate'] ?? null ) ? sanitize_text_field( wp_unslash( $_GET['rate'] ) ) : '';
		?>
		<form method="get">
			<input type="hidden" name="page" value="<?php echo esc_attr( Admin::DELIVERIES ); ?>">
			<input type="hidden" name="action" value="<?php echo esc_attr( self::ACTION ); ?>">
			<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ); ?>">
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="network-webhooks-since"><?php esc_html_e( 'Events since', 'network-webhooks' ); ?></label></th>
					<td>
						<input type="date" id="network-webhooks-since" name="since" value="<?php echo esc_attr( Delivery_Query::of( $_GET )->typed( 'since' ) ); ?>" aria-describedby="network-webhooks-since-help">
						<p class="description" id="network-webhooks-since-help"><?php esc_html_e( 'Empty: all that the log still has.', 'network-webhooks' ); ?></p>
					</td>
				</tr>
				<tr>
					<th scope="row"><label for="network-webhooks-rate"><?php esc_html_e( 'Deliveries per minute', 'network-webhooks' ); ?></label></th>
					<td>
						<input type="number" class="small-text" id="network-webhooks-rate" name="rate" min="1" max="<?php echo esc_attr( (string) self::MOST_RATE ); ?>" value="<?php echo esc_attr( $rate ); ?>" aria-describedby="network-webhooks-rate-help">
						<p class="description" id="network-webhooks-rate-help"><?php esc_html_e( 'Empty: as fast as the endpoint takes them. Where the webhook keeps the order of events, new ones wait until the past ones are through.', 'network-webhooks' ); ?></p>
					</td>
				</tr>
			</table>
			<?php submit_button( __( 'Count', 'network-webhooks' ), '', '', false ); ?>
		</form>
		<?php
	}

	/**
	 * Prints how many events it has not had, and the button that sends them.
	 *
	 * @throws \Exception Says what can't be understood, or why the log can't be read.
	 */
	private static function print_form( Webhook $webhook ): void {
		$query  = self::query( $_GET );
		$missed = webhooks_missed( $webhook->to_config(), $query );
		if ( ! $missed['events'] && ! $missed['more'] ) {
			printf( '<p>%s</p>', esc_html__( 'The log has no events that it has not had.', 'network-webhooks' ) );
			return;
		}
		$number = number_format_i18n( $missed['events'] );
		/* translators: %s: a number; there are more than that */
		$number = $missed['more'] ? sprintf( __( '%s+', 'network-webhooks' ), $number ) : $number;
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( self::ACTION ) ); ?>">
			<?php Actions::print_nonce(); ?>
			<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ); ?>">
			<input type="hidden" name="since" value="<?php echo esc_attr( $query['since'] ?? '' ); ?>">
			<input type="hidden" name="until" value="<?php echo esc_attr( $query['until'] ); ?>">
			<input type="hidden" name="rate" value="<?php echo esc_attr( (string) ( $query['per_minute'] ?? '' ) ); ?>">
			<p>
				<?php
				/* translators: 1: number of events, 2: date and time */
				echo esc_html( sprintf( _n( '%1$s event up to %2$s.', '%1$s events up to %2$s.', $missed['events'], 'network-webhooks' ), $number, Date_Format::exact( $query['until'] ) ) );
				if ( isset( $query['per_minute'] ) && ! $missed['more'] ) {
					/* translators: %s: a time span such as 5 mins */
					echo ' ', esc_html( sprintf( __( 'They take about %s.', 'network-webhooks' ), Date_Format::duration( (int) ceil( 60 * $missed['events'] / $query['per_minute'] ) ) ) );
				}
				?>
			</p>
			<p>
				<button class="button button-primary">
					<?php
					/* translators: %s: number of events */
					echo esc_html( sprintf( _n( 'Send %s event', 'Send %s events', $missed['events'], 'network-webhooks' ), $number ) );
					?>
				</button>
			</p>
		</form>
		<?php
	}
}
