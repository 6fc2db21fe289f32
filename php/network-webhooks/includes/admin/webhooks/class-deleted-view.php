<?php
/**
 * Deleted webhooks.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Event_Registry;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Shows what was deleted, and brings it back.
 */
final class Deleted_View {

	/** Name of the page among those of the list. */
	public const ACTION = 'deleted';

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {}

	/**
	 * Address of the page.
	 */
	public static function url(): string {
		return Admin::url( array( 'action' => self::ACTION ) );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		$table = new Deleted_Table( $this->webhooks, $this->registry );
		$table->prepare_items();
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Deleted Webhooks', 'network-webhooks' ); ?></h1>
			<a class="page-title-action" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'All Webhooks', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<p>
				<?php
				/* translators: %s: number of days */
				echo esc_html( sprintf( _n( 'A deleted webhook gets nothing. It stays here for %s day, then it is removed for good.', 'A deleted webhook gets nothing. It stays here for %s days, then it is removed for good.', Webhooks::UNDO_DAYS, 'network-webhooks' ), number_format_i18n( Webhooks::UNDO_DAYS ) ) );
				?>
			</p>
			<?php $table->display(); ?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}
}
