<?php
/**
 * How everything is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Settings;
use Network_Webhooks\Status_Report;
use Network_Webhooks\Support_Report;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Status: what is wrong and what to do first, then every part with its
 * figures.
 */
final class Status_Page extends Menu_Page {

	public const SLUG = Admin::STATUS;

	public const ORDER = 70;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Webhooks Status', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function menu_title(): string {
		return __( 'Status', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		( new Refused_Actions( $this->plugin->outbox() ) )->add_hooks();
		( new Status_Actions( new Support_Report( $this->status_report(), $this->plugin->webhooks() ) ) )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Help::of_status( get_current_screen() );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Webhooks Status', 'network-webhooks' ); ?></h1>
			<a class="page-title-action" href="<?php echo esc_url( Status_Actions::report_url() ); ?>"><?php esc_html_e( 'Download Report', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php
			$this->print_problems();
			( new Refused_Box() )->print();
			foreach ( $this->status_report()->sections() as $title => $rows ) {
				$this->print_section( $title, $rows );
			}
			$this->print_servers();
			if ( current_user_can( Capabilities::MANAGE ) ) {
				$this->print_addresses();
			}
			?>
		</div>
		<?php
	}

	/**
	 * Prints what is wrong, or that nothing is.
	 */
	private function print_problems(): void {
		$problems = Health_Checks::now();
		if ( ! $problems ) {
			printf( '<div class="notice notice-success inline"><p>%s</p></div>', esc_html__( 'All is well: events are taken in and sent.', 'network-webhooks' ) );
		}
		foreach ( $problems as $condition => $sentence ) {
			printf(
				'<div class="notice notice-error inline"><p><strong>%s</strong></p><p>%s</p></div>',
				esc_html( Health_Checks::title( $condition ) ),
				esc_html( $sentence )
			);
		}
	}

	/**
	 * Prints one part.
	 *
	 * @param array<string, string> $rows
	 */
	private function print_section( string $title, array $rows ): void {
		?>
		<h2><?php echo esc_html( $title ); ?></h2>
		<table class="widefat striped network-webhooks-parts">
			<tbody>
				<?php foreach ( $rows as $name => $value ) : ?>
					<tr>
						<th scope="row"><?php echo esc_html( $name ); ?></th>
						<?php // A path keeps its slash in front, also where one reads from right to left. ?>
						<td><bdi><?php echo esc_html( $value ); ?></bdi></td>
					</tr>
				<?php endforeach; ?>
			</tbody>
		</table>
		<?php
	}

	/**
	 * Prints the servers and kinds of PHP processes.
	 */
	private function print_servers(): void {
		$columns = Status_Report::server_columns();
		?>
		<h2><?php esc_html_e( 'Servers', 'network-webhooks' ); ?></h2>
		<p><?php esc_html_e( 'Every kind of PHP process needs the extension, and every server the newest webhooks.', 'network-webhooks' ); ?></p>
		<div class="network-webhooks-scroll" tabindex="0" role="group" aria-label="<?php esc_attr_e( 'Servers', 'network-webhooks' ); ?>">
			<table class="widefat striped">
				<thead>
					<tr>
						<?php foreach ( $columns as $column ) : ?>
							<th scope="col"><?php echo esc_html( $column ); ?></th>
						<?php endforeach; ?>
					</tr>
				</thead>
				<tbody>
					<?php foreach ( $this->status_report()->servers() as $row ) : ?>
						<tr>
							<?php foreach ( $row as $at => $value ) : ?>
								<td data-colname="<?php echo esc_attr( $columns[ $at ] ); ?>"><bdi><?php echo esc_html( $value ); ?></bdi></td>
							<?php endforeach; ?>
						</tr>
					<?php endforeach; ?>
				</tbody>
			</table>
		</div>
		<?php
	}

	/**
	 * Prints who gets mail.
	 */
	private function print_addresses(): void {
		$typed = Flash::typed( Status_Actions::FLASH )['addresses'] ?? implode( "\n", (array) Settings::get( Settings::MAIL_TO, array() ) );
		?>
		<h2 id="network-webhooks-mail"><?php esc_html_e( 'Mail', 'network-webhooks' ); ?></h2>
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
					/* translators: %s: an e-mail address */
					esc_html__( 'E-mail addresses, one a line. Empty: the network’s own, %s. A webhook can have its own instead, in its form below “More”. Messages are put together in one mail every 15 minutes at most.', 'network-webhooks' ),
					esc_html( (string) Settings::get( 'admin_email', '' ) )
				);
				?>
			</p>
			<?php submit_button( __( 'Save', 'network-webhooks' ), 'secondary', 'submit', true ); ?>
		</form>
		<?php
	}

	/**
	 * Figures of every part.
	 */
	private function status_report(): Status_Report {
		return new Status_Report( $this->plugin->webhooks(), $this->plugin->outbox() );
	}
}
