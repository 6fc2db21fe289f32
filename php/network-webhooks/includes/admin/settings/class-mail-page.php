<?php
/**
 * Who gets mail.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Settings › Mail: the addresses that are told what is wrong.
 */
final class Mail_Page extends Menu_Page {

	public const SLUG = 'network-webhooks-mail';

	public const ORDER = 72;

	public const BELOW = Admin::STATUS;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Webhooks Mail', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return __( 'Mail', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		( new Settings_Actions() )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_mail( get_current_screen() );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		$typed = Flash::typed( Settings_Actions::FLASH )['addresses'] ?? implode( "\n", (array) Settings::get( Settings::MAIL_TO, array() ) );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Webhooks Mail', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php $this->print_tabs(); ?>
			<form method="post" action="<?php echo esc_url( Actions::url( 'mail' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<p>
					<label for="network-webhooks-addresses"><?php esc_html_e( 'Who is told when a webhook is disabled, a delivery fails for good, or a server has a problem', 'network-webhooks' ); ?></label>
				</p>
				<p>
					<textarea id="network-webhooks-addresses" name="addresses" rows="3" class="large-text code" aria-describedby="network-webhooks-addresses-help"><?php echo esc_textarea( $typed ); ?></textarea>
				</p>
				<p class="description" id="network-webhooks-addresses-help">
					<?php
					printf(
						/* translators: %s: an email address */
						esc_html__( 'Email addresses, one a line. Empty: the network’s own, %s. A webhook can have its own instead, in its form below “More”. Messages are put together in one mail every 15 minutes at most.', 'network-webhooks' ),
						esc_html( (string) Settings::get( 'admin_email', '' ) )
					);
					?>
				</p>
				<?php submit_button( __( 'Save', 'network-webhooks' ) ); ?>
			</form>
		</div>
		<?php
	}
}
