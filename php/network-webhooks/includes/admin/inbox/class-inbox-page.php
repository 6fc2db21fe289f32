<?php
/**
 * The page of the test inbox.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Inbox;

use Network_Webhooks\Admin\Actions;
use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Deliveries\Curl_Command;
use Network_Webhooks\Admin\Menu_Page;
use Network_Webhooks\Environment;
use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Inbox\Requests;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Network Admin › Webhooks › Test Inbox: the address, how it answers, which webhooks send to it,
 * and what came.
 */
final class Inbox_Page extends Menu_Page {

	public const SLUG = Admin::INBOX;

	public const ORDER = 65;

	public const BELOW = Admin::LISTEN;

	/**
	 * {@inheritDoc}
	 */
	public function title(): string {
		return __( 'Test Inbox', 'network-webhooks' );
	}

	/**
	 * {@inheritDoc}
	 */
	public function add_hooks(): void {
		( new Inbox_Actions( $this->plugin->publisher() ) )->add_hooks();
	}

	/**
	 * {@inheritDoc}
	 */
	protected function add_assets(): void {
		parent::add_assets();
		$this->add_style( 'network-webhooks-inbox', 'inbox' );
		$this->add_script( 'network-webhooks-inbox', 'inbox', array( 'network-webhooks' ) );
	}

	/**
	 * {@inheritDoc}
	 */
	public function load(): void {
		Inbox_Help::add( get_current_screen() );
	}

	/**
	 * Address of the page.
	 *
	 * @param array<string, string> $query
	 */
	public static function url( array $query = array() ): string {
		return Admin::url( $query, Admin::INBOX );
	}

	/**
	 * Prints the page.
	 */
	public function print(): void {
		// Only requests that came before this one; 0: the newest.
		$before = absint( self::asked( 'before' ) );
		$inbox  = Inbox::find();
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Test Inbox', 'network-webhooks' ); ?></h1>
			<hr class="wp-header-end">
			<?php $this->print_tabs(); ?>
			<p><?php esc_html_e( 'An address of this network that takes any request and shows what came: method, headers, body, and whether the signature is valid. Send to it what you would send to a receiver, before there is one.', 'network-webhooks' ); ?></p>
			<?php
			if ( ! $inbox ) {
				self::print_beginning();
			} elseif ( ! $inbox->is_open() ) {
				self::print_closed();
			} else {
				$this->print_inbox( $inbox, $before );
			}
			?>
			<form id="network-webhooks-row" method="post"><?php Actions::print_nonce(); ?></form>
		</div>
		<?php
	}

	/**
	 * Prints the button that makes the inbox.
	 */
	private static function print_beginning(): void {
		if ( Inbox::is_production() ) {
			self::print_warning();
		}
		$label = Inbox::is_production() ? __( 'Turn On the Test Inbox Here', 'network-webhooks' ) : __( 'Make a Test Inbox', 'network-webhooks' );
		echo '<p>', self::button( 'inbox_make', $label, 'button-primary' ), '</p>'; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
	}

	/**
	 * Prints that there is an inbox, and that it is off.
	 */
	private static function print_closed(): void {
		self::print_warning();
		echo '<p>', self::button( 'inbox_make', __( 'Turn On the Test Inbox Here', 'network-webhooks' ), 'button-primary' ), ' ', self::button( 'inbox_delete', __( 'Delete the Inbox', 'network-webhooks' ) ), '</p>'; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
	}

	/**
	 * Prints why it is off.
	 */
	private static function print_warning(): void {
		printf(
			'<div class="notice notice-warning inline"><p>%s</p></div>',
			/* translators: %s: the PHP constant WP_ENVIRONMENT_TYPE */
			esc_html( sprintf( __( 'The test inbox is off, since this is a production environment (%s says nothing else). Whoever knows the address of an inbox can send to it: 30 requests in 10 seconds at most, of 256 KB each, and nothing of them reaches the network itself. Delete it when you are done.', 'network-webhooks' ), 'WP_ENVIRONMENT_TYPE' ) )
		);
	}

	/**
	 * Prints all of it.
	 */
	private function print_inbox( Inbox $inbox, int $before ): void {
		$url = $inbox->url();
		?>
		<table class="form-table" role="presentation">
			<tr>
				<th scope="row"><label for="network-webhooks-address"><?php esc_html_e( 'Address', 'network-webhooks' ); ?></label></th>
				<td>
					<input type="text" readonly class="large-text code" dir="ltr" id="network-webhooks-address" value="<?php echo esc_attr( $url ); ?>" data-network-webhooks-copy>
					<p>
						<a class="button button-primary" href="<?php echo esc_url( Admin::url( array( 'inbox' => '1' ), Admin::NEW ) ); ?>"><?php esc_html_e( 'Add a Webhook for This Inbox', 'network-webhooks' ); ?></a>
						<?php
						echo self::button( 'inbox_move', __( 'New Address', 'network-webhooks' ) ), ' ', self::button( 'inbox_delete', __( 'Delete the Inbox', 'network-webhooks' ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
						?>
					</p>
				</td>
			</tr>
			<tr>
				<th scope="row"><?php esc_html_e( 'Answer', 'network-webhooks' ); ?></th>
				<td><?php self::print_answer( $inbox ); ?></td>
			</tr>
			<tr>
				<th scope="row"><?php esc_html_e( 'Webhooks', 'network-webhooks' ); ?></th>
				<td><?php $this->print_webhooks( $inbox ); ?></td>
			</tr>
		</table>
		<div id="network-webhooks-test" role="status" aria-live="polite"></div>
		<?php
		self::print_requests( $url, $before );
	}

	/**
	 * Prints how it answers.
	 */
	private static function print_answer( Inbox $inbox ): void {
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'inbox_save' ) ); ?>" class="network-webhooks-answer">
			<?php Actions::print_nonce(); ?>
			<label for="network-webhooks-answer-status"><?php esc_html_e( 'HTTP status', 'network-webhooks' ); ?></label>
			<input type="number" class="small-text" id="network-webhooks-answer-status" name="status" min="<?php echo esc_attr( (string) Inbox::STATUSES[0] ); ?>" max="<?php echo esc_attr( (string) Inbox::STATUSES[1] ); ?>" required value="<?php echo esc_attr( (string) $inbox->status ); ?>" aria-describedby="network-webhooks-answer-help">
			<label for="network-webhooks-answer-delay"><?php esc_html_e( 'after seconds', 'network-webhooks' ); ?></label>
			<input type="number" class="small-text" id="network-webhooks-answer-delay" name="delay" min="0" max="<?php echo esc_attr( (string) Inbox::LONGEST_DELAY ); ?>" required value="<?php echo esc_attr( (string) $inbox->delay ); ?>" aria-describedby="network-webhooks-answer-help">
			<?php submit_button( __( 'Save Answer', 'network-webhooks' ), '', 'submit', false ); ?>
			<p class="description" id="network-webhooks-answer-help"><?php esc_html_e( 'A status other than 200 to 299 shows what a failure looks like, and how it is repeated. An answer that waits keeps a PHP process: so it is 10 seconds at most, and what comes meanwhile is answered at once.', 'network-webhooks' ); ?></p>
		</form>
		<?php
	}

	/**
	 * Prints the webhooks that send to it, each with a button for a test event.
	 */
	private function print_webhooks( Inbox $inbox ): void {
		$senders = array_filter( $this->plugin->webhooks()->all(), static fn( Webhook $webhook ) => $inbox->is_at( $webhook->url ) );
		if ( ! $senders ) {
			esc_html_e( 'None has this address yet. The secrets of those that have it are what signatures are checked with.', 'network-webhooks' );
			return;
		}
		echo '<ul class="network-webhooks-senders">';
		foreach ( $senders as $webhook ) {
			printf(
				'<li><a href="%1$s">%2$s</a> %3$s</li>',
				esc_url( Admin::url( array( 'action' => 'edit', 'webhook' => $webhook->id ) ) ),
				esc_html( $webhook->name ),
				Environment::has_extension() ? self::test_button( $webhook ) : '' // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
			);
		}
		echo '</ul>';
	}

	/**
	 * Prints what came.
	 */
	private static function print_requests( string $url, int $before ): void {
		$entries  = new Inbox_Entries( new Requests() );
		$requests = $entries->read( 0, $before );
		$last     = $requests ? end( $requests )->id : 0;
		?>
		<h2><?php esc_html_e( 'Requests', 'network-webhooks' ); ?></h2>
		<p class="network-webhooks-inbox-bar">
			<a class="button hide-if-js" href="<?php echo esc_url( self::url() ); ?>"><?php esc_html_e( 'Show New Requests', 'network-webhooks' ); ?></a>
			<?php echo self::button( 'inbox_empty', __( 'Delete All Requests', 'network-webhooks' ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there. ?>
			<span class="description"><?php esc_html_e( 'The last 100 are kept, for 24 hours.', 'network-webhooks' ); ?></span>
		</p>
		<div id="network-webhooks-empty"<?php echo $requests ? ' hidden' : ''; ?>>
			<p><?php esc_html_e( 'Nothing came yet. What arrives is shown here at once. From a terminal:', 'network-webhooks' ); ?></p>
			<pre class="network-webhooks-example" tabindex="0" role="group" dir="ltr" aria-label="<?php esc_attr_e( 'Example', 'network-webhooks' ); ?>"><?php echo esc_html( 'curl --json ' . Curl_Command::quote( '{"hello": "world"}' ) . ' --globoff ' . Curl_Command::quote( $url ) ); ?></pre>
		</div>
		<div id="network-webhooks-requests" data-live="<?php echo $before ? '' : '1'; ?>" data-rows="<?php echo esc_attr( (string) Inbox_Entries::ROWS ); ?>"><?php echo Inbox_Entries::html( $requests ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there. ?></div>
		<p class="network-webhooks-pages">
			<?php if ( $before ) : ?>
				<a class="button" href="<?php echo esc_url( self::url() ); ?>"><?php esc_html_e( 'Newest', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<?php if ( count( $requests ) === Inbox_Entries::ROWS ) : ?>
				<a class="button" href="<?php echo esc_url( self::url( array( 'before' => (string) $last ) ) ); ?>"><?php esc_html_e( 'Older requests', 'network-webhooks' ); ?></a>
			<?php endif; ?>
		</p>
		<?php
	}

	/**
	 * A button of the form at the end of the page.
	 */
	private static function button( string $action, string $label, string $kind = '' ): string {
		return sprintf( '<button class="button %s" form="network-webhooks-row" formaction="%s">%s</button>', esc_attr( $kind ), esc_url( Actions::url( $action ) ), esc_html( $label ) );
	}

	/**
	 * The button that sends a test event.
	 */
	private static function test_button( Webhook $webhook ): string {
		return sprintf(
			'<button class="button button-small" form="network-webhooks-row" formaction="%s" name="webhook" value="%s" aria-label="%s" data-network-webhooks="test">%s</button>',
			esc_url( Actions::url( 'test' ) ),
			esc_attr( $webhook->id ),
			esc_attr( __( 'Send Test Event', 'network-webhooks' ) . ": $webhook->name" ),
			esc_html__( 'Send Test Event', 'network-webhooks' )
		);
	}
}
