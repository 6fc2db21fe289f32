<?php
/**
 * What came of a test event, for browsers without JavaScript.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Waits for the confirmation and shows it.
 */
final class Test_Page {

	/**
	 * Takes the parts.
	 */
	public function __construct( private readonly Test_Event $test ) {}

	/**
	 * Prints the page. Its upper part is sent before the waiting, so that something is seen.
	 */
	public function print( Webhook $webhook, string $event_id ): void {
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Send Test Event', 'network-webhooks' ); ?></h1>
			<p><?php echo esc_html( $webhook->name ); ?> — <code><?php echo esc_html( $webhook->url ); ?></code></p>
			<div id="network-webhooks-test" role="status" aria-live="polite">
				<p class="network-webhooks-progress"><span class="spinner is-active"></span> <?php esc_html_e( 'Sending, and waiting for the endpoint’s answer …', 'network-webhooks' ); ?></p>
				<?php
				wp_ob_end_flush_all();
				flush();
				$this->print_result( $event_id );
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
	private function print_result( string $event_id ): void {
		try {
			$delivery = $this->test->result( $event_id, Test_Event::PATIENCE );
			echo $delivery ? Test_Report::of( $delivery ) : Test_Report::nothing_yet(); // Escaped there.
		} catch ( \Throwable $error ) {
			echo Test_Report::error( $error->getMessage() ); // Escaped there.
		}
	}
}
