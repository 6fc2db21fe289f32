<?php
/**
 * A form that was overtaken.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Admin\Form\Form_Input;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Webhook;

defined( 'ABSPATH' ) || exit;

/**
 * Says who saved meanwhile, and sets side by side what is stored and what was typed.
 */
final class Conflict_Box {

	/**
	 * Prints it.
	 *
	 * @param Form_Input $stored The form of what is stored.
	 * @param Form_Input $typed  What was typed.
	 */
	public static function print( Webhook $webhook, Form_Input $stored, Form_Input $typed ): void {
		?>
		<div class="notice notice-warning inline network-webhooks-conflict">
			<p>
				<strong>
				<?php
				printf(
					/* translators: 1: login name, 2: time */
					esc_html__( '%1$s saved this webhook at %2$s, while you had the form open.', 'network-webhooks' ),
					esc_html( History_Box::who( $webhook->modified_by ) ),
					esc_html( Date_Format::exact( $webhook->modified ) )
				);
				?>
				</strong>
			</p>
			<table class="widefat striped">
				<thead>
					<tr>
						<th scope="col"><?php esc_html_e( 'Setting', 'network-webhooks' ); ?></th>
						<th scope="col"><?php esc_html_e( 'Stored now', 'network-webhooks' ); ?></th>
						<th scope="col"><?php esc_html_e( 'In your form', 'network-webhooks' ); ?></th>
					</tr>
				</thead>
				<tbody>
					<?php foreach ( self::differences( $stored, $typed ) as $label => list( $theirs, $yours ) ) : ?>
						<tr>
							<th scope="row"><?php echo esc_html( $label ); ?></th>
							<td><?php echo esc_html( $theirs ); ?></td>
							<td><?php echo esc_html( $yours ); ?></td>
						</tr>
					<?php endforeach; ?>
				</tbody>
			</table>
			<p><?php esc_html_e( 'Change your form to your liking and save: then yours counts. Or leave it at what is stored.', 'network-webhooks' ); ?></p>
			<p>
				<a class="button" href="<?php echo esc_url( Admin::url( array( 'action' => 'edit', 'webhook' => $webhook->id ) ) ); ?>"><?php esc_html_e( 'Drop my changes', 'network-webhooks' ); ?></a>
			</p>
		</div>
		<?php
	}

	/**
	 * What differs.
	 *
	 * @return array<string, array{string, string}> Label → what is stored, and what was typed.
	 */
	private static function differences( Form_Input $stored, Form_Input $typed ): array {
		$labels      = array(
			'name' => __( 'Name', 'network-webhooks' ),
			'url'  => __( 'URL', 'network-webhooks' ),
		) + Labels::all();
		$differences = array();
		foreach ( $labels as $name => $label ) {
			$pair = array( self::value( $stored, $name ), self::value( $typed, $name ) );
			if ( $pair[0] !== $pair[1] ) {
				$differences[ $label ] = $pair;
			}
		}
		return $differences;
	}

	/**
	 * What stands in an input, for people. Values of headers and keys are secrets.
	 */
	private static function value( Form_Input $form, string $name ): string {
		$value = $form->all()[ $name ] ?? '';
		if ( 'headers' === $name || 'keys' === $name ) {
			$value = array_map( static fn( string $line ) => strtok( $line, ':' ), $form->lines( $name ) );
		}
		$text = is_array( $value ) ? implode( ', ', $value ) : (string) $value;
		return match ( $text ) {
			'' => '—',
			'1' => in_array( $name, array( 'network_events', 'include_imports', 'ordered', 'log_bodies', 'paused' ), true ) ? __( 'yes', 'network-webhooks' ) : '1',
			default => $text,
		};
	}
}
