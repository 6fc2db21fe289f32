<?php
/**
 * Many deliveries at once.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;

defined( 'ABSPATH' ) || exit;

/**
 * Says how many deliveries a filter has, and asks before all of them are sent again or cancelled.
 */
final class Bulk_View {

	/** The states that each action can change. */
	private const CHANGES = array(
		'resend' => array( 'failed', 'held', 'delivered', 'cancelled', 'expired' ),
		'cancel' => Delivery_State::WAITING,
	);

	/**
	 * Address of the page for a filter.
	 */
	public static function url( Delivery_Query $query ): string {
		return $query->url(
			array(
				'action' => 'bulk',
				'before' => '',
			)
		);
	}

	/**
	 * The cause that a filter has, in words.
	 */
	public static function cause( Delivery_Query $query ): string {
		$cause = Delivery_Query::cause_of( $query->typed( 'cause' ) );
		return $cause['status'] ? (string) $cause['status'] : Failure::cause( $cause['failure'] );
	}

	/**
	 * The filter of an action: what it can't change is left out.
	 *
	 * @return array<string, mixed>|null Null: it can't change anything of that filter.
	 * @throws \InvalidArgumentException Says which part of the filter can't be understood.
	 */
	public static function filter( Delivery_Query $query, string $action ): ?array {
		$filter = $query->filter();
		$states = self::CHANGES[ $action ];
		if ( isset( $filter['state'] ) ) {
			return in_array( $filter['state'], $states, true ) ? $filter : null;
		}
		return array( 'state' => $states ) + $filter;
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		$query = Delivery_Query::of( $_GET );
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Resend or Cancel Deliveries', 'network-webhooks' ); ?></h1>
			<?php
			try {
				$this->print_forms( $query );
			} catch ( \Exception $error ) {
				printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( Extension_Messages::of( $error ) ) );
			}
			?>
			<p><a class="button" href="<?php echo esc_url( $query->url() ); ?>"><?php esc_html_e( 'Back to the deliveries', 'network-webhooks' ); ?></a></p>
		</div>
		<?php
	}

	/**
	 * Prints a form for each action, with how many it would change.
	 */
	private function print_forms( Delivery_Query $query ): void {
		if ( '' !== $query->typed( 'cause' ) ) {
			/* translators: %s: status such as 401 or a cause such as “out of time” */
			printf( '<p>%s</p>', esc_html( sprintf( __( 'Only what failed for this cause: %s', 'network-webhooks' ), self::cause( $query ) ) ) );
		}
		$resend = self::filter( $query, 'resend' );
		$cancel = self::filter( $query, 'cancel' );
		if ( $resend ) {
			$count = webhooks_count( $resend );
			/* translators: %s: number of deliveries */
			$this->print_form( $query, 'resend', $count, sprintf( _n( 'Resend %s delivery', 'Resend %s deliveries', $count, 'network-webhooks' ), number_format_i18n( $count ) ), __( 'Each is sent again with the same event id, so a receiver that has had it can tell. Those whose body is not kept any more stay as they are.', 'network-webhooks' ) );
		}
		if ( $cancel ) {
			$count = webhooks_count( $cancel );
			/* translators: %s: number of deliveries */
			$this->print_form( $query, 'cancel', $count, sprintf( _n( 'Cancel %s waiting delivery', 'Cancel %s waiting deliveries', $count, 'network-webhooks' ), number_format_i18n( $count ) ), __( 'They are not sent any more, and stay in the list as cancelled.', 'network-webhooks' ) );
		}
	}

	/**
	 * Prints one form.
	 */
	private function print_form( Delivery_Query $query, string $action, int $count, string $label, string $help ): void {
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'bulk' ) ); ?>" class="network-webhooks-bulk">
			<?php Actions::print_nonce(); ?>
			<?php foreach ( $query->parts() as $part => $value ) : ?>
				<input type="hidden" name="<?php echo esc_attr( $part ); ?>" value="<?php echo esc_attr( $value ); ?>">
			<?php endforeach; ?>
			<p>
				<button class="button button-primary" name="change" value="<?php echo esc_attr( $action ); ?>" <?php disabled( 0, $count ); ?>><?php echo esc_html( $label ); ?></button>
			</p>
			<p class="description"><?php echo esc_html( $help ); ?></p>
		</form>
		<?php
	}
}
