<?php
/**
 * One event that was heard.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin\Listen;

use Network_Webhooks\Admin\Admin;
use Network_Webhooks\Admin\Form\Fields;
use Network_Webhooks\Capabilities;
use Network_Webhooks\Captured_Event;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * A recorded event with its payload, what became of it for every webhook, and what to do with it.
 * Those who may only look don't see the payload.
 */
final class Captured_Event_View {

	public function __construct( private readonly Webhooks $webhooks, private readonly Event_Registry $registry ) {}

	/**
	 * Prints the page.
	 */
	public function print( int $id ): void {
		$captured = Captured_Events::find( $id );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php echo esc_html( $captured ? $this->registry->name( $captured->event ) : __( 'Recorded Event', 'network-webhooks' ) ); ?></h1>
			<a class="page-title-action" href="<?php echo esc_url( Admin::url( array(), Admin::LISTEN ) ); ?>"><?php esc_html_e( 'All Recorded Events', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php
			if ( $captured ) {
				$this->print_event( $captured );
			} else {
				printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html__( 'This event no longer exists: they are kept for 24 hours, and only the newest 500 of them.', 'network-webhooks' ) );
			}
			?>
		</div>
		<?php
	}

	/**
	 * Prints what is known.
	 */
	private function print_event( Captured_Event $captured ): void {
		$rows    = new Captured_Rows( $this->webhooks, $this->registry );
		$place   = Captured_Rows::place( $captured );
		$manages = current_user_can( Capabilities::MANAGE );
		$facts   = array(
			__( 'Event', 'network-webhooks' )     => $captured->event,
			__( 'Happened', 'network-webhooks' )  => Date_Format::exact( $captured->time() ),
			__( 'Site', 'network-webhooks' )      => Captured_Rows::site( $captured, Captured_Rows::sites( array( $captured ) ) ),
			__( 'Done by', 'network-webhooks' )   => $rows->actor( $captured, Captured_Rows::users( array( $captured ) ) ),
			__( 'Raised by', 'network-webhooks' ) => $place[0] ?? '',
			__( 'Line', 'network-webhooks' )      => $place[1] ?? '',
			__( 'Event id', 'network-webhooks' )  => (string) $captured->event_id,
		);
		?>
		<dl class="network-webhooks-facts">
			<?php foreach ( array_filter( $facts, 'strlen' ) as $name => $value ) : ?>
				<div><dt><?php echo esc_html( $name ); ?></dt><dd><?php echo esc_html( $value ); ?></dd></div>
			<?php endforeach; ?>
		</dl>
		<h2><?php esc_html_e( 'Outcome', 'network-webhooks' ); ?></h2>
		<ul class="ul-disc">
			<?php foreach ( $rows->sentences( $captured ) as $sentence ) : ?>
				<li><?php echo esc_html( $sentence ); ?></li>
			<?php endforeach; ?>
		</ul>
		<?php if ( $rows->others( $captured ) ) : ?>
			<p class="description">
				<?php
				/* translators: %s: names of webhooks */
				echo esc_html( sprintf( __( 'Webhooks that are not subscribed: %s', 'network-webhooks' ), implode( ', ', $rows->others( $captured ) ) ) );
				?>
			</p>
		<?php endif; ?>
		<?php if ( null !== $captured->event_id ) : ?>
			<p><a href="<?php echo esc_url( Admin::url( array( 's' => $captured->event_id ), Admin::DELIVERIES ) ); ?>"><?php esc_html_e( 'See its deliveries', 'network-webhooks' ); ?></a></p>
		<?php endif; ?>
		<h2><?php esc_html_e( 'Payload', 'network-webhooks' ); ?></h2>
		<?php
		if ( ! $manages ) {
			printf( '<p>%s</p>', esc_html__( 'The payload is shown to those who manage webhooks.', 'network-webhooks' ) );
			return;
		}
		self::print_payload( $captured );
		printf( '<p><a class="button" href="%s">%s</a></p>', esc_url( Captured_Rows::new_url( $captured ) ), esc_html__( 'Add a webhook for this', 'network-webhooks' ) );
		if ( $captured->is_testable() ) {
			$this->print_use( $captured );
		}
	}

	/**
	 * Prints the payload, or why there is none.
	 */
	private static function print_payload( Captured_Event $captured ): void {
		if ( ! $captured->has_data ) {
			printf( '<p>%s</p>', esc_html__( 'None was made, as the event was not to be sent.', 'network-webhooks' ) );
			return;
		}
		if ( $captured->is_masked() ) {
			printf( '<p class="description">%s</p>', esc_html__( 'Its text was hidden before it was stored, because it may contain access links, such as a link that confirms an address.', 'network-webhooks' ) );
		}
		if ( ! $captured->is_whole ) {
			/* translators: %s: a size such as 64 KB */
			printf( '<p class="description">%s</p>', esc_html( sprintf( __( 'It has more than %s, of which this is the beginning. What was sent is whole.', 'network-webhooks' ), (string) size_format( Captured_Events::LARGEST ) ) ) );
		}
		printf(
			'<pre class="network-webhooks-payload" tabindex="0" role="group" aria-label="%s" data-network-webhooks-copy>%s</pre>',
			esc_attr__( 'Payload', 'network-webhooks' ),
			Fields::exact( (string) json_encode( json_decode( (string) $captured->json ), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
		);
	}

	/**
	 * Prints the way to the form of a webhook, with this payload for its test event.
	 */
	private function print_use( Captured_Event $captured ): void {
		$webhooks = $this->webhooks->all();
		if ( ! $webhooks ) {
			return;
		}
		// Those that get such events come first.
		usort( $webhooks, static fn( $a, $b ) => array( null !== $a->turns_away( $captured->event, null ), $a->name ) <=> array( null !== $b->turns_away( $captured->event, null ), $b->name ) );
		?>
		<form method="get" id="network-webhooks-use">
			<input type="hidden" name="page" value="<?php echo esc_attr( Admin::PAGE ); ?>">
			<input type="hidden" name="action" value="edit">
			<input type="hidden" name="heard" value="<?php echo esc_attr( (string) $captured->id ); ?>">
			<label for="network-webhooks-use-for"><?php esc_html_e( 'Use as test payload for', 'network-webhooks' ); ?></label>
			<select name="webhook" id="network-webhooks-use-for">
				<?php foreach ( $webhooks as $webhook ) : ?>
					<option value="<?php echo esc_attr( $webhook->id ); ?>"><?php echo esc_html( $webhook->name ); ?></option>
				<?php endforeach; ?>
			</select>
			<?php submit_button( __( 'Open its form', 'network-webhooks' ), '', '', false ); ?>
		</form>
		<?php
	}
}
