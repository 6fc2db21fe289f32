<?php
/**
 * Who may see webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Extension_Messages;

defined( 'ABSPATH' ) || exit;

/**
 * A field on a user's page in Network Admin, for those who manage webhooks and nobody else.
 */
final class Viewer_Field {

	private const FIELD = 'network_webhooks_viewer';
	private const NONCE = '_network_webhooks_viewer';

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_action( 'edit_user_profile', array( $this, 'print' ) );
		add_action( 'edit_user_profile_update', array( $this, 'save' ) );
		add_action( 'admin_bar_menu', array( $this, 'add_to_toolbar' ), 90 );
	}

	/**
	 * Prints the field.
	 */
	public function print( mixed $user ): void {
		if ( ! $user instanceof \WP_User || ! self::is_mine() ) {
			return;
		}
		$is_manager = user_can( $user, Capabilities::MANAGE );
		?>
		<h2><?php esc_html_e( 'Webhooks', 'network-webhooks' ); ?></h2>
		<table class="form-table" role="presentation">
			<tr>
				<th scope="row"><?php esc_html_e( 'Access', 'network-webhooks' ); ?></th>
				<td>
					<?php wp_nonce_field( self::nonce_action( $user->ID ), self::NONCE, false ); ?>
					<label for="network-webhooks-viewer">
						<input type="checkbox" name="<?php echo esc_attr( self::FIELD ); ?>" id="network-webhooks-viewer" value="1" aria-describedby="network-webhooks-viewer-help" <?php checked( $is_manager || Capabilities::is_viewer( $user->ID ) ); ?> <?php disabled( $is_manager ); ?>>
						<?php esc_html_e( 'May see the network’s webhooks and what was sent', 'network-webhooks' ); ?>
					</label>
					<p class="description" id="network-webhooks-viewer-help">
						<?php
						echo esc_html(
							$is_manager
								? __( 'Super admins may see and change all webhooks.', 'network-webhooks' )
								: __( 'Without secrets and the data of events, and without changing anything.', 'network-webhooks' )
						);
						?>
					</p>
				</td>
			</tr>
		</table>
		<?php
	}

	/**
	 * Saves it. The nonce stands for the field: a form without it says nothing about access.
	 */
	public function save( mixed $user_id ): void {
		$user_id = (int) $user_id;
		$nonce   = is_string( $_POST[ self::NONCE ] ?? null ) ? sanitize_text_field( wp_unslash( $_POST[ self::NONCE ] ) ) : '';
		if ( ! self::is_mine() || ! wp_verify_nonce( $nonce, self::nonce_action( $user_id ) ) ) {
			return;
		}
		if ( user_can( $user_id, Capabilities::MANAGE ) ) {
			// The field can't be changed there, and a browser does not send it.
			return;
		}
		try {
			Capabilities::set_viewer( $user_id, ! empty( $_POST[ self::FIELD ] ) );
		} catch ( \RuntimeException $error ) {
			wp_die( esc_html( Extension_Messages::of( $error ) ), '', array( 'response' => 503, 'back_link' => true ) );
		}
	}

	/**
	 * Leads those who may only see webhooks to them: Network Admin has no other door for them.
	 */
	public function add_to_toolbar( mixed $toolbar ): void {
		if ( $toolbar instanceof \WP_Admin_Bar && ! current_user_can( 'manage_network' ) && current_user_can( Capabilities::VIEW ) ) {
			$toolbar->add_node(
				array(
					'id'    => 'network-webhooks',
					'title' => __( 'Webhooks', 'network-webhooks' ),
					'href'  => Admin::url(),
				)
			);
		}
	}

	/**
	 * Whether this page and this user are the field's.
	 */
	private static function is_mine(): bool {
		return is_network_admin() && current_user_can( Capabilities::MANAGE );
	}

	/**
	 * What the nonce is for.
	 */
	private static function nonce_action( int $user_id ): string {
		return "network_webhooks_viewer_$user_id";
	}
}
