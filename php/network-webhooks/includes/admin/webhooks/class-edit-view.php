<?php
/**
 * The page of a webhook's form.
 *
 * @package Network_Webhooks
 */

namespace Network_Webhooks\Admin;

use Network_Webhooks\Admin\Form\Errors;
use Network_Webhooks\Admin\Form\Fields;
use Network_Webhooks\Admin\Form\Form;
use Network_Webhooks\Admin\Form\Form_Input;
use Network_Webhooks\Admin\Form\Service_Group;
use Network_Webhooks\Captured_Event;
use Network_Webhooks\Captured_Events;
use Network_Webhooks\Date_Format;
use Network_Webhooks\Event_Registry;
use Network_Webhooks\Inbox\Inbox;
use Network_Webhooks\Presets\Presets;
use Network_Webhooks\Set_Aside;
use Network_Webhooks\Test_Event;
use Network_Webhooks\Webhook;
use Network_Webhooks\Webhooks;

defined( 'ABSPATH' ) || exit;

/**
 * Add New Webhook, and Edit Webhook. All of it works without JavaScript: what a script would do in
 * place, a button asks of the server, which brings the form back as it was.
 */
final class Edit_View {

	public function __construct( private readonly Event_Registry $registry, private readonly Webhooks $webhooks, private readonly Test_Event $test ) {}

	/**
	 * Prints the page.
	 *
	 * @param Webhook|null $webhook null: a new one.
	 */
	public function print( ?Webhook $webhook ): void {
		$form   = new Form( $this->registry, $webhook && Flash::reveals( $webhook->id ) );
		$stored = $form->show( $webhook );
		$kept   = Flash::typed( $webhook->id ?? '' );
		$preset = null === $kept && ! $webhook ? sanitize_key( $_GET['preset'] ?? '' ) : '';
		$typed  = null === $kept ? $this->begun( $form, $stored, $preset, $webhook ) : $stored->with( $kept );
		$errors = new Errors( null === $kept ? array() : Flash::errors() );
		$aside  = $webhook ? Set_Aside::of( $webhook->id ) : null;
		if ( $aside && null === $kept ) {
			$errors->add_refusal( $aside->field, $aside->message );
		}
		// Before the form is printed, since it may find what is wrong with an input.
		$preview = isset( $_GET['preview'] ) && null !== $kept ? $this->preview( $form, $typed, $webhook, $errors ) : '';
		$fields  = new Fields( $typed, $errors );
		?>
		<div class="wrap">
			<h1 class="wp-heading-inline"><?php echo esc_html( $webhook ? __( 'Edit Webhook', 'network-webhooks' ) : __( 'Add New Webhook', 'network-webhooks' ) ); ?></h1>
			<?php if ( $webhook ) : ?>
				<a class="page-title-action" href="<?php echo esc_url( Admin::url() ); ?>"><?php esc_html_e( 'All Webhooks', 'network-webhooks' ); ?></a>
			<?php endif; ?>
			<hr class="wp-header-end">
			<?php
			if ( $webhook && (int) $typed->text( 'version' ) !== $webhook->version ) {
				Conflict_Box::print( $webhook, $stored, $typed );
			}
			if ( $aside ) {
				printf( '<div class="notice notice-error inline" role="alert"><p>%s</p></div>', esc_html( $aside->sentence() ) );
			}
			?>
			<form method="post" id="network-webhooks-form" class="network-webhooks-form<?php echo Service_Group::makes_url( $typed ) ? ' has-service' : ''; ?>" action="<?php echo esc_url( Actions::url( 'save' ) ); ?>" <?php echo $errors->all() ? 'aria-describedby="network-webhooks-error"' : ''; ?>>
				<?php
				Actions::print_nonce();
				Form_Token::print();
				?>
				<input type="hidden" name="webhook" value="<?php echo esc_attr( $webhook->id ?? '' ); ?>">
				<?php // After a conflict this is the newer one: saving again means it. ?>
				<input type="hidden" name="version" value="<?php echo esc_attr( (string) ( $webhook->version ?? 0 ) ); ?>">
				<?php // The first button of a form is the one that Enter presses. ?>
				<button type="submit" class="screen-reader-text" tabindex="-1" aria-hidden="true"></button>
				<table class="form-table" role="presentation">
					<?php
					$form->basic->print( $fields, $webhook );
					if ( $webhook && $form->security->reveals() ) {
						$form->security->print_secret( $fields, $webhook );
					}
					?>
				</table>
				<?php $this->print_more( $form, $fields, $webhook ); ?>
				<?php $this->print_preview( $preview ); ?>
				<div id="network-webhooks-test" role="status" aria-live="polite"></div>
				<?php $this->print_buttons( $webhook ); ?>
			</form>
			<?php
			( new Event_Article( $this->registry, $this->webhooks ) )->print_manual();
			if ( $webhook ) {
				History_Box::print( $webhook );
			}
			?>
		</div>
		<?php
	}

	/**
	 * What a new form begins with: a preset, or the test inbox, the event or the row from whose page one comes.
	 */
	private function begun( Form $form, Form_Input $stored, string $preset, ?Webhook $webhook ): Form_Input {
		if ( $webhook ) {
			return $stored;
		}
		$inbox = isset( $_GET['inbox'] ) ? Inbox::find() : null;
		if ( $inbox ) {
			$stored = $stored->with(
				array(
					'name' => __( 'Test inbox', 'network-webhooks' ),
					'url'  => $inbox->url(),
				)
			);
		}
		$captured = self::captured();
		$event    = isset( $_GET['event'] ) ? sanitize_text_field( wp_unslash( $_GET['event'] ) ) : '';
		$typed    = Presets::find( $preset ) ? $stored->with( array( 'service' => $preset ) ) : $stored;
		if ( $captured ) {
			return $typed->with(
				array( 'name' => mb_substr( $this->registry->name( $captured->event ), 0, Webhook::NAME_LENGTH ) ) + $form->basic->choose( $captured->event )
			);
		}
		return '' === $event ? $typed : $typed->with( $form->basic->choose( $event ) );
	}

	/**
	 * The recorded event from whose page one comes; null: from elsewhere, or it is gone.
	 */
	private static function captured(): ?Captured_Event {
		$id = absint( $_GET['heard'] ?? 0 );
		return $id ? Captured_Events::find( $id ) : null;
	}

	/**
	 * Prints what has a default.
	 */
	private function print_more( Form $form, Fields $fields, ?Webhook $webhook ): void {
		$basic = array( 'name', 'url', 'events', 'patterns', 'service' );
		$wrong = array_filter( array_diff( array_keys( $fields->errors->all() ), $basic ), static fn( string $input ) => ! str_starts_with( $input, 'service_' ) );
		// Who wanted to edit the template sees it.
		$open = $wrong || isset( $_GET['more'] );
		printf( '<details class="network-webhooks-more"%s><summary>%s <span class="description">%s</span></summary>', $open ? ' open' : '', esc_html__( 'More', 'network-webhooks' ), esc_html( $this->changed( $fields->typed ) ) );
		foreach ( $form->more as $title => $group ) {
			printf( '<h2>%s</h2><table class="form-table" role="presentation">', esc_html( $title ) );
			$group->print( $fields, $webhook );
			echo '</table>';
		}
		echo '</details>';
	}

	/**
	 * Says which settings are not the default, so that one knows without opening.
	 */
	private function changed( Form_Input $typed ): string {
		$blank   = ( new Form( $this->registry ) )->show( null )->all();
		$changed = array();
		$hidden  = Service_Group::makes_url( $typed ) ? Service_Group::FILLED : array();
		foreach ( array_diff_key( Labels::all(), array_flip( array( 'events', 'patterns', ...$hidden ) ) ) as $name => $label ) {
			if ( ( $typed->all()[ $name ] ?? '' ) !== ( $blank[ $name ] ?? '' ) ) {
				$changed[] = $label;
			}
		}
		return $changed
			/* translators: %s: names of settings */
			? sprintf( __( 'Not the default: %s', 'network-webhooks' ), implode( ', ', $changed ) )
			: __( 'Sites, body, security, delivery, mail', 'network-webhooks' );
	}

	/**
	 * Prints the preview.
	 *
	 * @param string $html Of Preview_Box; empty: not asked for yet.
	 */
	private function print_preview( string $html ): void {
		printf( '<details class="network-webhooks-more" id="network-webhooks-preview"%s><summary>%s</summary>', '' === $html ? '' : ' open', esc_html__( 'Preview', 'network-webhooks' ) );
		printf( '<p>%s</p>', esc_html__( 'What would be sent for the first event, as the form stands. Nothing is sent.', 'network-webhooks' ) );
		printf( '<p><button type="submit" class="button" formaction="%s" formnovalidate>%s</button></p>', esc_url( Actions::url( 'preview' ) ), esc_html__( 'Show the preview', 'network-webhooks' ) );
		printf( '<div id="network-webhooks-preview-content" aria-live="polite">%s</div></details>', $html ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
	}

	/**
	 * Prints the buttons.
	 */
	private function print_buttons( ?Webhook $webhook ): void {
		$captured = self::captured();
		?>
		<p class="submit">
			<?php submit_button( $webhook ? __( 'Save Webhook', 'network-webhooks' ) : __( 'Add Webhook', 'network-webhooks' ), 'primary', 'submit', false ); ?>
			<button type="submit" class="button" formaction="<?php echo esc_url( Actions::url( 'test_form' ) ); ?>" name="test" value="1" data-network-webhooks="test"><?php esc_html_e( 'Send Test Event', 'network-webhooks' ); ?></button>
			<label for="network-webhooks-test_data"><?php esc_html_e( 'with', 'network-webhooks' ); ?></label>
			<select name="test_data" id="network-webhooks-test_data">
				<option value=""><?php esc_html_e( 'the example', 'network-webhooks' ); ?></option>
				<option value="<?php echo esc_attr( Test_Event::REAL ); ?>"><?php esc_html_e( 'the last event that really happened', 'network-webhooks' ); ?></option>
				<?php if ( $captured?->is_testable() ) : ?>
					<option value="<?php echo esc_attr( Test_Event::CAPTURED . $captured->id ); ?>" selected>
						<?php
						/* translators: %s: date and time */
						echo esc_html( sprintf( __( 'what was recorded at %s', 'network-webhooks' ), Date_Format::exact( $captured->time() ) ) );
						?>
					</option>
				<?php endif; ?>
			</select>
		</p>
		<p class="description"><?php esc_html_e( 'The test event goes to this URL alone, as the form stands, also before you save it.', 'network-webhooks' ); ?></p>
		<?php
	}

	/**
	 * The preview of what was typed.
	 */
	private function preview( Form $form, Form_Input $typed, ?Webhook $old, Errors $errors ): string {
		return Preview_Box::html( $form->read( $typed, $old, $errors ), $this->test, '', $errors );
	}
}
