<?php
/**
 * Asks before deleting.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Delete Webhook.
 */
final class Delete_Page {

	/**
	 * Prints the page.
	 */
	public function print( Webhook $webhook ): void {
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Delete Webhook', 'network-webhooks' ); ?></h1>
			<p>
				<?php
				printf(
					/* translators: %s: name of a webhook */
					esc_html__( 'Delete “%s”? What still waits to be sent to it is not sent any more.', 'network-webhooks' ),
					esc_html( $webhook->name )
				);
				?>
			</p>
			<p><code><?php echo esc_html( $webhook->url ); ?></code></p>
			<form method="post" action="<?php echo esc_url( Actions::url( 'delete' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ); ?>">
				<p class="submit">
					<?php submit_button( __( 'Delete Webhook', 'network-webhooks' ), 'primary', 'submit', false ); ?>
					<a class="button" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'Cancel', 'network-webhooks' ); ?></a>
				</p>
			</form>
		</div>
		<?php
	}
}
