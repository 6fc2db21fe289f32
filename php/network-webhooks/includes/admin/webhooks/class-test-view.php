<?php
/**
 * What came of a test event, on a page of its own.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Waits for the confirmation and shows it: for browsers without JavaScript, and for an attempt
 * that goes on after one stopped waiting.
 */
final class Test_View {

	public function __construct( private readonly Test_Event $test ) {}

	/**
	 * Prints the page. Its upper part is sent before the waiting, so that something is seen.
	 *
	 * @param Webhook|null $webhook null: it was tested before it was saved.
	 * @param string       $back    Id of the webhook to whose form one goes back; empty: a new one.
	 */
	public function print( ?Webhook $webhook, string $event_id, string $back = '' ): void {
		?>
		<div class="wrap">
			<h1><?php esc_html_e( 'Send Test Event', 'network-webhooks' ); ?></h1>
			<?php if ( $webhook ) : ?>
				<p><?php echo esc_html( $webhook->name ); ?> — <code><?php echo esc_html( $webhook->url ); ?></code></p>
			<?php endif; ?>
			<div id="network-webhooks-test" role="status" aria-live="polite">
				<p class="network-webhooks-progress"><span class="spinner is-active"></span> <?php esc_html_e( 'Sending, and waiting for the endpoint’s answer …', 'network-webhooks' ); ?></p>
				<?php
				wp_ob_end_flush_all();
				flush();
				$this->print_result( $event_id );
				?>
			</div>
			<p>
				<?php if ( ! $webhook ) : ?>
					<a class="button button-primary" href="<?php echo esc_url( self::form( $back ) ); ?>"><?php esc_html_e( 'Back to the form', 'network-webhooks' ); ?></a>
				<?php endif; ?>
				<a class="button" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'All Webhooks', 'network-webhooks' ); ?></a>
			</p>
		</div>
		<?php
	}

	/**
	 * Address of the page for an event.
	 */
	public static function url( string $event_id, string $webhook = '', string $back = '' ): string {
		return Admin::url(
			array_filter(
				array(
					'action'  => 'test',
					'event'   => $event_id,
					'webhook' => $webhook,
					'back'    => $back,
				)
			)
		);
	}

	/**
	 * Waits, and prints what came.
	 */
	private function print_result( string $event_id ): void {
		try {
			$delivery = $this->test->wait( $event_id, Test_Event::PATIENCE );
			echo $delivery ? Test_Report::of( $delivery ) : Test_Report::nothing_yet( $event_id, $this->test->at_inbox( $event_id ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		} catch ( \Throwable $error ) {
			echo Test_Report::error( Extension_Messages::of( $error ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		}
	}

	/**
	 * Address of the form that was tested.
	 */
	private static function form( string $webhook ): string {
		if ( '' === $webhook ) {
			return Admin::url( array(), Admin::NEW );
		}
		return Admin::url(
			array(
				'action'  => 'edit',
				'webhook' => $webhook,
			)
		);
	}
}
