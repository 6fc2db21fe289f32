<?php
/**
 * The form of a custom event.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Custom_Event;
use Network_Webhooks\Custom_Events;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Hook_Calls;
use Network_Webhooks\Secrets;
use Network_Webhooks\Site_Addresses;

defined( 'ABSPATH' ) || exit;

/**
 * Edit Custom Event: where the action is fired, what it handed over when it was recorded, and which
 * of that is sent.
 */
final class Custom_Event_Form {

	/** Rows where nobody knows how many arguments there are. */
	private const ROWS = 4;
	/** Places in the code that are named. */
	private const PLACES = 3;

	public function __construct( private readonly Event_Registry $registry ) {}

	/**
	 * Prints the page.
	 */
	public function print( Custom_Event $event ): void {
		$calls  = array_filter( Hook_Calls::known( $event->action ), static fn( array $call ) => $call['is_action'] );
		$sample = Custom_Events::samples()[ $event->slug ] ?? null;
		$typed  = Flash::typed( Custom_Event_Actions::FLASH . ":$event->slug" );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php esc_html_e( 'Edit Custom Event', 'network-webhooks' ); ?></h1>
			<a class="page-title-action" href="<?php echo esc_url( Custom_Events_Page::url() ); ?>"><?php esc_html_e( 'All Custom Events', 'network-webhooks' ); ?></a>
			<hr class="wp-header-end">
			<?php Custom_Events_Page::print_outcome(); ?>
			<?php foreach ( Custom_Events_Page::sentences( Custom_Events::remarks()[ $event->slug ] ?? array() ) as $sentence ) : ?>
				<div class="notice notice-warning"><p><?php echo esc_html( $sentence ); ?></p></div>
			<?php endforeach; ?>
			<h2><?php esc_html_e( 'What the action hands over', 'network-webhooks' ); ?></h2>
			<?php $this->print_places( $event, $calls ); ?>
			<?php $this->print_recording( $event, $sample ); ?>
			<h2><?php esc_html_e( 'What is sent', 'network-webhooks' ); ?></h2>
			<form method="post" action="<?php echo esc_url( Actions::url( 'custom_save' ) ); ?>">
				<?php Actions::print_nonce(); ?>
				<input type="hidden" name="event" value="<?php echo esc_attr( $event->slug ); ?>">
				<table class="form-table" role="presentation">
					<tr>
						<th scope="row"><label for="network-webhooks-custom-name"><?php esc_html_e( 'Name', 'network-webhooks' ); ?></label></th>
						<td><input type="text" class="regular-text" id="network-webhooks-custom-name" name="name" value="<?php echo esc_attr( $typed['name'] ?? $event->name ); ?>" required maxlength="<?php echo (int) Custom_Event::NAME_LENGTH; ?>"></td>
					</tr>
					<tr>
						<th scope="row"><?php esc_html_e( 'Identifier', 'network-webhooks' ); ?></th>
						<td><code><?php echo esc_html( $event->slug ); ?></code></td>
					</tr>
				</table>
				<p>
					<?php esc_html_e( 'Tick what receivers get, and give it a name in the data. Of objects, and of arrays with keys, only ticked fields are sent.', 'network-webhooks' ); ?>
					<?php esc_html_e( 'What has pass, key, token, secret, nonce or cookie in its name is never sent, and what looks like one is masked. A password under a name of which nobody can tell is not recognized: tick only what you know.', 'network-webhooks' ); ?>
				</p>
				<?php $this->print_arguments( $event, Hook_Calls::names( $calls ), $sample['arguments'] ?? array(), $typed ); ?>
				<?php submit_button( __( 'Save Custom Event', 'network-webhooks' ) ); ?>
			</form>
			<?php $this->print_example( $event ); ?>
		</div>
		<?php
	}

	/**
	 * Prints where the action is fired.
	 *
	 * @param array<array{file: string, line: int, arguments: list<string>}> $calls
	 */
	private function print_places( Custom_Event $event, array $calls ): void {
		printf( '<p><code>%s</code></p>', esc_html( $event->action ) );
		if ( ! $calls ) {
			printf( '<p>%s</p>', esc_html__( 'No call of it was found in the code that is installed. Its name may be made of parts, or be mistyped: a recording shows whether it is fired.', 'network-webhooks' ) );
			return;
		}
		echo '<ul class="ul-disc">';
		foreach ( array_slice( $calls, 0, self::PLACES ) as $call ) {
			$names = array_map( static fn( string $name ) => '' === $name ? '…' : "\$$name", $call['arguments'] );
			printf(
				'<li>%1$s <code>%2$s</code></li>',
				/* translators: 1: path of a file, 2: number of a line */
				esc_html( sprintf( __( '%1$s, line %2$d:', 'network-webhooks' ), $call['file'], $call['line'] ) ),
				esc_html( sprintf( 'do_action( %s )', implode( ', ', array( "'$event->action'", ...$names ) ) ) )
			);
		}
		echo '</ul>';
		if ( count( $calls ) > self::PLACES ) {
			$more = count( $calls ) - self::PLACES;
			/* translators: %s: number of places */
			printf( '<p>%s</p>', esc_html( sprintf( _n( 'And at %s more place.', 'And at %s more places.', $more, 'network-webhooks' ), number_format_i18n( $more ) ) ) );
		}
	}

	/**
	 * Prints how recording stands, and the button.
	 *
	 * @param array{recording: string, at: int, site_id: int}|null $sample
	 */
	private function print_recording( Custom_Event $event, ?array $sample ): void {
		$time = static fn( int $at ) => Date_Format::minute( $at );
		if ( $event->is_recording() && ( $sample['recording'] ?? '' ) !== $event->recording ) {
			printf(
				'<div class="notice notice-info inline"><p>%1$s <a href="%2$s">%3$s</a></p></div>',
				/* translators: %s: date and time */
				esc_html( sprintf( __( 'Waiting for the action to be fired, until %s.', 'network-webhooks' ), $time( $event->until ) ) ),
				esc_url( Custom_Events_Page::url( array( 'event' => $event->slug ) ) ),
				esc_html__( 'Look again', 'network-webhooks' )
			);
			return;
		}
		if ( $sample ) {
			/* translators: 1: date and time, 2: address of a site */
			printf( '<p>%s</p>', esc_html( sprintf( __( 'Recorded %1$s on %2$s: types and names of fields, no values.', 'network-webhooks' ), $time( $sample['at'] ), Site_Addresses::name_of( $sample['site_id'] ) ) ) );
		} elseif ( '' !== $event->recording ) {
			printf( '<p>%s</p>', esc_html__( 'The action was not fired within the ten minutes of the recording.', 'network-webhooks' ) );
		}
		?>
		<form method="post" action="<?php echo esc_url( Actions::url( 'custom_record' ) ); ?>">
			<?php Actions::print_nonce(); ?>
			<input type="hidden" name="event" value="<?php echo esc_attr( $event->slug ); ?>">
			<p>
				<?php submit_button( $sample ? __( 'Record Again', 'network-webhooks' ) : __( 'Record the Next Occurrence', 'network-webhooks' ), 'secondary', 'submit', false ); ?>
				<?php esc_html_e( 'For ten minutes the plugin waits for the action, and notes what it hands over: types and names, no values.', 'network-webhooks' ); ?>
			</p>
		</form>
		<?php
	}

	/**
	 * Prints the table of the arguments.
	 *
	 * @param list<string>                                             $names  What they are called in the code.
	 * @param list<array{type: string, fields: array<string, string>}> $sample
	 * @param array<string, string>|null                               $typed  What could not be saved.
	 */
	private function print_arguments( Custom_Event $event, array $names, array $sample, ?array $typed ): void {
		$chosen = array_column( $event->arguments, null, 'index' );
		$rows   = $typed ? (array) json_decode( (string) ( $typed['rows'] ?? '' ), true ) : array();
		$count  = max( count( $names ), count( $sample ), $chosen ? 1 + max( array_keys( $chosen ) ) : 0 );
		$count  = $count ? $count : self::ROWS;
		?>
		<table class="widefat striped network-webhooks-arguments">
			<thead>
				<tr>
					<th scope="col"><?php esc_html_e( 'Send', 'network-webhooks' ); ?></th>
					<th scope="col"><?php esc_html_e( 'Argument', 'network-webhooks' ); ?></th>
					<th scope="col"><?php esc_html_e( 'Name in the data', 'network-webhooks' ); ?></th>
					<th scope="col"><?php esc_html_e( 'Fields', 'network-webhooks' ); ?></th>
				</tr>
			</thead>
			<tbody>
				<?php
				$count = min( $count, Custom_Event::ARGUMENTS );
				for ( $index = 0; $index < $count; $index++ ) {
					$name = $names[ $index ] ?? '';
					$row  = $rows[ $index ] ?? array(
						'use'    => isset( $chosen[ $index ] ),
						'key'    => $chosen[ $index ]['name'] ?? ( '' === $name ? 'argument_' . ( $index + 1 ) : $name ),
						'fields' => $chosen[ $index ]['fields'] ?? array(),
						'more'   => '',
					);
					$this->print_argument( $index, $name, $row, $sample[ $index ] ?? null );
				}
				?>
			</tbody>
		</table>
		<?php
	}

	/**
	 * Prints an argument's row.
	 *
	 * @param string                                                       $name   What it is called in the code.
	 * @param array{use: bool, key: string, fields: list<string>, more: string} $row
	 * @param array{type: string, fields: array<string, string>}|null      $sample
	 */
	private function print_argument( int $index, string $name, array $row, ?array $sample ): void {
		$id     = "network-webhooks-argument-$index";
		$field  = "arguments[$index]";
		$secret = Secrets::is_name( $name );
		/* translators: %d: number of an argument */
		$label  = sprintf( __( 'Argument %d', 'network-webhooks' ), $index + 1 );
		$parted = null === $sample || $sample['fields'];
		$others = array_diff( $row['fields'], array_keys( $sample['fields'] ?? array() ) );
		$more   = implode( ', ', array_filter( array( ...$others, trim( $row['more'] ) ) ) );
		?>
		<tr>
			<td>
				<input type="checkbox" id="<?php echo esc_attr( $id ); ?>" name="<?php echo esc_attr( $field ); ?>[use]" value="1" <?php checked( $row['use'] && ! $secret ); ?> <?php disabled( $secret ); ?>>
			</td>
			<td>
				<label for="<?php echo esc_attr( $id ); ?>"><?php echo esc_html( $label ); ?></label>
				<?php if ( '' !== $name ) : ?>
					<br><code>$<?php echo esc_html( $name ); ?></code>
				<?php endif; ?>
				<?php if ( $sample ) : ?>
					<br><span class="description"><?php echo esc_html( $sample['type'] ); ?></span>
				<?php endif; ?>
				<?php if ( $secret ) : ?>
					<br><strong><?php esc_html_e( 'Never sent', 'network-webhooks' ); ?></strong>
				<?php endif; ?>
			</td>
			<td>
				<?php /* translators: %s: “Argument” and its number */ ?>
				<input type="text" class="code" name="<?php echo esc_attr( $field ); ?>[key]" value="<?php echo esc_attr( $row['key'] ); ?>" maxlength="64" spellcheck="false" aria-label="<?php echo esc_attr( sprintf( __( 'Name of %s in the data', 'network-webhooks' ), $label ) ); ?>" <?php disabled( $secret ); ?>>
			</td>
			<td>
				<?php
				if ( $sample && $sample['fields'] ) {
					echo '<fieldset class="network-webhooks-fields"><legend class="screen-reader-text">';
					/* translators: %s: “Argument” and its number */
					echo esc_html( sprintf( __( 'Fields of %s', 'network-webhooks' ), $label ) ) . '</legend>';
					foreach ( $sample['fields'] as $path => $type ) {
						$this->print_field( "{$field}[fields][]", (string) $path, $type, in_array( (string) $path, $row['fields'], true ) );
					}
					echo '</fieldset>';
				}
				if ( $parted && ! $secret ) {
					printf(
						'<label class="network-webhooks-more">%1$s <input type="text" class="code" name="%2$s[more]" value="%3$s" spellcheck="false"></label>',
						esc_html( $sample ? __( 'Others:', 'network-webhooks' ) : __( 'If it has fields, those to send:', 'network-webhooks' ) ),
						esc_attr( $field ),
						esc_attr( $more )
					);
				} elseif ( ! $secret ) {
					esc_html_e( 'None: it is sent as it is', 'network-webhooks' );
				}
				?>
			</td>
		</tr>
		<?php
	}

	/**
	 * Prints a field.
	 */
	private function print_field( string $name, string $path, string $type, bool $chosen ): void {
		$secret = Secrets::is_name( $path );
		printf(
			'<label><input type="checkbox" name="%1$s" value="%2$s" %3$s %4$s> <code>%2$s</code> <span class="description">%5$s</span></label>',
			esc_attr( $name ),
			esc_attr( $path ),
			checked( $chosen && ! $secret, true, false ),
			disabled( $secret, true, false ),
			esc_html( $secret ? __( 'never sent', 'network-webhooks' ) : $type )
		);
	}

	/**
	 * Prints what the data looks like.
	 */
	private function print_example( Custom_Event $event ): void {
		$example = $this->registry->find( $event->slug )->examples ?? array();
		if ( $event->arguments && $example ) {
			printf(
				'<h2>%1$s</h2><div class="network-webhooks-event"><pre tabindex="0" role="region" aria-label="%1$s">%2$s</pre></div>',
				esc_html__( 'Example of the data', 'network-webhooks' ),
				esc_html( (string) wp_json_encode( reset( $example ), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE ) )
			);
		}
	}
}
