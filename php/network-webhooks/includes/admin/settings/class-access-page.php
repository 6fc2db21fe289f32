<?php
/**
 * Who may see webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Settings › Access: the users who may see webhooks though they are no
 * super admins. The same is a checkbox on each user's own page.
 */
final class Access_Page extends Menu_Page {

	/** Users who are listed; a network that has more finds the rest on the users' own pages. */
	private const MOST_USERS = 200;

	public const SLUG = 'network-webhooks-access';

	public const ORDER = 76;

	public const BELOW = Admin::STATUS;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Webhooks Access', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
		return __( 'Access', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_access( get_current_screen() );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		$ids   = Capabilities::viewers();
		$users = $ids ? get_users(
			array(
				'blog_id' => 0,
				'include' => array_slice( $ids, 0, self::MOST_USERS ),
				'orderby' => 'login',
			)
		) : array();
		$typed = Flash::typed( Settings_Actions::ACCESS_FLASH )['user'] ?? '';
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Webhooks Access', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php $this->print_tabs(); ?>
			<p><?php esc_html_e( 'Super admins may see and change all webhooks. The users here may see them and what was sent, without secrets and the data of events, and without changing anything.', 'network-webhooks' ); ?></p>
			<?php if ( $users ) : ?>
				<table class="wp-list-table widefat striped">
					<thead>
						<tr>
							<th scope="col" class="column-primary"><?php esc_html_e( 'User', 'network-webhooks' ); ?></th>
							<th scope="col"><?php esc_html_e( 'Email', 'network-webhooks' ); ?></th>
							<th scope="col"><?php esc_html_e( 'Access', 'network-webhooks' ); ?></th>
						</tr>
					</thead>
					<tbody>
						<?php foreach ( $users as $user ) : ?>
							<tr>
								<td class="column-primary" data-colname="<?php esc_attr_e( 'User', 'network-webhooks' ); ?>"><a href="<?php echo esc_url( network_admin_url( "user-edit.php?user_id=$user->ID" ) ); ?>"><?php echo esc_html( $user->user_login ); ?></a></td>
								<td data-colname="<?php esc_attr_e( 'Email', 'network-webhooks' ); ?>"><?php echo esc_html( $user->user_email ); ?></td>
								<td data-colname="<?php esc_attr_e( 'Access', 'network-webhooks' ); ?>">
									<?php /* translators: %s: name of a user */ ?>
									<button class="button button-small" form="network-webhooks-row" formaction="<?php echo esc_url( Actions::url( 'access_remove' ) ); ?>" name="user" value="<?php echo (int) $user->ID; ?>" aria-label="<?php echo esc_attr( sprintf( __( 'Remove the access of %s', 'network-webhooks' ), $user->user_login ) ); ?>"><?php esc_html_e( 'Remove', 'network-webhooks' ); ?></button>
								</td>
							</tr>
						<?php endforeach; ?>
					</tbody>
				</table>
			<?php else : ?>
				<p><strong><?php esc_html_e( 'Nobody but the super admins may see webhooks.', 'network-webhooks' ); ?></strong></p>
			<?php endif; ?>
			<h2><?php esc_html_e( 'Add User', 'network-webhooks' ); ?></h2>
			<form method="post" action="<?php echo esc_url( Actions::url( 'access_add' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<p>
					<label for="network-webhooks-access-user"><?php esc_html_e( 'Username or email address', 'network-webhooks' ); ?></label>
					<input type="text" class="regular-text" id="network-webhooks-access-user" name="user" value="<?php echo esc_attr( $typed ); ?>" required maxlength="100" autocomplete="off">
					<?php submit_button( __( 'Add User', 'network-webhooks' ), 'secondary', 'submit', false ); ?>
				</p>
			</form>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}
}
