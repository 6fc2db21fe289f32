<?php
/**
 * What came of several test events.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Waits for the confirmations and shows them, one below the other.
 */
final class Tests_View {

	public function __construct( private readonly Webhooks $webhooks, private readonly Test_Event $test ) {}

	/**
	 * Prints the page. Each part is sent as soon as it is known.
	 *
	 * @param string $tests Webhooks and their test events: `id:event,id:event`.
	 */
	public function print( string $tests ): void {
		$until = microtime( true ) + Test_Event::PATIENCE;
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Send Test Event', 'network-webhooks' ); ?></h1>
			<div role="status" aria-live="polite">
				<?php
				foreach ( explode( ',', $tests ) as $test ) {
					$parts   = explode( ':', $test, 2 );
					$webhook = $this->webhooks->find( $parts[0] );
					if ( $webhook ) {
						printf( '<h2>%s</h2>', esc_html( $webhook->name ) );
						wp_ob_end_flush_all();
						flush();
						$this->print_result( $parts[1] ?? '', max( 0.0, $until - microtime( true ) ) );
					}
				}
				?>
			</div>
			<p>
				<a class="button" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'All Webhooks', 'network-webhooks' ); ?></a>
			</p>
		</div>
		<?php
	}

	/**
	 * Waits, and prints what came.
	 */
	private function print_result( string $event, float $seconds ): void {
		try {
			$delivery = $this->test->wait( $event, $seconds );
			echo $delivery ? Test_Report::of( $delivery ) : Test_Report::nothing_yet( $event, $this->test->at_inbox( $event ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		} catch ( \Throwable $error ) {
			echo Test_Report::error( Extension_Messages::of( $error ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		}
	}
}
