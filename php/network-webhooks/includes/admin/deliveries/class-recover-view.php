<?php
/**
 * Recovering a webhook.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Counters;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Status;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * After an outage: enables a webhook, sends what it missed since a time, or gives up what waits –
 * each with how many deliveries that are, and the progress afterwards.
 */
final class Recover_View {

	/**
	 * Address of a webhook's page.
	 */
	public static function url( string $webhook_id ): string {
		return Admin::url(
			array(
				'action'  => 'recover',
				'webhook' => $webhook_id,
			),
			Admin::DELIVERIES
		);
	}

	/**
	 * Prints the page.
	 */
	public function print( Webhook $webhook ): void {
		$query = Delivery_Query::of( $_GET );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline">
				<?php
				/* translators: %s: name of a webhook */
				echo esc_html( sprintf( __( 'Recover “%s”', 'network-webhooks' ), $webhook->name ) );
				?>
			</h1>
			<a class="page-title-action" href="<?php echo esc_url( Admin::url( array( 'webhook' => $webhook->id ), Admin::DELIVERIES ) ); ?>"><?php esc_html_e( 'Its deliveries', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php
			( new Bulk_Progress() )->print();
			$status = Status::of( $webhook, Counters::read( array( $webhook->id ), 0 ) );
			printf( '<p><span class="network-webhooks-status is-%s">%s</span> %s</p>', esc_attr( $status->code ), esc_html( $status->label() ), esc_html( $status->reason() ) );
			$this->print_since( $webhook, $query );
			try {
				$this->print_form( $webhook, $query, $status );
			} catch ( \Exception $error ) {
				printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			}
			?>
		</div>
		<?php
	}

	/**
	 * Prints the question since when.
	 */
	private function print_since( Webhook $webhook, Delivery_Query $query ): void {
		?>
		<form method="get">
			<input type="hidden" name="page" value="<?php echo esc_attr( Admin::DELIVERIES ); ?>">
			<input type="hidden" name="action" value="recover">
			<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ); ?>">
			<p>
				<label for="network-webhooks-since"><?php esc_html_e( 'What it missed since', 'network-webhooks' ); ?></label>
				<input type="text" id="network-webhooks-since" name="since" value="<?php echo esc_attr( $query->typed( 'since' ) ); ?>" placeholder="<?php echo esc_attr( wp_date( 'Y-m-d H:i', time() - DAY_IN_SECONDS ) ); ?>" aria-describedby="network-webhooks-since-help">
				<?php submit_button( __( 'Count', 'network-webhooks' ), '', '', false ); ?>
			</p>
			<p class="description" id="network-webhooks-since-help"><?php esc_html_e( 'A time such as 2026-11-20 14:30. Empty: all that the log still has.', 'network-webhooks' ); ?></p>
		</form>
		<?php
	}

	/**
	 * Prints what can be done, each with how many deliveries it is about.
	 */
	private function print_form( Webhook $webhook, Delivery_Query $query, Status $status ): void {
		$filter  = array( 'webhook_id' => $webhook->id ) + $query->filter();
		$missed  = webhooks_count( array( 'state' => array( 'held', 'failed' ) ) + $filter );
		$waiting = webhooks_count( array( 'state' => Delivery_State::WAITING ) + $filter );
		$number  = static fn( int $count ) => number_format_i18n( $count );
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'recover' ) ); ?>">
			<?php Actions::print_nonce(); ?>
			<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ); ?>">
			<input type="hidden" name="since" value="<?php echo esc_attr( $query->typed( 'since' ) ); ?>">
			<input type="hidden" name="disabling" value="<?php echo esc_attr( $status->disabling ); ?>">
			<p>
				<?php
				if ( Status::DISABLED === $status->code ) {
					/* translators: %s: number of deliveries */
					self::print_button( 'enable', sprintf( _n( 'Enable, and send the %s delivery that it missed', 'Enable, and send the %s deliveries that it missed', $missed, 'network-webhooks' ), $number( $missed ) ), true );
					self::print_button( 'enable_only', __( 'Enable only', 'network-webhooks' ) );
				} else {
					/* translators: %s: number of deliveries */
					self::print_button( 'recover', sprintf( _n( 'Send the %s delivery that was held or failed', 'Send the %s deliveries that were held or failed', $missed, 'network-webhooks' ), $number( $missed ) ), true, 0 === $missed );
				}
				/* translators: %s: number of deliveries */
				self::print_button( 'cancel', sprintf( _n( 'Cancel the %s delivery that waits', 'Cancel the %s deliveries that wait', $waiting, 'network-webhooks' ), $number( $waiting ) ), false, 0 === $waiting );
				?>
			</p>
		</form>
		<?php
	}

	/**
	 * Prints a button.
	 */
	private static function print_button( string $change, string $label, bool $primary = false, bool $disabled = false ): void {
		printf(
			'<button class="button%s" name="change" value="%s" %s>%s</button> ',
			$primary ? ' button-primary' : '',
			esc_attr( $change ),
			disabled( $disabled, true, false ),
			esc_html( $label )
		);
	}
}
