<?php
/**
 * What fails, and why.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Deliveries;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Failure;

defined( 'ABSPATH' ) || exit;

/**
 * Failures grouped by webhook and cause, the largest first: what is wrong, what to do about it,
 * and one button that sends all of them again.
 */
final class Failures_Box {

	/** Groups that are shown at once: with more the list of deliveries would be far below. */
	private const SHOWN = 3;

	/** Groups that are shown at most; each of the others is a cause in the filter. */
	private const MOST = 10;

	/**
	 * @param list<array<string, mixed>> $groups As webhooks_failures() gives them.
	 * @param string                     $error  Why they can't be read; empty: they can.
	 * @param Delivery_Rows              $rows   Know what webhooks are called.
	 */
	private function __construct( private readonly array $groups, private readonly string $error, private readonly Delivery_Rows $rows ) {}

	/**
	 * Reads what fails.
	 *
	 * @param string $webhook_id Of one webhook; empty: of all.
	 */
	public static function of( string $webhook_id, Delivery_Rows $rows ): self {
		try {
			return new self( webhooks_failures( '' === $webhook_id ? array() : array( 'webhook_id' => $webhook_id ) ), '', $rows );
		} catch ( \Exception $error ) {
			return new self( array(), Extension_Messages::of( $error ), $rows );
		}
	}

	/**
	 * The causes, as they stand in an address → in words.
	 *
	 * @return array<string, string>
	 */
	public function causes(): array {
		$causes = array();
		foreach ( $this->groups as $group ) {
			$causes[ Delivery_Query::cause( $group['code'], $group['status'] ) ] = self::cause( $group );
		}
		asort( $causes, SORT_NATURAL | SORT_FLAG_CASE );
		return $causes;
	}

	/**
	 * Prints the groups; nothing where all is well.
	 */
	public function print(): void {
		if ( '' !== $this->error ) {
			printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html( $this->error ) );
		}
		if ( ! $this->groups ) {
			return;
		}
		?>
		<section class="network-webhooks-failures" aria-labelledby="network-webhooks-failures">
			<h2 id="network-webhooks-failures"><?php esc_html_e( 'Failing deliveries', 'network-webhooks' ); ?></h2>
			<?php
			$this->print_groups( array_slice( $this->groups, 0, self::SHOWN ) );
			$more = array_slice( $this->groups, self::SHOWN, self::MOST - self::SHOWN );
			if ( $more ) {
				/* translators: %s: number of causes why deliveries fail */
				printf( '<details><summary>%s</summary>', esc_html( sprintf( _n( '%s more cause', '%s more causes', count( $more ), 'network-webhooks' ), number_format_i18n( count( $more ) ) ) ) );
				$this->print_groups( $more );
				echo '</details>';
			}
			?>
		</section>
		<?php
	}

	/**
	 * Prints some of the groups.
	 *
	 * @param list<array<string, mixed>> $groups
	 */
	private function print_groups( array $groups ): void {
		echo '<ul>';
		array_walk( $groups, fn( array $group ) => $this->print_group( $group ) );
		echo '</ul>';
	}

	/**
	 * Prints one group.
	 *
	 * @param array<string, mixed> $group As webhooks_failures() gives it.
	 */
	private function print_group( array $group ): void {
		$attempt = array(
			'status'  => $group['status'],
			'failure' => array( 'code' => $group['code'] ),
		);
		$query   = Delivery_Query::of(
			array(
				'webhook' => $group['webhook_id'],
				'state'   => 'failed',
				'cause'   => Delivery_Query::cause( $group['code'], $group['status'] ),
			)
		);
		?>
		<li>
			<p>
				<strong><?php echo esc_html( $this->heading( $group ) ); ?></strong>
				— <?php echo esc_html( $this->rows->name( $group['webhook_id'] ) ); ?>
			</p>
			<p><?php echo esc_html( Failure::sentence( $attempt ) ); ?></p>
			<p>
				<?php
				if ( $group['waiting'] ) {
					/* translators: %s: number of deliveries */
					echo esc_html( sprintf( _n( '%s of them is tried again by itself.', '%s of them are tried again by themselves.', $group['waiting'], 'network-webhooks' ), number_format_i18n( $group['waiting'] ) ) ), ' ';
				}
				?>
				<a href="<?php echo esc_url( Delivery_View::url( $group['example'] ) ); ?>"><?php esc_html_e( 'Look at the last one', 'network-webhooks' ); ?></a>
				<?php if ( $group['failed'] && current_user_can( Capabilities::MANAGE ) ) : ?>
					| <a href="<?php echo esc_url( Bulk_View::url( $query ) ); ?>">
						<?php
						/* translators: %s: number of deliveries */
						echo esc_html( sprintf( _n( 'Resend the %s that failed for good', 'Resend the %s that failed for good', $group['failed'], 'network-webhooks' ), number_format_i18n( $group['failed'] ) ) );
						?>
					</a>
				<?php endif; ?>
			</p>
		</li>
		<?php
	}

	/**
	 * The cause, from whom, how often and since when.
	 *
	 * @param array<string, mixed> $group
	 */
	private function heading( array $group ): string {
		return sprintf(
			/* translators: 1: status such as 401 or a cause such as “out of time”, 2: name of a host, 3: number of deliveries, 4: date and time */
			_n( '%1$s from %2$s, %3$s delivery since %4$s', '%1$s from %2$s, %3$s deliveries since %4$s', $group['count'], 'network-webhooks' ),
			self::cause( $group ),
			$group['host'] ?? __( 'a deleted webhook', 'network-webhooks' ),
			number_format_i18n( $group['count'] ),
			Date_Format::exact( $group['since'] )
		);
	}

	/**
	 * The cause in a word or two: the status, where there was one.
	 *
	 * @param array<string, mixed> $group
	 */
	private static function cause( array $group ): string {
		return $group['status'] ? (string) $group['status'] : Failure::cause( $group['code'] );
	}
}
