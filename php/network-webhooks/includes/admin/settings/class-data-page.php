<?php
/**
 * What is kept.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Settings › Data: what becomes of everything when the plugin is deleted,
 * and who changed what.
 */
final class Data_Page extends Menu_Page {

	public const SLUG = 'network-webhooks-data';

	public const ORDER = 74;

	public const BELOW = Admin::STATUS;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Webhooks Data', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return __( 'Data', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_data( get_current_screen() );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Webhooks Data', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php $this->print_tabs(); ?>
			<form method="post" action="<?php echo esc_url( Actions::url( 'settings' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<table class="form-table" role="presentation">
					<tr>
						<th scope="row"><?php esc_html_e( 'When the plugin is deleted', 'network-webhooks' ); ?></th>
						<td>
							<label>
								<input type="checkbox" name="remove_data" value="1" <?php checked( (bool) Settings::get( Settings::REMOVE_DATA ) ); ?>>
								<?php esc_html_e( 'Remove all webhooks and settings when the plugin is deleted', 'network-webhooks' ); ?>
							</label>
						</td>
					</tr>
				</table>
				<?php submit_button( __( 'Save', 'network-webhooks' ) ); ?>
			</form>
			<?php History_Box::print_network(); ?>
		</div>
		<?php
	}
}
