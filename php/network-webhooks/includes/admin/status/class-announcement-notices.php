<?php
/**
 * Announcements in Network Admin.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Announcements\Announcement;
use Network_Webhooks\Announcements\Announcement_Store;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Unhealthy_Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Shows what was announced on our pages and on the network's dashboard until somebody dismisses
 * it there, and how the webhooks do in a box of the dashboard.
 */
final class Announcement_Notices {

	/** How many are shown at once. */
	private const SHOWN = 5;

	public function __construct( private readonly Announcement_Store $kept, private readonly Unhealthy_Webhooks $unhealthy ) {}

	/**
	 * Adds the hooks.
	 */
	public function add_hooks(): void {
		add_action( 'network_admin_notices', array( $this, 'print' ) );
		add_action( 'wp_network_dashboard_setup', array( $this, 'add_widget' ) );
	}

	/**
	 * Prints the newest announcements.
	 */
	public function print(): void {
		$screen = (string) get_current_screen()?->id;
		if ( ! current_user_can( Capabilities::MANAGE ) || ( 'dashboard-network' !== $screen && ! str_contains( $screen, Admin::PAGE ) ) ) {
			return;
		}
		foreach ( array_slice( array_reverse( $this->kept->all() ), 0, self::SHOWN ) as $announcement ) {
			self::print_one( $announcement );
		}
	}

	/**
	 * Adds the box to the dashboard.
	 */
	public function add_widget(): void {
		if ( current_user_can( Capabilities::MANAGE ) ) {
			wp_add_dashboard_widget( 'network_webhooks', __( 'Webhooks', 'network-webhooks' ), array( $this, 'print_widget' ) );
		}
	}

	/**
	 * Prints the box.
	 */
	public function print_widget(): void {
		$texts = $this->unhealthy->sentences();
		$text  = $texts ? implode( ' ', $texts ) : __( 'All webhooks are healthy.', 'network-webhooks' );
		printf(
			'<p>%s</p><p><a href="%s">%s</a> | <a href="%s">%s</a></p>',
			esc_html( $text ),
			esc_url( Admin::url() ),
			esc_html__( 'All Webhooks', 'network-webhooks' ),
			esc_url( Admin::url( array(), Admin::STATUS ) ),
			esc_html__( 'Status', 'network-webhooks' )
		);
	}

	/**
	 * Prints one, with its button.
	 */
	private static function print_one( Announcement $announcement ): void {
		?>
		<div class="notice notice-<?php echo $announcement->is_good() ? 'success' : 'warning'; ?> network-webhooks-announcement">
			<p>
				<strong><?php echo esc_html( $announcement->title() ); ?></strong>
				<?php echo esc_html( Date_Format::minute( $announcement->at ) ); ?>
			</p>
			<p><?php echo esc_html( $announcement->text() ); ?></p>
			<form method="post" action="<?php echo esc_url( Actions::url( 'dismiss' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<input type="hidden" name="announcement" value="<?php echo esc_attr( $announcement->id ); ?>">
				<p>
					<a class="button" href="<?php echo esc_url( $announcement->url() ); ?>"><?php esc_html_e( 'Look at it', 'network-webhooks' ); ?></a>
					<button class="button-link"><?php esc_html_e( 'Dismiss', 'network-webhooks' ); ?></button>
				</p>
			</form>
		</div>
		<?php
	}
}
