<?php
/**
 * Asks before deleting.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Counters;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Delete Webhook.
 */
final class Delete_View {

	/**
	 * Prints the page.
	 *
	 * @param list<Webhook> $webhooks Those that shall be deleted; at least one.
	 */
	public function print( array $webhooks ): void {
		$counters = Counters::read( array_column( $webhooks, 'id' ), 0 );
		$number   = count( $webhooks );
		?>
		<div class="wrap">
			<h1><?php echo esc_html( _n( 'Delete Webhook', 'Delete Webhooks', $number, 'network-webhooks' ) ); ?></h1>
			<form method="post" action="<?php echo esc_url( Actions::url( 'delete' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<p><?php echo esc_html( _n( 'This webhook will be deleted:', 'These webhooks will be deleted:', $number, 'network-webhooks' ) ); ?></p>
				<ul class="ul-disc">
					<?php foreach ( $webhooks as $webhook ) : ?>
						<li>
							<input type="hidden" name="webhooks[]" value="<?php echo esc_attr( $webhook->id ); ?>">
							<strong><?php echo esc_html( $webhook->name ); ?></strong>
							<code class="network-webhooks-url"><?php echo esc_html( $webhook->url ); ?></code>
							<br>
							<?php echo esc_html( self::waiting( $counters, $webhook ) ); ?>
						</li>
					<?php endforeach; ?>
				</ul>
				<p>
					<?php
					echo esc_html(
						sprintf(
							/* translators: %d: number of days */
							_n( 'For %d day it can be brought back with its settings. What waits to be sent is cancelled at once; it stays in the log.', 'For %d days it can be brought back with its settings. What waits to be sent is cancelled at once; it stays in the log.', Webhooks::UNDO_DAYS, 'network-webhooks' ),
							Webhooks::UNDO_DAYS
						)
					);
					?>
				</p>
				<p class="submit">
					<?php submit_button( _n( 'Delete Webhook', 'Delete Webhooks', $number, 'network-webhooks' ), 'primary', 'submit', false ); ?>
					<a class="button" href="<?php echo esc_url( Actions::list_url() ); ?>"><?php esc_html_e( 'Cancel', 'network-webhooks' ); ?></a>
				</p>
			</form>
		</div>
		<?php
	}

	/**
	 * How many deliveries wait, in a sentence.
	 */
	private static function waiting( Counters $counters, Webhook $webhook ): string {
		if ( ! $counters->are_known() ) {
			return __( 'How many deliveries wait for it is not known here: the log can’t be read.', 'network-webhooks' );
		}
		$waiting = $counters->waiting( $webhook->id );
		if ( ! $waiting ) {
			return __( 'No delivery waits for it.', 'network-webhooks' );
		}
		/* translators: %s: number of deliveries */
		return sprintf( _n( '%s delivery waits for it.', '%s deliveries wait for it.', $waiting, 'network-webhooks' ), number_format_i18n( $waiting ) );
	}
}
