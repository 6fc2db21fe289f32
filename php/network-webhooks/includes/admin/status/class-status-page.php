<?php
/**
 * How everything is.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Announcements\Health_Checks;
use Network_Webhooks\Status_Report;
use Network_Webhooks\Support_Report;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Settings › Status: what is wrong and what to do first, then every part with its
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
		return __( 'Settings', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function tab_title(): string {
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
			<?php $this->print_tabs(); ?>
			<?php
			$this->print_problems();
			( new Refused_Box() )->print();
			foreach ( $this->status_report()->sections() as $title => $rows ) {
				$this->print_section( $title, $rows );
			}
			$this->print_servers();
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
	 * Figures of every part.
	 */
	private function status_report(): Status_Report {
		return new Status_Report( $this->plugin->webhooks(), $this->plugin->outbox() );
	}
}
