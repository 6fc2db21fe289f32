<?php
/**
 * The list of webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Catalogue;
use Network_Webhooks\Settings;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks.
 */
final class List_Page {

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Webhooks $webhooks, private readonly Catalogue $catalogue ) {}

	/**
	 * Prints the page.
	 *
	 * @param bool $missing Whether the request asked for a webhook that is not there.
	 */
	public function print( bool $missing ): void {
		$table = new List_Table( $this->webhooks, $this->catalogue );
		$table->prepare_items();
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Webhooks', 'network-webhooks' ); ?></h1>
			<a class="page-title-action" href="<?php echo esc_url( Admin::url( array(), Admin::NEW ) ); ?>"><?php esc_html_e( 'Add New Webhook', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php if ( $missing ) : ?>
				<div class="notice notice-error"><p><?php esc_html_e( 'This webhook is not there any more. Somebody deleted it.', 'network-webhooks' ); ?></p></div>
			<?php endif; ?>
			<div id="network-webhooks-test" role="status" aria-live="polite"></div>
			<?php $table->display(); ?>
			<?php // The buttons of all rows belong to this one: a form can't stand inside another. ?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
			<?php $this->print_settings(); ?>
		</div>
		<?php
	}

	/**
	 * Prints what concerns all webhooks.
	 */
	private function print_settings(): void {
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'settings' ) ); ?>" class="network-webhooks-settings">
			<?php Actions::print_nonce(); ?>
			<label>
				<input type="checkbox" name="remove_data" value="1" <?php checked( (bool) Settings::get( Settings::REMOVE_DATA ) ); ?>>
				<?php esc_html_e( 'Remove all webhooks and settings when the plugin is deleted', 'network-webhooks' ); ?>
			</label>
			<?php submit_button( __( 'Save', 'network-webhooks' ), 'secondary small', 'submit', false ); ?>
		</form>
		<?php
	}
}
