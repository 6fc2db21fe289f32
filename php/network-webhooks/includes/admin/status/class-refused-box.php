<?php
/**
 * The events that were refused.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Capabilities;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Extension_Messages;
use Network_Webhooks\Payload_Copy;
use Network_Webhooks\Refused_Events;
use Network_Webhooks\Site_Addresses;
use Network_Webhooks\Waiting_Event;

defined( 'ABSPATH' ) || exit;

/**
 * On the status page: the events that are not sent by themselves, each with the reason, its payload,
 * and buttons to try it again or to discard it.
 */
final class Refused_Box {

	/** How many are shown. */
	private const SHOWN = 20;

	/** Bytes of a payload that are shown, about. */
	private const LARGEST = 16 * KB_IN_BYTES;

	/**
	 * Prints them; nothing where there are none.
	 */
	public function print(): void {
		$count = current_user_can( Capabilities::MANAGE ) ? Refused_Events::count() : 0;
		if ( ! $count ) {
			return;
		}
		?>
		<section class="network-webhooks-refused" aria-labelledby="network-webhooks-refused">
			<h2 id="network-webhooks-refused"><?php esc_html_e( 'Refused Events', 'network-webhooks' ); ?></h2>
			<p><?php echo esc_html( self::introduction( $count ) ); ?></p>
			<form method="post" action="<?php echo esc_url( Actions::url( 'discard' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<div class="network-webhooks-scroll" tabindex="0" role="group" aria-labelledby="network-webhooks-refused">
					<table class="widefat striped">
						<thead>
							<tr>
								<?php foreach ( self::columns() as $column ) : ?>
									<th scope="col"><?php echo esc_html( $column ); ?></th>
								<?php endforeach; ?>
							</tr>
						</thead>
						<tbody>
							<?php array_map( array( self::class, 'print_row' ), Refused_Events::newest( self::SHOWN ) ); ?>
						</tbody>
					</table>
				</div>
				<p><button class="button" name="refused" value="all"><?php esc_html_e( 'Discard All', 'network-webhooks' ); ?></button></p>
			</form>
		</section>
		<?php
	}

	/**
	 * What there is.
	 */
	private static function introduction( int $count ): string {
		/* translators: %s: number of events */
		$text = sprintf( _n( '%s event could not be sent and is not tried again by itself.', '%s events could not be sent and are not tried again by themselves.', $count, 'network-webhooks' ), number_format_i18n( $count ) );
		if ( $count > self::SHOWN ) {
			/* translators: %s: number of events */
			$text .= ' ' . sprintf( _n( 'The newest %s is shown.', 'The newest %s are shown.', self::SHOWN, 'network-webhooks' ), number_format_i18n( self::SHOWN ) );
		}
		return $text;
	}

	/**
	 * Names of the columns.
	 *
	 * @return list<string>
	 */
	private static function columns(): array {
		return array(
			__( 'Event', 'network-webhooks' ),
			__( 'Site', 'network-webhooks' ),
			__( 'Happened', 'network-webhooks' ),
			__( 'Why', 'network-webhooks' ),
			__( 'Actions', 'network-webhooks' ),
		);
	}

	/**
	 * Prints one.
	 */
	private static function print_row( Waiting_Event $event ): void {
		$columns = self::columns();
		try {
			$options = $event->options( $event->created );
		} catch ( \UnexpectedValueException ) {
			$options = array();
		}
		$id   = 'network' === ( $options['scope'] ?? '' ) ? 0 : $options['site']['id'] ?? null;
		$site = null === $id ? '' : Site_Addresses::name_of( (int) $id );
		?>
		<tr>
			<td data-colname="<?php echo esc_attr( $columns[0] ); ?>">
				<code><?php echo esc_html( $event->event ); ?></code>
				<?php self::print_payload( $event->id ); ?>
			</td>
			<td data-colname="<?php echo esc_attr( $columns[1] ); ?>"><?php echo esc_html( $site ); ?></td>
			<td data-colname="<?php echo esc_attr( $columns[2] ); ?>"><?php echo esc_html( Date_Format::exact( (int) ( $options['timestamp'] ?? $event->created ) ) ); ?></td>
			<td data-colname="<?php echo esc_attr( $columns[3] ); ?>"><bdi><?php echo esc_html( Extension_Messages::translated( $event->reason ) ); ?></bdi></td>
			<td data-colname="<?php echo esc_attr( $columns[4] ); ?>">
				<?php
				self::print_button( $event, 'retry', __( 'Try Again', 'network-webhooks' ) );
				self::print_button( $event, 'discard', __( 'Discard', 'network-webhooks' ) );
				?>
			</td>
		</tr>
		<?php
	}

	/**
	 * Prints a button of a row, which says to a screen reader what it is for.
	 */
	private static function print_button( Waiting_Event $event, string $action, string $label ): void {
		printf(
			'<button class="button button-small" formaction="%s" name="refused" value="%d" aria-label="%s">%s</button> ',
			esc_url( Actions::url( $action ) ),
			esc_attr( (string) $event->id ),
			esc_attr( "$label: $event->event" ),
			esc_html( $label )
		);
	}

	/**
	 * Prints what an event would have said, as far as that was kept.
	 */
	private static function print_payload( int $id ): void {
		try {
			$data = Refused_Events::find( $id )?->data();
			if ( null === $data ) {
				return;
			}
			$copy = new Payload_Copy( $data, self::LARGEST );
		} catch ( \UnexpectedValueException ) {
			printf( '<p class="description">%s</p>', esc_html__( 'Its data was not kept.', 'network-webhooks' ) );
			return;
		}
		$json = (string) json_encode( json_decode( $copy->json ), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION );
		printf(
			'<details><summary>%s</summary><pre tabindex="0" role="group" aria-label="%s">%s</pre></details>',
			esc_html__( 'Data', 'network-webhooks' ),
			esc_attr__( 'Data', 'network-webhooks' ),
			// esc_html() leaves entities that are there as they are.
			htmlspecialchars( $copy->is_whole ? $json : $json . "\n…", ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8', true ) // phpcs:ignore WordPress.Security.EscapeOutput -- byte for byte; escaped here.
		);
	}
}
